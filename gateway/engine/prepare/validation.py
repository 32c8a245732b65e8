"""Validates documents against the schema that a role sees, with errors that are few, short and located.

https://spec.graphql.org/September2025/#sec-Validation
"""

from collections.abc import Sequence
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    ValuesOfCorrectTypeRule,
    specified_rules,
    validate,
)
from graphql.language import SKIP, VisitorAction
from graphql.utilities import validate_input_literal

from gateway.engine.errors import one_each_message

DIGITS: Final = 400
"""A Float has at most 309 digits before its point, every other number fewer."""


class _Literals(ValuesOfCorrectTypeRule):
    """Checks literals; errors of custom scalars get a location, and huge integers are not quoted."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        def report(error: GraphQLError, path: Sequence[str | int]) -> None:
            place = _inner(node, path)
            message = error.message
            if isinstance(place, IntValueNode) and len(place.value) > DIGITS:
                message = f"No number has {len(place.value)} digits here."
            self.report_error(GraphQLError(message, error.nodes or place, extensions=error.extensions))

        if input_type:
            validate_input_literal(node, input_type, report, None, None, self.context.hide_suggestions)
        return SKIP


_RULES: Final = tuple(_Literals if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules)


def validation_errors(schema: GraphQLSchema, document: DocumentNode, most: int) -> list[GraphQLError]:
    """The errors of *document*, one for each message, *most* of them at most; empty where it is valid."""
    errors = validate(schema, document, _RULES, max_errors=most * _REPEATED)
    return one_each_message(errors)[:most]


_REPEATED: Final = 5
"""How many errors are examined for each one that is shown, since equal messages are shown once."""


def _inner(node: ValueNode, path: Sequence[str | int]) -> ValueNode:
    """The literal at *path* inside of *node*."""
    for step in path:
        if isinstance(node, ListValueNode) and isinstance(step, int) and step < len(node.values):
            node = node.values[step]
        elif isinstance(node, ObjectValueNode):
            node = next((field.value for field in node.fields if field.name.value == step), node)
    return node
