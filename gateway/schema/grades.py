"""Grades: marks, the report card, final grades, attestation periods and debts."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import grades as documents
from connectors.directory import AverageKind
from connectors.grades import DebtState, FinalGradeKind, MarkOrder, PeriodKind
from gateway.resolvers import diary, directory, grades
from gateway.schema.caching import STEADY
from gateway.schema.connections import Connection
from gateway.schema.fields import batch, extends, instant, one, shown, view_of
from gateway.schema.fields import value as computed
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import Date, DateTime, DecimalString
from gateway.schema.visibility import NOT_ANALYST, STAFF

if TYPE_CHECKING:
    from gateway.schema.diary import Lesson

LazyLesson = Annotated["Lesson", strawberry.lazy("gateway.schema.diary")]

strawberry.enum(MarkOrder)
strawberry.enum(FinalGradeKind)
strawberry.enum(PeriodKind)
strawberry.enum(DebtState)
strawberry.enum(AverageKind)


@view_of(documents.GradeScaleValue, cache=STEADY)
class GradeScaleValue:
    """A value of a scale."""

    value: str
    numeric_value: DecimalString | None
    is_passing: bool


@view_of(documents.GradeScale, cache=STEADY)
class GradeScale:
    """What marks may be: 2 to 5, 0 to 100, passed or not."""

    id: strawberry.ID
    name: str
    min_value: DecimalString | None
    max_value: DecimalString | None
    values: list[GradeScaleValue] = shown(list_size=6)


@view_of(documents.WorkKind)
class WorkKind:
    """A kind of work with the weight the school gives it."""

    id: strawberry.ID
    name: str
    abbreviation: str | None
    weight: int
    counts_towards_average: bool


@view_of(documents.Work, visible_to=NOT_ANALYST)
class Work(Node):
    """Something marks are given for."""

    id: strawberry.ID
    title: str
    kind: WorkKind | None = one(grades.kinds, "kind_id")
    subject: Subject | None = one(directory.subjects, "subject_id")
    planned_on: Date | None
    is_control_work: bool
    max_score: DecimalString | None


@view_of(documents.AttestationPeriod, cache=STEADY)
class AttestationPeriod(Node):
    """A period whose marks are summed up; of one discipline where it names a subject."""

    id: strawberry.ID
    name: str
    kind: PeriodKind
    ordinal: int
    subject: Subject | None = one(directory.subjects, "subject_id")
    starts_on: Date
    ends_on: Date


@view_of(documents.MarkChange)
class MarkChange:
    """What a mark was before, and who changed it."""

    changed_at: DateTime = instant("changed_at")
    changed_by: Person | None = one(directory.people, "changed_by_id")
    old_value: str | None
    new_value: str | None


@view_of(documents.Mark, visible_to=NOT_ANALYST)
class Mark(Node):
    """One mark for one work."""

    id: strawberry.ID
    value: str
    numeric_value: DecimalString | None
    scale: GradeScale | None = one(grades.scales, "scale_id")
    weight: int = shown(description="What the mark contributes to the weighted average, 1 to 5.")
    display_weight: int | None = computed(grades.display_weight, "weight")
    is_point: bool = shown(description="«Точка»: an answer is awaited; it never counts towards an average.")
    point_valid_until: Date | None
    is_overdue: bool = batch(grades.is_overdue, "is_point", "point_valid_until", "school_id")
    counts_towards_average: bool
    is_exam: bool
    comment: str | None
    has_comment: bool = computed(grades.has_comment, "comment")
    given_on: Date
    given_by: Person | None = one(directory.people, "given_by_id")
    subject: Subject | None = one(directory.subjects, "subject_id")
    lesson: LazyLesson | None = batch(diary.lesson_of, "lesson_id", "student_id")
    work: Work | None = one(grades.works, "work_id")
    history: list[MarkChange] | None = shown(visible_to=STAFF, list_size=2)


@view_of(documents.FinalGrade, visible_to=NOT_ANALYST)
class FinalGrade(Node):
    """A grade that sums up a period, a year or an examination."""

    id: strawberry.ID
    subject: Subject | None = one(directory.subjects, "subject_id")
    period: AttestationPeriod | None = one(grades.periods, "period_id")
    academic_year: str
    kind: FinalGradeKind
    value: str
    numeric_value: DecimalString | None
    computed_average: DecimalString | None = shown(
        description="The average when the grade was given; the grade is the teacher's and need not follow from it."
    )


DEBT_READERS = frozenset({Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})


@view_of(documents.AttestationDebt, visible_to=DEBT_READERS)
class AttestationDebt:
    """An interim attestation that was not passed."""

    id: strawberry.ID
    subject: Subject | None = one(directory.subjects, "subject_id")
    period: AttestationPeriod | None = one(grades.periods, "period_id")
    since: Date
    resit_on: Date | None
    state: DebtState


@view_of(grades.WeeklyAverage)
class WeeklyAverage:
    """The average of one week's marks."""

    week_starts_on: Date
    average: DecimalString | None
    mark_count: int


ROW = ("marks", "average_kind")


@view_of(grades.SubjectPerformance)
class SubjectPerformance:
    """A row of the report card: one subject in one attestation period."""

    subject: Subject = one(directory.subjects, "subject_id")
    period: AttestationPeriod | None
    average: DecimalString | None = computed(grades.average, *ROW)
    average_kind: AverageKind
    simple_average: DecimalString | None = computed(grades.simple_average, *ROW)
    weighted_average: DecimalString | None = computed(grades.weighted_average, *ROW)
    mark_count: int = computed(grades.mark_count, *ROW)
    marks: list[Mark] | None = shown(list_size=15)
    weekly: list[WeeklyAverage] | None = computed(grades.weekly, *ROW, list_size=10)
    class_average: DecimalString | None = batch(grades.class_average, *ROW, cost=5)
    final_grade: FinalGrade | None = batch(grades.final_grade_of_rows, *ROW)


AUDIENCE = ("student_id", "school_id", "enrolments", "memberships")


@extends(people.Person)
class GradesOfStudent:
    """What the grades add to a student."""

    marks: Connection[Mark] | None = batch(grades.marks_of, "student_id")
    performance: list[SubjectPerformance] | None = batch(
        grades.performance_of, "student_id", "school_id", "enrolments", list_size=15
    )
    final_grades: list[FinalGrade] | None = batch(grades.final_grades_of, "student_id", list_size=60)
    attestation_debts: list[AttestationDebt] | None = batch(
        grades.debts_of, "student_id", visible_to=DEBT_READERS, list_size=2
    )
    planned_control_works: list[Work] | None = batch(grades.planned_control_works, *AUDIENCE, list_size=15)
