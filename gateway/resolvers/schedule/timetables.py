"""Timetables: the lessons of a week, of a class or of a student, and the lessons behind moves and payloads."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from connectors.directory import Class, Person, audience_of
from connectors.schedule import Lesson
from connectors.vocabulary import Day, Days, LessonId, SchoolId
from gateway.context import Info, days_in, week_of


class TimetableWeek(TypedDict):
    """A week of lessons, Monday to Sunday."""

    school_id: SchoolId
    starts_on: Day
    ends_on: Day
    lessons: list[Lesson]


class TimetableDay(TypedDict):
    """One day of a timetable, with its lessons in time."""

    school_id: SchoolId
    date: Day
    lessons: list[Lesson]


async def timetable_of_classes(owners: Sequence[Class], info: Info, week: Day | None = None) -> list[TimetableWeek]:
    """For each class, with its groups, the timetable of the week that contains the day *week*; without one, today's."""
    weeks = _weeks(owners, info, week)
    read = info.connectors.schedule.lessons_of_classes
    keys = [own["_id"] for own in owners]
    found = await info.read(read, keys, columns=_lesson_columns(info), days=_span(weeks))
    return _timetables(owners, weeks, found)


async def timetable_of_students(owners: Sequence[Person], info: Info, week: Day | None = None) -> list[TimetableWeek]:
    """For each student the timetable of the week that contains the day *week*; without one, today's."""
    weeks = _weeks(owners, info, week)
    read = info.connectors.schedule.lessons_of
    keys = [audience_of(own) for own in owners]
    found = await info.read(read, keys, columns=_lesson_columns(info), days=_span(weeks))
    return _timetables(owners, weeks, found)


def _weeks(owners: Sequence[Mapping[str, Any]], info: Info, week: Day | None) -> list[Days]:
    return [week_of(week or info.today_at(own["school_id"])) for own in owners]


def _span(weeks: Sequence[Days]) -> Days:
    return Days(min(week.first for week in weeks), max(week.last for week in weeks))


def _lesson_columns(info: Info) -> frozenset[str]:
    return info.columns_of("TimetableLesson") | {"date"}


def _timetables(
    owners: Sequence[Mapping[str, Any]], weeks: Sequence[Days], found: Sequence[list[Lesson]]
) -> list[TimetableWeek]:
    return [
        TimetableWeek(
            school_id=own["school_id"],
            starts_on=Day(days.first),
            ends_on=Day(days.last),
            lessons=lessons,
        )
        for own, days, lessons in zip(owners, weeks, found, strict=True)
    ]


def timetable_days(weeks: Sequence[TimetableWeek], info: Info) -> list[list[TimetableDay]]:
    """For each week its seven days in order; days without lessons are included."""
    return [
        [
            TimetableDay(
                school_id=week["school_id"],
                date=Day(day),
                lessons=[lesson for lesson in week["lessons"] if lesson["date"] == day],
            )
            for day in days_in(Days(week["starts_on"], week["ends_on"]))
        ]
        for week in weeks
    ]


async def lessons(ids: Sequence[LessonId | None], info: Info) -> list[Lesson | None]:
    """The lessons of ids that lessons name."""
    read = info.connectors.schedule.lessons_by_ids
    return await info.read(read, ids, columns=info.columns_of("TimetableLesson") | {"school_id"})


async def lessons_if_of_own_school(ids: Sequence[LessonId | None], info: Info) -> list[Lesson | None]:
    """The lessons of ids, where they belong to the viewer's schools."""
    found = await lessons(ids, info)
    return [lesson if lesson and lesson["school_id"] in info.viewer.school_ids else None for lesson in found]
