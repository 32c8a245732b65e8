"""Infers the days on which a school teaches: from its calendar and, where that says nothing, from recorded events."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from connectors.imports.edfi.survey import GradingPeriod, Session, Survey
from connectors.vocabulary import Day

LESSONS: Final = frozenset({"Instructional day", "Make-up day"})
"""Calendar events of a day with lessons, be it a Saturday."""

NO_LESSONS: Final = frozenset(
    {"Holiday", "Non-instructional day", "Teacher only day", "Weather day", "Strike", "Emergency day"}
)
"""Calendar events of a day without lessons; any other event changes nothing."""

ONE_DAY: Final = timedelta(days=1)
SATURDAY: Final = 5


class Span(NamedTuple):
    """Consecutive days of one kind, and their name in the source, if it has one."""

    first: Day
    last: Day
    name: str | None
    year: str


class SchoolDays(NamedTuple):
    """The school days and the holidays of one school's year."""

    taught: Sequence[Day]
    holidays: Sequence[Span]


def weekdays(first: str, last: str) -> Iterator[Day]:
    """Monday to Friday from *first* to *last* inclusive."""
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        if day.weekday() < SATURDAY:
            yield Day(day.isoformat())
        day += ONE_DAY


def unrecorded(days: Sequence[Day], recorded: Container[str], surplus: int) -> list[Day]:
    """The *surplus* days on which nothing was recorded: longest runs first, earliest first among equals.

    None where most days have no record, for then silence says nothing.
    """
    silent = [day for day in days if day not in recorded]
    if surplus <= 0 or 2 * len(silent) > len(days):
        return []
    runs = sorted(_runs(silent, days), key=lambda run: (-len(run), run[0]))
    return sorted([day for run in runs for day in run][:surplus])


def school_days(survey: Survey, school: str, year: str) -> SchoolDays:
    """The school days and holidays of *school* in *year*.

    A school teaches from Monday to Friday within its sessions. Days its calendar names are taken at its word. Where
    a grading period (or, without those, a session) counts fewer days of teaching than it has weekdays, the rest are
    days off that the source counts but does not name: see `unrecorded`.
    """
    sessions = survey.sessions_of(school, year)
    spans: Sequence[GradingPeriod | Session] = survey.periods_of(school, year) or sessions
    named = _named_days(survey, school)
    lessons = {day for session in sessions for day in _planned(session, named)}
    silent = {day for span in spans for day in _unnamed(span, lessons, survey.recorded_days | named.keys())}
    off: dict[Day, str | None] = {day: event for day, event in named.items() if event in NO_LESSONS}
    holidays = [*_holidays(off, year), *_holidays(dict.fromkeys(silent), year), *_between(sessions, year)]
    return SchoolDays(sorted(lessons - silent), sorted(holidays, key=lambda holiday: holiday[:2]))


def _planned(session: Session, named: Mapping[Day, str]) -> set[Day]:
    within = {day: event for day, event in named.items() if session.begins_on <= day <= session.ends_on}
    added = {day for day, event in within.items() if event in LESSONS}
    removed = {day for day, event in within.items() if event in NO_LESSONS}
    return ({*weekdays(session.begins_on, session.ends_on)} | added) - removed


def _named_days(survey: Survey, school: str) -> dict[Day, str]:
    named: dict[Day, str] = {}
    for calendar, days in sorted(survey.calendar_days.items()):
        if calendar[0] == school and is_of_whole_school(survey, calendar):
            for day, events in days.items():
                named[day] = min([*events, *([named[day]] if day in named else [])], key=_weight)
    return named


def _weight(event: str) -> tuple[bool, bool, str]:
    """Of the events of one day, one without lessons counts first, then one with lessons."""
    return event not in NO_LESSONS, event not in LESSONS, event


def is_of_whole_school(survey: Survey, calendar: tuple[str, str]) -> bool:
    """Whether a calendar binds everyone, and not a student or a grade alone."""
    return survey.calendar_types.get(calendar, "") in {"", "School"}


def _unnamed(span: GradingPeriod | Session, lessons: set[Day], certain: Container[str]) -> list[Day]:
    days = sorted(day for day in lessons if span.begins_on <= day <= span.ends_on)
    return [] if span.days_taught is None else unrecorded(days, certain, len(days) - span.days_taught)


def _runs(some: Iterable[Day], days: Sequence[Day]) -> list[list[Day]]:
    """*some* of the *days*, grouped into runs of consecutive ones."""
    position = {day: at for at, day in enumerate(days)}
    runs: list[list[Day]] = []
    for day in some:
        if runs and position[runs[-1][-1]] + 1 == position[day]:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _holidays(off: Mapping[Day, str | None], year: str) -> list[Span]:
    """Days off as holidays; neighbours of one name are one, also over a weekend."""
    holidays: list[Span] = []
    for day in sorted(off):
        before = holidays[-1] if holidays else None
        if before and before.name == off[day] and next(weekdays(*_gap(before.last, day)), None) is None:
            holidays[-1] = before._replace(last=day)
        else:
            holidays.append(Span(day, day, off[day], year))
    return holidays


def _between(sessions: Sequence[Session], year: str) -> list[Span]:
    breaks = [(_gap(earlier.ends_on, later.begins_on), later.term) for earlier, later in pairwise(sessions)]
    return [Span(first, last, f"Break before {term}", year) for (first, last), term in breaks if first <= last]


def _gap(before: str, after: str) -> tuple[Day, Day]:
    """The first and the last day strictly between two days."""
    first, last = date.fromisoformat(before) + ONE_DAY, date.fromisoformat(after) - ONE_DAY
    return Day(first.isoformat()), Day(last.isoformat())
