"""The sizes of a schema, from which the answer to an introspection is bounded before it is made."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sized
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_wrapping_type,
)

from gateway.engine.prepare.operation_tree import SelectedField

WEIGHTS: Final = {"defaultValue": 20}
"""Meta-fields whose value takes as long as so many others: a default value is printed anew each time."""

_OWN: Final = frozenset({"types", "directives", "fields", "args", "enumValues", "inputFields"})
"""Lists whose items belong to one parent each; those of other lists may stand in several."""


class _Size(NamedTuple):
    longest: int
    total: int


class SchemaSizes:
    """How long the lists of the introspection schema are, the longest of each name and all together."""

    def __init__(self, schema: GraphQLSchema) -> None:
        lengths: dict[str, list[int]] = defaultdict(list)
        for name, found in _lists(schema):
            lengths[name].append(len(found))
        self._sizes = {name: _Size(max(own), sum(own)) for name, own in lengths.items()}
        self._wrapped = Counter(
            (owner, depth) for owner, one in _references(schema) for depth in range(_wrappers(one) + 1)
        )
        """How many fields, arguments and input fields refer to a type with so many lists and non-nulls around it."""

    def values(self, field: SelectedField) -> int:
        """The most values that a meta-field at the root may have, with all below it."""
        return self._values(field, _Objects(1, 1))

    def _values(self, field: SelectedField, parents: "_Objects") -> int:
        size = self._sizes.get(field.name)
        number, repeated = parents.number, parents.repeated
        if not field.members:
            return number * (1 + (size.longest if size else 0)) * WEIGHTS.get(field.name, 1)
        if size is not None:
            items = min(number * size.longest, repeated * size.total)
            again = repeated if field.name in _OWN else items
            objects = _Objects(items, again, field.name, again)
        elif field.name == "ofType":
            wrapped = parents.wrapped + 1
            most = parents.referred * self._wrapped[parents.owner, wrapped]
            objects = parents._replace(number=min(number, most), repeated=number, wrapped=wrapped)
        else:
            objects = parents._replace(number=number, repeated=number)
        inner = (self._values(one, objects) for below in field.below for one in below.fields)
        return number + objects.number + sum(inner)


class _Objects(NamedTuple):
    """A bound of the objects at one place of the answer."""

    number: int
    repeated: int
    """How often the same object may stand there."""
    owner: str = ""
    """The list of whose items they are the types: `fields`, `args`, `inputFields`."""
    referred: int = 0
    """How often the same item of that list may stand above them."""
    wrapped: int = 0
    """How many `ofType` are above them."""


def _references(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """The types of all fields, arguments and input fields, each with the meta-field that lists it."""
    for named in schema.type_map.values():
        owner = "inputFields" if isinstance(named, GraphQLInputObjectType) else "fields"
        for field in getattr(named, "fields", {}).values():
            yield owner, field.type
            yield from (("args", argument.type) for argument in getattr(field, "args", {}).values())
    for directive in schema.directives:
        yield from (("args", argument.type) for argument in directive.args.values())


def _wrappers(reference: Any) -> int:
    """How many lists and non-nulls are around a named type."""
    return 1 + _wrappers(reference.of_type) if is_wrapping_type(reference) else 0


def _lists(schema: GraphQLSchema) -> Iterator[tuple[str, Sized]]:
    yield "types", schema.type_map
    yield "directives", schema.directives
    for directive in schema.directives:
        yield "args", directive.args
        yield "locations", directive.locations
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            yield "fields", named.fields
            yield "interfaces", named.interfaces
            for field in named.fields.values():
                yield "args", field.args
        elif isinstance(named, GraphQLEnumType):
            yield "enumValues", named.values
        elif isinstance(named, GraphQLInputObjectType):
            yield "inputFields", named.fields
        if is_abstract_type(named):
            yield "possibleTypes", schema.get_possible_types(named)
