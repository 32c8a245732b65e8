"""Declarations of a subsystem: its collections, and those of its reads that are one statement.

A read is declared in the body of a `Connector` and becomes a method of it:

    class Diary(Connector):
        collections = (REMARKS,)

        remarks_of: Read[StudentId, Page] = paged(REMARKS, by="student_id", order=LATEST)

It takes many keys, the *columns* wanted, a *deadline*, and the arguments of its *where*, a function that is also given
the keys and returns a further condition. It sends one command.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, cast

from pymongo import ASCENDING, IndexModel

from connectors.cache.cached_reads import cached_read
from connectors.mongo import Deadline, Document, Order, Source, with_columns, without_none
from connectors.vocabulary import Columns, Page

D = TypeVar("D")
K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)

BY_ID: Final[Order] = [("_id", ASCENDING)]

Condition = Callable[..., Document]
"""Makes a condition of the keys of a read and of its arguments by name."""


@dataclass(frozen=True, slots=True)
class Collection(Generic[D]):
    """A collection of a subsystem's database."""

    name: str
    document: type[D]
    indexes: Sequence[IndexModel] = ()
    """A partial index by `$type` serves only conditions that name the type too: `{"$eq": value, "$type": "string"}`."""
    alternate_key: str | None = None
    """A key beside `_id` by which documents elsewhere name one of these."""

    def check(self, *keys: str) -> None:
        """Raises TypeError where the documents have no such key."""
        for key in keys:
            if key not in self.document.__annotations__:
                raise TypeError(f"{self.document.__name__} has no key {key!r}")


class Read(Protocol[K, V_co]):
    """A batched read: from keys to their values; a key without a value is left out."""

    def __call__(
        self, keys: Sequence[K], /, *, columns: Columns, deadline: Deadline, **arguments: Any
    ) -> Coroutine[Any, Any, Mapping[K, V_co]]: ...


class Connector:
    """The reads of one subsystem over its database."""

    collections: ClassVar[Sequence[Collection[Any]]] = ()

    def __init__(self, source: Source) -> None:
        self.source = source

    async def create_indexes(self) -> None:
        """Create the indexes that are declared and missing."""
        for collection in self.collections:
            if collection.indexes:
                await self.source.database[collection.name].create_indexes(list(collection.indexes))


def by_ids(collection: Collection[D], *, key: str = "_id", cached: bool | Columns = False) -> Read[Any, D]:
    """The document of each id; ids that have none are left out. *key* holds the id."""

    def read(source: Source, ids: Sequence[Any], _: Document, **how: Any) -> Awaitable[Any]:
        return source.by_ids(collection.name, ids, key=key, **how)

    return _declared(collection, read, keys=(key,), cached=cached)


def many(
    collection: Collection[D],
    *,
    by: str,
    order: Order = (),
    where: Condition | None = None,
    needs: Sequence[str] = (),
    cached: bool = False,
) -> Read[Any, list[D]]:
    """All documents whose *by* is a key, or holds it where it is a list, in *order*; with the columns *needs*, too."""
    is_list = _is_list(collection, by)

    def read(source: Source, keys: Sequence[Any], narrowed: Document, **how: Any) -> Awaitable[Any]:
        return source.many_by(collection.name, by, keys, is_list=is_list, where=narrowed, order=order, **how)

    return _declared(collection, read, keys=(by, *needs), where=where, needs=needs, cached=cached)


def pairs(
    collection: Collection[D], *, by: tuple[str, str], order: Order = BY_ID, needs: Sequence[str] = ()
) -> Read[Any, list[D]]:
    """All documents of each pair of values of the keys *by*, in *order*; with the columns *needs*, too."""

    def read(source: Source, keys: Sequence[Any], _: Document, **how: Any) -> Awaitable[Any]:
        return source.pairs_by(collection.name, by, keys, order=order, **how)

    return _declared(collection, read, keys=(*by, *needs), needs=needs)


def paged(collection: Collection[Any], *, by: str, order: Order, where: Condition | None = None) -> Read[Any, Page]:
    """A page of the documents of each key, in *order*; the argument *paging* says which page."""

    def read(source: Source, keys: Sequence[Any], narrowed: Document, **how: Any) -> Awaitable[Any]:
        return source.page_by(collection.name, by, keys, where=narrowed, order=order, **how)

    return _declared(collection, read, keys=(by,), where=where, passed=("paging",))


def counted(collection: Collection[Any], *, by: str) -> Read[Any, int]:
    """How many documents each key has; *columns* has no meaning here."""

    def read(source: Source, keys: Sequence[Any], _: Document, **how: Any) -> Awaitable[Any]:
        return source.count_by(collection.name, by, keys, deadline=how["deadline"])

    return _declared(collection, read, keys=(by,))


def equal_to_arguments(*names: str) -> Condition:
    """The condition that documents hold the arguments *names* under the same keys; an argument None asks nothing."""

    def condition(_: Sequence[Any], /, **values: Any) -> Document:
        if values.keys() != set(names):
            raise TypeError(f"expected the arguments {names}, got {tuple(values)}")
        return without_none(**values)

    return condition


def _is_list(collection: Collection[Any], key: str) -> bool:
    collection.check(key)
    return getattr(collection.document.__annotations__[key], "__origin__", None) is list


def _match_all(_: Sequence[Any]) -> Document:
    return {}


def _declared(
    collection: Collection[Any],
    read: Callable[..., Awaitable[Any]],
    *,
    keys: Sequence[str],
    where: Condition | None = None,
    needs: Sequence[str] = (),
    passed: Sequence[str] = (),
    cached: bool | Columns = False,
) -> Read[Any, Any]:
    collection.check(*keys)
    declared = _Declared(collection, read, where or _match_all, tuple(needs), tuple(passed), cached)
    return cast("Read[Any, Any]", declared)


@dataclass(frozen=True, slots=True)
class _Declared:
    """A read until its class is made, which gets an ordinary method in its place."""

    collection: Collection[Any]
    read: Callable[..., Awaitable[Any]]
    where: Condition
    needs: tuple[str, ...]
    passed: tuple[str, ...]
    cached: bool | Columns

    def __set_name__(self, owner: type[Connector], name: str) -> None:
        if self.collection not in owner.collections:
            raise TypeError(f"{owner.__name__}.collections lacks {self.collection.name}, which {name} reads")
        read, where, needs, passed = self.read, self.where, self.needs, self.passed

        async def method(
            self: Connector, keys: Sequence[Any], /, *, columns: Columns, deadline: Deadline, **arguments: Any
        ) -> Mapping[Any, Any]:
            how = {own: arguments.pop(own) for own in passed}
            narrowed = where(keys, **arguments)
            columns = with_columns(columns, *needs)
            return cast(
                "Mapping[Any, Any]",
                await read(self.source, keys, narrowed, columns=columns, deadline=deadline, **how),
            )

        method.__name__, method.__qualname__ = name, f"{owner.__qualname__}.{name}"
        if self.cached:
            columns = self.cached if isinstance(self.cached, frozenset) else None
            method = cached_read(self.collection.name, columns=columns)(method)
        setattr(owner, name, method)
