"""The arguments of declared fields: from coerced GraphQL values to the objects that Strawberry makes of them."""

from typing import Any

from graphql import GraphQLField, GraphQLSchema
from strawberry.types.arguments import convert_arguments

from gateway.engine.fields import BACKREF


def converted(schema: GraphQLSchema, field: GraphQLField, values: dict[str, Any]) -> dict[str, Any]:
    """What Strawberry would pass to the field's resolver for the coerced *values*."""
    strawberry_schema = getattr(schema, "_strawberry_schema", None)
    definition = field.extensions.get(BACKREF)
    arguments = getattr(definition, "arguments", None)
    if strawberry_schema is None or arguments is None:
        return values
    converter = strawberry_schema.schema_converter
    return convert_arguments(values, arguments, converter.scalar_registry, converter.config)
