"""Analytics: statistics of all schools for administrators and analysts, from which no student can be read."""

from typing import Final

from auth.viewer import Role
from connectors.analytics import CellOrder
from gateway.engine.declarations import CacheControl
from gateway.resolvers import analytics
from gateway.resolvers.analytics import measures
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, column, extends, shown, value, view_of
from gateway.schema.grades.records import WorkKind
from gateway.schema.node import RootDocument
from gateway.schema.people import Subject
from gateway.schema.references import Class, School
from gateway.schema.scalars import Date, DateTime, DecimalString

for enum in (
    analytics.AnalyticsPeriod,
    analytics.AnalyticsScope,
    analytics.AttendanceDimension,
    analytics.ComparisonLevel,
    analytics.FamiliesDimension,
    analytics.MarksDimension,
    analytics.SuppressionReason,
    measures.ShareBound,
    CellOrder,
):
    described_enum(enum)

READERS: Final = frozenset({Role.ADMINISTRATOR, Role.ANALYST})
"""The roles that read statistics."""
_A_MINUTE: Final = CacheControl(60, is_private=True)
_COST: Final = 10  # a question reads some thousands of records or cells
_NARROWED: Final = {
    "group_by": "What the cells tell apart. Everything else is taken together.",
    "days": "Only these days; of published cells those whole terms, months or weeks that lie within them.",
    "school_id": "Only this school.",
    "municipality": "Only this municipality, by its name.",
    "grade_level": "Only this grade level.",
    "subject": "Only this subject, by its name.",
    "academic_year": "The academic year, such as 2026/27; the current one without it.",
    "period": "The whole academic year, or the term that runs.",
    "scope": "Whose figures. Without it an administrator gets their own schools, an analyst everyone.",
    "order_by": "The order of the cells; hidden ones come last.",
}
_COMPARED: Final = {"level": "The larger whole."}


@view_of(measures.ValueCount, visible_to=READERS)
class ValueCount:
    """How many records of a cell have one value."""

    value: str
    """The value, such as the mark 5."""

    count: int
    """How many records have it. Of published cells it is blurred, and bounded as the share is."""

    share: DecimalString
    """Their share in all records of the cell, 0 to 1."""

    bound: measures.ShareBound | None
    """How count and share are to be read where they have reached a bound; null where they have not."""


@view_of(analytics.Term, visible_to=READERS)
class AnalyticsTerm:
    """A term of the statistics: a quarter, a trimester, a half-year or a semester of all schools that have it."""

    name: str
    """The name, such as II четверть."""

    kind: str
    """The kind of the term, as `PeriodKind` names it."""

    ordinal: int
    """The number of the term among those of its kind in the year, from 1."""

    is_current: bool
    """Whether the term runs on the day of the statistics."""

    starts_on: Date
    """The first day; where schools differ, the earliest."""

    ends_on: Date
    """The last day; where schools differ, the latest."""


@extends(analytics.Cell)
class AnyAggregate:
    """The fields of cells of all statistics."""

    region: str | None = shown()
    """The region (регион); null where the cell is of several."""

    municipality: str | None = shown()
    """The municipality (муниципалитет); null where the cell is of several, or its school names none."""

    school: School | None = batch(analytics.own_schools, "school_id")
    """The school, if the viewer works there."""

    school_name: str | None = shown()
    """The name of the school; null where the cell is of several."""

    grade_level: int | None = shown()
    """The grade level (параллель); null where the cell is of several, or the level is not known."""

    class_: Class | None = batch(analytics.own_classes, "class_id", "school_id", name="class")
    """The class, if it is at a school that the viewer works at."""

    class_name: str | None = shown()
    """The name of the class; null where the cell is of several."""

    academic_year: str | None = shown()
    """The academic year, such as 2026/27."""

    term: AnalyticsTerm | None = shown()
    """The term; null where the cell is of the whole year, or of days between terms."""

    month: str | None = shown()
    """The month, such as 2026-11; null where the cell is of several."""

    week_starts_on: Date | None = shown()
    """The Monday of the week; null where the cell is of several."""

    students: int | None = shown()
    """How many students have records in the cell; null where it is hidden."""

    is_suppressed: bool = shown()
    """Whether the numbers are hidden, so that they tell of no single student."""

    suppression: analytics.SuppressionReason | None = shown()
    """Why the numbers are hidden; null where they are not."""

    suppression_note: str | None = value(analytics.note, "suppression", "least")
    """The text to show in the place of hidden numbers, such as «скрыто: меньше 5»."""

    is_exact: bool = shown()
    """Whether the numbers are exact: those of an administrator's own schools. Published ones are blurred a little."""


