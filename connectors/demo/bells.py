"""Bell schedules: two shifts in a school, pairs of lessons in a college, shorter lessons before holidays."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from connectors.demo.calendar import SATURDAY
from connectors.directory import SchoolKind

WEEKDAYS, SATURDAYS, SHORT = "Будни", "Суббота", "Сокращённые уроки"
AFTER_LESSONS: Final[Mapping[SchoolKind, int]] = {SchoolKind.SCHOOL: 8, SchoolKind.COLLEGE: 5}
"""The number of the first lesson of the second half of the day (F62)."""

_WAKES_AT, _SLEEPS_AT = 8, 22


class Ring(NamedTuple):
    """The bells of one lesson: when it begins and ends, in local time."""

    number: int
    shift: int
    starts_at: str
    ends_at: str


def _rings(shift: int, text: str) -> tuple[Ring, ...]:
    times = (pair.split("-") for pair in text.split())
    return tuple(Ring(number, shift, *pair) for number, pair in enumerate(times, start=1))


RINGS: Final[Mapping[SchoolKind, Mapping[str, Sequence[Ring]]]] = {
    SchoolKind.SCHOOL: {
        WEEKDAYS: (
            *_rings(
                1,
                "08:00-08:40 08:50-09:30 09:45-10:25 10:45-11:25 11:40-12:20 12:30-13:10 13:15-13:55 "
                "14:10-14:50 15:00-15:40",
            ),
            *_rings(2, "14:00-14:40 14:50-15:30 15:45-16:25 16:40-17:20 17:30-18:10 18:20-19:00"),
        ),
        SATURDAYS: (
            *_rings(1, "08:00-08:40 08:50-09:30 09:40-10:20 10:30-11:10 11:20-12:00 12:10-12:50 13:00-13:40"),
            *_rings(2, "14:00-14:40 14:50-15:30 15:40-16:20 16:30-17:10 17:20-18:00 18:10-18:50"),
        ),
        SHORT: (
            *_rings(
                1,
                "08:00-08:30 08:40-09:10 09:20-09:50 10:05-10:35 10:45-11:15 11:25-11:55 12:05-12:35 "
                "12:50-13:20 13:30-14:00",
            ),
            *_rings(2, "14:00-14:30 14:40-15:10 15:20-15:50 16:00-16:30 16:40-17:10 17:20-17:50"),
        ),
    },
    SchoolKind.COLLEGE: {
        WEEKDAYS: _rings(1, "08:30-10:00 10:10-11:40 12:20-13:50 14:00-15:30 15:40-17:10 17:20-18:50"),
        SATURDAYS: _rings(1, "08:30-09:50 10:00-11:20 11:30-12:50 13:00-14:20"),
        SHORT: _rings(1, "08:30-09:30 09:40-10:40 11:00-12:00 12:10-13:10 13:20-14:20 14:30-15:30"),
    },
}


class Day(NamedTuple):
    """A study day of a school, with the instants of its bells, which all lessons of the day share."""

    day: date
    iso: str
    weekday: int
    midnight: datetime  # local midnight, in UTC
    rings: Mapping[tuple[int, int], tuple[datetime, datetime]]  # (shift, number) -> start and end

    @property
    def parity(self) -> int:
        """1 in an odd calendar week and 0 in an even one; timetables of colleges alternate."""
        return self.day.isocalendar().week % 2

    def at(self, minutes: float) -> datetime:
        """The instant *minutes* after local midnight."""
        return self.midnight + timedelta(minutes=minutes)


def moved_to_waking_hours(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant itself between 8:00 and 22:00 local time; else one of the same day within these hours."""
    local = instant.astimezone(zone)
    if local.hour < _WAKES_AT:
        return local.replace(hour=_WAKES_AT).astimezone(UTC)
    return local.replace(hour=_SLEEPS_AT - 1).astimezone(UTC) if local.hour >= _SLEEPS_AT else instant


def schedule_of(day: date, *, short: bool) -> str:
    """The name of the bell schedule in force on *day*."""
    if short:
        return SHORT
    return SATURDAYS if day.weekday() == SATURDAY else WEEKDAYS


def day_of(kind: SchoolKind, zone: ZoneInfo, day: date, *, short: bool) -> Day:
    """The *day* with the instants of its bells. The zone's offset must not change between the bells of a day."""
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    rings = {
        key: (midnight + timedelta(minutes=first), midnight + timedelta(minutes=last))
        for key, (first, last) in _minutes(kind, schedule_of(day, short=short)).items()
    }
    return Day(day, day.isoformat(), day.weekday(), midnight, rings)


@cache
def _minutes(kind: SchoolKind, schedule: str) -> Mapping[tuple[int, int], tuple[int, int]]:
    return {(r.shift, r.number): (_minute(r.starts_at), _minute(r.ends_at)) for r in RINGS[kind][schedule]}


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
