"""What a plan is made of: an operation, its schema, and the choices of whoever has it run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from gateway.engine.prepare.operation import Operation


@dataclass(frozen=True)
class CompileInput:
    """One operation to compile. *shown* is the schema that introspection tells of."""

    schema: GraphQLSchema
    shown: GraphQLSchema
    document: DocumentNode
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    describe: Callable[[], Operation]
    field_resolver: Callable[..., Any] = default_field_resolver
    type_resolver: Callable[..., Any] = default_type_resolver
    hide_suggestions: bool = False

    @cached_property
    def operation(self) -> Operation:
        """What batch resolvers may ask about."""
        return self.describe()

    @cached_property
    def propagates(self) -> bool:
        """Whether a null that may not be goes up; a directive turns that off."""
        name = GraphQLDisableErrorPropagationDirective.name
        return all(directive.name.value != name for directive in self.node.directives or ())

    @property
    def root_type(self) -> GraphQLObjectType:
        """The type of the operation's root; `GraphQLError` where the schema has none."""
        found = self.schema.get_root_type(self.node.operation)
        if found is None:
            message = f"Schema is not configured to execute {self.node.operation.value} operation."
            raise GraphQLError(message, self.node)
        return found

    @classmethod
    def of(cls, operation: Operation) -> "CompileInput":
        """The target of an operation that was prepared for a role."""
        return cls(
            operation.view.full,
            operation.view.schema,
            operation.document,
            operation.node,
            dict(operation.fragments),
            lambda: operation,
            hide_suggestions=True,
        )


def uses_default(target: CompileInput, resolve: Callable[..., Any] | None) -> bool:
    """Whether a field without more shows the attribute or key of its name."""
    return resolve is None and target.field_resolver is default_field_resolver


__all__ = ["CompileInput", "GraphQLResolveInfo", "uses_default"]
