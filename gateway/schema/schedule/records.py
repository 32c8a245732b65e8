"""Schedule: bare timetables, bells, holidays, events."""

from typing import Annotated

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import schedule as documents
from connectors.schedule import HolidayKind, LessonStatus
from connectors.vocabulary import version_of
from gateway.resolvers import directory, schedule
from gateway.schema.caching import STEADY
from gateway.schema.descriptions import described_enum
from gateway.schema.directory import Group
from gateway.schema.fields import batch, extends, instant, many, one, shown, value, view_of
from gateway.schema.people import Person, Subject
from gateway.schema.references import Class
from gateway.schema.scalars import Date, DateTime, LocalTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(LessonStatus)
described_enum(HolidayKind)


@view_of(documents.Substitution)
class Substitution:
    """What a substitution (замена) changed in a lesson; null stands for what it did not change."""

    instead_of_subject: Subject | None = one(directory.subjects, "instead_of_subject_id")
    """The subject that was planned before."""

    original_teacher: Person | None = one(directory.people, "original_teacher_id")
    """The teacher who was planned before."""

    substitute_teacher: Person | None = one(directory.people, "substitute_teacher_id")
    """The teacher who takes the lesson."""


@view_of(documents.Lesson)
class TimetableLesson:
    """A lesson on its day as a timetable shows it, without topic, homework and marks."""

    id: strawberry.ID
    """Identifies the lesson within the timetable."""

    date: Date
    """The day of the lesson."""

    number: int
    """The number of the lesson in the day, by the bells."""

    starts_at: DateTime = instant("starts_at")
    """When the lesson begins."""

    ends_at: DateTime = instant("ends_at")
    """When the lesson ends."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the lesson; after a substitution, the new one."""

    teachers: list[Person] | None = many(directory.people, "teacher_ids", list_size=2)
    """Who teaches the lesson; after a substitution, the substitute."""

    room: str | None
    """The room (кабинет); null where none is planned."""

    building: str | None
    """The building; null for a school of one building."""

    status: LessonStatus
    """Whether the lesson is planned, was held, was cancelled or was moved."""

    substitution: Substitution | None
    """What was changed by a substitution (замена); null where nothing was."""

    group: Group | None = one(directory.groups, "group_id")
    """The study group that has the lesson; null for a lesson of the whole class."""

    is_extended: bool
    """Whether the lesson belongs to the second half of the day: clubs, consultations (журнал ДО)."""

    moved_to: Annotated["TimetableLesson", strawberry.lazy("gateway.schema.schedule.records")] | None = one(
        schedule.lessons, "moved_to_id"
    )
    """Of a lesson that was moved (перенесён), the lesson that takes place instead."""

    moved_from: Annotated["TimetableLesson", strawberry.lazy("gateway.schema.schedule.records")] | None = one(
        schedule.lessons, "moved_from_id"
    )
    """The lesson at another time in whose place this one stands; null where it was not moved."""

    version: int | None = value(version_of, "version", visible_to={Role.ADMINISTRATOR})
    """How often the lesson was changed here: a mutation that changes it takes this number."""

    classes: list[Class] | None = many(directory.classes, "class_ids", list_size=2, visible_to={Role.ADMINISTRATOR})
    """The classes that have the lesson, as a whole or by a study group."""


@view_of(schedule.TimetableDay)
class TimetableDay:
    """A day of a timetable."""

    date: Date
    """The day."""

    holiday: str | None = batch(schedule.holiday_of_days, "date", "school_id")
    """The name of the holiday that the day belongs to; null for a day of study."""

    lessons: list[TimetableLesson] = shown(list_size=8)
    """The lessons of the day in order of time."""


@view_of(schedule.TimetableWeek)
class TimetableWeek:
    """A week of a timetable (расписание), Monday to Sunday."""

    starts_on: Date
    """The Monday of the week."""

    ends_on: Date
    """The Sunday of the week."""

    days: list[TimetableDay] = batch(schedule.timetable_days, "lessons", list_size=7)
    """All seven days of the week; a day without lessons has an empty list of them."""


