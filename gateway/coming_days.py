"""Checks days for which something is planned: today or later, within the school year."""

from typing import Final

from connectors.vocabulary import SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

PAST: Final = Text("The day has passed already.", "Этот день уже прошёл.")
_NOT_THIS_YEAR: Final = Text("The day is not one of this school year.", "Этот день не относится к учебному году.")


async def check_coming_day(day: str, school: SchoolId, info: Info, problems: Problems, *path: str | int) -> None:
    """Note a problem where the day has passed at the school, or comes after its school year."""
    [year] = await info.school_years([school])
    today = info.today_at(school)
    if day < today:
        problems.add(UserErrorCode.OUT_OF_RANGE, PAST, *path, limit=today)
    elif day > year.days.last:
        problems.add(UserErrorCode.OUT_OF_RANGE, _NOT_THIS_YEAR, *path, limit=year.days.last)
