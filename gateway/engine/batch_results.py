"""Turns the answer of a batch resolver into one value per parent."""

from collections.abc import Mapping
from typing import Any, ClassVar


class WrongLength(Exception):
    """A batch resolver returned another number of values than it has parents; clients see an internal error."""

    extensions: ClassVar[Mapping[str, Any]] = {"code": "INTERNAL"}

    def __init__(self, field: str, parents: int, answers: int | None) -> None:
        super().__init__("Internal error")
        self.add_note(f"{field} has {parents} parents and {'no list of' if answers is None else answers} answers")


def one_each(field: str, answered: Any, parents: int) -> list[Any]:
    """The value, or the exception, of each of the *parents* of *field*, which is written `Parent.field`."""
    if isinstance(answered, Exception):
        return [answered] * parents
    try:
        values = answered if type(answered) is list else list(answered)
    except TypeError:
        return [WrongLength(field, parents, None)] * parents
    return values if len(values) == parents else [WrongLength(field, parents, len(values))] * parents
