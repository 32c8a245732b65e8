"""Checks the value and the weight of a mark: a scale says which values there are."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from connectors.grades import GradeScale, NotOnScale, Number, Work, lists, refusal_of
from connectors.vocabulary import GradeScaleId
from gateway.averages import stored
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

POINT: Final = "•"
"""«Точка»: the value of a mark while an answer is awaited (F72)."""

SCALE: Final = frozenset({"_id", "name", "min_value", "max_value", "values"})
"""The columns of a scale by which values are checked."""

LIGHTEST: Final = 1
HEAVIEST: Final = 5
"""The weights of marks (F70)."""

_NO_VALUE: Final = Text("Enter a value.", "Укажите значение.")
_NO_SCALE: Final = Text("There is no such grade scale.", "Нет такой шкалы оценивания.")
_NO_SUCH_VALUE: Final = Text("The scale has no such value.", "На шкале нет такого значения.")
_TOO_SMALL: Final = Text("The least value is {limit}.", "Наименьшее значение — {limit}.")
_TOO_GREAT: Final = Text("The greatest value is {limit}.", "Наибольшее значение — {limit}.")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,8})([.,][0-9]{1,2})?")


class Value(NamedTuple):
    """The value of a mark as it is stored."""

    value: str
    numeric_value: Number | None
    scale_id: GradeScaleId


def possible_scales(
    sent: GradeScaleId | None, work: Work, scales: Sequence[GradeScale], problems: Problems
) -> Sequence[GradeScale]:
    """The scales that marks for a work may be on: the one that was sent, else that of the work, else the school's.

    Those of the school begin with its usual one: the first one of numbers by name.
    """
    wanted = sent or work.get("scale_id")
    own = [scale for scale in scales if wanted in {None, scale["_id"]}]
    if not own:
        problems.add(UserErrorCode.NOT_FOUND, _NO_SCALE, "scaleId" if sent else "workId")
    return sorted(own, key=lambda scale: scale["min_value"] is None)


def scale_of(value: str, scales: Sequence[GradeScale]) -> GradeScale:
    """The scale of a value: the first of *scales*, or another one without numbers that lists it, such as зачёт."""
    text = value.strip()
    others = [scale for scale in scales[1:] if scale["min_value"] is None and lists(text, scale)]
    return scales[0] if lists(text, scales[0]) or not others else others[0]


def checked_value(
    sent: str, scale: GradeScale, problems: Problems, *path: str | int, most: Number | None = None
) -> Value | None:
    """The value that was sent, as it is stored; None where the scale, or the *most* points of a work, refuse it."""
    text = sent.strip()
    number = _number(text)
    if not text:
        problems.add(UserErrorCode.REQUIRED, _NO_VALUE, *path)
        return None
    match refusal_of(text, number, scale, most):
        case NotOnScale.TOO_SMALL:
            limit = scale["min_value"]
            problems.add(UserErrorCode.OUT_OF_RANGE, _TOO_SMALL.format(limit=limit), *path, limit=limit)
            return None
        case NotOnScale.TOO_GREAT:
            limit = min(bound for bound in (scale["max_value"], most) if bound is not None)
            problems.add(UserErrorCode.OUT_OF_RANGE, _TOO_GREAT.format(limit=limit), *path, limit=limit)
            return None
        case NotOnScale.UNKNOWN:
            problems.add(UserErrorCode.INVALID_INPUT, _NO_SUCH_VALUE, *path)
            return None
    listed = [own["numeric_value"] for own in scale["values"] if own["value"] == text]
    if listed:
        return Value(text, listed[0], scale["_id"])
    return Value(text, None if number is None else stored(number), scale["_id"])


def checked_weight(sent: int | None, problems: Problems, *path: str | int) -> None:
    """Note a problem of a weight that is not one of 1 to 5."""
    if sent is None or LIGHTEST <= sent <= HEAVIEST:
        return
    text, limit = (_TOO_SMALL, LIGHTEST) if sent < LIGHTEST else (_TOO_GREAT, HEAVIEST)
    problems.add(UserErrorCode.OUT_OF_RANGE, text.format(limit=limit), *path, limit=limit)


def _number(text: str) -> Decimal | None:
    """The number that *text* writes in plain digits, with a point or a comma; None for every other text."""
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
