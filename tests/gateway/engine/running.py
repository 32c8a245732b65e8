"""Running an operation over a schema written down, with plain values as its data."""

from collections.abc import Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, build_schema, parse, validate

from gateway.engine.execute import execute


def schema_of(sdl: str, **resolvers: Any) -> GraphQLSchema:
    """The schema of *sdl*; `Type__field` resolves a field, `Type__resolve_type` and `Type__is_type_of` tell types."""
    schema = build_schema(sdl)
    for place, function in resolvers.items():
        type_name, _, field = place.partition("__")
        named: Any = schema.type_map[type_name]
        if field in {"resolve_type", "is_type_of"}:
            setattr(named, field, function)
        else:
            named.fields[field].resolve = function
    return schema


async def run(
    schema: GraphQLSchema | str,
    document: str,
    root: Any = None,
    variables: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    valid: bool = True,
) -> ExecutionResult:
    """The result of *document*, which is *valid* or meant not to be."""
    built = schema_of(schema) if isinstance(schema, str) else schema
    assert (validate(built, parse(document)) == []) is valid
    result = execute(built, document, root, variable_values=variables, operation_name=name)
    return result if isinstance(result, ExecutionResult) else await result


async def data(schema: GraphQLSchema | str, document: str, root: Any = None, **options: Any) -> Any:
    """The data of an operation that has no errors."""
    result = await run(schema, document, root, **options)
    assert result.errors is None
    return result.data


async def answered(
    schema: GraphQLSchema | str, document: str, root: Any = None, **options: Any
) -> tuple[Any, list[Any]]:
    """The data and, for each error, its path (None without) and message."""
    result = await run(schema, document, root, **options)
    return result.data, [(error.path, error.message) for error in result.errors or ()]
