"""Reads of the grades."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypedDict

from pymongo import ASCENDING, DESCENDING

from connectors.grades.documents import (
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    GradeScale,
    Journal,
    Mark,
    MarkOrder,
    Number,
    Work,
    WorkKind,
)
from connectors.grades.pages import MarkFilter, Ranked, ranked_pages
from connectors.ids import (
    Audience,
    ClassId,
    Columns,
    Days,
    LessonId,
    MarkId,
    Page,
    Paging,
    PeriodId,
    SchoolId,
    StudentId,
    SubjectId,
    SubjectsOf,
    WorkId,
    WorkKindId,
)
from connectors.mongo import Deadline, Order, Source, audience_condition, given, in_days, of_subjects, with_columns
from connectors.shared import shared

_BY_ID: Final = [("_id", ASCENDING)]


_LATEST: Final = [("given_on", DESCENDING), ("_id", DESCENDING)]


_ORDERS: Final[Mapping[MarkOrder, Order]] = {
    MarkOrder.DATE_DESC: _LATEST,
    MarkOrder.DATE_ASC: [("given_on", ASCENDING), ("_id", ASCENDING)],
}


_COUNTING: Final = {"counts_towards_average": True, "numeric_value": {"$ne": None}, "is_point": False}


_AS_INDEXED: Final = [("student_id", DESCENDING), *_ORDERS[MarkOrder.DATE_ASC]]
"""The earliest first within each student, as the index has it backwards: nothing to merge or to sort."""


class ClassSubject(NamedTuple):
    """The marks of a class in a subject, in the days of a term, in one journal."""

    class_id: ClassId
    subject_id: SubjectId
    days: Days
    journal: Journal


class ClassMarks(TypedDict):
    """The marks of a class in one subject, summed up: enough for both averages, and who contributes to them when."""

    given: frozenset[tuple[StudentId, str]]  # the students with the days of their marks
    marks: int
    total: Number
    weighted_total: Number
    weights: int


class Grades:
    """Reads of the grades."""

    def __init__(self, source: Source) -> None:
        self.source = source

    async def marks_page(
        self,
        students: Sequence[StudentId],
        *,
        marks: MarkFilter,
        order_by: MarkOrder,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, Page]:
        """The marks of each student that pass the filter, by date."""
        return await self.source.page_by(
            "marks",
            "student_id",
            students,
            where={**marks.condition(), **of_subjects(only, students)},
            order=_ORDERS[order_by],
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def marks_ranked(
        self,
        keys: Sequence[Ranked],
        *,
        marks: MarkFilter,
        by: str,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Ranked, Page]:
        """The marks of each student that pass the filter, by the ranking of what *by* holds, then the latest first."""
        where = {**marks.condition(), **of_subjects(only, [key.student_id for key in keys])}
        return await ranked_pages(self.source, keys, by, where=where, paging=paging, columns=columns, deadline=deadline)

    async def marks_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        subject_id: SubjectId | None,
        journal: Journal,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[Mark]]:
        """All marks of each student within *days* in one journal, the earliest first."""
        marks = MarkFilter(days=days, subject_id=subject_id, journal=journal)
        where = {**marks.condition(), **of_subjects(only, students)}
        return await self.source.many_by(
            "marks",
            "student_id",
            students,
            where=where,
            order=_AS_INDEXED,
            columns=columns,
            deadline=deadline,
        )

    async def marks_at(
        self, pairs: Sequence[tuple[StudentId, LessonId]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[StudentId, LessonId], list[Mark]]:
        """Marks of each student at each lesson."""
        return await self.source.pairs_by(
            "marks", ("student_id", "lesson_id"), pairs, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def marks_by_ids(
        self, ids: Sequence[MarkId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[MarkId, Mark]:
        """The mark of each id."""
        return await self.source.by_ids("marks", ids, columns=columns, deadline=deadline)

    async def class_marks(
        self, keys: Sequence[ClassSubject], *, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassSubject, ClassMarks]:
        """The counting marks of each class and subject within days, summed up. *columns* has no meaning here."""
        alternatives = [
            {
                "class_id": {"$in": sorted({key.class_id for key in keys if key[2:] == (days, journal)})},
                "subject_id": {"$in": sorted({key.subject_id for key in keys if key[2:] == (days, journal)})},
                **MarkFilter(days=days, journal=journal).condition(),
            }
            for days, journal in dict.fromkeys((key.days, key.journal) for key in keys)
        ]
        by_student = {
            "class": "$class_id",
            "subject": "$subject_id",
            "student": "$student_id",
            "on": "$given_on",
            "journal": {"$ifNull": ["$journal", Journal.MAIN.value]},
        }
        weighted = {"$multiply": ["$numeric_value", "$weight"]}
        rows = await self.source.aggregate(
            "marks",
            [
                {"$match": {"$or": alternatives, **_COUNTING}},
                {
                    "$group": {
                        "_id": by_student,
                        "marks": {"$sum": 1},
                        "total": {"$sum": "$numeric_value"},
                        "weighted_total": {"$sum": weighted},
                        "weights": {"$sum": "$weight"},
                    }
                },
            ],
            deadline=deadline,
        )
        return {key: _summed(key, rows) for key in keys}

    async def final_grades_of(
        self,
        students: Sequence[StudentId],
        *,
        academic_year: str | None,
        subject_id: SubjectId | None,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[FinalGrade]]:
        """The final grades of each student, in no order."""
        where = {**given(academic_year=academic_year, subject_id=subject_id), **of_subjects(only, students)}
        return await self.source.many_by(
            "final_grades",
            "student_id",
            students,
            where=where,
            order=(),
            columns=with_columns(columns, "_id", "subject_id", "period_id", "academic_year", "kind"),
            deadline=deadline,
        )

    async def final_grades_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, FinalGrade]:
        """The final grade of each id."""
        return await self.source.by_ids("final_grades", ids, columns=columns, deadline=deadline)

    async def debts_of(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, list[AttestationDebt]]:
        """The attestation debts of each student, open and closed, the oldest first."""
        return await self.source.many_by(
            "attestation_debts",
            "student_id",
            students,
            order=[("since", ASCENDING), ("_id", ASCENDING)],
            columns=columns,
            deadline=deadline,
        )

    @shared("attestation_periods")
    async def periods_of(
        self, schools: Sequence[SchoolId], *, academic_year: str | None, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[AttestationPeriod]]:
        """The attestation periods of each school in time, those of single disciplines among them."""
        return await self.source.many_by(
            "attestation_periods",
            "school_id",
            schools,
            where=given(academic_year=academic_year),
            order=[("starts_on", ASCENDING), ("ordinal", ASCENDING), ("_id", ASCENDING)],
            columns=with_columns(
                columns, "_id", "subject_id", "class_ids", "group_id", "starts_on", "ends_on", "academic_year"
            ),
            deadline=deadline,
        )

    @shared("attestation_periods")
    async def periods_by_ids(
        self, ids: Sequence[PeriodId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[PeriodId, AttestationPeriod]:
        """The attestation period of each id."""
        return await self.source.by_ids("attestation_periods", ids, columns=columns, deadline=deadline)

    async def control_works_of(
        self,
        audiences: Sequence[Audience],
        *,
        days: Days,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Audience, list[Work]]:
        """The control works planned for each audience within *days*, in time."""
        found: list[Any] = await self.source.find(
            "works",
            {**audience_condition(audiences), **in_days("planned_on", days), "is_control_work": True},
            columns=with_columns(columns, "class_ids", "group_id", "planned_on", "subject_id"),
            deadline=deadline,
            order=[("planned_on", ASCENDING), ("_id", ASCENDING)],
        )
        return {
            audience: [
                work
                for work in found
                if audience.includes(work["class_ids"], work["group_id"], work["planned_on"])
                and (only is None or work["subject_id"] in only.of(audience.student_id))
            ]
            for audience in audiences
        }

    async def works_by_ids(
        self, ids: Sequence[WorkId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[WorkId, Work]:
        """The work of each id."""
        return await self.source.by_ids("works", ids, columns=columns, deadline=deadline)

    @shared("work_kinds")
    async def kinds_by_ids(
        self, ids: Sequence[WorkKindId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[WorkKindId, WorkKind]:
        """The kind of work of each id."""
        return await self.source.by_ids("work_kinds", ids, columns=columns, deadline=deadline)

    @shared("work_kinds")
    async def kinds_of(
        self, schools: Sequence[SchoolId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[WorkKind]]:
        """The kinds of work of each school, in no order."""
        return await self.source.many_by(
            "work_kinds",
            "school_id",
            schools,
            order=(),
            columns=with_columns(columns, "_id", "name"),
            deadline=deadline,
        )

    @shared("grade_scales")
    async def scales_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, GradeScale]:
        """The grade scale of each id."""
        return await self.source.by_ids("grade_scales", ids, columns=columns, deadline=deadline)

    @shared("grade_scales")
    async def scales_of(
        self, schools: Sequence[SchoolId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[GradeScale]]:
        """The grade scales of each school, by name."""
        return await self.source.many_by(
            "grade_scales",
            "school_id",
            schools,
            order=[("name", ASCENDING), ("_id", ASCENDING)],
            columns=columns,
            deadline=deadline,
        )


def _summed(key: ClassSubject, rows: Sequence[Mapping[str, Any]]) -> ClassMarks:
    own = [
        row
        for row in rows
        if (row["_id"]["class"], row["_id"]["subject"]) == (key.class_id, key.subject_id)
        and row["_id"]["on"] in key.days
        and row["_id"]["journal"] == key.journal
    ]
    return ClassMarks(
        given=frozenset((row["_id"]["student"], row["_id"]["on"]) for row in own),
        marks=sum(row["marks"] for row in own),
        total=sum(row["total"] for row in own),
        weighted_total=sum(row["weighted_total"] for row in own),
        weights=sum(row["weights"] for row in own),
    )
