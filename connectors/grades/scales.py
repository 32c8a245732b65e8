"""Which values a grade scale has."""

from decimal import Decimal
from enum import Enum, auto

from connectors.grades.documents import GradeScale, Number


class NotOnScale(Enum):
    """Why a value is not on a scale."""

    TOO_SMALL = auto()
    TOO_GREAT = auto()
    UNKNOWN = auto()


def refusal_of(text: str, number: Decimal | None, scale: GradeScale, most: Number | None = None) -> NotOnScale | None:
    """Why a value is not on *scale*, or beyond the *most* points of its work; None where it is.

    *number* is the number that *text* writes; None where it writes none.
    """
    least = scale["min_value"]
    bounds = [bound for bound in (scale["max_value"], most) if bound is not None and least is not None]
    if number is not None and least is not None and number < Decimal(str(least)):
        return NotOnScale.TOO_SMALL
    if number is not None and bounds and number > Decimal(str(min(bounds))):
        return NotOnScale.TOO_GREAT
    if (scale["values"] and not lists(text, scale)) or (not scale["values"] and number is None):
        return NotOnScale.UNKNOWN
    return None


def lists(text: str, scale: GradeScale) -> bool:
    """Whether *text* is one of the values that *scale* names one by one."""
    return any(own["value"] == text for own in scale["values"])
