"""When sections meet: class periods on school days, each meeting a lesson on its date."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from connectors.imports.edfi.keys import Ids, SectionKey, SessionKey
from connectors.imports.edfi.school_days import SchoolDays, school_days
from connectors.imports.edfi.survey import Survey
from connectors.vocabulary import Day, LessonId

_NUMBER: Final = re.compile(r"(\d{1,2})(?!\S)", re.ASCII)
"""The number that the name of a class period begins with: `04 - Traditional`."""


class Meeting(NamedTuple):
    """A time of day at which a section meets; a class period that lunch interrupts has two, of one number."""

    starts_at: str
    ends_at: str
    number: int


class Timetable:
    """The days and times of every section."""

    def __init__(self, survey: Survey, ids: Ids, zone: ZoneInfo) -> None:
        self._survey = survey
        self._ids = ids
        self._zone = zone
        self._taught: dict[SessionKey, Sequence[Day]] = {}
        self._instants: dict[tuple[str, str], datetime] = {}

    @cached_property
    def years(self) -> Mapping[tuple[str, str], SchoolDays]:
        """School days and holidays by school and year."""
        keys = sorted({(key.school, key.year) for key in self._survey.sessions})
        return {key: school_days(self._survey, *key) for key in keys}

    @cached_property
    def bells(self) -> Mapping[tuple[str, str], Sequence[Meeting]]:
        """The meetings of every class period, by school and name."""
        numbers = _numbers(self._survey.class_periods)
        return {
            key: [Meeting(starts_at, ends_at, numbers[key]) for starts_at, ends_at in times]
            for key, times in self._survey.class_periods.items()
        }

    def days_of(self, section: SectionKey) -> Sequence[Day]:
        """The school days of the semester a section is held in."""
        key = section.session_key
        if key not in self._taught:
            session = self._survey.sessions.get(key)
            of_year = self.years[key.school, key.year].taught if session else ()
            self._taught[key] = [d for d in of_year if session and session.begins_on <= d <= session.ends_on]
        return self._taught[key]

    def meetings_of(self, section: SectionKey) -> list[Meeting]:
        """When a section meets on a school day, in time; of two meetings that begin together, the shorter one."""
        periods = self._survey.sections[section].class_periods
        every = sorted(m for name in periods for m in self.bells.get((section.school, name), ()))
        first = {meeting.starts_at: meeting for meeting in reversed(every)}
        return sorted(first.values())

    def lessons_of(self, section: SectionKey) -> Iterator[tuple[Day, Meeting]]:
        """Every lesson of a section, in time."""
        meetings = self.meetings_of(section)
        return ((day, meeting) for day in self.days_of(section) for meeting in meetings)

    def lesson_at(self, section: SectionKey, day: str, arrival: str | None) -> tuple[LessonId, Meeting] | None:
        """The lesson of a section on *day* that someone arriving at that time came to; the first, without a time."""
        meetings = self.meetings_of(section)
        if not meetings or not self._meets(section, day):
            return None
        begun = [meeting for meeting in meetings if arrival and meeting.starts_at <= arrival]
        meeting = begun[-1] if begun else meetings[0]
        return self._ids.lesson(section, day, meeting.starts_at), meeting

    def next_lesson(self, section: SectionKey, day: Day) -> tuple[Day, LessonId | None]:
        """The first lesson of a section on *day* or after it, and its day; *day* itself where there is none."""
        days = self.days_of(section)
        at = bisect_left(days, day)
        found = self.lesson_at(section, days[at], None) if at < len(days) else None
        return (days[at], found[0]) if found else (day, None)

    def instant(self, day: str, time: str) -> datetime:
        """A time of day at the school as an instant in UTC."""
        key = day, time
        if key not in self._instants:
            local = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=self._zone)
            self._instants[key] = local.astimezone(UTC)
        return self._instants[key]

    def _meets(self, section: SectionKey, day: str) -> bool:
        days = self.days_of(section)
        at = bisect_left(days, day)
        return at < len(days) and days[at] == day


def _numbers(class_periods: Mapping[tuple[str, str], Sequence[tuple[str, str]]]) -> dict[tuple[str, str], int]:
    """The number of each class period: the one its name begins with; else its rank in the school's day."""
    ranks: dict[str, int] = {}
    numbers = {}
    for key, _ in sorted(class_periods.items(), key=lambda item: (item[0][0], item[1], item[0][1])):
        school, name = key
        ranks[school] = ranks.get(school, 0) + 1
        numbered = _NUMBER.match(name)
        numbers[key] = int(numbered[1]) if numbered else ranks[school]
    return numbers
