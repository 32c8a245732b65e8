"""Measures of a cell: averages and shares, which in published cells have bounds.

A share of no records, or of all of them, would say of each student what their marks are. In published cells no share is
therefore shown below 5 % or above 95 %; of more than a hundred students, below what five of them are; never below one
record.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final, TypedDict

from connectors.analytics import DESIGNS, Statistic
from gateway.averages import ratio

_NUMBERS: Final = (5, 4, 3, 2, 1)
_LEAST_SHARE: Final = Decimal("0.05")
_FEW: Final = Decimal(5)
_MANY: Final = 100
"""Students from which on a published average has two decimal places."""
# Степень обученности учащихся, by V. P. Simonov: the share of the material that a mark stands for.
_SIMONOV: Final = (Decimal(1), Decimal("0.64"), Decimal("0.36"), Decimal("0.16"), Decimal("0.07"))


class ShareBound(StrEnum):
    """How a share is to be read that is not shown exactly."""

    AT_MOST = "AT_MOST"
    """The share is this, or lower."""

    AT_LEAST = "AT_LEAST"
    """The share is this, or higher."""


class ValueCount(TypedDict):
    """How many records of a cell have one value."""

    value: str
    count: int
    share: str
    bound: ShareBound | None


def _five_point(cell: Mapping[str, Any]) -> Sequence[int] | None:
    """The numbers of marks 5, 4, 3, 2, 1; None where there is no such mark, or the cell is hidden."""
    counts = cell["counts"]
    return counts[:5] if counts is not None and sum(counts[:5]) else None


def _least(cell: Mapping[str, Any], total: int) -> Decimal:
    """The least share that is shown of *total* records."""
    if cell["is_exact"]:
        return Decimal(0)
    return max(min(_LEAST_SHARE, _FEW / Decimal(cell["students"])), 1 / Decimal(total))


def _share(cell: Mapping[str, Any], part: int, total: int) -> str | None:
    if not total:
        return None
    least = _least(cell, total)
    share = min(max(Decimal(part) / total, least), 1 - least)
    return str(share.quantize(Decimal("0.01"), ROUND_HALF_UP))


def records(cell: Mapping[str, Any]) -> int | None:
    """How many records the cell has."""
    return None if cell["counts"] is None else sum(cell["counts"])


def average(cell: Mapping[str, Any]) -> str | None:
    """The average of the marks on the five-point scale that count."""
    counts = _five_point(cell)
    if counts is None:
        return None
    total, count = sum(n * number for n, number in zip(counts, _NUMBERS, strict=True)), sum(counts)
    if cell["is_exact"]:
        return ratio(total, count)
    least = _least(cell, count)
    lowest = 1 if counts[4] else 2
    bounded = min(max(Decimal(total) / count, lowest + least), 5 - least)
    return str(bounded.quantize(Decimal("0.01" if cell["students"] >= _MANY else "0.1"), ROUND_HALF_UP))


def quality(cell: Mapping[str, Any]) -> str | None:
    """The share of marks 4 and 5 (качество знаний)."""
    counts = _five_point(cell)
    return None if counts is None else _share(cell, sum(counts[:2]), sum(counts))


def success(cell: Mapping[str, Any]) -> str | None:
    """The share of marks 3, 4 and 5 (успеваемость)."""
    counts = _five_point(cell)
    return None if counts is None else _share(cell, sum(counts[:3]), sum(counts))


def degree_of_learning(cell: Mapping[str, Any]) -> str | None:
    """The degree of learning (СОУ): 5 counts as 1, 4 as 0.64, 3 as 0.36, 2 as 0.16, 1 as 0.07."""
    counts = _five_point(cell)
    if counts is None:
        return None
    learnt = sum((n * weight for n, weight in zip(counts, _SIMONOV, strict=True)), Decimal(0)) / sum(counts)
    least = _least(cell, sum(counts))
    return str(min(learnt, 1 - least).quantize(Decimal("0.01"), ROUND_HALF_UP))


def distribution(cell: Mapping[str, Any]) -> list[ValueCount] | None:
    """How many records have each value, in the order of the values; values that no record has stand there as well."""
    counts = cell["counts"]
    if counts is None:
        return None
    values = DESIGNS[Statistic(cell["statistic"])].values
    total = sum(counts)
    return [_value(cell, value, count, total) for value, count in zip(values, counts, strict=True)]


def _value(cell: Mapping[str, Any], value: str, count: int, total: int) -> ValueCount:
    if not total:
        return ValueCount(value=value, count=0, share="0.00", bound=None)
    least = _least(cell, total)
    low = (least * total).to_integral_value(ROUND_CEILING)
    high = ((1 - least) * total).to_integral_value(ROUND_FLOOR)
    share = _share(cell, count, total) or "0.00"
    if not cell["is_exact"] and count <= low:
        return ValueCount(value=value, count=int(low), share=share, bound=ShareBound.AT_MOST)
    if not cell["is_exact"] and count >= high:
        return ValueCount(value=value, count=int(high), share=share, bound=ShareBound.AT_LEAST)
    return ValueCount(value=value, count=count, share=share, bound=None)


def _sum(cell: Mapping[str, Any], places: slice) -> int | None:
    return None if cell["counts"] is None else sum(cell["counts"][places])


def late(cell: Mapping[str, Any]) -> int | None:
    """Lessons to which students came late."""
    return _sum(cell, slice(1, 2))


def absent(cell: Mapping[str, Any]) -> int | None:
    """Lessons missed without a valid reason."""
    return _sum(cell, slice(2, 3))


def excused(cell: Mapping[str, Any]) -> int | None:
    """Lessons missed for a valid reason."""
    return _sum(cell, slice(3, None))


def missed_per_student(cell: Mapping[str, Any]) -> str | None:
    """Missed lessons, whatever the reason, for each student."""
    missed = _sum(cell, slice(2, None))
    return None if missed is None else ratio(missed, cell["students"])


def overdue(cell: Mapping[str, Any]) -> int | None:
    """Points whose day has passed."""
    return _sum(cell, slice(1, None))


def overdue_share(cell: Mapping[str, Any]) -> str | None:
    """The share of points whose day has passed."""
    counts = cell["counts"]
    return None if counts is None else _share(cell, counts[1], sum(counts))


def acknowledged_share(cell: Mapping[str, Any]) -> str | None:
    """The share of weeks that a parent has acknowledged."""
    counts = cell["counts"]
    return None if counts is None else _share(cell, counts[0], sum(counts))
