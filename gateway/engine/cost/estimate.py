"""The price of an operation as a graph: what is asked of the objects of each place, and what that costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    NullValueNode,
    get_named_type,
    is_composite_type,
)

from gateway.engine.cost import directives
from gateway.engine.cost.directives import Scored
from gateway.engine.cost.expressions import Amount, Amounts, days_cost
from gateway.engine.declarations import ListSize
from gateway.engine.prepare.collect_fields import Collector, Group, Sources
from gateway.engine.prepare.operation import Operation

Sizes = Mapping[str, Amount]
"""The lengths of the lists in an object, where the field that returned the object says them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field that is asked of the objects of a place, and all that hangs on it."""

    key: str
    weight: int
    """What one value costs by itself, where it has no fields."""
    sites: tuple["Site", ...]
    """What is asked of the objects it returns, one for each type they may be of."""
    depth: int
    """How many lists its values are in."""
    holds_nulls: bool
    """Whether these lists may hold null."""
    size: Amount
    arguments: Amount
    cost: Amount


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What is asked of the objects of one type at one place, and what each of them costs."""

    weight: int
    asked: tuple[Asked, ...]
    cost: Amount


class Pricing:
    """The prices of one operation. Places where the same is asked have one site, however often they are reached."""

    def __init__(self, operation: Operation, default_list_size: int) -> None:
        self.amounts = Amounts(operation.node)
        self._operation = operation
        self._default_list_size = default_list_size
        self._collector = Collector(operation.view.full, operation.fragments)
        self._sites: dict[Any, Site] = {}

    def root(self) -> Site:
        """All that is asked of the root, which costs nothing itself."""
        named = self._operation.view.full.get_root_type(self._operation.kind)
        if named is None:  # pragma: no cover - the operation was validated
            raise TypeError(self._operation.kind)
        return self._site(named, [(self._operation.node.selection_set, True)], 0, {})

    def _site(self, named: GraphQLObjectType, sources: Sources, weight: int, sizes: Sizes) -> Site:
        place = (named.name, weight, *sorted(sizes.items()), *((id(node), condition) for node, condition in sources))
        found = self._sites.get(place)
        if found is None:
            collected = self._collector.collect(named, sources)
            for guard in collected.guards:
                self.amounts.truth(guard.index, guard.directive.arguments or ())
            fields = [self._asked(named, group, sizes) for group in collected.groups]
            asked = tuple(one for one in fields if one is not None)
            found = self._sites[place] = Site(weight, asked, self.amounts.sum([weight, *(one.cost for one in asked)]))
        return found

    def _asked(self, parent: GraphQLObjectType, group: Group, sizes: Sizes) -> Asked | None:
        """The field, unless it costs nothing."""
        amounts = self.amounts
        if group.name.startswith("__"):
            return None  # introspection has a price of its own: see `Introspection.price`
        field = parent.fields[group.name]
        size, below = self._size(parent, group.parts[0].node, field, sizes)
        weight, sites = self._values(field, group, below)
        arguments = amounts.sum(self._scored(field, group.parts[0].node))
        if not (weight or sites or arguments):
            return None
        one = amounts.largest(site.cost for site in sites) if sites else weight
        cost = amounts.when(group.condition, amounts.sum([arguments, amounts.product(size, one)]))
        depth, nulls = directives.depth(field), directives.holds_nulls(field)
        return Asked(group.key, weight, sites, depth, nulls, size, arguments, cost)

    def _values(self, field: GraphQLField, group: Group, sizes: Sizes) -> tuple[int, tuple[Site, ...]]:
        """What one value of the field costs by itself, and what is asked of it where it is an object."""
        named: GraphQLNamedType = get_named_type(field.type)
        weight = directives.field_weight(field)
        if not is_composite_type(named):
            return (directives.type_weight(named) if weight is None else weight), ()
        sources = [(part.node.selection_set, part.condition) for part in group.parts]
        schema = self._operation.view.full
        members = [named] if isinstance(named, GraphQLObjectType) else schema.get_possible_types(named)
        sites = [
            self._site(member, sources, directives.type_weight(member) if weight is None else weight, sizes)
            for member in members
        ]
        return 0, tuple(dict.fromkeys(sites))

    def _size(
        self, parent: GraphQLObjectType, node: FieldNode, field: GraphQLField, sizes: Sizes
    ) -> tuple[Amount, Sizes]:
        """How many values the field has, and how long the lists are that it sizes below it."""
        name = node.name.value
        declared = directives.list_size(field)
        expected = self._expected(declared, f"{parent.name}.{name}", node, field) if declared else None
        below = dict.fromkeys(declared.sized_fields, expected) if declared and expected is not None else {}
        if not directives.depth(field):
            return 1, below
        otherwise = self._default_list_size if expected is None else expected
        return sizes.get(name, otherwise), below

    def _expected(self, declared: ListSize, place: str, node: FieldNode, field: GraphQLField) -> Amount | None:
        names = declared.slicing_arguments
        if not names:
            return declared.assumed
        given = [self._slice(name, node, field) for name in names]
        otherwise = self._default_list_size if declared.assumed is None else declared.assumed
        one_of = f"{place}({', '.join(names)})" if declared.requires_one else None
        return self.amounts.longest(given, otherwise, one_of)

    def _slice(self, argument: str, node: FieldNode, field: GraphQLField) -> Amount | None:
        """The length that an argument gives, "input.pagination.first" being one inside of others."""
        name, *path = argument.split(".")
        definition = field.args.get(name)
        default = directives.number_of(definition, path) if definition else None
        value = next((one.value for one in node.arguments or () if one.name.value == name), None)
        return self.amounts.number(value, path, default)

    def _scored(self, field: GraphQLField, node: FieldNode) -> Iterable[Amount]:
        per_unit = directives.days_per_unit(field)
        if per_unit is not None:
            days = next((one.value for one in node.arguments or () if one.name.value == "days"), NullValueNode())
            yield self.amounts.scored(partial(days_cost, per_unit=per_unit), days)
        for argument in node.arguments or ():
            definition = field.args.get(argument.name.value)
            scored = Scored.of(definition) if definition else None
            if scored is not None and not scored.is_free:
                yield self.amounts.scored(scored.of_value, argument.value)
