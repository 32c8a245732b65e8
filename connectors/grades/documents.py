"""The documents of the grades, and their collections."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection
from connectors.vocabulary import (
    ClassId,
    GradeScaleId,
    GroupId,
    LessonId,
    MarkId,
    PeriodId,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    WorkId,
    WorkKindId,
)

Number = int | float
"""A mark's number: int where it is whole."""


class MarkOrder(StrEnum):
    """The order of marks."""

    DATE_ASC = "DATE_ASC"
    """By day, the oldest first."""

    DATE_DESC = "DATE_DESC"
    """By day, the latest first."""

    SUBJECT = "SUBJECT"
    """By subject; within a subject the latest first."""

    KIND = "KIND"
    """By kind of work; within a kind the latest first."""


class Journal(StrEnum):
    """The journal that a mark stands in."""

    MAIN = "MAIN"
    """The class journal (классный журнал): what the report card sums up."""

    EXTENDED = "EXTENDED"
    """The journal of the second half of the day (журнал ДО): clubs, additional education, consultations."""


class FinalGradeKind(StrEnum):
    """The span that a final grade sums up."""

    PERIOD = "PERIOD"
    """An attestation period."""

    YEAR = "YEAR"
    """An academic year."""

    EXAM = "EXAM"
    """An examination (экзамен)."""

    FINAL = "FINAL"
    """All years of the subject (итоговая): the grade that stands in the certificate."""


class PeriodKind(StrEnum):
    """The kind of an attestation period."""

    QUARTER = "QUARTER"
    """A quarter (четверть)."""

    TRIMESTER = "TRIMESTER"
    """A trimester (триместр)."""

    HALF_YEAR = "HALF_YEAR"
    """A half-year (полугодие)."""

    SEMESTER = "SEMESTER"
    """A semester (семестр)."""

    MODULE = "MODULE"
    """A module (модуль)."""

    YEAR = "YEAR"
    """A year (год)."""


class DebtState(StrEnum):
    """The state of an attestation debt."""

    OPEN = "OPEN"
    """Open: no resit is planned."""

    RESIT_PLANNED = "RESIT_PLANNED"
    """A resit (пересдача) is planned."""

    CLOSED = "CLOSED"
    """Closed: the attestation was passed."""


class GradeReviewState(StrEnum):
    """How far a request to review a mark is."""

    OPEN = "OPEN"
    """Nobody has answered it yet."""

    UPHELD = "UPHELD"
    """Answered; the mark was not changed."""

    CHANGED = "CHANGED"
    """Answered; the mark was changed."""


class GradeScaleValue(TypedDict):
    value: str
    numeric_value: Number | None
    is_passing: bool


class GradeScale(TypedDict):
    _id: GradeScaleId
    school_id: SchoolId
    name: str
    min_value: Number | None
    max_value: Number | None
    values: list[GradeScaleValue]


class MarkChange(TypedDict):
    changed_at: datetime
    changed_by_id: PersonId | None
    old_value: str | None
    new_value: str | None
    review_id: NotRequired[str]  # the request for a review that it answers; absent: it answers none


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
    scale_id: NotRequired[GradeScaleId | None]  # the scale of its marks; absent: the school's usual one
    lesson_id: NotRequired[LessonId | None]  # the lesson that it was made at
    created_by_id: NotRequired[PersonId]  # absent: an import wrote it
    removed_marks: NotRequired[dict[StudentId, list[MarkChange]]]  # the histories of marks that were removed
    test_id: NotRequired[str]  # the test whose results it has; no family finds a test by it


class Mark(TypedDict):
    """One mark of one student for one work; unique on (student, work), not on the day (trap T5)."""

    _id: MarkId
    school_id: SchoolId
    student_id: StudentId
    class_id: ClassId | None  # the class that the student was in
    subject_id: SubjectId
    work_id: WorkId
    kind_id: WorkKindId | None
    lesson_id: LessonId | None
    value: str
    numeric_value: Number | None
    scale_id: GradeScaleId
    weight: int
    is_point: bool  # «точка»: an answer is awaited (F72)
    point_valid_until: str | None
    counts_towards_average: bool
    is_exam: bool
    comment: str | None
    given_on: str
    given_by_id: PersonId | None
    history: list[MarkChange]
    journal: NotRequired[Journal]  # without it: MAIN
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


