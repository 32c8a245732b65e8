"""graphql-core's executor over declared fields: the reference with which compiled plans are compared.

It executes the query object by object; a batch resolver is called through a loader that batches the objects of a level.
"""

import asyncio
from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from aiodataloader import DataLoader
from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution import execute
from graphql.execution.executor import Executor
from graphql.execution.values import get_variable_values
from graphql.pyutils import Path

from gateway.engine.batch_results import one_each
from gateway.engine.declarations import Batch, Context
from gateway.engine.errors import one_each_cause
from gateway.engine.plan.abstract_types import named_by_document, needs_check
from gateway.engine.prepare.columns import FieldCall
from gateway.engine.prepare.operation import DENIED, Operation, denial_errors


class LevelLoaders:
    """One loader for each field of the document, which batches the objects of a level."""

    def __init__(self, operation: Operation, context: Context) -> None:
        self.operation = operation
        self.context = context
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    def load(self, batch: Batch, source: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        """The answer for one parent, once its level is complete."""
        name = (info.parent_type.name, *map(id, info.field_nodes))
        loader = self._loaders.get(name)
        if loader is None:
            operation = self.operation
            call = FieldCall(operation.tree, operation.columns, info.return_type, info.field_nodes)

            async def answer(requests: list[tuple[int, Any]]) -> list[Any]:
                parents = [parent for _, parent in requests]
                invocation = batch.invocation(info.schema, info.field_nodes[0], info.variable_values)
                answers = batch.resolve(parents, self.context.info(call), **batch.arguments(arguments), **invocation)
                field = f"{info.parent_type.name}.{info.field_name}"
                return one_each(field, await answers if batch.is_async else answers, len(parents))

            loader = self._loaders[name] = DataLoader(
                answer, cache=False, get_cache_key=id, loop=asyncio.get_running_loop()
            )
        return loader.load((0, source))


class _Executor(Executor[Any]):
    """graphql-core's executor with the gateway's rules for denied fields, introspection and abstract types.

    A denied field is null; introspection shows the role's own schema; a document may name its concrete type by itself.
    """

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        *rest: Any,
    ) -> Any:
        if field_details_list[0].node.name.value == DENIED:
            return None
        if parent_type is self.schema.mutation_type:
            self.context_value.levels.context.forget_reads()
        return super().execute_field(parent_type, source, field_details_list, *rest)

    def build_resolve_info(self, field_def: Any, nodes: Any, parent_type: Any, path: Path) -> GraphQLResolveInfo[Any]:
        info = super().build_resolve_info(field_def, nodes, parent_type, path)
        if info.field_name in {"__schema", "__type"}:
            return info._replace(schema=self.context_value.levels.operation.view.schema)
        return info

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        details: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        *rest: Any,
    ) -> Any:
        name = named_by_document(return_type, result)
        if name is None:
            return super().complete_abstract_value(return_type, details, info, path, result, *rest)
        found = self.ensure_valid_runtime_type(name, return_type, details, info, result)
        return self.complete_object_value(found, details, info, path, result, *rest)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        details: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        *rest: Any,
    ) -> Any:
        if needs_check(return_type, result):
            return super().complete_object_value(return_type, details, info, path, result, *rest)
        return self.collect_and_execute_subfields(return_type, details, path, result, *rest)


class ReferenceContext:
    """The `info.context` of graphql-core's resolvers."""

    def __init__(self, levels: LevelLoaders) -> None:
        self.levels = levels


async def run(
    schema: GraphQLSchema, operation: Operation, context: Context, variables: Mapping[str, Any] | None
) -> ExecutionResult:
    """Execute *operation* by graphql-core."""
    sent = dict(variables or {})
    answer = execute(
        schema,
        operation.document,
        root_value={},
        context_value=ReferenceContext(LevelLoaders(operation, context)),
        variable_values=sent,
        operation_name=operation.name,
        executor_class=_Executor,
        hide_suggestions=True,
    )
    result = await answer if isawaitable(answer) else answer
    coerced = get_variable_values(schema, operation.node.variable_definitions or (), sent)
    errors = one_each_cause(result.errors or ())
    if not isinstance(coerced, list):
        errors += denial_errors(operation, coerced.coerced)
    return ExecutionResult(result.data, errors or None)
