"""The price of an operation as a graph of types and fields, by the IBM GraphQL Cost specification.

https://ibm.github.io/graphql-specs/cost-spec.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    NullValueNode,
    get_named_type,
)

from gateway.engine.cost import directives
from gateway.engine.cost.directives import ArgumentWeight
from gateway.engine.cost.expressions import CostExpression, CostExpressions, days_cost
from gateway.engine.declarations import ListSize
from gateway.engine.prepare.operation import Operation
from gateway.engine.prepare.operation_tree import SelectedField, SelectedType

Sizes = Mapping[str, CostExpression]
"""The lengths of the lists in an object, where the field that returned the object says them."""


@dataclass(frozen=True, slots=True)
class FieldCost:
    """The cost of one field of the objects at a place, and of all that is selected below it."""

    key: str
    weight: int
    """The cost of one value by itself, where it has no fields."""
    types: tuple["TypeCost", ...]
    """The costs of the objects that it returns, one for each type they may have."""
    depth: int
    """How many lists its values are nested in."""
    holds_nulls: bool
    """Whether these lists may hold null."""
    size: CostExpression
    arguments: CostExpression
    cost: CostExpression


@dataclass(frozen=True, slots=True, eq=False)
class TypeCost:
    """The cost of each object of one type at one place, with the fields that are selected of it."""

    weight: int
    fields: tuple[FieldCost, ...]
    cost: CostExpression


class Estimate:
    """The prices of one operation. Places that select the same have one `TypeCost`, however often they are reached."""

    def __init__(self, operation: Operation, default_list_size: int) -> None:
        self.amounts = CostExpressions(operation.node)
        self._tree = operation.tree
        self._default_list_size = default_list_size
        self._types: dict[Any, TypeCost] = {}

    def root(self) -> TypeCost:
        """The cost of all that is selected of the root, which is free itself."""
        root = self._tree.root
        if root is None:  # pragma: no cover - the operation was validated
            raise TypeError(self._tree.node.operation)
        return self._type_cost(root, 0, {})

    def _type_cost(self, selected: SelectedType, weight: int, sizes: Sizes) -> TypeCost:
        place = (selected, weight, *sorted(sizes.items()))
        found = self._types.get(place)
        if found is None:
            for guard in selected.guards:
                self.amounts.define_condition(guard.index, guard.directive.arguments or ())
            costs = [self._field_cost(field, sizes) for field in selected.fields]
            fields = tuple(cost for cost in costs if cost is not None)
            total = self.amounts.sum([weight, *(field.cost for field in fields)])
            found = self._types[place] = TypeCost(weight, fields, total)
        return found

    def _field_cost(self, selected: SelectedField, sizes: Sizes) -> FieldCost | None:
        """The cost of a field; None where it is free."""
        if selected.name.startswith("__"):
            return None  # introspection has a price of its own: see `Introspection.price`
        amounts, field, node = self.amounts, selected.definition, selected.nodes[0]
        size, below = self._size(selected.parent, node, field, sizes)
        weight, types = self._values(selected, below)
        arguments = amounts.sum(self._scored(field, node))
        if not (weight or types or arguments):
            return None
        one = amounts.largest(cost.cost for cost in types) if types else weight
        cost = amounts.when(selected.condition, amounts.sum([arguments, amounts.product(size, one)]))
        depth, nulls = directives.depth(field), directives.holds_nulls(field)
        return FieldCost(selected.key, weight, types, depth, nulls, size, arguments, cost)

    def _values(self, selected: SelectedField, sizes: Sizes) -> tuple[int, tuple[TypeCost, ...]]:
        """The cost of one value by itself, and of what is selected of it where it is an object."""
        weight = directives.field_weight(selected.definition)
        if not selected.members:
            return (directives.type_weight(get_named_type(selected.returns)) if weight is None else weight), ()
        types = [
            self._type_cost(below, directives.type_weight(below.named) if weight is None else weight, sizes)
            for below in selected.below
        ]
        return 0, tuple(dict.fromkeys(types))

    def _size(
        self, parent: GraphQLObjectType, node: FieldNode, field: GraphQLField, sizes: Sizes
    ) -> tuple[CostExpression, Sizes]:
        """The number of values of the field, and the lengths of the lists below it that its arguments decide."""
        name = node.name.value
        declared = directives.list_size(field)
        expected = self._expected(declared, f"{parent.name}.{name}", node, field) if declared else None
        below = dict.fromkeys(declared.sized_fields, expected) if declared and expected is not None else {}
        if not directives.depth(field):
            return 1, below
        otherwise = self._default_list_size if expected is None else expected
        return sizes.get(name, otherwise), below

    def _expected(self, declared: ListSize, place: str, node: FieldNode, field: GraphQLField) -> CostExpression | None:
        names = declared.slicing_arguments
        if not names:
            return declared.assumed
        lengths = [self._slice(name, node, field) for name in names]
        otherwise = self._default_list_size if declared.assumed is None else declared.assumed
        one_of = f"{place}({', '.join(names)})" if declared.requires_one else None
        return self.amounts.longest(lengths, otherwise, one_of)

    def _slice(self, argument: str, node: FieldNode, field: GraphQLField) -> CostExpression | None:
        """The list length in an argument; "input.pagination.first" names one nested in input objects."""
        name, *path = argument.split(".")
        definition = field.args.get(name)
        default = directives.number_of(definition, path) if definition else None
        value = next((one.value for one in node.arguments or () if one.name.value == name), None)
        return self.amounts.number(value, path, default)

    def _scored(self, field: GraphQLField, node: FieldNode) -> Iterable[CostExpression]:
        per_unit = directives.days_per_unit(field)
        if per_unit is not None:
            days = next((one.value for one in node.arguments or () if one.name.value == "days"), NullValueNode())
            yield self.amounts.score_of(partial(days_cost, per_unit=per_unit), days)
        for argument in node.arguments or ():
            definition = field.args.get(argument.name.value)
            weight = ArgumentWeight.of(definition) if definition else None
            if weight is not None and not weight.is_free:
                yield self.amounts.score_of(weight.of_value, argument.value)
