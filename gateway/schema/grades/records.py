"""Grades: marks, the report card, final grades, attestation periods and debts."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from auth.viewer import STAFF, Role
from connectors import directory as people
from connectors import grades as documents
from connectors import schedule as lessons
from connectors.directory import AverageKind
from connectors.grades import DebtState, FinalGradeKind, Journal, MarkOrder, PeriodKind
from connectors.vocabulary import version_of
from gateway.resolvers import diary, directory, grades
from gateway.schema.caching import STEADY
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.directory import Group
from gateway.schema.fields import batch, extends, instant, many, one, shown, view_of
from gateway.schema.fields import value as computed
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.references import Class, Lesson
from gateway.schema.scalars import Date, DateTime, DecimalString
from gateway.schema.visibility import NOT_ANALYST

if TYPE_CHECKING:  # for mypy, which would look for the name here
    GradeReview: TypeAlias = Any
else:
    GradeReview = Annotated["GradeReview", strawberry.lazy("gateway.schema.grades.reviews")]

described_enum(MarkOrder)
described_enum(Journal)
described_enum(FinalGradeKind)
described_enum(PeriodKind)
described_enum(DebtState)
described_enum(AverageKind)


@view_of(documents.GradeScaleValue, cache=STEADY)
class GradeScaleValue:
    """A value of a grade scale."""

    value: str
    """The value as it is written, such as 5 or зачёт."""

    numeric_value: DecimalString | None
    """The number that the value counts as; null where it is no number."""

    is_passing: bool
    """Whether the value is a pass."""


@view_of(documents.GradeScale, cache=STEADY)
class GradeScale:
    """A scale on which marks are given (шкала оценивания): 2 to 5, 0 to 100, passed or not passed."""

    id: strawberry.ID
    """Identifies the scale within its school."""

    name: str
    """The name of the scale."""

    min_value: DecimalString | None
    """The least number of the scale; null for a scale that is not of numbers."""

    max_value: DecimalString | None
    """The greatest number of the scale; null for a scale that is not of numbers."""

    values: list[GradeScaleValue] = shown(list_size=6)
    """The values of the scale."""


@view_of(documents.WorkKind)
class WorkKind:
    """A kind of work (вид работы) with the weight that the school gives it."""

    id: strawberry.ID
    """Identifies the kind of work; `marks(kindId:)` takes it."""

    name: str
    """The name of the kind, such as контрольная работа."""

    abbreviation: str | None
    """The name for narrow columns; null where the school has none."""

    weight: int
    """The weight (вес) that marks of this kind have, 1 to 5."""

    counts_towards_average: bool
    """Whether marks of this kind count towards averages."""


@view_of(documents.Work, visible_to=NOT_ANALYST, found_by=grades.works_by_ids)
class Work(Node):
    """A work that marks are given for (работа): an answer, a control work, homework."""

    id: strawberry.ID
    title: str
    """The name of the work."""

    kind: WorkKind | None = one(grades.kinds, "kind_id")
    """The kind of the work."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the work."""

    planned_on: Date | None
    """The day for which the work is planned; null where it is not planned."""

    is_control_work: bool
    """Whether the work is a control work (контрольная работа): announced beforehand."""

    max_score: DecimalString | None
    """The most points that the work can be given; null where it is not given points."""


@view_of(documents.AttestationPeriod, cache=STEADY, found_by=grades.periods_by_ids)
class AttestationPeriod(Node):
    """A period whose marks are summed up in a final grade (аттестационный период)."""

    id: strawberry.ID
    name: str
    """The name of the period, such as II четверть."""

    kind: PeriodKind
    """The kind of period."""

    ordinal: int
    """The number of the period among those of its kind in the year, from 1."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The only subject that the period is for; null for a period of all subjects."""

    classes: list[Class] | None = many(directory.classes, "class_ids", list_size=5)
    """The only classes that the period is for, such as the half-years of senior ones; empty for all classes."""

    group: Group | None = one(directory.groups, "group_id")
    """The only study group that the period is for; null for a period of all groups."""

    starts_on: Date
    """The first day."""

    ends_on: Date
    """The last day; it belongs to the period."""


@view_of(documents.MarkChange)
class MarkChange:
    """A change of a mark: the values before and after it, and who made it."""

    changed_at: DateTime = instant("changed_at")
    """When the mark was changed."""

    changed_by: Person | None = one(directory.people, "changed_by_id")
    """Who changed the mark."""

    old_value: str | None
    """The value before the change; null where there was none."""

    new_value: str | None
    """The value after the change; null where the mark was removed."""

    review: GradeReview | None = one(grades.grade_reviews_by_ids, "review_id")
    """The request for a review that the change answers; null where it answers none."""


