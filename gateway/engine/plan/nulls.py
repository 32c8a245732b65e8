"""Null propagation: a failure makes the nearest position null that may be null, and the errors say why.

https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from graphql import FieldNode, GraphQLError
from graphql.error import located_error

from gateway.engine.errors import cause
from gateway.engine.prepare.operation_tree import SelectedField

ResponsePath = tuple[str | int, ...]


class NullPropagation(NamedTuple):
    """How far a null goes up from a position: to the nearest one that may be null, or through the whole answer."""

    nullable: bool
    up: int
    fatal: bool

    def below(self, *, nullable: bool, propagates: bool) -> "NullPropagation":
        """How far a null goes up from a position directly below; nowhere where it is *nullable* or not *propagates*."""
        if nullable or not propagates:
            return NullPropagation(nullable, 0, fatal=False)
        return NullPropagation(nullable, self.up + 1, self.fatal)


AT_ROOT: Final = NullPropagation(nullable=False, up=0, fatal=True)


class Position(Protocol):
    """A type at one position of the answer."""

    field: SelectedField
    nulls: NullPropagation


class Failure:
    """Stands in the answer where a value could not be had, until the answer is settled.

    *by_resolver* says whether the resolver answered with the error, which may then stand for many parents.
    """

    __slots__ = ("by_resolver", "error", "position", "round")

    def __init__(self, error: Exception, position: Position, *, round: int, by_resolver: bool) -> None:  # noqa: A002 - the round of the run
        self.error = error
        self.position = position
        self.round = round
        self.by_resolver = by_resolver


class PendingValue:
    """Stands in the answer for a value that is still awaited."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = None


class Abandoned(Exception):
    """Stands for a value below a position that another error made null."""


def settle(
    data: dict[str, Any], nodes: Callable[[SelectedField], Sequence[FieldNode]]
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The answer with every failure replaced by null at the nearest position that may be null, and the errors.

    *nodes* are those of a field that the request includes. An error whose class says what is shown *instead* is
    replaced by that, where its own position may be null.

    Errors come in the order in which rounds found them, within a round in the order of the answer. Of the errors below
    a position that one of them made null, those found later are dropped. Of one cause that empties a field of many list
    items there is one error: see `gateway.engine.errors.cause`.
    """
    found = sorted(_failures(data), key=lambda one: one[1].round)
    nulled: dict[ResponsePath, Any] = {}
    causes: dict[Any, tuple[ResponsePath, Failure]] = {}
    for path, failure in found:
        position = path[: len(path) - failure.position.nulls.up]
        is_below = any(position[:length] in nulled for length in range(len(position) + 1))
        if is_below or isinstance(failure.error, Abandoned):
            continue
        nulled[position] = getattr(failure.error, "instead", None) if position == path else None
        causes.setdefault(cause(failure.error, path) if failure.by_resolver else path, (path, failure))
    errors = [
        located_error(failure.error, nodes(failure.position.field), list(path)) for path, failure in causes.values()
    ]
    return _with_nulls(data, nulled), errors


def _failures(data: Any) -> list[tuple[ResponsePath, Failure]]:
    """The failures of the answer in its order; values that were awaited take their places."""
    found = []
    stack: list[tuple[ResponsePath, Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if type(value) is Failure:
            found.append((path, value))
            continue
        items = list(value.items() if type(value) is dict else enumerate(value))
        for key, item in reversed(items):
            if type(item) is PendingValue:
                value[key] = _arrived(item)
            kind = type(value[key])
            if kind is dict or kind is list or kind is Failure:
                stack.append(((*path, key), value[key]))
    return found


def _arrived(pending: PendingValue) -> Any:
    value: Any = pending
    while type(value) is PendingValue:
        value = value.value
    return value


def _with_nulls(data: Any, nulled: Mapping[ResponsePath, Any]) -> Any:
    if () in nulled:
        return None
    for path, shown in nulled.items():
        holder = data
        for key in path[:-1]:
            holder = holder[key]
            if type(holder) is not dict and type(holder) is not list:
                break
        else:
            holder[path[-1]] = shown
    return data
