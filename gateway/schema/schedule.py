"""Schedule: bare timetables, bells, holidays, events."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from connectors import directory as people
from connectors import schedule as documents
from connectors.schedule import HolidayKind, LessonStatus
from gateway.resolvers import directory, schedule
from gateway.schema.caching import STEADY
from gateway.schema.fields import batch, extends, instant, many, one, shown, view_of
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import Date, DateTime, LocalTime

if TYPE_CHECKING:
    from gateway.schema.directory import Group

LazyGroup = Annotated["Group", strawberry.lazy("gateway.schema.directory")]

strawberry.enum(LessonStatus)
strawberry.enum(HolidayKind)


@view_of(documents.Substitution)
class Substitution:
    """What a lesson was before it was changed; what is null was not changed."""

    instead_of_subject: Subject | None = one(directory.subjects, "instead_of_subject_id")
    original_teacher: Person | None = one(directory.people, "original_teacher_id")
    substitute_teacher: Person | None = one(directory.people, "substitute_teacher_id")


@view_of(documents.Lesson)
class TimetableLesson:
    """A lesson as everybody may see it: no topic, no homework, no marks."""

    id: strawberry.ID
    number: int
    starts_at: DateTime = instant("starts_at")
    ends_at: DateTime = instant("ends_at")
    subject: Subject | None = one(directory.subjects, "subject_id")
    teachers: list[Person] | None = many(directory.people, "teacher_ids", list_size=2)
    room: str | None
    building: str | None
    status: LessonStatus
    substitution: Substitution | None
    group: LazyGroup | None = one(directory.groups, "group_id")
    is_extended: bool


@view_of(schedule.TimetableDay)
class TimetableDay:
    """A day of a timetable."""

    date: Date
    holiday: str | None = batch(schedule.holiday_of_days, "date", "school_id")
    lessons: list[TimetableLesson] = shown(list_size=8)


@view_of(schedule.TimetableWeek)
class TimetableWeek:
    """A week of lessons, Monday to Sunday."""

    starts_on: Date
    ends_on: Date
    days: list[TimetableDay] = batch(schedule.timetable_days, "lessons", list_size=7)


@view_of(schedule.BreakAfter, cache=STEADY)
class BellPeriod:
    """When a lesson begins and ends, and the break after it."""

    number: int
    starts_at: LocalTime
    ends_at: LocalTime
    break_minutes: int | None
    shift: int


@view_of(documents.Holiday, cache=STEADY)
class Holiday:
    """Holidays or a public holiday; both days included."""

    name: str
    starts_on: Date
    ends_on: Date
    kind: HolidayKind


@view_of(documents.SchoolEvent, cache=STEADY)
class SchoolEvent:
    """Something that takes place at the school."""

    id: strawberry.ID
    title: str
    starts_at: DateTime = instant("starts_at")
    ends_at: DateTime | None = instant("ends_at")
    place: str | None


@extends(people.Person)
class ScheduleOfStudent:
    """What the schedule adds to a student."""

    timetable: TimetableWeek | None = batch(
        schedule.timetable_of_students, "student_id", "school_id", "enrolments", "memberships"
    )
