"""Numbers that the variables of a request decide: computed at once where that can be done, else generated as Python."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from graphql import ArgumentNode, GraphQLError, ObjectValueNode, OperationDefinitionNode, ValueNode, VariableNode
from graphql import value_from_ast_untyped as plain

from gateway.engine import codegen
from gateway.engine.prepare.collect_fields import Condition
from gateway.languages import Text

_ONE_OF: Final = Text(
    "{arguments}: exactly one of these arguments must be given, not {given}.",
    "{arguments}: нужен ровно один из этих аргументов, а не {given}.",
)

MAX_INT: Final = 2**31 - 1
"""No Int is larger: a greater number is no length of a list, and the operation is refused when it is coerced."""

CostExpression = int | str
"""A number, or the name of one that the variables of a request decide."""


class CostExpressions:
    """The generated numbers of one operation: each is a line of Python over the raw variables."""

    def __init__(self, node: OperationDefinitionNode) -> None:
        self._lines: list[str] = []
        self._names: dict[str, str] = {}
        self._conditions: dict[int, str] = {}
        self._namespace: dict[str, Any] = {"number": number, "longest": longest}
        self._defaults = {
            one.variable.name.value: plain(one.default_value)
            for one in node.variable_definitions or ()
            if one.default_value is not None
        }

    @property
    def source(self) -> str:
        """The generated Python."""
        return "\n".join(self._lines)

    def function(self, amount: str) -> Callable[[Mapping[str, Any]], int]:
        """The function that computes *amount* from the variables."""
        return self._compiled(f"return {amount}")  # type: ignore[no-any-return] # it was made just now

    def all(self) -> Callable[[Mapping[str, Any]], dict[str, int]]:
        """The function that computes all amounts by their names."""
        return self._compiled("return locals()")  # type: ignore[no-any-return] # likewise

    def _compiled(self, last: str) -> Any:
        conditions = "".join(
            f"{self._conditions.get(index, False)}, " for index in range(max(self._conditions, default=-1) + 1)
        )
        lines = ["get = values.get", f"d = ({conditions})", *self._lines, last]
        namespace = dict(self._namespace)
        codegen.execute("cost", "def made(values):\n" + "".join(f"    {line}\n" for line in lines), namespace)
        return namespace["made"]

    def named(self, expression: str, prefix: str = "c") -> str:
        """The local variable to which the generated code assigns *expression*; equal expressions share a variable."""
        name = self._names.get(expression)
        if name is None:
            name = self._names[expression] = f"{prefix}{len(self._lines)}"
            self._lines.append(f"{name} = {expression}")
        return name

    def constant(self, found: Any) -> str:
        """The name by which expressions know an object."""
        name = f"k{len(self._namespace)}"
        self._namespace[name] = found
        return name

    def variable(self, name: str) -> str:
        """The expression for the value of a variable: what was sent, or its default."""
        default = self._defaults.get(name)
        return f"get({name!r})" if default is None else f"get({name!r}, {self.constant(default)})"

    def define_condition(self, index: int, arguments: Iterable[ArgumentNode]) -> None:
        """Define `d[index]`: whether the variable is true that a `@skip` or `@include` with these *arguments* names."""
        if index not in self._conditions:
            value = next((one.value for one in arguments if one.name.value == "if"), None)
            sent = self.variable(value.name.value) if isinstance(value, VariableNode) else None
            self._conditions[index] = f"{sent} is True"

    def score_of(self, score: Callable[[Any], int], value: ValueNode) -> CostExpression:
        """An expression for what *score* makes of a literal after its variables are replaced by their values."""
        names: list[str] = []
        literal = _with_variables(value, names)
        if not names:
            return score(literal)
        if isinstance(literal, _Variable):
            return self.named(f"{self.constant(score)}({self.variable(literal)})", "g")
        values = ", ".join(f"{name!r}: {self.variable(name)}" for name in names)
        filled = f"{self.constant(_filled)}({self.constant(literal)}, {{{values}}})"
        return self.named(f"{self.constant(score)}({filled})", "g")

    def number(self, value: ValueNode | None, path: Sequence[str], otherwise: int | None) -> CostExpression | None:
        """The whole number at *path* in a literal; an expression, not a name, where a variable decides it."""
        steps = list(path)
        while steps and isinstance(value, ObjectValueNode):
            step = steps.pop(0)
            value = next((one.value for one in value.fields if one.name.value == step), None)
        if isinstance(value, VariableNode):
            return f"number({self.variable(value.name.value)}, {tuple(steps)!r}, {otherwise!r})"
        return otherwise if value is None else number(plain(value), steps, otherwise)

    def longest(self, lengths: Sequence[CostExpression | None], otherwise: int, one_of: str | None) -> CostExpression:
        """The largest of the *lengths* that are given; where *one_of* names the arguments, exactly one must be."""
        known = [one for one in lengths if not isinstance(one, str)]
        if len(known) == len(lengths):
            return longest(known, otherwise, one_of)
        return self.named(f"longest(({', '.join(map(str, lengths))},), {otherwise}, {one_of!r})", "s")

    def sum(self, amounts: Iterable[CostExpression]) -> CostExpression:
        """The sum of *amounts*."""
        known, names = 0, []
        for one in amounts:
            if isinstance(one, int):
                known += one
            else:
                names.append(one)
        if not names:
            return known
        return names[0] if not known and len(names) == 1 else self.named(" + ".join([str(known), *names]))

    def product(self, first: CostExpression, second: CostExpression) -> CostExpression:
        """The product of two numbers."""
        if isinstance(first, int) and isinstance(second, int):
            return first * second
        if 0 in {first, second}:
            return 0
        if 1 in {first, second}:
            return second if first == 1 else first
        return self.named(f"{first} * {second}")

    def largest(self, amounts: Iterable[CostExpression]) -> CostExpression:
        """The largest of *amounts*, at least 0."""
        distinct = set(amounts)
        known = max((one for one in distinct if isinstance(one, int)), default=0)
        names = sorted(one for one in distinct if isinstance(one, str))
        if not names:
            return known
        return names[0] if not known and len(names) == 1 else self.named(f"max({known}, {', '.join(names)})")

    def when(self, condition: Condition, amount: CostExpression) -> CostExpression:
        """*amount* where *condition* holds, else 0."""
        if isinstance(condition, bool) or amount == 0:
            return amount if condition else 0
        return self.named(f"{amount} if {condition} else 0")


class _Variable(str):
    """A placeholder in a literal for the value of the variable of that name."""

    __slots__ = ()


def _with_variables(value: ValueNode, names: list[str]) -> Any:
    """The plain value of a literal; the variables in it are added to *names*."""
    if isinstance(value, VariableNode):
        names.append(value.name.value)
        return _Variable(value.name.value)
    if isinstance(value, ObjectValueNode):
        return {one.name.value: _with_variables(one.value, names) for one in value.fields}
    inner: Sequence[ValueNode] | None = getattr(value, "values", None)
    return plain(value) if inner is None else [_with_variables(one, names) for one in inner]


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
    if (type(value) is int or (type(value) is float and value.is_integer())) and -MAX_INT <= value <= MAX_INT:
        return int(value)
    return otherwise


DAYS: Final = 366
"""The days of a field without a range: it answers for a school year."""
MOST_DAYS: Final = 11 * 366
"""The longest range of days that is charged: eleven school years, the longest time a student is at school."""


def days_cost(value: Any, per_unit: int) -> int:
    """The cost of a range of days, `{"first": "2026-09-01", "last": "2026-09-07"}` as sent; 0 where it is none."""
    if value is None:
        return DAYS // per_unit
    try:
        length = (date.fromisoformat(value["last"]) - date.fromisoformat(value["first"])).days + 1
    except (KeyError, TypeError, ValueError):
        return 0
    return min(max(0, length), MOST_DAYS) // per_unit


def longest(lengths: Sequence[int | None], otherwise: int, one_of: str | None) -> int:
    """The largest of the *lengths*, or *otherwise*; raises GraphQLError where *one_of* wants exactly one of them."""
    present = [length for length in lengths if length is not None]
    if one_of is not None and len(present) != 1:
        raise GraphQLError(_ONE_OF.format(arguments=one_of, given=len(present)))
    return max(0, *present) if present else otherwise
