"""Reads of the grades."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypedDict

from pymongo import ASCENDING, DESCENDING

from connectors.audience import Audience, SubjectsOf, audience_condition, of_subjects
from connectors.declarations import Connector, Read, by_ids, counted, equal_to_arguments, many, paged, pairs
from connectors.facts import FACTS
from connectors.grades.documents import (
    ATTESTATION_DEBTS,
    ATTESTATION_PERIODS,
    FINAL_GRADES,
    GRADE_REVIEWS,
    GRADE_SCALES,
    LATEST_REQUESTED,
    MARKS,
    WORK_KINDS,
    WORKS,
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    GradeReview,
    GradeReviewState,
    GradeScale,
    Journal,
    Mark,
    MarkOrder,
    Number,
    Work,
    WorkKind,
)
from connectors.grades.pages import MarkFilter, Ranked, ranked_pages
from connectors.idempotency import KEYS
from connectors.mongo import Deadline, Document, Order, in_days, with_columns, without_none
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import (
    ClassId,
    Columns,
    Days,
    GradeScaleId,
    GroupId,
    LessonId,
    MarkId,
    Page,
    Paging,
    PeriodId,
    SchoolId,
    StudentId,
    SubjectId,
    WorkId,
    WorkKindId,
)

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

    marked_days: frozenset[tuple[StudentId, str]]  # each student with each day of a mark
    marks: int
    total: Number
    weighted_total: Number
    weights: int


def _review_condition(
    students: Sequence[StudentId], *, state: GradeReviewState | None, only: SubjectsOf | None
) -> Document:
    """The condition that a request for a review is in a state, and of a subject that may be read of its student."""
    return {**without_none(state=state), **of_subjects(only, students)}


class Grades(Connector):
    """Reads of the grades."""

    collections = (
        WORKS,
        WORK_KINDS,
        MARKS,
        GRADE_REVIEWS,
        FINAL_GRADES,
        GRADE_SCALES,
        ATTESTATION_PERIODS,
        ATTESTATION_DEBTS,
        SNAPSHOTS,
        FACTS,
        KEYS,
    )

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
            MARKS.name,
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

    marks_of: Read[StudentId, list[Mark]] = many(
        MARKS,
        by="student_id",
        order=_AS_INDEXED,
        where=lambda students, *, days, subject_id, journal, only: {
            **MarkFilter(days=days, subject_id=subject_id, journal=journal).condition(),
            **of_subjects(only, students),
        },
    )
    """All marks of each student within *days* in one journal, the earliest first."""

    marks_at: Read[tuple[StudentId, LessonId], list[Mark]] = pairs(
        MARKS, by=("student_id", "lesson_id"), order=_ORDERS[MarkOrder.DATE_ASC]
    )
    """The marks of each student at each lesson, the earliest first."""

    mark_counts: Read[LessonId, int] = counted(MARKS, by="lesson_id")
    """How many marks were given at each lesson."""

    marks_by_ids: Read[MarkId, Mark] = by_ids(MARKS)
    """The mark of each id."""

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
            MARKS.name,
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

    reviews_of: Read[StudentId, Page] = paged(
        GRADE_REVIEWS,
        by="student_id",
        order=LATEST_REQUESTED,
        where=_review_condition,
    )
    """The requests to review marks of each student, the latest first."""

    reviews_of_marks: Read[str, list[GradeReview]] = many(GRADE_REVIEWS, by="mark_id", order=LATEST_REQUESTED)
    """The requests to review each mark, the latest first."""

    reviews_by_ids: Read[str, GradeReview] = by_ids(GRADE_REVIEWS)
    """The request for a review of each id."""

    async def reviews_in(
        self,
        taught: Sequence[tuple[StudentId, ...]],
        *,
        state: GradeReviewState | None,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[StudentId, ...], Page]:
        """The requests to review marks of each set of students together, the latest first."""
        return await self.source.pages_of(
            GRADE_REVIEWS.name,
            {
                students: {"student_id": {"$in": list(students)}, **_review_condition(students, state=state, only=only)}
                for students in taught
            },
            order=LATEST_REQUESTED,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    final_grades_of: Read[StudentId, list[FinalGrade]] = many(
        FINAL_GRADES,
        by="student_id",
        where=lambda students, *, academic_year, subject_id, only: {
            **without_none(academic_year=academic_year, subject_id=subject_id),
            **of_subjects(only, students),
        },
        needs=("_id", "subject_id", "period_id", "academic_year", "kind"),
    )
    """The final grades of each student, in no order."""

    final_grades_by_ids: Read[str, FinalGrade] = by_ids(FINAL_GRADES)
    """The final grade of each id."""

    debts_of: Read[StudentId, list[AttestationDebt]] = many(
        ATTESTATION_DEBTS, by="student_id", order=[("since", ASCENDING), ("_id", ASCENDING)]
    )
    """The attestation debts of each student, open and closed, the oldest first."""

    periods_of: Read[SchoolId, list[AttestationPeriod]] = many(
        ATTESTATION_PERIODS,
        by="school_id",
        order=[("starts_on", ASCENDING), ("ordinal", ASCENDING), ("_id", ASCENDING)],
        where=equal_to_arguments("academic_year"),
        needs=("_id", "subject_id", "class_ids", "group_id", "starts_on", "ends_on", "academic_year"),
        cached=True,
    )
    """The attestation periods of each school in time, those of single disciplines among them."""

    periods_by_ids: Read[PeriodId, AttestationPeriod] = by_ids(ATTESTATION_PERIODS, cached=True)
    """The attestation period of each id."""

    async def control_works_within(self, days: Days) -> dict[WorkId, str]:
        """The day for which each control work of any school is planned, by the work's id; of the days in *days*."""
        where = {"is_control_work": True, "planned_on": {"$gte": days.first, "$lte": days.last}}
        found: list[Any] = await self.source.database[WORKS.name].find(where, {"planned_on": 1}).to_list(None)
        return {work["_id"]: work["planned_on"] for work in found}

    async def control_works_of(
        self,
        audiences: Sequence[Audience],
        *,
        days: Days,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Audience, list[Work]]:
        """The control works planned for each audience within *days*, in time, those of one day by title."""
        found: list[Any] = await self.source.find(
            WORKS.name,
            {**audience_condition(audiences), **in_days("planned_on", days), "is_control_work": True},
            columns=with_columns(columns, "class_ids", "group_id", "planned_on", "subject_id"),
            deadline=deadline,
            order=[("planned_on", ASCENDING), ("title", ASCENDING), ("_id", ASCENDING)],
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

    async def works_planned_for(
        self,
        places: Sequence[tuple[ClassId | GroupId, bool]],
        *,
        days: Days,
        subject_id: SubjectId,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[ClassId | GroupId, bool], list[Work]]:
        """The works in the subject planned within *days* for each whole class or, where so said, study group."""
        classes = [own for own, is_group in places if not is_group]
        groups = [own for own, is_group in places if is_group]
        alternatives = [{"class_ids": {"$in": classes}, "group_id": None}, {"group_id": {"$in": groups}}]
        found: list[Any] = await self.source.find(
            WORKS.name,
            {"$or": alternatives, **in_days("planned_on", days), "subject_id": subject_id},
            columns=with_columns(columns, "class_ids", "group_id"),
            deadline=deadline,
            order=[("planned_on", ASCENDING), ("_id", ASCENDING)],
        )
        return {
            (own, is_group): [
                work
                for work in found
                if (own == work["group_id"] if is_group else work["group_id"] is None and own in work["class_ids"])
            ]
            for own, is_group in places
        }

    works_by_ids: Read[WorkId, Work] = by_ids(WORKS)
    """The work of each id."""

    kinds_by_ids: Read[WorkKindId, WorkKind] = by_ids(WORK_KINDS, cached=True)
    """The kind of work of each id."""

    kinds_of: Read[SchoolId, list[WorkKind]] = many(WORK_KINDS, by="school_id", needs=("_id", "name"), cached=True)
    """The kinds of work of each school, in no order."""

    scales_by_ids: Read[GradeScaleId, GradeScale] = by_ids(GRADE_SCALES, cached=True)
    """The grade scale of each id."""

    scales_of: Read[SchoolId, list[GradeScale]] = many(
        GRADE_SCALES, by="school_id", order=[("name", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """The grade scales of each school, by name."""


def _summed(key: ClassSubject, rows: Sequence[Mapping[str, Any]]) -> ClassMarks:
    own = [
        row
        for row in rows
        if (row["_id"]["class"], row["_id"]["subject"]) == (key.class_id, key.subject_id)
        and row["_id"]["on"] in key.days
        and row["_id"]["journal"] == key.journal
    ]
    return ClassMarks(
        marked_days=frozenset((row["_id"]["student"], row["_id"]["on"]) for row in own),
        marks=sum(row["marks"] for row in own),
        total=sum(row["total"] for row in own),
        weighted_total=sum(row["weighted_total"] for row in own),
        weights=sum(row["weights"] for row in own),
    )
