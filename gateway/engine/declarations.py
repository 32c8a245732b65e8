"""What a schema's field says of itself, so that an engine can run it over many objects at once.

An object of the graph is a document: a mapping with string keys. Each field of an object type answers in one of three
ways, and names the columns of the document that it needs for it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from graphql import GraphQLField, GraphQLNamedType

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
    """What *of* makes of one document; plain and quick, for it is called once per object."""

    of: Callable[[Mapping[str, Any]], Any]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """The objects whose ids the documents hold under *key*: `await resolve(ids, info)` has one value for each id.

    Each id is asked for once, and its object is shown once, however many parents have it.
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
    """What *resolve* answers for all parents of a level: `resolve(parents, info, **arguments)`, one value per parent.

    The answers stand in the order of the parents; one that is an exception is the error of its parent alone. A plain
    function returns them, an asynchronous one is awaited. *arguments* adapts the coerced GraphQL arguments; what it
    makes serves all requests that send the same, and is not to be changed.
    """

    resolve: Callable[..., Any]
    needs: frozenset[str]
    arguments: Callable[[dict[str, Any]], dict[str, Any]]
    is_async: bool
    reference: Reference | None = None
    """The same answers by the ids that the parents hold, where they come about so."""


def one(key: str, resolve: Callable[..., Awaitable[Sequence[Any]]]) -> Batch:
    """The object whose id the document holds under *key*; *resolve* takes ids."""
    reference = Reference(key, resolve)
    return Batch(reference.of_parents, frozenset({key}), dict, is_async=True, reference=reference)


Answer = Column | Value | Batch


@dataclass(frozen=True, slots=True)
class ListSize:
    """How long lists are, to whoever prices an operation before it runs: `@listSize` of the IBM cost specification.

    The largest of the *slicing_arguments* that were given, else *assumed*. It holds for the field, or for the
    *sized_fields* of the object that it returns.
    """

    assumed: int | None = None
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()
    requires_one: bool = True
    """Whether an operation must give exactly one of several slicing arguments."""


@dataclass(frozen=True, slots=True)
class CacheControl:
    """For how many seconds a client may keep what it got, and whether nobody but that client may."""

    max_age: int
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A field's answer, the roles that may read it (None: everyone), and what it costs where that is not the usual."""

    answer: Answer
    visible_to: frozenset[str] | None = None
    cost: int | None = None
    list_size: ListSize | None = None
    days_per_unit: int | None = None
    """So many days in the argument `days` cost one more; None: the number of days does not matter."""
    cache: CacheControl | None = None


class Declaring(Protocol):
    """A definition of Strawberry's that carries a declaration."""

    declared: Declaration


def declared(field: GraphQLField) -> Declaration | None:
    """What *field* declares; None for a field of a schema that declares nothing."""
    return getattr(field.extensions.get(BACKREF), "declared", None)


def type_roles(named: GraphQLNamedType) -> frozenset[str] | None:
    """The roles that may read the type at all; None: everyone."""
    origin = getattr(named.extensions.get(BACKREF), "origin", None)
    return getattr(origin, "__visible_to__", None)


def type_cache(named: GraphQLNamedType) -> CacheControl | None:
    """How long objects of the type may be kept, where the field that returns them says nothing."""
    origin = getattr(named.extensions.get(BACKREF), "origin", None)
    return getattr(origin, "__cache_control__", None)


class Call(Protocol):
    """What an engine tells a batch resolver of the field it answers."""

    columns: frozenset[str]

    def columns_of(self, type_name: str) -> frozenset[str]: ...

    def selects(self, field_name: str) -> bool: ...


class Context(Protocol):
    """What an engine asks of the context of a request."""

    def info(self, call: Call) -> Any:
        """The `info` that resolvers receive for this call."""
        ...

    def forget_reads(self) -> None:
        """Forget what was read: the root field of a mutation that has just ended may have changed it."""
        ...


BatchAnswer = Sequence[Any]
