"""graphql-core's executor over declared fields: the reference that compiled plans are compared with.

It walks the query object by object; a batch resolver is reached through a loader that gathers the objects of a level.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiodataloader import DataLoader
from graphql import (
    ExecutionResult,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution import execute
from graphql.execution.executor import Executor

from gateway.engine.document import DENIED, Operation, call_of
from gateway.engine.fields import Batch, Context


class Levels:
    """One loader per field of the document: the objects that ask for it at once are answered at once."""

    def __init__(self, operation: Operation, context: Context) -> None:
        self.operation = operation
        self.context = context
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    def load(self, batch: Batch, source: Any, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:  # noqa: ANN401
        """The answer for one parent, once its level is complete."""
        name = (info.parent_type.name, *map(id, info.field_nodes))
        loader = self._loaders.get(name)
        if loader is None:
            call = call_of(self.operation, info.return_type, info.field_nodes)

            async def answer(positions: list[tuple[int, Any]]) -> list[Any]:
                parents = [parent for _, parent in positions]
                adapted = batch.arguments(arguments)
                answers = batch.resolve(parents, self.context.info(call), **adapted)
                return list(await answers if batch.is_async else answers)

            loader = self._loaders[name] = DataLoader(
                answer, cache=False, get_cache_key=id, loop=asyncio.get_running_loop()
            )
        return loader.load((0, source))


class _Executor(Executor[Any]):
    """Answers denied fields with null and introspection with the role's own schema."""

    def execute_field(self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, *rest: Any) -> Any:  # noqa: ANN401
        if field_details_list[0].node.name.value == DENIED:
            return None
        return super().execute_field(parent_type, source, field_details_list, *rest)

    def build_resolve_info(self, *arguments: Any) -> GraphQLResolveInfo:  # noqa: ANN401
        return super().build_resolve_info(*arguments)._replace(schema=self.context_value.levels.operation.view.schema)


class StockContext:
    """What graphql-core's resolvers find in `info.context`."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels


async def run(
    schema: GraphQLSchema, operation: Operation, context: Context, variables: Mapping[str, Any] | None
) -> ExecutionResult:
    """Execute *operation* by graphql-core."""
    answer = execute(
        schema,
        operation.document,
        root_value={},
        context_value=StockContext(Levels(operation, context)),
        variable_values=dict(variables or {}),
        operation_name=operation.name,
        executor_class=_Executor,
        hide_suggestions=True,
    )
    return await answer if asyncio.iscoroutine(answer) or asyncio.isfuture(answer) else answer
