"""Reads of the grades."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING

from connectors.grades.documents import (
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    GradeScale,
    Mark,
    MarkOrder,
    Number,
    Work,
    WorkKind,
)
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
    MarkOrder.SUBJECT: [("subject_id", ASCENDING), *_LATEST],
    MarkOrder.KIND: [("kind_id", ASCENDING), *_LATEST],
}


_COUNTING: Final = {"counts_towards_average": True, "numeric_value": {"$ne": None}, "is_point": False}


_AS_INDEXED: Final = [("student_id", DESCENDING), *_ORDERS[MarkOrder.DATE_ASC]]
"""The earliest first within each student, as the index has it backwards: nothing to merge or to sort."""


ClassSubject = tuple[ClassId, SubjectId, Days]


class ClassMarks(TypedDict):
    """The marks of a class in one subject, summed up: enough for both averages."""

    students: int
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
        days: Days | None,
        subject_id: SubjectId | None,
        kind_id: WorkKindId | None,
        min_value: float | None,
        max_value: float | None,
        order_by: MarkOrder,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, Page]:
        """Marks of each student that fit, ordered by *order_by*; a bound leaves out those without a number."""
        bounds = given(**{"$gte": min_value, "$lte": max_value})
        where = {
            **in_days("given_on", days),
            **given(subject_id=subject_id, kind_id=kind_id, numeric_value=bounds or None),
            **of_subjects(only, students),
        }
        return await self.source.page_by(
            "marks",
            "student_id",
            students,
            where=where,
            order=_ORDERS[order_by],
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def marks_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        subject_id: SubjectId | None,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[Mark]]:
        """All marks of each student within *days*, the earliest first."""
        where = {**in_days("given_on", days), **given(subject_id=subject_id), **of_subjects(only, students)}
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
                "class_id": {"$in": sorted({key[0] for key in keys if key[2] == days})},
                "subject_id": {"$in": sorted({key[1] for key in keys if key[2] == days})},
                "given_on": {"$gte": days.first, "$lte": days.last},
            }
            for days in dict.fromkeys(key[2] for key in keys)
        ]
        by_student = {"class": "$class_id", "subject": "$subject_id", "student": "$student_id", "on": "$given_on"}
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
        """Final grades of each student: the latest year first."""
        where = {**given(academic_year=academic_year, subject_id=subject_id), **of_subjects(only, students)}
        return await self.source.many_by(
            "final_grades",
            "student_id",
            students,
            where=where,
            order=[("academic_year", DESCENDING), ("subject_id", ASCENDING), ("_id", ASCENDING)],
            columns=with_columns(columns, "subject_id", "period_id", "academic_year"),
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
            columns=with_columns(columns, "_id", "subject_id", "starts_on", "ends_on", "academic_year"),
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
        if row["_id"]["class"] == key[0] and row["_id"]["subject"] == key[1] and row["_id"]["on"] in key[2]
    ]
    return ClassMarks(
        students=len({row["_id"]["student"] for row in own}),
        marks=sum(row["marks"] for row in own),
        total=sum(row["total"] for row in own),
        weighted_total=sum(row["weighted_total"] for row in own),
        weights=sum(row["weights"] for row in own),
    )
