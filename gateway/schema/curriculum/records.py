"""Curriculum: what is taught over the year, work programmes, the coloured calendar, module courses."""

from collections.abc import Mapping
from typing import Any

import strawberry

from auth.viewer import Role
from connectors import curriculum as documents
from connectors import directory as people
from connectors.curriculum import CalendarPeriodKind, ModuleCourseKind
from gateway.resolvers import curriculum as resolvers
from gateway.resolvers import directory
from gateway.schema.caching import STEADY
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, many, one, shown, value, view_of
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.references import Class, Student
from gateway.schema.scalars import Date, DateTime, DecimalString

described_enum(CalendarPeriodKind)
described_enum(ModuleCourseKind)


@view_of(documents.MonthHours)
class MonthHours:
    """The hours of a subject in one month."""

    month: int
    """The month, 1 to 12."""

    hours: int
    """The hours of the month."""


@view_of(documents.CurriculumItem)
class CurriculumItem:
    """A subject of a curriculum with its hours."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject."""

    workload_hours: int
    """The hours of the year (трудоёмкость)."""

    hours_per_week: DecimalString | None
    """The hours of a week; null where the curriculum does not say."""

    hours_by_month: list[MonthHours] | None = shown(list_size=10)
    """The hours of each month."""

    passed_hours: int | None
    """The hours that were already taught; null where this is not counted."""


@view_of(documents.Curriculum, found_by=resolvers.curricula_by_ids)
class Curriculum(Node):
    """The subjects of an academic year with their hours (учебный план)."""

    id: strawberry.ID
    name: str
    """The name of the curriculum."""

    academic_year: str
    """The academic year, such as 2026/27."""

    items: list[CurriculumItem] | None = shown(list_size=15)
    """The subjects with their hours."""


@view_of(documents.Topic)
class Topic:
    """A topic of a work programme (тема)."""

    number: int
    """The place of the topic in the programme, from 1."""

    title: str
    """The name of the topic."""

    hours: int | None
    """The hours planned for the topic; null where the programme does not say."""

    section: str | None
    """The section of the programme that the topic belongs to; null where it has no sections."""


@view_of(documents.WorkProgramme, found_by=resolvers.work_programmes_by_ids)
class WorkProgramme(Node):
    """The topics of a subject in the order in which they are taught (рабочая программа)."""

    id: strawberry.ID
    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the programme."""

    name: str
    """The name of the programme."""

    academic_year: str
    """The academic year, such as 2026/27."""

    topics: list[Topic] | None = shown(list_size=40)
    """The topics in the order in which they are taught."""


@view_of(documents.CalendarPeriod, cache=STEADY)
class CalendarPeriod:
    """A period of the school calendar (календарный учебный график) with its colour."""

    name: str
    """The name of the period."""

    kind: CalendarPeriodKind
    """What the period is for."""

    starts_on: Date
    """The first day."""

    ends_on: Date
    """The last day; it belongs to the period."""

    colour: str
    """The colour in which calendars show the period, as #RRGGBB."""


def _choose_from(course: Mapping[str, Any]) -> str | None:
    day: str | None = course.get("choose_from")
    return day


def _choose_until(course: Mapping[str, Any]) -> str | None:
    day: str | None = course.get("choose_until")
    return day


@view_of(documents.CoursePeriod)
class CoursePeriod:
    """A period in which a module course can be taken."""

    id: strawberry.ID
    """Identifies the period within its course."""

    name: str
    """The name of the period."""

    starts_on: Date
    """The first day."""

    ends_on: Date
    """The last day; it belongs to the period."""

    free_places: int | None = batch(resolvers.free_places_of_periods, "_id", "capacity")
    """How many students can still choose this period; null where it has no limit of its own."""


@view_of(resolvers.ChosenPeriod)
class CourseChoice:
    """The student's choice of a module course."""

    period: CoursePeriod
    """The period that the student chose."""

    chosen_at: DateTime = instant("chosen_at")
    """When the student chose."""