@view_of(schedule.BreakAfter, cache=STEADY)
class BellPeriod:
    """When a lesson begins and ends by the bells (звонки), and the break after it."""

    number: int
    """The number of the lesson in the day."""

    starts_at: LocalTime
    """When the lesson begins."""

    ends_at: LocalTime
    """When the lesson ends."""

    break_minutes: int | None
    """The minutes of the break (перемена) after the lesson; null after the last lesson."""

    shift: int
    """The shift (смена), 1 or 2."""


@view_of(documents.Holiday, cache=STEADY)
class Holiday:
    """School holidays (каникулы) or a public holiday (праздничный день)."""

    name: str
    """The name, such as осенние каникулы."""

    starts_on: Date
    """The first day."""

    ends_on: Date
    """The last day; it belongs to the holidays."""

    kind: HolidayKind
    """Whether these are holidays or a public holiday."""


@view_of(documents.SchoolEvent, cache=STEADY)
class SchoolEvent:
    """An event of the school (мероприятие)."""

    id: strawberry.ID
    """Identifies the event."""

    title: str
    """The name of the event."""

    starts_at: DateTime = instant("starts_at")
    """When the event begins."""

    ends_at: DateTime | None = instant("ends_at")
    """When the event ends; null where this is not known."""

    place: str | None
    """Where the event takes place; null where this is not known."""


@extends(people.Person)
class ScheduleOfStudent:
    """What the schedule adds to a student."""

    timetable: TimetableWeek | None = batch(
        schedule.timetable_of_students, "student_id", "school_id", "enrolments", "memberships"
    )
    """The timetable (расписание) of one week: of the student's own class and study groups."""


@extends(people.School)
class ScheduleOfSchool:
    """What the schedule adds to a school."""

    bells: list[BellPeriod] | None = batch(schedule.bells, "_id", list_size=10, after="work_kinds")
    """The bells (звонки) of a day by shift: when lessons begin and end, and the break after each; none on a holiday."""

    holidays: list[Holiday] | None = batch(schedule.holidays, "_id", list_size=15, after="bells")
    """Holidays and public holidays (каникулы, праздничные дни) in order of time."""

    events: list[SchoolEvent] | None = batch(
        schedule.events, "_id", list_size=20, days_per_unit=14, after="attestation_periods"
    )
    """Events of the school in order of time."""


@extends(people.Class)
class ScheduleOfClass:
    """What the schedule adds to a class."""

    timetable: TimetableWeek | None = batch(
        schedule.timetable_of_classes, "_id", "school_id", visible_to=NOT_ANALYST, after="class_teacher"
    )
    """The timetable (расписание) of one week: of the class and of all its study groups."""


@extends(documents.Lesson)
class ScheduleOfLesson:
    """What the schedule says of a student's lesson."""

    date: Date
    """The day of the lesson."""

    number: int
    """The number of the lesson in the day, by the bells."""

    starts_at: DateTime = instant("starts_at")
    """When the lesson begins."""

    ends_at: DateTime = instant("ends_at")
    """When the lesson ends."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the lesson; after a substitution, the new one."""

    teachers: list[Person] | None = many(directory.people, "teacher_ids", list_size=2)
    """Who teaches the lesson; after a substitution, the substitute."""

    room: str | None
    """The room (кабинет); null where none is planned."""

    status: LessonStatus
    """Whether the lesson is planned, was held, was cancelled or was moved."""

    substitution: Substitution | None
    """What was changed by a substitution (замена); null where nothing was."""

    moved_to: TimetableLesson | None = one(schedule.lessons, "moved_to_id")
    """Of a lesson that was moved (перенесён), the lesson that takes place instead."""

    moved_from: TimetableLesson | None = one(schedule.lessons, "moved_from_id")
    """The lesson at another time in whose place this one stands; null where it was not moved."""

    topic: str | None
    """The topic of the lesson (тема урока); null until the teacher enters it."""

    is_control_work: bool
    """Whether a control work (контрольная работа) is planned for the lesson."""

    is_extended: bool
    """Whether the lesson belongs to the second half of the day: clubs, consultations (журнал ДО)."""
