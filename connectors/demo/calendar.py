"""The Russian school year: quarters and semesters, holidays between them, public holidays.

Public holidays and their transfer are article 112 of the Labour Code. Schools set their own holidays; the rules here
give the dates the Ministry of Education recommended for 2025/26, and for 2026/27: autumn 24 October to 1 November,
winter 31 December to 10 January, spring 27 March to 4 April, summer from 27 May.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from connectors.curriculum import CalendarPeriodKind
from connectors.directory import SchoolKind

SATURDAY: Final = 5
SUNDAY: Final = 6
FIRST_MONTH: Final = 9
"""The month in which a school year begins."""

TEACHERS_DAY: Final = (10, 5)
"""Month and day of Teachers' Day, a working day with short lessons."""

_NEW_YEAR: Final = ("Новогодние каникулы", 1, 1, 8)
_PUBLIC: Final = (
    ("День народного единства", 11, 4),
    ("День защитника Отечества", 2, 23),
    ("Международный женский день", 3, 8),
    ("Праздник Весны и Труда", 5, 1),
    ("День Победы", 5, 9),
    ("День России", 6, 12),
)
_ORDINALS: Final = ("I", "II", "III", "IV")


class NamedDays(NamedTuple):
    """The days from *first* to *last*, both included, with a name."""

    name: str
    kind: CalendarPeriodKind
    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """An academic year of a school or college; it begins in September of *year*."""

    year: int
    terms: tuple[NamedDays, ...]
    study: tuple[NamedDays, ...]
    breaks: tuple[NamedDays, ...]
    others: tuple[NamedDays, ...]  # exams, practice
    public: tuple[NamedDays, ...]

    @property
    def name(self) -> str:
        """The name of the year, such as 2026/27."""
        return year_name(self.year)

    @property
    def first(self) -> date:
        """The first of September."""
        return date(self.year, 9, 1)

    @property
    def last(self) -> date:
        """The last day of the school year, 31 August, so that the summer holidays belong to a year, too."""
        return date(self.year + 1, 8, 31)

    def is_study_day(self, day: date) -> bool:
        """Whether lessons are held on *day*: Monday to Saturday, except on holidays."""
        return (
            day.weekday() != SUNDAY
            and any(day in period for period in self.study)
            and not any(day in period for period in self.public)
        )

    def is_short_day(self, day: date) -> bool:
        """Whether lessons are shortened on *day*: before a public holiday, at the end of a term, on Teachers' Day."""
        tomorrow = day + timedelta(days=1)
        return (
            (day.month, day.day) == TEACHERS_DAY
            or any(tomorrow == period.first for period in self.public)
            or any(day == term.last for term in self.terms)
        )

    def study_days(self, first: date, last: date) -> Iterator[date]:
        """The study days from *first* to *last*, in order."""
        for ordinal in range(max(first, self.first).toordinal(), min(last, self.last).toordinal() + 1):
            day = date.fromordinal(ordinal)
            if self.is_study_day(day):
                yield day

    def periods(self) -> list[NamedDays]:
        """The terms, holidays and other coloured spans of the calendar, in order of time."""
        return sorted((*self.study, *self.breaks, *self.others, *self.public), key=lambda period: period.first)


def year_of(day: date) -> int:
    """The calendar year in which the academic year of *day* began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def year_name(year: int) -> str:
    """The name of the academic year that begins in *year*: 2026/27 for 2026."""
    return f"{year}/{(year + 1) % 100:02}"


def school_year(kind: SchoolKind, year: int) -> SchoolYear:
    """The academic year that begins in September of *year*: of a school in quarters, of a college in semesters."""
    return _by_quarters(year) if kind is SchoolKind.SCHOOL else _by_semesters(year)


def public_holidays(year: int) -> tuple[NamedDays, ...]:
    """The public holidays of the academic year. One at a weekend moves to the next working day."""
    name, month, first, last = _NEW_YEAR
    days = [_public(name, date(year + 1, month, first), date(year + 1, month, last))]
    for name, month, number in _PUBLIC:
        day = date(year if month > FIRST_MONTH else year + 1, month, number)
        days.append(_public(name, day, day))
        if day.weekday() >= SATURDAY:
            monday = _from(day, 0)
            days.append(_public(f"{name}: перенос выходного дня", monday, monday))
    return tuple(sorted(days, key=lambda period: period.first))


def _by_quarters(year: int) -> SchoolYear:
    autumn = _from(date(year, 10, 20), SATURDAY)
    winter = _end_of_winter(year)
    spring = _from(date(year + 1, 3, 25), SATURDAY)
    breaks = (
        _break("Осенние каникулы", autumn, autumn + timedelta(days=8)),
        _break("Зимние каникулы", date(year, 12, 31), winter),
        _break("Весенние каникулы", spring, spring + timedelta(days=8)),
        _break("Летние каникулы", date(year + 1, 5, 27), date(year + 1, 8, 31)),
    )
    starts = [date(year, 9, 1), *(period.last + timedelta(days=1) for period in breaks[:3])]
    quarters = tuple(
        NamedDays(f"{ordinal} четверть", CalendarPeriodKind.STUDY, start, period.first - timedelta(days=1))
        for ordinal, start, period in zip(_ORDINALS, starts, breaks, strict=True)
    )
    return SchoolYear(year, quarters, quarters, breaks, (), public_holidays(year))


def _by_semesters(year: int) -> SchoolYear:
    winter = _end_of_winter(year)
    rest = winter - timedelta(days=13)
    summer = _from(date(year + 1, 6, 26), 0)
    day, week = timedelta(days=1), timedelta(weeks=1)
    first, second = "I семестр", "II семестр"
    return SchoolYear(
        year,
        terms=(
            NamedDays(first, CalendarPeriodKind.STUDY, date(year, 9, 1), rest - day),
            NamedDays(second, CalendarPeriodKind.STUDY, winter + day, summer - day),
        ),
        study=(
            NamedDays(first, CalendarPeriodKind.STUDY, date(year, 9, 1), rest - week - day),
            NamedDays(second, CalendarPeriodKind.STUDY, winter + day, summer - 6 * week - day),
        ),
        breaks=(_break("Зимние каникулы", rest, winter), _break("Летние каникулы", summer, date(year + 1, 8, 31))),
        others=(
            NamedDays("Зимняя сессия", CalendarPeriodKind.EXAMS, rest - week, rest - day),
            NamedDays(
                "Производственная практика", CalendarPeriodKind.PRACTICE, summer - 6 * week, summer - 2 * week - day
            ),
            NamedDays("Летняя сессия", CalendarPeriodKind.EXAMS, summer - 2 * week, summer - day),
        ),
        public=public_holidays(year),
    )


def _end_of_winter(year: int) -> date:
    return _from(date(year + 1, 1, 8), SUNDAY)


def _from(day: date, weekday: int) -> date:
    """The first day with this *weekday* on or after *day*."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _break(name: str, first: date, last: date) -> NamedDays:
    return NamedDays(name, CalendarPeriodKind.HOLIDAYS, first, last)


def _public(name: str, first: date, last: date) -> NamedDays:
    return NamedDays(name, CalendarPeriodKind.PUBLIC_HOLIDAY, first, last)
