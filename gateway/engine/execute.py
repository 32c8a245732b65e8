"""The engine behind the signature of graphql-core's `execute`, for any schema of graphql-core."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    assert_valid_schema,
    parse,
)
from graphql import execute as execute_by_reference
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.execution.execute import UNEXPECTED_EXPERIMENTAL_DIRECTIVES

from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.plan import Plan
from gateway.engine.prepare.operation import whole_operation


def execute(  # noqa: PLR0917 - the signature of graphql-core's
    schema: GraphQLSchema,
    document: DocumentNode | str,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Callable[..., Any] | None = None,
    type_resolver: Callable[..., Any] | None = None,
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Execute *document*, which is not validated; the result is awaitable when a resolver was.

    Fields that declare their answer are batched; `context_value` is then a `gateway.engine.declarations.Context`.
    """
    assert_valid_schema(schema)
    if schema.get_directive("defer") or schema.get_directive("stream"):
        raise GraphQLError(UNEXPECTED_EXPERIMENTAL_DIRECTIVES)
    try:
        parsed = parse(document) if isinstance(document, str) else document
        operation = _chosen(parsed, operation_name)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    if any(one.variable_definitions for one in parsed.definitions if isinstance(one, FragmentDefinitionNode)):
        # Variables of fragments are an experiment of graphql-core's own, outside of the specification.
        return execute_by_reference(
            schema,
            parsed,
            root_value,
            context_value,
            dict(variable_values or {}),
            operation_name,
            field_resolver,
            type_resolver,
        )
    compile_input = CompileInput(
        whole_operation(schema, parsed, operation),
        field_resolver or default_field_resolver,
        type_resolver or default_type_resolver,
        hide_suggestions=False,
    )
    try:
        plan = Plan(compile_input)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    return plan.start(context_value, variable_values, root_value)


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is None and len(operations) > 1:
        message = "Must provide operation name if query contains multiple operations."
        raise GraphQLError(message)
    named = [d for d in operations if name is None or (d.name and d.name.value == name)]
    if not named:
        raise GraphQLError("Must provide an operation." if name is None else f"Unknown operation named '{name}'.")
    return named[-1]
