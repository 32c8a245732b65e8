"""From an operation to the Python that prices it: one line for each amount that the variables of a request decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

from gateway.engine import weights
from gateway.engine.counting import counter
from gateway.engine.document import Operation
from gateway.engine.fields import ListSize
from gateway.engine.merging import Collector, Condition, Group
from gateway.engine.selection import Sources
from gateway.engine.visibility import DENIED
from gateway.engine.weights import Scored

INTROSPECTION: Final = 50
"""What `__schema` and `__type` cost, whatever they select: they read nothing, but tell much."""

Amount = int | str
"""A number, or the name of one that the variables of a request decide."""

Sizes = Mapping[str, Amount]
"""The lengths of the lists in an object, where the field that returned the object says them."""


@dataclass(slots=True)
class Asked:
    """One field that is asked of the objects of a place, and all that hangs on it."""

    key: str
    weight: int
    """What one value costs by itself, where it has no fields."""
    sites: tuple["Site", ...]
    """What is asked of the objects it returns, one for each type they may be of."""
    depth: int
    """How many lists its values are in."""
    size: Amount
    arguments: Amount
    cost: Amount


@dataclass(slots=True)
class Site:
    """What is asked of the objects of one type at one place."""

    weight: int
    asked: tuple[Asked, ...]
    cost: Amount


class Pricing:
    """The prices of one operation. Places with the same selection have the same site, however often they are reached."""

    def __init__(self, operation: Operation, default_list_size: int) -> None:
        self._operation = operation
        self._schema = operation.view.full
        self._default_list_size = default_list_size
        self._collector = Collector(self._schema, operation.fragments)
        self._sites: dict[Any, Site] = {}
        self._lines: list[str] = []
        self._names: dict[str, str] = {}
        self._truths: dict[int, str] = {}
        self._namespace: dict[str, Any] = {"number": number, "sized": sized}
        self._defaults = {
            one.variable.name.value: value_from_ast_untyped(one.default_value)
            for one in operation.node.variable_definitions or ()
            if one.default_value is not None
        }
        self._amounts: Callable[[Mapping[str, Any]], dict[str, int]] | None = None
        self.counts_amounts = False

    def root(self) -> Site:
        """All that is asked of the root, which costs nothing itself."""
        named = self._schema.get_root_type(self._operation.kind)
        if named is None:  # pragma: no cover - the operation was validated
            raise TypeError(self._operation.kind)
        return self._site(named, [(self._operation.node.selection_set, True)], 0, {})

    # Generated Python

    @property
    def source(self) -> str:
        return "\n".join(self._lines)

    def function(self, amount: str) -> Callable[[Mapping[str, Any]], int]:
        """What *amount* is, by the variables."""
        found: Callable[[Mapping[str, Any]], int] = self._compiled(f"return {amount}")
        return found

    def amounts(self, variables: Mapping[str, Any]) -> Mapping[str, int]:
        """Every amount that the variables decide, by its name."""
        if self._amounts is None:
            self._amounts = self._compiled("return locals()")
        return self._amounts(variables)

    def counter(self, root: Site) -> Callable[[Any, Any], int]:
        """What counts the cost of an answer."""
        return counter(root)

    def _compiled(self, last: str) -> Any:
        truths = "".join(f"{self._truths.get(index, False)}, " for index in range(max(self._truths, default=-1) + 1))
        lines = ["get = values.get", f"d = ({truths})", *self._lines, last]
        namespace = dict(self._namespace)
        source = "def made(values):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(source, "<cost>", "exec"), namespace)
        return namespace["made"]

    def _named(self, expression: str, prefix: str) -> str:
        """The name of what *expression* says; equal expressions have one name."""
        name = self._names.get(expression)
        if name is None:
            name = self._names[expression] = f"{prefix}{len(self._lines)}"
            self._lines.append(f"{name} = {expression}")
        return name

    def _object(self, found: Any) -> str:
        """The name by which generated Python knows an object."""
        name = f"k{len(self._namespace)}"
        self._namespace[name] = found
        return name

    def _variable(self, name: str) -> str:
        default = self._defaults.get(name)
        return f"get({name!r})" if default is None else f"get({name!r}, {self._object(default)})"

    # Places

    def _site(self, named: GraphQLObjectType, sources: Sources, weight: int, sizes: Sizes) -> Site:
        place = (named.name, weight, *sorted(sizes.items()), *((id(node), condition) for node, condition in sources))
        found = self._sites.get(place)
        if found is None:
            collected = self._collector.collect(named, sources)
            for guard in collected.guards:
                self._truths.setdefault(guard.index, self._truth(guard.directive.arguments))
            fields = [self._asked(named, group, sizes) for group in collected.groups]
            asked = tuple(one for one in fields if one is not None)
            cost = self._sum(weight, [one.cost for one in asked])
            found = self._sites[place] = Site(weight, asked, cost)
        return found

    def _truth(self, arguments: Sequence[ArgumentNode]) -> str:
        value = next((one.value for one in arguments if one.name.value == "if"), None)
        return f"{self._variable(value.name.value)} is True" if isinstance(value, VariableNode) else "False"

    def _asked(self, parent: GraphQLObjectType, group: Group, sizes: Sizes) -> Asked | None:
        if group.name.startswith("__"):
            weight = 0 if group.name in {DENIED, "__typename"} else INTROSPECTION
            cost = self._if(group.condition, weight)
            return Asked(group.key, weight, (), 0, 1, 0, cost) if weight else None
        field = parent.fields[group.name]
        size, below = self._size(parent, group.parts[0].node, field, sizes)
        weight, sites = self._values(field, group, below)
        arguments = self._sum(0, self._scored(field, group.parts[0].node))
        if not (weight or sites or arguments):
            return None
        self.counts_amounts |= isinstance(arguments, str)
        of_one = self._largest([site.cost for site in sites]) if sites else weight
        cost = self._if(group.condition, self._sum(arguments, [self._product(size, of_one)]))
        return Asked(group.key, weight, sites, weights.depth(field), size, arguments, cost)

    def _values(self, field: GraphQLField, group: Group, sizes: Sizes) -> tuple[int, tuple[Site, ...]]:
        """What one value of the field costs by itself, and what is asked of it where it is an object."""
        named: GraphQLNamedType = get_named_type(field.type)
        weight = weights.field_weight(field)
        if not is_composite_type(named):
            return (weights.type_weight(named) if weight is None else weight), ()
        sources = [(part.node.selection_set, part.condition) for part in group.parts]
        members = [named] if isinstance(named, GraphQLObjectType) else self._schema.get_possible_types(named)
        sites = (
            self._site(member, sources, weights.type_weight(member) if weight is None else weight, sizes)
            for member in members
        )
        return 0, tuple({id(site): site for site in sites}.values())

    # Lists

    def _size(self, parent: GraphQLObjectType, node: FieldNode, field: GraphQLField, sizes: Sizes) -> tuple[Amount, Sizes]:
        """How many values the field has, and how long the lists are that it sizes below it."""
        declared = weights.list_size(field)
        expected = self._expected(declared, f"{parent.name}.{node.name.value}", node, field) if declared else None
        below = dict.fromkeys(declared.sized_fields, expected) if declared and expected is not None else {}
        if not weights.depth(field):
            return 1, below
        from_above = sizes.get(node.name.value)
        if from_above is not None:
            return from_above, below
        return (self._default_list_size if expected is None else expected), below

    def _expected(self, declared: ListSize, place: str, node: FieldNode, field: GraphQLField) -> Amount | None:
        if not declared.slicing_arguments:
            return declared.assumed
        given = [self._slice(argument, node, field) for argument in declared.slicing_arguments]
        otherwise = self._default_list_size if declared.assumed is None else declared.assumed
        required = (place, declared.slicing_arguments) if declared.requires_one else None
        known = [one for one in given if not isinstance(one, str)]
        if len(known) == len(given):
            return sized(known, otherwise, required)
        return self._named(f"sized(({', '.join(map(str, given))},), {otherwise}, {required!r})", "s")

    def _slice(self, argument: str, node: FieldNode, field: GraphQLField) -> Amount | None:
        """The length that an argument gives, "input.pagination.first" being one inside of others."""
        name, *path = argument.split(".")
        definition = field.args.get(name)
        default = number(weights.default_of(definition), path, None) if definition else None
        value: ValueNode | None = next((one.value for one in node.arguments or () if one.name.value == name), None)
        while path and isinstance(value, ObjectValueNode):
            step = path.pop(0)
            value = next((one.value for one in value.fields if one.name.value == step), None)
        if isinstance(value, VariableNode):
            return f"number({self._variable(value.name.value)}, {tuple(path)!r}, {default!r})"
        return default if value is None else number(value_from_ast_untyped(value), path, default)

    # Arguments

    def _scored(self, field: GraphQLField, node: FieldNode) -> Iterable[Amount]:
        for argument in node.arguments or ():
            definition = field.args.get(argument.name.value)
            scored = Scored.of(definition) if definition else None
            if scored is not None and not scored.is_free:
                yield self._score(scored, argument.value)

    def _score(self, scored: Scored, value: ValueNode) -> Amount:
        names: list[str] = []
        sent = _with_variables(value, names)
        if not names:
            return scored.of_value(sent)
        if isinstance(value, VariableNode):
            return self._named(f"{self._object(scored.of_value)}({self._variable(value.name.value)})", "g")
        values = ", ".join(f"{name!r}: {self._variable(name)}" for name in names)
        return self._named(f"{self._object(scored.of_value)}({self._object(_filled)}({self._object(sent)}, {{{values}}}))", "g")

    # Arithmetic

    def _sum(self, first: Amount, rest: Iterable[Amount]) -> Amount:
        amounts = [first, *rest]
        known = sum(one for one in amounts if isinstance(one, int))
        named = [one for one in amounts if isinstance(one, str)]
        if not named:
            return known
        return named[0] if not known and len(named) == 1 else self._named(" + ".join([str(known), *named]), "c")

    def _product(self, first: Amount, second: Amount) -> Amount:
        if isinstance(first, int) and isinstance(second, int):
            return first * second
        if 0 in {first, second}:
            return 0
        if 1 in {first, second}:
            return second if first == 1 else first
        return self._named(f"{first} * {second}", "c")

    def _largest(self, amounts: Sequence[Amount]) -> Amount:
        known = max((one for one in amounts if isinstance(one, int)), default=0)
        named = sorted({one for one in amounts if isinstance(one, str)})
        if not named:
            return known
        return named[0] if not known and len(named) == 1 else self._named(f"max({known}, {', '.join(named)})", "c")

    def _if(self, condition: Condition, amount: Amount) -> Amount:
        if isinstance(condition, bool) or amount == 0:
            return amount if condition else 0
        return self._named(f"{amount} if {condition} else 0", "c")


class _Variable(str):
    """Stands in a literal for the value of the variable of that name."""

    __slots__ = ()


def _with_variables(value: ValueNode, names: list[str]) -> Any:
    """The plain value of a literal; the variables in it are added to *names*."""
    if isinstance(value, VariableNode):
        names.append(value.name.value)
        return _Variable(value.name.value)
    if isinstance(value, ObjectValueNode):
        return {one.name.value: _with_variables(one.value, names) for one in value.fields}
    inner: Sequence[ValueNode] | None = getattr(value, "values", None)
    if inner is not None:
        return [_with_variables(one, names) for one in inner]
    return value_from_ast_untyped(value)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, _Variable):
        return values[value]
    if isinstance(value, dict):
        return {name: _filled(inner, values) for name, inner in value.items()}
    return [_filled(inner, values) for inner in value] if isinstance(value, list) else value


def number(value: Any, path: Sequence[str], otherwise: int | None) -> int | None:
    """The whole number at *path* in *value*, or *otherwise* where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if type(value) is int or (type(value) is float and value.is_integer()):
        return int(value)
    return otherwise


def sized(
    given: Sequence[int | None], otherwise: int, required: tuple[str, tuple[str, ...]] | None
) -> int:
    """The largest of the lengths *given*; GraphQLError where exactly one is *required* and there is another number."""
    lengths = [length for length in given if length is not None]
    if required is not None and len(lengths) != 1:
        place, names = required
        raise GraphQLError(f"{place} needs exactly one of the arguments {', '.join(names)}: {len(lengths)} were given.")
    return max(0, max(lengths)) if lengths else otherwise
