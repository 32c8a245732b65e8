"""The input of the compiler: an operation, and the choices of the caller that has it run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

from gateway.engine.prepare.operation import Operation
from gateway.engine.prepare.operation_tree import SelectedType


@dataclass(frozen=True)
class CompileInput:
    """One operation to compile."""

    operation: Operation
    field_resolver: Callable[..., Any] = default_field_resolver
    type_resolver: Callable[..., Any] = default_type_resolver
    hide_suggestions: bool = True

    @property
    def schema(self) -> GraphQLSchema:
        """The schema that the operation runs over."""
        return self.operation.view.full

    @cached_property
    def propagates_nulls(self) -> bool:
        """Whether a null at a non-null position makes its parent null; a directive of graphql-core turns this off."""
        name = GraphQLDisableErrorPropagationDirective.name
        return all(directive.name.value != name for directive in self.operation.node.directives or ())

    @property
    def root(self) -> SelectedType:
        """The operation's own selection set; `GraphQLError` where the schema has no such root."""
        node = self.operation.node
        found = self.operation.tree.root
        if found is None:
            message = f"Schema is not configured to execute {node.operation.value} operation."
            raise GraphQLError(message, node)
        return found

    def uses_default(self, resolve: Callable[..., Any] | None) -> bool:
        """Whether a field with this resolver shows the attribute or key of its name."""
        return resolve is None and self.field_resolver is default_field_resolver
