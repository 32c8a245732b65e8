"""Which school year a day belongs to."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from connectors.directory.documents import AcademicYear
from connectors.vocabulary import Days

_FIRST_MONTH = 9
"""Without dates of its own a school year lasts from September to August."""


class SchoolYear(NamedTuple):
    """A school year with all days that belong to it, the summer after its lessons included."""

    name: str
    """Such as 2026/27."""
    days: Days
    document: AcademicYear | None
    """Null where the directory knows no year for these days."""


def school_year_on(years: Sequence[AcademicYear], day: str) -> SchoolYear:
    """The school year of *day*: the latest of the school's *years* that has begun.

    It lasts until the next one begins, at most twelve months. A day that no year of the school covers belongs to the
    year from September to August around it.
    """
    begun = max((year for year in years if year["starts_on"] <= day), key=_start, default=None)
    if begun is not None:
        following = min((year["starts_on"] for year in years if year["starts_on"] > begun["starts_on"]), default="~")
        last = _day_before(min(following, _a_year_after(begun["starts_on"])))
        if day <= last:
            return SchoolYear(begun["name"], Days(begun["starts_on"], last), begun)
    first = int(day[:4]) - (int(day[5:7]) < _FIRST_MONTH)
    days = Days(f"{first:04}-{_FIRST_MONTH:02}-01", f"{first + 1:04}-{_FIRST_MONTH - 1:02}-31")
    return SchoolYear(f"{first:04}/{(first + 1) % 100:02}", days, None)


def _start(year: AcademicYear) -> str:
    return year["starts_on"]


def _a_year_after(day: str) -> str:
    rest = "-03-01" if day[4:] == "-02-29" else day[4:]
    return f"{int(day[:4]) + 1:04}{rest}"


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