_CELL: Final = ("counts", "is_exact", "students")


@view_of(analytics.Cell, visible_to=READERS, cache=_A_MINUTE)
class MarksAggregate(AnyAggregate):
    """A cell of the statistics of marks: of one place, time, subject or kind of work, as they were asked for."""

    subject: Subject | None = batch(analytics.own_subjects, "subject_id", "school_id")
    """The subject, if the cell is of a school that the viewer works at."""

    subject_name: str | None
    """The name of the subject; null where the cell is of several."""

    work_kind: WorkKind | None = batch(analytics.own_kinds, "kind_id", "school_id")
    """The kind of work, if the cell is of a school that the viewer works at."""

    work_kind_name: str | None
    """The name of the kind of work; null where the cell is of several."""

    marks: int | None = value(measures.records, "counts")
    """How many marks there are, without points («точка») and marks of the second half of the day."""

    average: DecimalString | None = value(measures.average, *_CELL)
    """The simple average of the marks on the five-point scale that count (средний балл); null where there are none."""

    quality: DecimalString | None = value(measures.quality, *_CELL)
    """The quality of learning (качество знаний): the share of marks 4 and 5 in those on the five-point scale."""

    success: DecimalString | None = value(measures.success, *_CELL)
    """The success rate (успеваемость): the share of marks 3, 4 and 5 in those on the five-point scale."""

    degree_of_learning: DecimalString | None = value(measures.degree_of_learning, *_CELL)
    """The degree of learning (СОУ): 5 counts as 1, 4 as 0.64, 3 as 0.36, 2 as 0.16, 1 as 0.07, by V. P. Simonov."""

    distribution: list[ValueCount] | None = value(measures.distribution, *_CELL, "statistic", list_size=8)
    """How many marks have each value; `pass` and `fail` are зачёт and незачёт, `other` all other marks."""

    compared_to: "MarksAggregate | None" = batch(
        analytics.compared_with, "coordinates", "question", arguments=_COMPARED, cost=_COST
    )
    """The cell of a larger whole: for an own class that of its parallel, for an own school that of its municipality."""

    previous: "MarksAggregate | None" = batch(analytics.previous, "coordinates", "question", "term", cost=_COST)
    """The cell of the term, month or week before; null for the first."""


@view_of(analytics.Cell, visible_to=READERS, cache=_A_MINUTE)
class AttendanceAggregate(AnyAggregate):
    """A cell of the statistics of attendance: of one place, time or subject, as they were asked for."""

    subject: Subject | None = batch(analytics.own_subjects, "subject_id", "school_id")
    """The subject, if the cell is of a school that the viewer works at."""

    subject_name: str | None
    """The name of the subject; null where the cell is of several."""

    lessons: int | None = value(measures.records, "counts")
    """How many times a student's attendance of a lesson was recorded; an absence of a day counts for each lesson."""

    absent: int | None = value(measures.absent, "counts")
    """Lessons missed without a valid reason."""

    late: int | None = value(measures.late, "counts")
    """Lessons to which students came late."""

    excused: int | None = value(measures.excused, "counts")
    """Lessons missed for a valid reason."""

    missed_per_student: DecimalString | None = value(measures.missed_per_student, "counts", "students")
    """Missed lessons for each student with a record."""

    distribution: list[ValueCount] | None = value(measures.distribution, *_CELL, "statistic", list_size=7)
    """How many records have each value: PRESENT, LATE, ABSENT, or a class of reasons: ILLNESS, FAMILY, EVENT, OTHER."""

    compared_to: "AttendanceAggregate | None" = batch(
        analytics.compared_with, "coordinates", "question", arguments=_COMPARED, cost=_COST
    )
    """The cell of a larger whole: for an own class that of its parallel, for an own school that of its municipality."""

    previous: "AttendanceAggregate | None" = batch(analytics.previous, "coordinates", "question", "term", cost=_COST)
    """The cell of the term, month or week before; null for the first."""