class GradeReview(TypedDict):
    """A family's request to review a mark, and the school's answer; at most one of a mark is open (F77)."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    subject_id: SubjectId
    mark_id: str  # of a mark that may have been removed since
    reason: str
    state: GradeReviewState
    requested_by_id: PersonId
    requested_at: datetime
    answer: str | None
    answered_by_id: PersonId | None
    answered_at: datetime | None
    old_value: str | None  # of the mark, where the answer changed it
    new_value: str | None
    version: int


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
    computed_average: Number | None  # when the grade was set
    history: NotRequired[list[MarkChange]]
    given_by_id: NotRequired[PersonId]  # absent: an import wrote it
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


class AttestationPeriod(TypedDict):
    """When marks are summed up; bound to a discipline, to classes, to a study group, or to none (F78, trap T6)."""

    _id: PeriodId
    school_id: SchoolId
    academic_year: str
    name: str
    kind: PeriodKind
    ordinal: int
    subject_id: SubjectId | None
    class_ids: NotRequired[list[ClassId]]  # empty or missing: all classes
    group_id: NotRequired[GroupId | None]
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


_IN_SCHOOL: Final = [IndexModel([("school_id", ASCENDING)])]

WORKS: Final = Collection(
    "works",
    Work,
    indexes=[
        IndexModel([("class_ids", ASCENDING), ("planned_on", ASCENDING)]),
        IndexModel([("group_id", ASCENDING), ("planned_on", ASCENDING)]),
        *_IN_SCHOOL,
        IndexModel(
            [("planned_on", ASCENDING)],
            name="control_works",
            partialFilterExpression={"is_control_work": True},
        ),
        IndexModel(
            [("test_id", ASCENDING)],
            name="one_of_a_test",
            unique=True,
            partialFilterExpression={"test_id": {"$exists": True}},
        ),
    ],
)
WORK_KINDS: Final = Collection("work_kinds", WorkKind, indexes=_IN_SCHOOL)
MARKS: Final = Collection(
    "marks",
    Mark,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("given_on", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("lesson_id", ASCENDING), ("student_id", ASCENDING)]),
        IndexModel([("work_id", ASCENDING), ("student_id", ASCENDING)], unique=True),
        IndexModel([("class_id", ASCENDING), ("subject_id", ASCENDING), ("given_on", ASCENDING)]),
    ],
)
LATEST_REQUESTED: Final = [("requested_at", DESCENDING), ("_id", DESCENDING)]
GRADE_REVIEWS: Final = Collection(
    "grade_reviews",
    GradeReview,
    indexes=[
        IndexModel([("student_id", ASCENDING), *LATEST_REQUESTED]),
        IndexModel([("mark_id", ASCENDING), *LATEST_REQUESTED]),
        IndexModel(
            [("mark_id", ASCENDING)],
            name="one_open",
            unique=True,
            partialFilterExpression={"state": GradeReviewState.OPEN.value},
        ),
    ],
)
FINAL_GRADES: Final = Collection(
    "final_grades",
    FinalGrade,
    indexes=[IndexModel([("student_id", ASCENDING), ("academic_year", ASCENDING), ("subject_id", ASCENDING)])],
)
GRADE_SCALES: Final = Collection("grade_scales", GradeScale, indexes=_IN_SCHOOL)
ATTESTATION_PERIODS: Final = Collection(
    "attestation_periods",
    AttestationPeriod,
    indexes=[IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING)])],
)
ATTESTATION_DEBTS: Final = Collection(
    "attestation_debts", AttestationDebt, indexes=[IndexModel([("student_id", ASCENDING)])]
)
