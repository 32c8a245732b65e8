"""Values as the standards write them: XML Schema's dates, times and numbers, in ASCII digits and within bounds.

Python's own parsers accept more than that (`20261116`, `2026-W47-1`, digits of other scripts, `1e400`), so the form is
checked first.
"""

import re
from datetime import date, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.imports.errors import ImportFailed, Unusable
from connectors.vocabulary import Day

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
"""A day outside of these years is a slip of the pen, and would make a school year of a thousand years."""

LARGEST_WHOLE: Final = 2**31 - 1
"""The largest `xs:int`, and the largest Int of GraphQL."""

LARGEST_NUMBER: Final = 10**9
"""Ed-Fi's widest decimal has nine digits before the point."""

_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_TIME: Final = re.compile(r"(\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)


def day(text: str, name: str) -> Day:
    """A day such as `2021-09-07`; a time zone behind it, which XML Schema allows, is left out.

    Raises:
        Unusable: it is none, or lies outside of FIRST_YEAR to LAST_YEAR; the reason calls the value *name*.
    """
    form = _DAY.fullmatch(text)
    try:
        found = date.fromisoformat(form[1]) if form else None
    except ValueError:
        found = None
    if found is None:
        raise Unusable(f"{name} is not a date")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unusable(f"{name} is not within the years {FIRST_YEAR} to {LAST_YEAR}")
    return Day(found.isoformat())


def clock(text: str, name: str) -> str:
    """A time of day such as `08:35`; seconds and what follows them are left out.

    Raises:
        Unusable: it is none; the reason calls the value *name*.
    """
    form = _TIME.fullmatch(text)
    try:
        found = time.fromisoformat(form[1]) if form else None
    except ValueError:
        found = None
    if found is None:
        raise Unusable(f"{name} is not a time of day")
    return found.isoformat("minutes")


def whole(text: str, name: str) -> int:
    """A whole number of 32 bits.

    Raises:
        Unusable: it is none, or larger; the reason calls the value *name*.
    """
    if not _WHOLE.fullmatch(text):
        raise Unusable(f"{name} is not a whole number")
    if len(text.lstrip("+-0")) > len(str(LARGEST_WHOLE)) or abs(int(text)) > LARGEST_WHOLE:
        raise Unusable(f"{name} is too large a number")
    return int(text)


def number(text: str, name: str) -> int | float:
    """A decimal number of at most nine digits before its point: int where it is whole.

    Raises:
        Unusable: it is none, or larger; the reason calls the value *name*.
    """
    if not _NUMBER.fullmatch(text):
        raise Unusable(f"{name} is not a number")
    found = Decimal(text)
    if abs(found) >= LARGEST_NUMBER:
        raise Unusable(f"{name} is too large a number")
    return int(found) if found == found.to_integral_value() else float(found)


def snils(text: str, name: str) -> str:
    """The eleven digits of a СНИЛС, written with or without hyphens and spaces.

    The last two check the others: the sum of the first nine, times nine down to one, modulo 101, where 100 is written
    00. Numbers up to 001-001-998 have no such check.

    Raises:
        Unusable: it has another number of digits, or the last two do not fit; the reason calls the value *name*.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{11}", digits):
        raise Unusable(f"{name} is no СНИЛС of eleven digits")
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
    if digits[:9] > _UNCHECKED_SNILS and total % 101 % 100 != int(digits[9:]):
        raise Unusable(f"{name} is no СНИЛС: its last two digits do not fit the others")
    return digits


_UNCHECKED_SNILS: Final = "001001998"


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ImportFailed: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFailed(f"{name!r} is no IANA time zone, such as America/Chicago") from error