@view_of(analytics.Cell, visible_to=READERS, cache=_A_MINUTE)
class FamiliesAggregate(AnyAggregate):
    """A cell of the statistics of families: of one place and time, as they were asked for."""

    weeks: int | None = value(measures.records, "counts")
    """How many weeks of students' diaries there are."""

    acknowledged: DecimalString | None = value(measures.acknowledged_share, *_CELL)
    """The share of these weeks that a parent has acknowledged («Ознакомлен»)."""

    compared_to: "FamiliesAggregate | None" = batch(
        analytics.compared_with, "coordinates", "question", arguments=_COMPARED, cost=_COST
    )
    """The cell of a larger whole: for an own class that of its parallel, for an own school that of its municipality."""

    previous: "FamiliesAggregate | None" = batch(analytics.previous, "coordinates", "question", "term", cost=_COST)
    """The cell of the term, month or week before; null for the first."""


@view_of(analytics.Cell, visible_to=READERS, cache=_A_MINUTE)
class PointsAggregate(AnyAggregate):
    """A cell of the statistics of points («точка»), answers that are awaited: of one place, time or subject."""

    subject: Subject | None = batch(analytics.own_subjects, "subject_id", "school_id")
    """The subject, if the cell is of a school that the viewer works at."""

    subject_name: str | None
    """The name of the subject; null where the cell is of several."""

    points: int | None = value(measures.records, "counts")
    """How many points there are for which no mark was given yet."""

    overdue: int | None = value(measures.overdue, "counts")
    """How many of them are overdue («просрочено»): their day has passed."""

    overdue_share: DecimalString | None = value(measures.overdue_share, *_CELL)
    """The share of overdue points."""

    compared_to: "PointsAggregate | None" = batch(
        analytics.compared_with, "coordinates", "question", arguments=_COMPARED, cost=_COST
    )
    """The cell of a larger whole: for an own class that of its parallel, for an own school that of its municipality."""

    previous: "PointsAggregate | None" = batch(analytics.previous, "coordinates", "question", "term", cost=_COST)
    """The cell of the term, month or week before; null for the first."""


@view_of(analytics.AnalyticsDocument, visible_to=READERS, cache=_A_MINUTE)
class Analytics:
    """Statistics of the school, or of all schools. Published cells tell of no single student: docs/analytics.md."""

    built_at: DateTime = column("built_at")
    """When the statistics were built: they hold what was known then."""

    as_of: Date
    """The day that the statistics go up to."""

    marks: Connection[MarksAggregate] | None = batch(analytics.marks, arguments=_NARROWED, cost=_COST)
    """Statistics of marks."""

    attendance: Connection[AttendanceAggregate] | None = batch(analytics.attendance, arguments=_NARROWED, cost=_COST)
    """Statistics of attendance."""

    points: Connection[PointsAggregate] | None = batch(analytics.points, arguments=_NARROWED, cost=_COST)
    """Statistics of points («точка»): work that is awaited, and overdue."""

    families: Connection[FamiliesAggregate] | None = batch(analytics.families, arguments=_NARROWED, cost=_COST)
    """Statistics of families: how many weeks of the diary parents acknowledge."""


@extends(RootDocument)
class AnalyticsOfQuery:
    """The statistics' part of the root."""

    analytics: Analytics | None = batch(analytics.analytics, visible_to=READERS)
    """Statistics of the viewer's schools, and of all schools (статистика)."""