@view_of(resolvers.StudentCourse, visible_to={Role.STUDENT}, found_by=resolvers.courses_by_ids)
class ModuleCourse(Node):
    """A course that the student may choose (модульный курс)."""

    id: strawberry.ID
    title: str
    """The name of the course."""

    kind: ModuleCourseKind
    """The kind of course."""

    description: str | None
    """What the course is about; null where the school does not say."""

    periods: list[CoursePeriod] | None = shown(list_size=4)
    """When the course can be taken."""

    capacity: int | None
    """How many students can take the course; null where there is no limit."""

    free_places: int | None = batch(resolvers.free_places, "_id", "capacity")
    """How many students can still choose the course; null where there is no limit."""

    choose_from: Date | None = value(_choose_from, "choose_from")
    """The first day of choosing; null where the school sets none."""

    choose_until: Date | None = value(_choose_until, "choose_until")
    """The last day of choosing; null where the school sets none."""

    can_choose: bool = batch(resolvers.can_choose, "choose_from", "choose_until", "school_id")
    """Whether today is a day of choosing."""

    choice: CourseChoice | None = batch(resolvers.choice, "_id", "periods")
    """The student's own choice of the course; null where the student did not choose it."""


@view_of(documents.CourseChoice, visible_to={Role.ADMINISTRATOR})
class ChoiceOfStudent:
    """The choice of a module course that one student made."""

    id: strawberry.ID
    """Identifies the choice."""

    person: Person | None = one(directory.people_of_students, "student_id")
    """The student by name."""

    student: Student | None = one(directory.students, "student_id")
    """The student; null, with an error, where they learn at another school today."""

    period: CoursePeriod | None = batch(resolvers.periods_of_choices, "course_id", "period_id")
    """The period that the student chose."""

    chosen_at: DateTime = instant("chosen_at")
    """When the student chose."""


@view_of(documents.ModuleCourse, visible_to={Role.ADMINISTRATOR})
class OfferedCourse:
    """A module course with the choices of all students, from which its groups are formed."""

    id: strawberry.ID
    """Identifies the course at its school."""

    title: str
    """The name of the course."""

    kind: ModuleCourseKind
    """The kind of course."""

    classes: list[Class] | None = many(directory.classes, "class_ids", list_size=4)
    """The classes that the course is offered to."""

    periods: list[CoursePeriod] = shown(list_size=4)
    """When the course can be taken."""

    capacity: int | None
    """How many students can take the course; null where there is no limit."""

    taken: int = batch(resolvers.taken_places, "_id")
    """How many students chose the course."""

    choose_from: Date | None = value(_choose_from, "choose_from")
    """The first day of choosing; null where the school sets none."""

    choose_until: Date | None = value(_choose_until, "choose_until")
    """The last day of choosing; null where the school sets none."""

    choices: Connection[ChoiceOfStudent] | None = batch(
        resolvers.choices_of_courses, "_id", arguments={"period_id": "Only the choices of this period of the course."}
    )
    """The choices of the students, the latest first."""


@extends(people.Person)
class CurriculumOfStudent:
    """What the curriculum adds to a student."""

    curriculum: Curriculum | None = batch(
        resolvers.curriculum_of,
        "enrolments",
        "school_id",
        arguments={"academic_year": "The academic year, named like 2026/27; without it, the latest that has begun."},
    )
    """The curriculum (учебный план) of one academic year: subjects with their hours."""

    work_programmes: list[WorkProgramme] | None = batch(
        resolvers.work_programmes_of, "enrolments", "school_id", list_size=15
    )
    """The work programmes (рабочие программы) of the latest academic year that has begun, by name."""

    module_courses: list[ModuleCourse] | None = batch(
        resolvers.module_courses_of,
        "student_id",
        "enrolments",
        "school_id",
        visible_to={Role.STUDENT},
        list_size=20,
    )
    """The courses that the student may choose (модульные курсы), by title."""


@extends(people.School)
class CurriculumOfSchool:
    """What the curriculum adds to a school."""

    calendar: list[CalendarPeriod] | None = batch(resolvers.calendar_of, "_id", list_size=15)
    """The calendar (календарный учебный график): study, holidays and examinations in order of time."""

    curricula: Connection[Curriculum] | None = batch(resolvers.curricula_of_schools, "_id")
    """The curricula of the school (учебные планы), those of the latest academic year first."""

    work_programmes: Connection[WorkProgramme] | None = batch(resolvers.work_programmes_of_schools, "_id")
    """The work programmes of the school (рабочие программы), those of the latest academic year first."""

    module_courses: list[OfferedCourse] | None = batch(
        resolvers.courses_of_schools,
        "_id",
        arguments={"course_id": "Only this course."},
        visible_to={Role.ADMINISTRATOR},
        list_size=40,
    )
    """The module courses of the school (модульные курсы) with the choices of the students, by title."""
