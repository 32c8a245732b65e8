"""Validates documents against the schema that a role sees, with errors that are few, short and located.

https://spec.graphql.org/September2025/#sec-Validation
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    ValidationRule,
    ValueNode,
    ValuesOfCorrectTypeRule,
    Visitor,
    is_specified_directive,
    print_ast,
    specified_rules,
    visit,
)
from graphql.language import SKIP, VisitorAction
from graphql.utilities import validate_input_literal
from graphql.validation.validate import query_document_keys_to_validate
from graphql.validation.validation_context import VariableUsage

from gateway.engine.declarations import Batch, declaration_of
from gateway.engine.errors import one_each_message
from gateway.engine.prepare.operation_tree import SelectedType
from gateway.engine.prepare.steps import MayPause
from gateway.languages import Text

TOO_DEEP: Final = Text("The document is nested too deeply.", "Документ вложен слишком глубоко.")
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


class _OwnDirectives(ValidationRule):
    """Refuses a directive of the schema's own on a field whose resolver does not take it: it would have no effect."""

    def enter_directive(self, node: DirectiveNode, *place: Any) -> None:
        """Look at a directive; the last of its ancestors, which end *place*, is what it stands on."""
        above = place[-1][-1]
        definition, field = self.context.get_directive(), self.context.get_field_def()
        if not isinstance(above, FieldNode) or not definition or not field or is_specified_directive(definition):
            return
        declared = declaration_of(field)
        answer = declared.answer if declared else None
        if not isinstance(answer, Batch) or answer.directive != definition.name:
            message = f"Directive '@{definition.name}' has no effect on field '{above.name.value}'."
            self.report_error(GraphQLError(message, node))


class _Context(ValidationContext):
    """A context that looks for variables only in documents with a `$`: that search is a third of a validation."""

    def get_variable_usages(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> list[VariableUsage]:
        """Return where variables are used inside of a definition."""
        has_none = node.loc is not None and "$" not in node.loc.source.body
        return [] if has_none else super().get_variable_usages(node)


_RULES: Final = (
    *(_Literals if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    _OwnDirectives,
)


class _Pauses(Visitor):
    """Calls *pause* at each node of a document."""

    def __init__(self, pause: MayPause) -> None:
        super().__init__()
        self._pause = pause

    def enter(self, *_node_and_place: Any) -> None:
        """Look at a node."""
        self._pause()


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, most: int, pause: MayPause = lambda: None
) -> list[GraphQLError]:
    """The errors of *document*, one for each message, *most* of them at most; empty where it is valid.

    *pause* is called at each node.
    """
    errors: list[GraphQLError] = []

    def report(error: GraphQLError) -> None:
        if len(errors) == most * _REPEATED:
            raise _EnoughErrors
        errors.append(error)

    type_info = TypeInfo(schema)
    context = _Context(schema, document, type_info, report)
    rules = [_Pauses(pause), *(rule(context) for rule in _RULES)]
    together = ParallelVisitor(rules)
    typed = TypeInfoVisitor(type_info, together)
    try:
        visit(document, typed, query_document_keys_to_validate)
    except _EnoughErrors:
        pass
    except RecursionError:
        errors = [GraphQLError(TOO_DEEP)]
    finally:
        for visitor in (typed, together, *rules):  # each holds its own methods: a cycle, and the document in it
            vars(visitor).clear()
    return one_each_message(errors)[:most]


def directive_errors(selected: SelectedType) -> Iterator[GraphQLError]:
    """The errors of fields that are merged under one response key but differ in the directive their resolver takes.

    The directives of all nodes but the first would have no effect. GraphQL's own rule about fields that are merged
    compares their names and arguments alone.
    """
    for field in selected.fields:
        declared = declaration_of(field.definition)
        answer = declared.answer if declared else None
        if not isinstance(answer, Batch) or answer.directive is None:
            continue
        first, *others = field.nodes
        for other in others:
            if _written(other, answer.directive) != _written(first, answer.directive):
                message = (
                    f"Fields '{field.key}' conflict because their directives '@{answer.directive}' differ. Use aliases."
                )
                yield GraphQLError(message, [first, other])
                break


def _written(node: FieldNode, name: str) -> str:
    return " ".join(print_ast(directive) for directive in node.directives or () if directive.name.value == name)


class _EnoughErrors(Exception):
    """Raised when enough errors have been found."""


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
