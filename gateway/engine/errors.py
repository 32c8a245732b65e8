"""A document that is not run at all."""

from collections.abc import Sequence

from graphql import GraphQLError


class OperationRefused(Exception):
    """A document that is not run at all, with the GraphQL errors that say why."""

    def __init__(self, errors: Sequence[GraphQLError], *, stage: str) -> None:
        super().__init__(stage)
        self.errors = list(errors)
        self.stage = stage  # "limits", "syntax", "operation", "validation", "access"
