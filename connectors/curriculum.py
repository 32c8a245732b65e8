"""Curriculum: what is taught over the year, work programmes, the coloured calendar, module courses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.ids import ClassId, Columns, PersonId, SchoolId, StudentId, SubjectId
from connectors.mongo import Deadline, Source


class CalendarPeriodKind(StrEnum):
    STUDY = "STUDY"
    HOLIDAYS = "HOLIDAYS"
    EXAMS = "EXAMS"
    PRACTICE = "PRACTICE"
    PUBLIC_HOLIDAY = "PUBLIC_HOLIDAY"


class ModuleCourseKind(StrEnum):
    ADDITIONAL_EDUCATION = "ADDITIONAL_EDUCATION"
    ELECTIVE = "ELECTIVE"
    EXAM_PREPARATION = "EXAM_PREPARATION"


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


class ModuleCourse(TypedDict):
    """A course students may choose, and when it runs (F93)."""

    _id: str
    school_id: SchoolId
    class_ids: list[ClassId]
    title: str
    kind: ModuleCourseKind
    description: str | None
    periods: list[CoursePeriod]
    capacity: int | None


class CourseChoice(TypedDict):
    _id: str
    school_id: SchoolId
    course_id: str
    student_id: StudentId
    period_id: str
    chosen_at: datetime


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "curricula": [IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING)])],
    "work_programmes": [IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING), ("subject_id", ASCENDING)])],
    "calendar_periods": [IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING), ("starts_on", ASCENDING)])],
    "module_courses": [IndexModel([("class_ids", ASCENDING)])],
    "course_choices": [
        IndexModel([("course_id", ASCENDING), ("student_id", ASCENDING)], unique=True),
        IndexModel([("student_id", ASCENDING)]),
    ],
}
