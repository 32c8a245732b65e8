"""Curriculum: what is taught over the year, work programmes, the coloured calendar, module courses."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import (
    BY_ID,
    Collection,
    Connector,
    Read,
    by_ids,
    counted,
    equal_to_arguments,
    many,
    paged,
    pairs,
)
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import ClassId, CourseId, Page, SchoolId, StudentId, SubjectId


class CalendarPeriodKind(StrEnum):
    """The purpose of a period of the school calendar."""

    STUDY = "STUDY"
    """Study (учебный период)."""

    HOLIDAYS = "HOLIDAYS"
    """School holidays (каникулы)."""

    EXAMS = "EXAMS"
    """Examinations (экзамены)."""

    PRACTICE = "PRACTICE"
    """Practical training (практика)."""

    PUBLIC_HOLIDAY = "PUBLIC_HOLIDAY"
    """A public holiday (праздничный день)."""


class ModuleCourseKind(StrEnum):
    """The kind of a module course."""

    ADDITIONAL_EDUCATION = "ADDITIONAL_EDUCATION"
    """Additional education (дополнительное образование)."""

    ELECTIVE = "ELECTIVE"
    """An elective (курс по выбору, факультатив)."""

    EXAM_PREPARATION = "EXAM_PREPARATION"
    """Preparation for examinations."""


class MonthHours(TypedDict):
    month: int  # 1..12
    hours: int


class CurriculumItem(TypedDict):
    subject_id: SubjectId
    workload_hours: int  # трудоёмкость
    hours_per_week: int | float | None
    hours_by_month: list[MonthHours]
    passed_hours: int | None


class Curriculum(TypedDict):
    _id: str
    school_id: SchoolId
    class_ids: list[ClassId]
    academic_year: str
    name: str
    items: list[CurriculumItem]


class Topic(TypedDict):
    number: int
    title: str
    hours: int | None
    section: str | None


class WorkProgramme(TypedDict):
    _id: str
    school_id: SchoolId
    class_ids: list[ClassId]
    academic_year: str
    subject_id: SubjectId
    name: str
    topics: list[Topic]


class CalendarPeriod(TypedDict):
    _id: str
    school_id: SchoolId
    academic_year: str
    name: str
    kind: CalendarPeriodKind
    starts_on: str
    ends_on: str
    colour: str  # "#RRGGBB"


class CoursePeriod(TypedDict):
    _id: str
    name: str
    starts_on: str
    ends_on: str
    capacity: NotRequired[int | None]  # of this period alone; absent or None: that of the course


class ModuleCourse(TypedDict):
    """A course students may choose, and when it runs (F93)."""

    _id: CourseId
    school_id: SchoolId
    class_ids: list[ClassId]
    title: str
    kind: ModuleCourseKind
    description: str | None
    periods: list[CoursePeriod]
    capacity: int | None
    choose_from: NotRequired[str | None]  # the first and the last day of choosing; absent: until a period is over
    choose_until: NotRequired[str | None]


class CourseChoice(TypedDict):
    _id: str
    school_id: SchoolId
    course_id: CourseId
    student_id: StudentId
    period_id: str
    chosen_at: datetime


_LATEST_CHOSEN: Final = [("chosen_at", DESCENDING), ("_id", DESCENDING)]
_BY_NAME: Final = [("name", ASCENDING), ("_id", ASCENDING)]
_LATEST_YEAR: Final = [("academic_year", DESCENDING), *_BY_NAME]

CURRICULA: Final = Collection(
    "curricula",
    Curriculum,
    indexes=[
        IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING)]),
        IndexModel([("school_id", ASCENDING), *_LATEST_YEAR]),
    ],
)
WORK_PROGRAMMES: Final = Collection(
    "work_programmes",
    WorkProgramme,
    indexes=[
        IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING), ("subject_id", ASCENDING)]),
        IndexModel([("school_id", ASCENDING), *_LATEST_YEAR]),
    ],
)
CALENDAR_PERIODS: Final = Collection(
    "calendar_periods",
    CalendarPeriod,
    indexes=[IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING), ("starts_on", ASCENDING)])],
)
MODULE_COURSES: Final = Collection(
    "module_courses",
    ModuleCourse,
    indexes=[IndexModel([("class_ids", ASCENDING)]), IndexModel([("school_id", ASCENDING)])],
)
COURSE_CHOICES: Final = Collection(
    "course_choices",
    CourseChoice,
    indexes=[
        IndexModel([("course_id", ASCENDING), ("student_id", ASCENDING)], unique=True),
        IndexModel([("student_id", ASCENDING)]),
        IndexModel([("period_id", ASCENDING)]),
        IndexModel([("course_id", ASCENDING), *_LATEST_CHOSEN]),
    ],
)


class Curricula(Connector):
    """Reads of the curriculum."""

    collections = (CURRICULA, WORK_PROGRAMMES, CALENDAR_PERIODS, MODULE_COURSES, COURSE_CHOICES, SNAPSHOTS, FACTS, KEYS)

    curricula_of: Read[ClassId, list[Curriculum]] = many(
        CURRICULA,
        by="class_ids",
        order=[("academic_year", DESCENDING), ("_id", ASCENDING)],
        where=equal_to_arguments("academic_year"),
        needs=("academic_year",),
        cached=True,
    )
    """The curricula of each class, the latest year first."""

    curricula_by_ids: Read[str, Curriculum] = by_ids(CURRICULA, cached=True)
    """The curriculum of each id."""

    programmes_of: Read[ClassId, list[WorkProgramme]] = many(
        WORK_PROGRAMMES,
        by="class_ids",
        order=_BY_NAME,
        where=equal_to_arguments("academic_year", "subject_id"),
        cached=True,
    )
    """The work programmes of each class, by name."""

    programmes_by_ids: Read[str, WorkProgramme] = by_ids(WORK_PROGRAMMES, cached=True)
    """The work programme of each id."""

    curricula_of_schools: Read[SchoolId, Page] = paged(
        CURRICULA,
        by="school_id",
        order=_LATEST_YEAR,
        where=equal_to_arguments("academic_year"),
    )
    """The curricula of each school, the latest year first, by name."""

    programmes_of_schools: Read[SchoolId, Page] = paged(
        WORK_PROGRAMMES,
        by="school_id",
        order=_LATEST_YEAR,
        where=equal_to_arguments("academic_year", "subject_id"),
    )
    """The work programmes of each school, the latest year first, by name."""

    calendar_of: Read[SchoolId, list[CalendarPeriod]] = many(
        CALENDAR_PERIODS,
        by="school_id",
        order=[("starts_on", ASCENDING), ("_id", ASCENDING)],
        where=equal_to_arguments("academic_year"),
        cached=True,
    )
    """The periods of each school's year, in time."""

    courses_of: Read[ClassId, list[ModuleCourse]] = many(
        MODULE_COURSES, by="class_ids", order=[("title", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """The module courses offered to each class, by title."""

    courses_by_ids: Read[CourseId, ModuleCourse] = by_ids(MODULE_COURSES, cached=True)
    """The module course of each id."""

    choices_of: Read[tuple[StudentId, CourseId], list[CourseChoice]] = pairs(
        COURSE_CHOICES, by=("student_id", "course_id")
    )
    """Each student's choice of each course: one document or none."""

    choice_counts: Read[CourseId, int] = counted(COURSE_CHOICES, by="course_id")
    """How many students chose each course."""

    period_choice_counts: Read[str, int] = counted(COURSE_CHOICES, by="period_id")
    """How many students chose each period of a course."""

    choices_of_periods: Read[str, list[CourseChoice]] = many(COURSE_CHOICES, by="period_id", order=BY_ID)
    """All choices of each period of a course."""

    courses_of_schools: Read[SchoolId, list[ModuleCourse]] = many(
        MODULE_COURSES, by="school_id", order=[("title", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """The module courses of each school, by title."""

    choices_of_courses: Read[CourseId, Page] = paged(
        COURSE_CHOICES, by="course_id", order=_LATEST_CHOSEN, where=equal_to_arguments("period_id")
    )
    """The choices of each course, the latest first."""
