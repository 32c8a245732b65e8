"""Reads `@cost` and `@listSize` of the IBM GraphQL Cost specification from a schema.

A field with a declaration has them there; of any other schema the directives in its SDL are read.

https://ibm.github.io/graphql-specs/cost-spec.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

from gateway.engine.cost.expressions import number
from gateway.engine.declarations import ListSize, declaration_of

COST: Final = "cost"
LIST_SIZE: Final = "listSize"

InputDefinition = GraphQLArgument | GraphQLInputField


def field_weight(field: GraphQLField) -> int | None:
    """The weight of the field itself; None where that of its type counts."""
    declaration = declaration_of(field)
    return declaration.cost if declaration else _weight(field)


def days_per_unit(field: GraphQLField) -> int | None:
    """How many days in the argument `days` of the field cost one more; None where their number does not matter."""
    declaration = declaration_of(field)
    return declaration.days_per_unit if declaration else (_arguments_of(field, COST) or {}).get("daysPerUnit")


def type_weight(named: GraphQLNamedType) -> int:
    """The weight of a value of this type: 1 for objects, interfaces and unions, 0 for scalars and enums."""
    weight = _weight(named)
    return int(is_composite_type(named)) if weight is None else weight


def list_size(field: GraphQLField) -> ListSize | None:
    """The declared length of the list that the field returns, or of the lists in the object that it returns."""
    declaration = declaration_of(field)
    if declaration:
        return declaration.list_size
    arguments = _arguments_of(field, LIST_SIZE)
    if arguments is None:
        return None
    return ListSize(
        arguments.get("assumedSize"),
        tuple(arguments.get("slicingArguments") or ()),
        tuple(arguments.get("sizedFields") or ()),
        requires_one=arguments.get("requireOneSlicingArgument", True) is not False,
    )


def depth(field: GraphQLField) -> int:
    """How many lists the field's values are nested in."""
    lists, returns = 0, field.type
    while isinstance(returns, GraphQLNonNull | GraphQLList):
        lists += isinstance(returns, GraphQLList)
        returns = returns.of_type
    return lists


def holds_nulls(field: GraphQLField) -> bool:
    """Whether the lists that the field's values are in may hold null."""
    returns = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return depth(field) > 1 or not (isinstance(returns, GraphQLList) and isinstance(returns.of_type, GraphQLNonNull))


def number_of(definition: InputDefinition, path: Sequence[str]) -> int | None:
    """The whole number at *path* in the default value of an argument; None where there is none."""
    if definition.default is None:
        return number(definition.default_value, path, None)
    literal = definition.default.literal
    return number(definition.default.value if literal is None else value_from_ast_untyped(literal), path, None)


@dataclass(frozen=True, slots=True)
class ArgumentWeight:
    """The weight of one argument's values: an input object costs 1 unless a directive says otherwise, all else 0."""

    named: GraphQLNamedType
    weight: int | None

    @classmethod
    def of(cls, definition: InputDefinition) -> "ArgumentWeight":
        named = get_named_type(definition.type)
        return cls(named, _weight(definition, named))

    @property
    def is_free(self) -> bool:
        """Whether no value costs anything."""
        return not self.weight and not isinstance(self.named, GraphQLInputObjectType)

    def of_value(self, value: Any) -> int:
        """The cost of *value*, which is JSON."""
        if value is None:
            return 0
        if isinstance(value, list):
            return (self.weight or 0) + sum(map(self.of_value, value))
        if not isinstance(self.named, GraphQLInputObjectType):
            return self.weight or 0
        return (1 if self.weight is None else self.weight) + self._of_fields(value)

    def _of_fields(self, value: Any) -> int:
        fields: dict[str, GraphQLInputField] = getattr(self.named, "fields", {})
        members = value.items() if isinstance(value, dict) else ()
        return sum(ArgumentWeight.of(fields[name]).of_value(inner) for name, inner in members if name in fields)


def _weight(*definitions: Any) -> int | None:
    """The weight of the first of *definitions* that has one."""
    for definition in definitions:
        arguments = _arguments_of(definition, COST)
        if arguments is not None:
            return int(float(arguments["weight"]))  # the specification's is a string, Apollo's an integer
    return None


def _arguments_of(definition: Any, directive: str) -> dict[str, Any] | None:
    nodes: Sequence[Any] = [definition.ast_node, *getattr(definition, "extension_ast_nodes", ())]
    for node in nodes:
        for applied in getattr(node, "directives", None) or ():
            if applied.name.value == directive:
                return {one.name.value: value_from_ast_untyped(one.value) for one in applied.arguments or ()}
    return None
