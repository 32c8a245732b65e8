"""Bells with breaks, holidays and school events."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, NamedTuple

from connectors.directory import School
from connectors.schedule import BellPeriod, BellSchedule, Holiday, SchoolEvent
from connectors.vocabulary import Day, Days, SchoolId
from gateway.context import Info


class BreakAfter(BellPeriod):
    """A bell period with the minutes until the next one of its shift; None for the last one."""

    break_minutes: int | None


async def holiday_of_days(days: Sequence[Mapping[str, Any]], info: Info) -> list[str | None]:
    """For each day the name of its holiday; None on other days."""
    span = Days(min(day["date"] for day in days), max(day["date"] for day in days))
    read = info.connectors.schedule.holidays_of
    columns = frozenset({"name", "starts_on", "ends_on", "kind"})
    holidays = await info.read(read, [day["school_id"] for day in days], columns=columns, days=span)
    return [_holiday_on(day["date"], own) for day, own in zip(days, holidays, strict=True)]


def _holiday_on(day: str, holidays: Iterable[Holiday]) -> str | None:
    # A public holiday inside the school holidays gives the day its name.
    named = [holiday for holiday in holidays if _lasts(holiday, day)]
    named.sort(key=lambda holiday: holiday["kind"], reverse=True)
    return named[0]["name"] if named else None


async def bells(owners: Sequence[School], info: Info, on: Day | None = None) -> list[list[BreakAfter]]:
    """For each school the bell periods of the day *on*, by shift, each with the break after it (F98).

    Without a day, it is today. A holiday has no periods, unless a bell schedule names that very day.
    """
    keys = [own["_id"] for own in owners]
    found = await bells_of_days(keys, [on or info.today_at(key) for key in keys], info)
    return [_with_breaks(own.periods) for own in found]


class BellsOfDay(NamedTuple):
    """The bell periods of a school on a day, and whether it has holidays then."""

    periods: list[BellPeriod]
    is_holiday: bool


async def bells_of_days(schools: Sequence[SchoolId], days: Sequence[Day], info: Info) -> list[BellsOfDay]:
    """The bells of each school on its day."""
    schedules, off = await asyncio.gather(
        info.read(info.connectors.schedule.bells_of, schools, columns=_BELLS),
        info.read(
            info.connectors.schedule.holidays_of,
            schools,
            columns=frozenset({"starts_on", "ends_on"}),
            days=Days(min(days), max(days)),
        ),
    )
    are_free = [any(_lasts(holiday, day) for holiday in own) for day, own in zip(days, off, strict=True)]
    return [
        BellsOfDay(_periods_on(day, own, is_holiday=is_free), is_free)
        for day, own, is_free in zip(days, schedules, are_free, strict=True)
    ]


_BELLS = frozenset({"valid_from", "valid_to", "weekdays", "dates", "periods"})


def _lasts(holiday: Holiday, day: str) -> bool:
    return holiday["starts_on"] <= day <= holiday["ends_on"]


def _periods_on(day: str, schedules: Sequence[BellSchedule], *, is_holiday: bool) -> list[BellPeriod]:
    weekday = date.fromisoformat(day).isoweekday()
    valid = [s for s in schedules if s["valid_from"] <= day <= s["valid_to"]]
    special = [s for s in valid if day in s["dates"]]
    usual = [] if is_holiday else [s for s in valid if not s["dates"] and weekday in s["weekdays"]]
    return [period for schedule in special or usual for period in schedule["periods"]]


def _with_breaks(periods: list[BellPeriod]) -> list[BreakAfter]:
    ordered = sorted(periods, key=lambda period: (period["shift"], period["starts_at"]))
    return [
        BreakAfter(**own, break_minutes=_minutes(own, after) if after and after["shift"] == own["shift"] else None)
        for own, after in zip_longest(ordered, ordered[1:])
    ]


def _minutes(own: BellPeriod, after: BellPeriod) -> int:
    def minutes(time: str) -> int:
        return int(time[:2]) * 60 + int(time[3:5])

    return minutes(after["starts_at"]) - minutes(own["ends_at"])


async def holidays(owners: Sequence[School], info: Info, academic_year: str | None = None) -> list[list[Holiday]]:
    """For each school its holidays and public holidays in time (F100).

    *academic_year*, such as 2026/27, selects those of one year.
    """
    read = info.connectors.schedule.holidays_of
    return await info.read(read, [own["_id"] for own in owners], academic_year=academic_year)


async def events(owners: Sequence[School], info: Info, days: Days | None = None) -> list[list[SchoolEvent]]:
    """For each school its events within *days*, in time; without days, all."""
    read = info.connectors.schedule.events_of
    return await info.read(read, [own["_id"] for own in owners], days=days)
