"""Curriculum: what is taught over the year, work programmes, the coloured calendar, module courses."""

import strawberry

from auth.viewer import Role
from connectors import curriculum as documents
from connectors import directory as people
from connectors.curriculum import CalendarPeriodKind, ModuleCourseKind
from gateway.resolvers import curriculum as curricula
from gateway.resolvers import directory
from gateway.schema.caching import STEADY
from gateway.schema.fields import batch, extends, instant, one, shown, view_of
from gateway.schema.node import Node
from gateway.schema.people import Subject
from gateway.schema.scalars import Date, DateTime, DecimalString

strawberry.enum(CalendarPeriodKind)
strawberry.enum(ModuleCourseKind)


@view_of(documents.MonthHours)
class MonthHours:
    """Hours of a discipline in a month, 1 to 12."""

    month: int
    hours: int


@view_of(documents.CurriculumItem)
class CurriculumItem:
    """A discipline with its workload."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    workload_hours: int = shown(description="Трудоёмкость, hours of the year.")
    hours_per_week: DecimalString | None
    hours_by_month: list[MonthHours] | None = shown(list_size=10)
    passed_hours: int | None


@view_of(documents.Curriculum)
class Curriculum(Node):
    """The disciplines of a year."""

    id: strawberry.ID
    name: str
    academic_year: str
    items: list[CurriculumItem] | None = shown(list_size=15)


@view_of(documents.Topic)
class Topic:
    """A topic of a work programme."""

    number: int
    title: str
    hours: int | None
    section: str | None


@view_of(documents.WorkProgramme)
class WorkProgramme(Node):
    """The thematic content of a discipline."""

    id: strawberry.ID
    subject: Subject | None = one(directory.subjects, "subject_id")
    name: str
    topics: list[Topic] | None = shown(list_size=40)


@view_of(documents.CalendarPeriod, cache=STEADY)
class CalendarPeriod:
    """A stretch of the school year with its colour, #RRGGBB."""

    name: str
    kind: CalendarPeriodKind
    starts_on: Date
    ends_on: Date
    colour: str


@view_of(documents.CoursePeriod)
class CoursePeriod:
    """When a module course can be taken."""

    id: strawberry.ID
    name: str
    starts_on: Date
    ends_on: Date


@view_of(curricula.ChosenPeriod)
class CourseChoice:
    """The period in which the student takes the course."""

    period: CoursePeriod
    chosen_at: DateTime = instant("chosen_at")


@view_of(curricula.StudentCourse, visible_to={Role.STUDENT})
class ModuleCourse(Node):
    """A course that the student may choose."""

    id: strawberry.ID
    title: str
    kind: ModuleCourseKind
    description: str | None
    periods: list[CoursePeriod] | None = shown(list_size=4)
    capacity: int | None
    free_places: int | None = batch(curricula.free_places, "_id", "capacity")
    choice: CourseChoice | None = batch(curricula.choice, "_id", "periods")


@extends(people.Person)
class CurriculumOfStudent:
    """What the curriculum adds to a student."""

    curriculum: Curriculum | None = batch(curricula.curriculum_of, "enrolments", "school_id")
    work_programmes: list[WorkProgramme] | None = batch(
        curricula.work_programmes_of, "enrolments", "school_id", list_size=15
    )
    module_courses: list[ModuleCourse] | None = batch(
        curricula.module_courses_of,
        "student_id",
        "enrolments",
        "school_id",
        visible_to={Role.STUDENT},
        list_size=20,
    )
