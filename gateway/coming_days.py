"""Checks the days of inputs: within the school year and, where something is planned, still to come."""

from typing import Final

from connectors.directory import SchoolYear
from connectors.vocabulary import SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

PAST: Final = Text("The day has passed already.", "Этот день уже прошёл.")
_NOT_THIS_YEAR: Final = Text(
    "The day is not one of this school year.", "Этот день не относится к текущему учебному году."
)


def check_year(day: str, year: SchoolYear, problems: Problems, *path: str | int) -> bool:
    """Whether the day is one of the school year; otherwise a problem is noted."""
    if day in year.days:
        return True
    limit = year.days.first if day < year.days.first else year.days.last
    problems.add(UserErrorCode.OUT_OF_RANGE, _NOT_THIS_YEAR, *path, limit=limit)
    return False


async def check_coming_day(day: str, school: SchoolId, info: Info, problems: Problems, *path: str | int) -> None:
    """Note a problem where the day has passed at the school, or comes after its school year."""
    [year] = await info.school_years([school])
    today = info.today_at(school)
    if day < today:
        problems.add(UserErrorCode.OUT_OF_RANGE, PAST, *path, limit=today)
    else:
        check_year(day, year, problems, *path)
