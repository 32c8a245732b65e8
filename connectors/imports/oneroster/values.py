"""Values of OneRoster's columns: lists, typed identifiers, grades, truth values, spans of days."""

import re
from collections.abc import Mapping
from typing import Final

from connectors.imports import values
from connectors.imports.errors import Unusable
from connectors.vocabulary import Day

_TYPED: Final = re.compile(r"\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}")
_GRADES: Final[Mapping[str, int]] = {"KG": 0, "TK": 0, "PK": 0}
_INSTANT: Final = re.compile(r"T.*", re.DOTALL)
_SNILS: Final = frozenset({"snils", "снилс"})


def need(row: Mapping[str, str], column: str) -> str:
    """The value of a column; raises Unusable if there is none."""
    found = row.get(column)
    if found is None:
        raise Unusable(f"without {column}")
    return found


def listed(row: Mapping[str, str], *columns: str) -> list[str]:
    """The parts of a list with commas, of the first of *columns* that has a value."""
    found = next((row[column] for column in columns if column in row), "")
    return [part for part in (part.strip() for part in found.split(",")) if part]


def day(row: Mapping[str, str], column: str) -> Day | None:
    """The day in a column, also where it is written with a time of day; None if there is none."""
    found = row.get(column)
    return values.day(_INSTANT.sub("", found), column) if found else None


def span(row: Mapping[str, str], first: str = "beginDate", last: str = "endDate") -> tuple[Day | None, Day | None]:
    """The days in two columns, either of which may be open; raises Unusable if the last is before the first."""
    begins_on, ends_on = day(row, first), day(row, last)
    if begins_on and ends_on and ends_on < begins_on:
        raise Unusable(f"{last} is before {first}")
    return begins_on, ends_on


def grade_level(row: Mapping[str, str]) -> int | None:
    """The first grade in the column `grades`: a number from 0 to 13, kindergarten is 0."""
    for grade in listed(row, "grades"):
        if grade.upper() in _GRADES:
            return _GRADES[grade.upper()]
        if grade.isascii() and grade.isdigit() and int(grade[:3]) <= _LAST_GRADE:
            return int(grade)
    return None


_LAST_GRADE: Final = 13


def snils(row: Mapping[str, str]) -> str | None:
    """The СНИЛС among the `userIds`, such as `{SNILS:112-233-445 95}`; raises Unusable if its digits are wrong."""
    for kind, identifier in _TYPED.findall(row.get("userIds", "")):
        if kind.casefold() in _SNILS and identifier:
            return values.snils(identifier, "userIds")
    return None


def is_false(row: Mapping[str, str], column: str) -> bool:
    """Whether a column says no."""
    return row.get(column, "").casefold() in {"false", "0"}
