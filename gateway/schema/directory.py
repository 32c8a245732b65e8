"""Directory: schools, people, classes, groups, subjects, the viewer, and what the directory adds to a student."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Role
from connectors import directory as documents
from connectors.directory import AverageKind, SchoolKind
from gateway.resolvers import curriculum as curricula
from gateway.resolvers import directory, grades, schedule
from gateway.schema.caching import NEVER, STEADY
from gateway.schema.connections import Connection
from gateway.schema.curriculum import CalendarPeriod
from gateway.schema.fields import batch, column, extends, one, shown, view_of
from gateway.schema.grades import AttestationPeriod, GradeScale
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import Date
from gateway.schema.schedule import BellPeriod, Holiday, SchoolEvent, TimetableWeek
from gateway.schema.visibility import NOT_ANALYST, STAFF

if TYPE_CHECKING:
    from gateway.schema.student import Student

LazyStudent = Annotated["Student", strawberry.lazy("gateway.schema.student")]

strawberry.enum(SchoolKind)
strawberry.enum(AverageKind)

INTIMATES = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})
"""Whoever may know of a student's birth date and guardians."""


@view_of(documents.AcademicYear, cache=STEADY)
class AcademicYear:
    """A school year, named like 2026/27."""

    id: strawberry.ID
    name: str
    starts_on: Date
    ends_on: Date


@view_of(documents.School, cache=STEADY)
class School(Node):
    """A school or a college."""

    id: strawberry.ID
    name: str
    short_name: str | None
    time_zone: str
    kind: SchoolKind
    average_kind: AverageKind
    academic_years: list[AcademicYear] | None = batch(directory.academic_years, "_id", list_size=5)
    current_year: AcademicYear | None = batch(directory.current_year, "_id")
    grade_scales: list[GradeScale] | None = batch(grades.scales_of_schools, "_id", list_size=5)
    bells: list[BellPeriod] | None = batch(schedule.bells, "_id", list_size=10)
    holidays: list[Holiday] | None = batch(schedule.holidays, "_id", list_size=15)
    calendar: list[CalendarPeriod] | None = batch(curricula.calendar_of, "_id", list_size=15)
    attestation_periods: list[AttestationPeriod] | None = batch(grades.periods_of_schools, "_id", list_size=20)
    events: list[SchoolEvent] | None = batch(schedule.events, "_id", list_size=20)


@view_of(directory.TeacherOfSubject)
class TeacherOfSubject:
    """A teacher with a subject he teaches to the class."""

    teacher: Person = one(directory.people, "person_id")
    subject: Subject = one(directory.subjects, "subject_id")


@view_of(documents.Class, cache=STEADY)
class Class(Node):
    """A class of a school or a group of a college."""

    id: strawberry.ID
    name: str
    grade_level: int | None
    school: School | None = one(directory.schools, "school_id")
    class_teacher: Person | None = batch(directory.class_teacher, "_id", visible_to=NOT_ANALYST)
    timetable: TimetableWeek | None = batch(schedule.timetable_of_classes, "_id", "school_id", visible_to=NOT_ANALYST)
    members: list[Person] | None = batch(directory.members, "_id", visible_to=NOT_ANALYST, list_size=30)
    parents: list[Person] | None = batch(directory.parents, "_id", visible_to=NOT_ANALYST, list_size=50)
    teachers: list[TeacherOfSubject] | None = batch(
        directory.teachers_of_classes, "_id", visible_to=NOT_ANALYST, list_size=20
    )
    students: Connection[LazyStudent] | None = batch(directory.students_of_classes, "_id", visible_to=STAFF)


@view_of(documents.Group)
class Group(Node):
    """A study group: part of a class, or students of several classes."""

    id: strawberry.ID
    name: str
    subject: Subject | None = one(directory.subjects, "subject_id")
    school_class: Class | None = batch(directory.class_of_groups, "class_ids", name="class")
    teachers: list[Person] | None = batch(directory.teachers_of_groups, "_id", visible_to=NOT_ANALYST, list_size=2)


@view_of(documents.Enrolment)
class Enrolment:
    """A student's place in a class; without an end while it lasts."""

    school_class: Class | None = one(directory.classes, "class_id", name="class")
    starts_on: Date
    ends_on: Date | None
    is_primary: bool


@view_of(documents.Guardianship)
class Guardianship:
    """An adult's responsibility for a student."""

    person: Person = one(directory.people, "person_id")
    relation: str | None
    is_legal_representative: bool
    valid_from: Date | None
    valid_to: Date | None


@extends(documents.Person)
class DirectoryOfStudent:
    """What the directory knows of a student."""

    id: strawberry.ID = column("student_id")
    display_name: str
    family_name: str
    given_name: str
    patronymic: str | None
    birth_date: Date | None = shown(visible_to=INTIMATES)
    school_class: Class | None = batch(directory.class_of, "enrolments", "school_id", name="class")
    school: School | None = one(directory.schools, "school_id")
    groups: list[Group] | None = batch(directory.groups_of, "memberships", "school_id", list_size=5)
    enrolments: list[Enrolment] | None = batch(directory.enrolments_of, "enrolments", list_size=3)
    guardians: list[Guardianship] | None = batch(
        directory.guardians_of, "student_id", "school_id", visible_to=INTIMATES, list_size=2
    )


@view_of(directory.ViewerDocument, cache=NEVER)
class Viewer:
    """Who asks, in which role, and where to begin."""

    role: Role
    person: Person = one(directory.people, "person_id")
    email: str | None = batch(directory.email, "person_id", visible_to=NOT_ANALYST)
    phone: str | None = batch(directory.phone, "person_id", visible_to=NOT_ANALYST)
    school: School | None = one(directory.schools, "school_id")
    student: LazyStudent | None = batch(directory.viewer_student, visible_to={Role.STUDENT})
    children: list[LazyStudent] | None = batch(directory.children, visible_to={Role.PARENT}, list_size=3)
    classes: list[Class] | None = batch(
        directory.viewer_classes, visible_to={Role.TEACHER, Role.CLASS_TEACHER}, list_size=10
    )
    groups: list[Group] | None = batch(
        directory.viewer_groups, visible_to={Role.TEACHER, Role.CLASS_TEACHER}, list_size=10
    )
