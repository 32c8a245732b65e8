"""Converts the arguments of declared fields from coerced GraphQL values to Strawberry's objects.

https://spec.graphql.org/September2025/#sec-Coercing-Field-Arguments
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLSchema, get_nullable_type, is_scalar_type
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from gateway.engine.declarations import BACKREF

Values = dict[str, Any]


def converter(schema: GraphQLSchema, field: GraphQLField) -> Callable[[Values], Values]:
    """The function that converts coerced values to those that Strawberry passes to the field's resolver."""
    strawberry_schema = getattr(schema, "_strawberry_schema", None)
    arguments = getattr(field.extensions.get(BACKREF), "arguments", None)
    if strawberry_schema is None or arguments is None:
        return dict
    converting = strawberry_schema.schema_converter
    found = [(converting.config.name_converter.from_argument(argument), argument) for argument in arguments]
    # Strawberry finds out anew each time what its arguments are called, and that most are taken as they come.
    names = [(name, one.python_name, None if _is_plain(field, name, one) else one.type) for name, one in found]

    def convert(values: Values) -> Values:
        return {
            own: values[name]
            if kind is None
            else convert_argument(values[name], kind, converting.scalar_registry, converting.config, path=(name,))
            for name, own, kind in names
            if name in values
        }

    return convert


def _is_plain(field: GraphQLField, name: str, argument: StrawberryArgument) -> bool:
    """Whether Strawberry passes the value on unchanged."""
    kind = argument.type.of_type if isinstance(argument.type, StrawberryOptional) else argument.type
    is_scalar = is_scalar_type(get_nullable_type(field.args[name].type))
    return is_scalar and kind is not GlobalID and not isinstance(kind, StrawberryMaybe)
