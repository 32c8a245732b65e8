"""Averages as the school counts them: decimals, half up, two places, null where there is nothing to average."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

SMALLEST_CLASS: Final = 5
"""An average of fewer students would tell one of another (trap T23)."""

_CENT: Final = Decimal("0.01")


def exact(number: float) -> Decimal | int:
    """The number of a document as what it is written as: whole ones as they are, others as decimals."""
    return number if type(number) is int else Decimal(str(number))


def ratio(total: Decimal | float, count: Decimal | float) -> str | None:
    """*total* by *count*, half up, two places; None where *count* is nothing (traps T3, T4)."""
    if not count:
        return None
    if type(total) is int and type(count) is int and total >= 0 and count > 0:
        return _in_whole_numbers(total, count)
    return str((Decimal(str(total)) / Decimal(str(count))).quantize(_CENT, ROUND_HALF_UP))


@lru_cache(maxsize=10_000)
def _in_whole_numbers(total: int, count: int) -> str:
    """The same, ten times as quick; and the sums of a subject's few marks are the same few everywhere."""
    cents = (200 * total + count) // (2 * count)
    return f"{cents // 100}.{cents % 100:02}"
