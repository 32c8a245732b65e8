"""Finds the object type of a value of an interface or union.

A document names its type under the key `__typename`. Strawberry's default functions look for instances of its classes
and are not called for documents; a `resolve_type` or `is_type_of` that a schema's author wrote always is.

https://spec.graphql.org/September2025/#sec-Resolving-Abstract-Types
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import default_type_resolver
from graphql.pyutils import inspect

from gateway.engine.declarations import BACKREF

TYPENAME: Final = "__typename"


def needs_check(named: GraphQLObjectType, value: Any) -> bool:
    """Whether *value* must pass the type's `is_type_of`."""
    if named.is_type_of is None:
        return False
    return not (isinstance(value, Mapping) and not has_own_check(named))


def has_own_check(named: GraphQLObjectType) -> bool:
    """Whether the schema's author wrote an `is_type_of` for the type."""
    if named.is_type_of is None:
        return False
    definition = named.extensions.get(BACKREF)
    return definition is None or getattr(definition, "is_type_of", None) is not None


def has_own_resolver(abstract: GraphQLAbstractType) -> bool:
    """Whether the schema's author wrote a `resolve_type` for the interface or union."""
    if abstract.resolve_type is None:
        return False
    definition = abstract.extensions.get(BACKREF)
    return definition is None or getattr(definition, "resolve_type", None) is abstract.resolve_type


def named_by_document(abstract: GraphQLAbstractType, value: Any) -> str | None:
    """The type that the document *value* names; None where the schema's author decides or it names none."""
    if isinstance(value, Mapping) and not has_own_resolver(abstract):
        name = value.get(TYPENAME)
        return name if isinstance(name, str) else None
    return None


def resolve_type(
    abstract: GraphQLAbstractType,
    value: Any,
    info: GraphQLResolveInfo[Any],
    otherwise: Callable[..., Any] = default_type_resolver,
) -> Any:
    """Call the function that names the value's type; its result may be awaitable."""
    resolve = abstract.resolve_type or otherwise
    return resolve(value, info, abstract)


def check_type(
    schema: GraphQLSchema,
    abstract: GraphQLAbstractType,
    name: Any,
    field: str,
    value: Any,
) -> GraphQLObjectType:
    """The object type *name* of *value*; raises graphql-core's errors where the abstract type has no such member.

    *field* is `Parent.field`, for the messages.
    """
    if name is None:
        raise GraphQLError(
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{field}'."
            f" Either the '{abstract}' type should provide a 'resolve_type' function"
            " or each possible type should provide an 'is_type_of' function."
        )
    if not isinstance(name, str):
        raise GraphQLError(
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{field}'"
            f" with value {inspect(value)}, received '{inspect(name)}', which is not a valid Object type name."
        )
    found = schema.get_type(name)
    if found is None:
        raise GraphQLError(
            f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist inside the schema."
        )
    if not isinstance(found, GraphQLObjectType):
        raise GraphQLError(f"Abstract type '{abstract}' was resolved to a non-object type '{name}'.")
    if not schema.is_sub_type(abstract, found):
        raise GraphQLError(f"Runtime Object type '{found}' is not a possible type for '{abstract}'.")
    return found
