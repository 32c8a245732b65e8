"""Errors of the engine: refused documents, and lists of errors that stay short."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from graphql import GraphQLError

LONGEST: Final = 300
"""Characters of an error's message; what a client sent is not quoted at greater length."""


class OperationRefused(Exception):
    """A document is not run at all; its GraphQL errors say why."""

    def __init__(self, errors: Sequence[GraphQLError], *, stage: str, kind: str = "") -> None:
        super().__init__(stage)
        self.errors = [shorten(error) for error in errors]
        self.stage = stage  # "limits", "syntax", "operation", "validation", "access"
        self.kind = kind  # "mutation" or "subscription" where such a field is denied


def shorten(error: GraphQLError) -> GraphQLError:
    """*error* with a message of bounded length."""
    if len(error.message) <= LONGEST:
        return error
    message = f"{error.message[:LONGEST]}…"
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, error.original_error, error.extensions
    )


def one_each_message(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The first error of each message."""
    return list({error.message: error for error in reversed(list(errors))}.values())[::-1]


def cause(error: Exception, path: Iterable[str | int]) -> tuple[int, tuple[str, ...]]:
    """The key by which errors are one: the exception, and the field's path without list indexes.

    A source that does not answer fails the field of every row with the same exception.
    """
    return id(error), tuple(step for step in path if isinstance(step, str))


def one_each_cause(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The first error of each cause; an error without a cause of its own stays."""
    first: dict[Any, GraphQLError] = {}
    for error in errors:
        first.setdefault(cause(error.original_error or error, error.path or ()), error)
    return list(first.values())
