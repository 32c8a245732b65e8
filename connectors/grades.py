"""Grades: works, marks, final grades, scales, attestation periods and debts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.ids import (
    Audience,
    ClassId,
    Columns,
    Days,
    GroupId,
    LessonId,
    MarkId,
    Page,
    Paging,
    PeriodId,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    SubjectsOf,
    WorkId,
    WorkKindId,
)
from connectors.mongo import Deadline, Order, Source, audience_condition, given, in_days, of_subjects, with_columns
from connectors.shared import shared

Number = int | float
"""A mark's number: int where it is whole."""


class MarkOrder(StrEnum):
    DATE_ASC = "DATE_ASC"
    DATE_DESC = "DATE_DESC"
    SUBJECT = "SUBJECT"
    KIND = "KIND"


class FinalGradeKind(StrEnum):
    PERIOD = "PERIOD"
    YEAR = "YEAR"
    EXAM = "EXAM"
    FINAL = "FINAL"


class PeriodKind(StrEnum):
    QUARTER = "QUARTER"
    TRIMESTER = "TRIMESTER"
    HALF_YEAR = "HALF_YEAR"
    SEMESTER = "SEMESTER"
    MODULE = "MODULE"
    YEAR = "YEAR"


class DebtState(StrEnum):
    OPEN = "OPEN"
    RESIT_PLANNED = "RESIT_PLANNED"
    CLOSED = "CLOSED"


class GradeScaleValue(TypedDict):
    value: str
    numeric_value: Number | None
    is_passing: bool


class GradeScale(TypedDict):
    _id: str
    school_id: SchoolId
    name: str
    min_value: Number | None
    max_value: Number | None
    values: list[GradeScaleValue]


class WorkKind(TypedDict):
    _id: WorkKindId
    school_id: SchoolId
    name: str
    abbreviation: str | None
    weight: int  # 1..5, set by the school (F70)
    counts_towards_average: bool


class Work(TypedDict):
    """Something marks are given for: an answer, a test paper, homework; for whole classes, or one group of them."""

    _id: WorkId
    school_id: SchoolId
    class_ids: list[ClassId]
    group_id: GroupId | None
    subject_id: SubjectId
    title: str
    kind_id: WorkKindId | None
    planned_on: str | None
    is_control_work: bool
    max_score: Number | None


class MarkChange(TypedDict):
    changed_at: datetime
    changed_by_id: PersonId | None
    old_value: str | None
    new_value: str | None


class Mark(TypedDict):
    """One mark of one student for one work; unique on (student, work), not on the day (trap T5)."""

    _id: MarkId
    school_id: SchoolId
    student_id: StudentId
    class_id: ClassId | None  # the class he was in
    subject_id: SubjectId
    work_id: WorkId
    kind_id: WorkKindId | None
    lesson_id: LessonId | None
    value: str
    numeric_value: Number | None
    scale_id: str
    weight: int
    is_point: bool  # «точка»: an answer is awaited (F72)
    point_valid_until: str | None
    counts_towards_average: bool
    is_exam: bool
    comment: str | None
    given_on: str
    given_by_id: PersonId | None
    history: list[MarkChange]


class FinalGrade(TypedDict):
    _id: str
    school_id: SchoolId
    student_id: StudentId
    subject_id: SubjectId
    period_id: PeriodId | None
    academic_year: str
    kind: FinalGradeKind
    value: str
    numeric_value: Number | None
    computed_average: Number | None


class AttestationPeriod(TypedDict):
    """When marks are summed up; *subject_id* set where a discipline has periods of its own (F78, trap T6)."""

    _id: PeriodId
    school_id: SchoolId
    academic_year: str
    name: str
    kind: PeriodKind
    ordinal: int
    subject_id: SubjectId | None
    starts_on: str
    ends_on: str


class AttestationDebt(TypedDict):
    _id: str
    school_id: SchoolId
    student_id: StudentId
    subject_id: SubjectId
    period_id: PeriodId | None
    since: str
    resit_on: str | None
    state: DebtState


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "works": [
        IndexModel([("class_ids", ASCENDING), ("planned_on", ASCENDING)]),
        IndexModel([("group_id", ASCENDING), ("planned_on", ASCENDING)]),
    ],
    "work_kinds": [IndexModel([("school_id", ASCENDING)])],
    "marks": [
        IndexModel([("student_id", ASCENDING), ("given_on", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("lesson_id", ASCENDING), ("student_id", ASCENDING)]),
        IndexModel([("work_id", ASCENDING), ("student_id", ASCENDING)], unique=True),
        IndexModel([("class_id", ASCENDING), ("subject_id", ASCENDING), ("given_on", ASCENDING)]),
    ],
    "final_grades": [IndexModel([("student_id", ASCENDING), ("academic_year", ASCENDING), ("subject_id", ASCENDING)])],
    "grade_scales": [IndexModel([("school_id", ASCENDING)])],
    "attestation_periods": [IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING)])],
    "attestation_debts": [IndexModel([("student_id", ASCENDING)])],
}


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
