"""Averages as the school counts them: decimals, half up, two places, null where there is nothing to average."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

SMALLEST_CLASS: Final = 5
"""An average of fewer students would tell one of another (trap T23)."""

_CENT: Final = Decimal("0.01")


def exact(number: float) -> Decimal:
    """The decimal that a number of a document is written as."""
    return Decimal(str(number))


def ratio(total: Decimal | float, count: Decimal | float) -> str | None:
    """*total* by *count*, half up, two places; None where *count* is nothing (traps T3, T4)."""
    if not count:
        return None
    return str((Decimal(str(total)) / Decimal(str(count))).quantize(_CENT, ROUND_HALF_UP))