@view_of(documents.Mark, visible_to=NOT_ANALYST, found_by=grades.marks_by_ids)
class Mark(Node):
    """A mark of one student for one work (оценка, отметка)."""

    id: strawberry.ID
    value: str
    """The mark as it was entered, such as 5, зачёт or • for a point."""

    numeric_value: DecimalString | None
    """The number that the mark counts as; null where it is no number."""

    scale: GradeScale | None = one(grades.scales, "scale_id")
    """The scale on which the mark was given."""

    weight: int
    """The weight (вес) of the mark in the weighted average, 1 to 5."""

    display_weight: int | None = computed(grades.display_weight, "weight")
    """The weight where a diary shows it: where it is greater than 1; otherwise null."""

    is_point: bool
    """Whether the mark is a point («точка»): an answer is awaited. A point never counts towards an average."""

    point_valid_until: Date | None
    """The last day on which the answer that a point awaits may be given; null for other marks."""

    is_overdue: bool = batch(grades.is_overdue, "is_point", "point_valid_until", "school_id")
    """Whether the answer that a point awaits is late."""

    counts_towards_average: bool
    """Whether the mark counts towards averages."""

    is_exam: bool
    """Whether the mark was given at an examination."""

    comment: str | None
    """The teacher's comment on the mark; null where there is none."""

    has_comment: bool = batch(grades.has_comment, "comment", "work_id")
    """Whether the mark has a comment or its work a name to be opened: the red corner of diaries."""

    given_on: Date
    """The day on which the mark was given."""

    given_by: Person | None = one(directory.people, "given_by_id")
    """Who gave the mark."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the mark."""

    lesson: Lesson | None = batch(diary.lesson_of, "lesson_id", "student_id")
    """The lesson at which the mark was given; null for a mark of no lesson."""

    work: Work | None = one(grades.works, "work_id")
    """The work that the mark was given for."""

    journal: Journal = computed(grades.journal_of, "journal")
    """The journal that the mark stands in."""

    version: int = computed(version_of, "version")
    """How often the mark was changed; `changeMark`, `removeMark` and `setPoint` ask for it."""

    history: list[MarkChange] | None = shown(visible_to=STAFF, list_size=2)
    """Earlier values of the mark and who changed them."""

    reviews: list[GradeReview] | None = batch(
        grades.grade_reviews_of_marks, "_id", "student_id", "subject_id", list_size=1
    )
    """The requests to review the mark (запросы на пересмотр), the latest first."""


@view_of(documents.FinalGrade, visible_to=NOT_ANALYST, found_by=grades.final_grades_by_ids)
class FinalGrade(Node):
    """A grade that sums up a period, a year or an examination (итоговая отметка)."""

    id: strawberry.ID
    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the grade."""

    period: AttestationPeriod | None = one(grades.periods, "period_id")
    """The attestation period that the grade sums up; null for a grade of a year or of an examination."""

    academic_year: str
    """The academic year, such as 2026/27."""

    kind: FinalGradeKind
    """What the grade sums up."""

    value: str
    """The grade as it was entered, such as 5 or зачёт."""

    numeric_value: DecimalString | None
    """The number that the grade counts as; null where it is no number."""

    computed_average: DecimalString | None = computed(grades.computed_average, "computed_average")
    """The average at the time when the grade was given. The teacher sets the grade; it need not follow the average."""

    given_by: Person | None = one(directory.people, "given_by_id")
    """Who set the grade; null where it came from another system."""

    version: int = computed(version_of, "version")
    """How often the grade was changed; `setFinalGrade` asks for it."""

    history: list[MarkChange] | None = computed(grades.history_of, "history", visible_to=STAFF, list_size=2)
    """Earlier values of the grade and who changed them."""


DEBT_READERS = frozenset({Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})


@view_of(documents.AttestationDebt, visible_to=DEBT_READERS)
class AttestationDebt:
    """An interim attestation that was not passed (академическая задолженность)."""

    id: strawberry.ID
    """Identifies the debt."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the attestation."""

    period: AttestationPeriod | None = one(grades.periods, "period_id")
    """The period of the attestation."""

    since: Date
    """The day since which the debt exists."""

    resit_on: Date | None
    """The day of the resit (пересдача); null where none is planned."""

    state: DebtState
    """What became of the debt."""


