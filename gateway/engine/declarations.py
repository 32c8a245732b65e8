"""Declarations of a schema's fields, by which the engine runs them over many objects at once.

An object of the graph is a document: a mapping with string keys. Each field of an object type is resolved in one of
three ways (`Column`, `Value`, `Batch`), and names the columns of the document that it needs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from graphql import FieldNode, GraphQLField, GraphQLNamedType, GraphQLSchema
from graphql.execution.values import VariableValues, get_directive_values

from gateway.engine.batch_results import one_each

BACKREF: Final = "strawberry-definition"
"""Where Strawberry keeps its own definition among the `extensions` of what it builds."""


@dataclass(frozen=True, slots=True)
class Column:
    """The document's own value under *key*."""

    key: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.key})


@dataclass(frozen=True, slots=True)
class Value:
    """A value that the function *of* computes from one document; it is called once per object and must be quick."""

    of: Callable[[Mapping[str, Any]], Any]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """The objects whose ids the documents hold under *key*: `await resolve(ids, info)` returns one value for each id.

    Each id is read once and its object completed once, however many parents refer to it.
    """

    key: str
    resolve: Callable[..., Awaitable[Sequence[Any]]]

    async def of_ids(self, ids: Sequence[Any], info: Any) -> list[Any]:
        """The object of each id, None or an exception."""
        try:
            return one_each(self.resolve.__qualname__, await self.resolve(ids, info), len(ids))
        except Exception as error:
            return [error] * len(ids)

    async def of_parents(self, parents: Sequence[Mapping[str, Any]], info: Any) -> list[Any]:
        """The object of each parent, None where it has no id."""
        ids = [parent.get(self.key) for parent in parents]
        distinct = [one for one in dict.fromkeys(ids) if one is not None]
        found = dict(zip(distinct, await self.of_ids(distinct, info), strict=True)) if distinct else {}
        return list(map(found.get, ids))


@dataclass(frozen=True, slots=True)
class Batch:
    """The resolver of all parents of a level: `resolve(parents, info, **arguments)` returns one value for each parent.

    The answers stand in the order of the parents; one that is an exception is the error of its parent alone. A plain
    function returns them, an asynchronous one is awaited. *arguments* adapts the coerced GraphQL arguments; what it
    makes serves all requests that send the same, and is not to be changed.
    """

    resolve: Callable[..., Any]
    needs: frozenset[str]
    arguments: Callable[[dict[str, Any]], dict[str, Any]]
    is_async: bool
    reference: Reference | None = None
    """Where the answers are found by ids that the parents hold: which ids, and of what type."""
    directive: str | None = None
    """The name of the directive of operations that the resolver is told of, by an argument `invocation`."""

    def invocation(self, schema: GraphQLSchema, node: FieldNode, variables: VariableValues) -> Mapping[str, Any]:
        """The argument `invocation`, for a resolver that takes it."""
        if self.directive is None:
            return {}
        return {"invocation": Invocation.of(self.directive, schema, node, variables)}


def one(key: str, resolve: Callable[..., Awaitable[Sequence[Any]]]) -> Batch:
    """The object whose id the document holds under *key*; *resolve* takes ids."""
    reference = Reference(key, resolve)
    return Batch(reference.of_parents, frozenset({key}), dict, is_async=True, reference=reference)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One use of a field in an operation: its response key, and the arguments of a directive on it, if it is there."""

    key: str
    directive: Mapping[str, Any] | None

    @classmethod
    def of(cls, name: str, schema: GraphQLSchema, node: FieldNode, variables: VariableValues) -> "Invocation":
        """The response key of the field at *node*, with the arguments of the directive *name* on it.

        Raises `GraphQLError` where the directive's arguments are wrong.
        """
        definition = schema.get_directive(name)
        values = get_directive_values(definition, node, variables) if definition else None
        return cls((node.alias or node.name).value, values)


Answer = Column | Value | Batch


@dataclass(frozen=True, slots=True)
class ListSize:
    """The length of a list as estimated before an operation runs: `@listSize` of the IBM cost specification.

    It is the largest of the *slicing_arguments* that are given, else *assumed*. It holds for the field, or for the
    *sized_fields* of the object that the field returns.
    """

    assumed: int | None = None
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()
    requires_one: bool = True
    """Whether an operation must give exactly one of several slicing arguments."""


@dataclass(frozen=True, slots=True)
class CacheControl:
    """For how many seconds an answer may be cached, and whether by its client alone."""

    max_age: int
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declaration of a field: its resolver, the roles that may read it (None: everyone), cost and cache policy."""

    answer: Answer
    visible_to: frozenset[str] | None = None
    cost: int | None = None
    list_size: ListSize | None = None
    days_per_unit: int | None = None
    """The number of days in the argument `days` that cost one more; None where it has no influence."""
    cache: CacheControl | None = None


class Declaring(Protocol):
    """A Strawberry definition with a declaration."""

    declared: Declaration


def declaration_of(field: GraphQLField) -> Declaration | None:
    """The declaration of *field*; None in a schema without declarations."""
    return getattr(field.extensions.get(BACKREF), "declared", None)


def type_roles(named: GraphQLNamedType) -> frozenset[str] | None:
    """The roles that may read the type at all; None: everyone."""
    origin = getattr(named.extensions.get(BACKREF), "origin", None)
    return getattr(origin, "__visible_to__", None)


def type_cache(named: GraphQLNamedType) -> CacheControl | None:
    """The cache policy of the type's objects, where the field that returns them has none."""
    origin = getattr(named.extensions.get(BACKREF), "origin", None)
    return getattr(origin, "__cache_control__", None)


class Call(Protocol):
    """The field's selection, as a batch resolver may ask about it."""

    columns: frozenset[str]

    def columns_of(self, type_name: str) -> frozenset[str]: ...

    def selects(self, field_name: str) -> bool: ...

    def selected_of(self, type_name: str) -> frozenset[str]: ...


class Context(Protocol):
    """The context of a request, as the engine uses it."""

    def info(self, call: Call) -> Any:
        """The `info` that resolvers receive for this call."""
        ...

    def forget_reads(self) -> None:
        """Forget what was read: the root field of a mutation that has just ended may have changed it."""
        ...


BatchAnswer = Sequence[Any]
