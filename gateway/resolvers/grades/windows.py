"""Decides until when marks and final grades may be entered, by the attestation periods and the rules of a school."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from connectors.directory import AverageKind, School, SchoolYear, marks_within_days, periods_close_after_days
from connectors.grades import AttestationPeriod
from connectors.vocabulary import ClassId, Days, GroupId, SchoolId, SubjectId
from gateway.coming_days import check_year
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.grades.periods import PERIOD
from gateway.resolvers.grades.terms import applicable_periods, most_specific, shortest_with
from gateway.writing import Problems, UserErrorCode

_NOT_YET: Final = Text("This day has not come yet.", "Этот день ещё не наступил.")
_CLOSED: Final = Text(
    "The time for entering marks of this day is over.", "Время, когда можно выставлять отметки за этот день, истекло."
)
_RULES: Final = frozenset({"marks_within_days", "periods_close_after_days", "average_kind"})


class Place(NamedTuple):
    """The class, groups and subject of a mark: they decide which attestation period it belongs to."""

    class_id: ClassId | None
    groups: frozenset[GroupId]
    subject_id: SubjectId


class Windows:
    """The days whose marks may be entered today at one school."""

    def __init__(
        self, school: School, year: SchoolYear, periods: Sequence[AttestationPeriod], school_id: SchoolId, info: Info
    ) -> None:
        self.year = year
        self.periods = periods
        self.today = info.today_at(school_id)
        self.average_kind = school.get("average_kind", AverageKind.SIMPLE)
        """The average that the school sets beside final grades."""
        self._school = school
        self._school_id = school_id
        self._info = info

    def check_day(self, day: str, places: Sequence[Place], problems: Problems, *path: str | int) -> None:
        """Note a problem where marks of *day* may not be entered for some of the *places*."""
        if not self.check_year(day, problems, *path):
            return
        if day > self.today:
            problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_YET, *path, retry_at=self.start_of(day))
        elif any(self.is_over(day, place) for place in places):
            problems.add(UserErrorCode.WINDOW_CLOSED, _CLOSED, *path)

    def check_year(self, day: str, problems: Problems, *path: str | int) -> bool:
        """Whether the day is one of this school year; otherwise a problem is noted."""
        return check_year(day, self.year, problems, *path)

    def is_over(self, day: str, place: Place) -> bool:
        """Whether marks of *day* may no longer be entered for the *place*."""
        last = self.last_day(day, place)
        return last is not None and last < self.today

    def last_day(self, day: str, place: Place) -> str | None:
        """The last day on which marks of *day* may be entered for the *place*; None where nothing ends it."""
        within = marks_within_days(self._school)
        period = self._period(day, place)
        ends = [
            *([] if within is None else [_days_after(day, within)]),
            *([] if period is None else [self.closes_on(Days(period["starts_on"], period["ends_on"]))]),
        ]
        return min(ends, default=None)

    def closes_on(self, period: Days) -> str:
        """The last day on which marks and final grades of a period may be entered."""
        return _days_after(period.last, periods_close_after_days(self._school))

    def start_of(self, day: str) -> datetime:
        """The moment at which *day* begins at the school."""
        return self._info.start_of(day, self._school_id)

    def start_after(self, day: str) -> datetime:
        """The moment at which *day* is over at the school."""
        return self._info.start_of(day, self._school_id, days_later=1)

    def _period(self, day: str, place: Place) -> AttestationPeriod | None:
        own = applicable_periods(self.periods, place.class_id, place.groups)
        return shortest_with(
            most_specific([period for period in own if period["subject_id"] in {None, place.subject_id}]), day
        )


def _days_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def some_school(info: Info) -> SchoolId:
    """A school of the viewer, whose rules are read where an object is missing: the commands reveal nothing then."""
    return next(iter(info.viewer.school_ids), SchoolId("sch_"))


async def windows_of(school_id: SchoolId, info: Info) -> Windows:
    """The days whose marks may be entered today at the school."""
    grades, directory = info.connectors.grades, info.connectors.directory
    [school], [year], [periods] = await asyncio.gather(
        info.read(directory.schools_by_ids, [school_id], columns=_RULES),
        info.school_years([school_id]),
        info.read(grades.periods_of, [school_id], columns=PERIOD, academic_year=None),
    )
    return Windows(school or School(), year, periods or (), school_id, info)  # type: ignore[typeddict-item] # its rules have defaults
