"""Counts the lessons of a discipline in the year by the timetable and the holidays."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache

from connectors.demo.bells import day_of
from connectors.demo.calendar import SchoolYear
from connectors.demo.plan import ZONE, ClassPlan, Load, SharedGroup
from connectors.directory import SchoolKind


def days_of_lessons(kind: SchoolKind, year: SchoolYear, one: ClassPlan, load: Load) -> Iterator[date]:
    """The day of every lesson of a load in the year, cancelled lessons included."""
    for weekday, entries in enumerate(one.week):
        for entry in entries:
            if entry.load is load:
                yield from (day for day, parity in _days(kind, year, weekday) if entry.parity in {None, parity})


def lessons_of_group(kind: SchoolKind, year: SchoolYear, group: SharedGroup) -> int:
    """The number of lessons that a group of several classes has in the year."""
    per_weekday = Counter(weekday for weekday, _ in group.slots)
    return sum(count * len(_days(kind, year, weekday)) for weekday, count in per_weekday.items())


@cache
def _days(kind: SchoolKind, year: SchoolYear, weekday: int) -> tuple[tuple[date, int], ...]:
    """The study days on a weekday, each with the parity of its week."""
    days = (day_of(kind, ZONE, day, short=False) for day in year.study_days(year.first, year.last))
    return tuple((day.day, day.parity) for day in days if day.weekday == weekday)
