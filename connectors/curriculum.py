"""Curriculum: what is taught over the year, work programmes, the coloured calendar, module courses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.ids import (
    ClassId,
    Columns,
    Page,
    Paging,
    SchoolId,
    StudentId,
    SubjectId,
)
from connectors.mongo import Deadline, Source, given, with_columns
from connectors.shared import shared


class CalendarPeriodKind(StrEnum):
    """What a period of the school calendar is for."""

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
    "curricula": [
        IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING)]),
        IndexModel([("school_id", ASCENDING), ("academic_year", DESCENDING), ("name", ASCENDING), ("_id", ASCENDING)]),
    ],
    "work_programmes": [
        IndexModel([("class_ids", ASCENDING), ("academic_year", ASCENDING), ("subject_id", ASCENDING)]),
        IndexModel([("school_id", ASCENDING), ("academic_year", DESCENDING), ("name", ASCENDING), ("_id", ASCENDING)]),
    ],
    "calendar_periods": [
        IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING), ("starts_on", ASCENDING)])
    ],
    "module_courses": [IndexModel([("class_ids", ASCENDING)])],
    "course_choices": [
        IndexModel([("course_id", ASCENDING), ("student_id", ASCENDING)], unique=True),
        IndexModel([("student_id", ASCENDING)]),
    ],
}


_BY_NAME: Final = [("name", ASCENDING), ("_id", ASCENDING)]
_LATEST_YEAR: Final = [("academic_year", DESCENDING), *_BY_NAME]


class Curricula:
    """Reads of the curriculum."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @shared("curricula")
    async def curricula_of(
        self, classes: Sequence[ClassId], *, academic_year: str | None, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, list[Curriculum]]:
        """The curricula of each class, the latest year first."""
        found: list[Any] = await self.source.find(
            "curricula",
            {"class_ids": {"$in": list(classes)}, **given(academic_year=academic_year)},
            columns=with_columns(columns, "class_ids", "academic_year"),
            deadline=deadline,
            order=[("academic_year", DESCENDING), ("_id", ASCENDING)],
        )
        return {own: [curriculum for curriculum in found if own in curriculum["class_ids"]] for own in classes}

    @shared("curricula")
    async def curricula_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, Curriculum]:
        """The curriculum of each id."""
        return await self.source.by_ids("curricula", ids, columns=columns, deadline=deadline)

    @shared("work_programmes")
    async def programmes_of(
        self,
        classes: Sequence[ClassId],
        *,
        academic_year: str | None,
        subject_id: SubjectId | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[ClassId, list[WorkProgramme]]:
        """The work programmes of each class, by name."""
        found: list[Any] = await self.source.find(
            "work_programmes",
            {"class_ids": {"$in": list(classes)}, **given(academic_year=academic_year, subject_id=subject_id)},
            columns=with_columns(columns, "class_ids"),
            deadline=deadline,
            order=_BY_NAME,
        )
        return {own: [programme for programme in found if own in programme["class_ids"]] for own in classes}

    @shared("work_programmes")
    async def programmes_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, WorkProgramme]:
        """The work programme of each id."""
        return await self.source.by_ids("work_programmes", ids, columns=columns, deadline=deadline)

    async def curricula_of_schools(
        self,
        schools: Sequence[SchoolId],
        *,
        academic_year: str | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[SchoolId, Page]:
        """The curricula of each school, the latest year first, by name."""
        return await self.source.page_by(
            "curricula",
            "school_id",
            schools,
            where=given(academic_year=academic_year),
            order=_LATEST_YEAR,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def programmes_of_schools(
        self,
        schools: Sequence[SchoolId],
        *,
        academic_year: str | None,
        subject_id: SubjectId | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[SchoolId, Page]:
        """The work programmes of each school, the latest year first, by name."""
        return await self.source.page_by(
            "work_programmes",
            "school_id",
            schools,
            where=given(academic_year=academic_year, subject_id=subject_id),
            order=_LATEST_YEAR,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    @shared("calendar_periods")
    async def calendar_of(
        self, schools: Sequence[SchoolId], *, academic_year: str | None, columns: Columns, deadline: Deadline
    ) -> Mapping[SchoolId, list[CalendarPeriod]]:
        """The periods of each school's year, in time."""
        return await self.source.many_by(
            "calendar_periods",
            "school_id",
            schools,
            where=given(academic_year=academic_year),
            order=[("starts_on", ASCENDING), ("_id", ASCENDING)],
            columns=columns,
            deadline=deadline,
        )

    @shared("module_courses")
    async def courses_of(
        self, classes: Sequence[ClassId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[ClassId, list[ModuleCourse]]:
        """The module courses offered to each class, by title."""
        found: list[Any] = await self.source.find(
            "module_courses",
            {"class_ids": {"$in": list(classes)}},
            columns=with_columns(columns, "class_ids"),
            deadline=deadline,
            order=[("title", ASCENDING), ("_id", ASCENDING)],
        )
        return {own: [course for course in found if own in course["class_ids"]] for own in classes}

    @shared("module_courses")
    async def courses_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, ModuleCourse]:
        """The module course of each id."""
        return await self.source.by_ids("module_courses", ids, columns=columns, deadline=deadline)

    async def choices_of(
        self, pairs: Sequence[tuple[StudentId, str]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[StudentId, str], list[CourseChoice]]:
        """Each student's choice of each course: one document or none."""
        return await self.source.pairs_by(
            "course_choices",
            ("student_id", "course_id"),
            pairs,
            order=[("_id", ASCENDING)],
            columns=columns,
            deadline=deadline,
        )

    async def choice_counts(self, courses: Sequence[str], *, columns: Columns, deadline: Deadline) -> Mapping[str, int]:
        """How many students chose each course. *columns* has no meaning here."""
        return await self.source.count_by("course_choices", "course_id", courses, deadline=deadline)
