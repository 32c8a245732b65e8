"""Result coercion of scalars and enums: Python expressions for plans, with a fallback for single values.

https://spec.graphql.org/September2025/#sec-Scalars.Result-Coercion-and-Input-Coercion
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect

from gateway.engine import codegen

F = TypeVar("F", bound=Callable[..., Any])

JSON_TYPES: Final = "json_types"
"""The attribute of a scalar's serializer that names the types whose values may go to JSON as they are."""

INFINITY: Final = float("inf")
_EXACT: Final = 2**53
_AT_ONCE: Final = 2**30 - 1


DIGITS: Final = "writes_digits"
"""The attribute of a scalar's serializer that says whether it writes whole numbers as their digits."""


def left_to_json(*types: type, writes_digits: bool = False) -> Callable[[F], F]:
    """Declare of a scalar's serializer that the JSON encoder prints values of exactly these types as it would.

    *writes_digits* declares that it turns whole numbers into text as `str` does. Answers then hold such values
    unchanged: encode them with the options of `gateway.engine.encoding`.
    """

    def mark(serializer: F) -> F:
        setattr(serializer, JSON_TYPES, types)
        setattr(serializer, DIGITS, writes_digits)
        return serializer

    return mark


class Leaf:
    """The serialisation of a scalar or enum type."""

    def __init__(self, named: GraphQLLeafType) -> None:
        self.type = named
        self.coerce: Callable[[Any], Any] = named.coerce_output_value
        self._test = _test(named)
        self._namespace = _namespace(named)

    def expression(self, value: str, name: str, fallback: str, prefix: str, *, nullable: bool) -> str:
        """Python that serialises what *value* computes and binds to *name*; *fallback* takes what is unusual.

        *prefix* stands before the names that `namespace` gives to objects.
        """
        if nullable:
            return f"None if ({value}) is None else {self._shown(name, name, fallback, prefix)}"
        return self._shown(value, name, fallback, prefix)

    def _shown(self, value: str, name: str, fallback: str, prefix: str) -> str:
        """The expression for a value that is not null."""
        if self._test is None:
            return f"{fallback}({value}, run)"
        result, test, more = self._test
        usual = f"{result.format(v=name, p=prefix)} if {test.format(f=value, v=name, p=prefix)}"
        others = [usual, more.format(v=name, p=prefix)] if more else [usual]
        return " else ".join([*others, f"{fallback}({name}, run)"])

    def namespace(self, prefix: str) -> dict[str, Any]:
        """The objects that the expression names."""
        return {prefix + name: found for name, found in self._namespace.items()}

    def one(self, value: Any) -> Any:
        """The serialised *value*, which is not null; raises as graphql-core does."""
        coerced = self.coerce(value)
        if coerced is None or coerced is Undefined:
            message = (
                f"Expected `{inspect(self.type)}.coerce_output_value({inspect(value)})` to return non-nullable value,"
                f" returned: {inspect(coerced)}"
            )
            raise TypeError(message)
        return coerced


class _Texts(dict[int, str]):
    """The decimal digits of whole numbers; those of small ones, such as marks, are precomputed."""

    def __missing__(self, number: int) -> str:
        return str(number)


_TEXTS: Final = _Texts({number: str(number) for number in range(101)})

_Test = tuple[str, str, str]
"""The result, the test it stands under, and what else is tried before the fallback."""

_BUILT_IN: Final[Sequence[tuple[GraphQLScalarType, _Test]]] = (
    (GraphQLString, ("{v}", "type({f}) is str", "")),
    (GraphQLID, ("{v}", "type({f}) is str", "")),
    # Within what Python compares at once; numbers between that and GraphQL's own bounds are taken by the fallback.
    (GraphQLInt, ("{v}", f"type({{f}}) is int and -{_AT_ONCE} <= {{v}} <= {_AT_ONCE}", "")),
    (GraphQLBoolean, ("{v}", "({f}) is True or {v} is False", "")),
    (
        GraphQLFloat,
        (
            "{v}",
            "type({f}) is float and -INFINITY < {v} < INFINITY",
            f"float({{v}}) if type({{v}}) is int and -{_EXACT} < {{v}} < {_EXACT}",
        ),
    ),
)


def _test(named: GraphQLLeafType) -> _Test | None:
    if isinstance(named, GraphQLEnumType):
        same = all(value == name for value, name in _names(named).items())
        return "{v}" if same else "{p}names[{v}]", "({f}) in {p}names", ""
    for scalar, test in _BUILT_IN:
        if named.coerce_output_value == scalar.coerce_output_value:
            return test
    types = json_types(named)
    if types == (str,):
        return (
            "{v}",
            "type({f}) is str",
            "{p}texts[{v}] if type({v}) is int" if _writes_digits(named) else "",
        )
    return ("{v}", "type({f}) in {p}printed", "") if types else None


def _namespace(named: GraphQLLeafType) -> dict[str, Any]:
    if isinstance(named, GraphQLEnumType):
        return {"names": _names(named)}
    return {"printed": frozenset(json_types(named)), "texts": _TEXTS}


def _names(named: GraphQLEnumType) -> dict[Any, str]:
    """The name of each value of the enum, as far as values can be looked up."""
    names: dict[Any, str] = {}
    for name, value in named.values.items():
        inner = name if value.value is None or value.value is Undefined else value.value
        try:
            if named.coerce_output_value(inner) == name:
                names[inner] = name
        except (GraphQLError, TypeError, ValueError):
            continue
    return names


def json_types(named: GraphQLLeafType) -> tuple[type, ...]:
    """The types whose values *named* leaves to the JSON encoder."""
    coerce = named.coerce_output_value
    return (str,) if coerce is str else getattr(coerce, JSON_TYPES, ())


def _writes_digits(named: GraphQLLeafType) -> bool:
    coerce = named.coerce_output_value
    return coerce is str or getattr(coerce, DIGITS, False)


Many = Callable[[list[Any], Any], list[Any]]


@lru_cache(maxsize=1_000)
def leaf(named: GraphQLLeafType) -> Leaf:
    """The cached `Leaf` of a type."""
    return Leaf(named)


@lru_cache(maxsize=1_000)
def many(named: GraphQLLeafType, *, nullable: bool) -> Callable[[Callable[[Any, Any], Any]], Many]:
    """The factory of the function that serialises a list; it takes the fallback for single values."""
    known_leaf = leaf(named)
    expression = known_leaf.expression("x", "x", "fallback", "", nullable=nullable)
    source = f"def made(fallback):\n    return lambda values, run: [{expression} for x in values]"
    namespace: dict[str, Any] = {"INFINITY": INFINITY, **known_leaf.namespace("")}
    codegen.execute(f"leaf {named.name}", source, namespace)
    maker: Callable[[Callable[[Any, Any], Any]], Many] = namespace["made"]
    return maker