@view_of(grades.WeeklyAverage)
class WeeklyAverage:
    """The average of the marks of one week."""

    week_starts_on: Date
    """The Monday of the week."""

    average: DecimalString | None
    """The average of the marks of the week, of the kind that the school uses; null where no mark counts."""

    mark_count: int
    """How many marks were given in the week, those that do not count included."""


ROW = ("marks", "average_kind")


@view_of(grades.SubjectPerformance)
class SubjectPerformance:
    """A row of the report card (табель): one subject in one attestation period."""

    subject: Subject = one(directory.subjects, "subject_id")
    """The subject of the row."""

    period: AttestationPeriod | None
    """The attestation period of the row; null where the row is of the whole school year."""

    average: DecimalString | None = computed(grades.average, *ROW)
    """The average of the kind that the school uses; null where no mark counts."""

    average_kind: AverageKind
    """The kind of average that the school uses."""

    simple_average: DecimalString | None = computed(grades.simple_average, *ROW)
    """The sum of the marks divided by their number, rounded half up to two places; null where no mark counts."""

    weighted_average: DecimalString | None = computed(grades.weighted_average, *ROW)
    """The sum of marks times weights divided by the sum of the weights, rounded half up to two places; null where the
    weights sum to nothing."""

    mark_count: int = computed(grades.mark_count, *ROW)
    """How many marks there are, those that do not count included."""

    marks: list[Mark] | None = shown(list_size=15)
    """The marks of the row."""

    weekly: list[WeeklyAverage] | None = computed(grades.weekly, *ROW, list_size=10)
    """The averages of the weeks that have marks, in order of time."""

    class_average: DecimalString | None = batch(grades.class_average, *ROW, cost=5)
    """The average of the class in the subject and period; null for a class so small that it would reveal one student's
    marks."""

    final_grade: FinalGrade | None = batch(grades.final_grade_of_rows, *ROW)
    """The final grade of the subject in the period; null until it is given."""


AUDIENCE = ("student_id", "school_id", "enrolments", "memberships")
OF_CLASS = ("student_id", "school_id", "enrolments")


@extends(people.Person)
class GradesOfStudent:
    """What the grades add to a student."""

    marks: Connection[Mark] | None = batch(grades.marks_of, *OF_CLASS)
    """Marks (оценки), in the order of `orderBy`. Past school years are included."""

    performance: list[SubjectPerformance] | None = batch(
        grades.performance_of,
        *AUDIENCE,
        arguments={
            "period_id": "The attestation period; without it, the current one of each subject, or its latest.",
            "journal": "The journal whose marks are summed up.",
        },
        list_size=15,
    )
    """The report card (табель): one row for each subject of the student, those without marks too, in the order of the
    curriculum; of the journal of the second half of the day only subjects with marks."""

    final_grades: list[FinalGrade] | None = batch(grades.final_grades_of, *OF_CLASS, list_size=60)
    """Final grades (итоговые отметки) of periods, years and examinations, the latest year first; within it by subject,
    and of each subject the periods in time, then the year, the examination and the final grade."""

    attestation_debts: list[AttestationDebt] | None = batch(
        grades.debts_of, "student_id", visible_to=DEBT_READERS, list_size=2
    )
    """Interim attestations that were not passed (академические задолженности), open and closed, the oldest first."""

    planned_control_works: list[Work] | None = batch(
        grades.planned_control_works,
        *AUDIENCE,
        arguments={"days": "Only those of these days; from today to the end of the school year without them."},
        list_size=15,
        days_per_unit=14,
    )
    """Control works that are planned (контрольные работы), in order of time."""


@extends(people.School)
class GradesOfSchool:
    """What the grades add to a school."""

    grade_scales: list[GradeScale] | None = batch(grades.scales_of_schools, "_id", list_size=5)
    """The scales on which the school gives marks (шкалы оценивания)."""

    work_kinds: list[WorkKind] | None = batch(grades.kinds_of_schools, "_id", list_size=10)
    """The kinds of work (виды работ) by name: marks can be filtered by them."""

    attestation_periods: list[AttestationPeriod] | None = batch(
        grades.periods_of_schools,
        "_id",
        arguments={
            "subject_id": "Only the periods of this subject: its own, or the general ones where it has none.",
            "class_id": "Only the periods of this class: its own, or the general ones where it has none.",
        },
        list_size=20,
        after="calendar",
    )
    """The attestation periods (аттестационные периоды) in order of time."""


@extends(lessons.Lesson)
class GradesOfLesson:
    """What the grades add to a lesson."""

    marks: list[Mark] | None = batch(diary.marks_of_lessons, "_id", list_size=2, after="classwork")
    """The student's marks of the lesson."""
