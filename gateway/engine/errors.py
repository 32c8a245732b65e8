"""Errors of the engine: documents that are refused, and lists of errors that stay short."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from graphql import GraphQLError

LONGEST: Final = 300
"""Characters of an error's message; what a client sent is not quoted at greater length."""


class OperationRefused(Exception):
    """A document that is not run at all, with the GraphQL errors that say why."""

    def __init__(self, errors: Sequence[GraphQLError], *, stage: str) -> None:
        super().__init__(stage)
        self.errors = [shortened(error) for error in errors]
        self.stage = stage  # "limits", "syntax", "operation", "validation", "access"


def shortened(error: GraphQLError) -> GraphQLError:
    """*error* with a message of bounded length."""
    if len(error.message) <= LONGEST:
        return error
    message = f"{error.message[:LONGEST]}…"
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, error.original_error, error.extensions
    )


def one_each_message(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The first error of each message: a mistake that is repeated a hundred times is one mistake."""
    return list({error.message: error for error in reversed(list(errors))}.values())[::-1]


def cause(error: Exception, path: Iterable[str | int]) -> tuple[int, tuple[str, ...]]:
    """What makes errors one: the same exception in the same field, whatever list items the field belongs to.

    A source that does not answer empties a field of every row with one exception.
    """
    return id(error), tuple(step for step in path if isinstance(step, str))


def one_each_cause(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The first error of each cause; an error without a cause of its own stays."""
    first: dict[Any, GraphQLError] = {}
    for error in errors:
        first.setdefault(cause(error.original_error or error, error.path or ()), error)
    return list(first.values())
