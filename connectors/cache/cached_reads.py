"""Reads that answer everybody alike: their answers are kept for a moment, and one read serves all who ask at once.

The key of an answer holds the read, its columns, its arguments and one key of it: never a viewer, a role, or a student.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from connectors import metrics
from connectors.errors import ConnectorError
from connectors.mongo.read_log import CacheLookup, read_log_of
from connectors.vocabulary import Columns

C = TypeVar("C")
K = TypeVar("K")
V = TypeVar("V")
P = ParamSpec("P")

_ReadMethod = Callable[Concatenate[C, Sequence[K], P], Coroutine[Any, Any, Mapping[K, V]]]

MOST_OF_REDIS: Final = 100
"""The most keys of one read that are looked up in Redis; reading more from MongoDB is cheaper."""

Entry = tuple[Any, ...]
"""The answer of a read for one key: a tuple of one value, or an empty one."""


class CachePolicy(NamedTuple):
    """A cached read: of which collection, and of which *columns* (None: of any)."""

    name: str
    collection: str
    columns: Columns | None

    def holds(self, columns: Columns, arguments: Mapping[str, Any]) -> bool:
        """Whether a read of *columns* with *arguments* may be cached."""
        if self.columns is not None and not (columns and columns <= self.columns):
            return False
        return all(map(_is_plain, arguments.values()))


def cached_read(
    collection: str, *, columns: Columns | None = None
) -> Callable[[_ReadMethod[C, K, P, V]], _ReadMethod[C, K, P, V]]:
    """Declare that a connector's read answers everybody alike, out of *collection* alone.

    With *columns*, a read that asks for any other column is not cached.
    """

    def declare(method: _ReadMethod[C, K, P, V]) -> _ReadMethod[C, K, P, V]:
        policy = CachePolicy(method.__qualname__, collection, columns)

        @wraps(method)
        async def read(self: Any, keys: Sequence[Any], /, **options: Any) -> Any:
            cache: CachedReads | None = self.source.cache
            arguments = {name: value for name, value in options.items() if name not in {"columns", "deadline"}}
            if cache is None or not policy.holds(options["columns"], arguments):
                return await cast("Any", method)(self, keys, **options)

            async def fetch(some: Sequence[Any], deadline: float) -> Mapping[Any, Any]:
                found: Mapping[Any, Any] = await cast("Any", method)(self, some, **{**options, "deadline": deadline})
                return found

            place = (policy.name, options["columns"], *sorted(arguments.items()))
            return await cache.read(_Call(self.source.name, collection, place, fetch), keys, options["deadline"])

        read.cache_policy = policy  # type: ignore[attr-defined] # what `collections_of` looks for
        return cast("_ReadMethod[C, K, P, V]", read)

    return declare


def collections_of(connector: type) -> frozenset[str]:
    """The collections that a connector has cached reads of."""
    declared = (getattr(member, "cache_policy", None) for member in vars(connector).values())
    return frozenset(policy.collection for policy in declared if policy)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


class _Call(NamedTuple):
    """A read whose answer may be kept, by the *place* of its answers and the way to fetch them."""

    source: str
    collection: str
    place: tuple[Any, ...]
    fetch: Callable[[Sequence[Any], float], Awaitable[Mapping[Any, Any]]]

    @property
    def collection_name(self) -> str:
        """The collection's name among those of all subsystems."""
        return f"{self.source}.{self.collection}"

    def name(self, key: object) -> str:
        """Return the read of one key as text that is the same in every process."""
        read, columns, *arguments = self.place
        return repr((self.source, read, sorted(columns), arguments, key))


class CollectionVersions:
    """How often each collection was seen to change, and until when all changes of each subsystem have been seen."""

    def __init__(self, *, silent_s: float) -> None:
        self.pending: dict[str, int] = {}
        """The collections whose last change is not in Redis yet, each with its version."""
        self.has_pending = asyncio.Event()
        """Set when there is a change to bring to Redis."""
        self._silent_s = silent_s
        self._versions: dict[str, int] = {}
        self._seen_until: dict[str, float] = {}

    def version(self, collection: str) -> int:
        """Return a number that grows with every change that was seen."""
        return self._versions.get(collection, 0)

    def changed(self, collections: Iterable[str]) -> None:
        """Note that what was read of *collections* before is outdated."""
        for collection in collections:
            self.pending[collection] = self._versions[collection] = self.version(collection) + 1
        self.has_pending.set()

    def missing_in_redis(self, collection: str) -> None:
        """Note that Redis holds no stamp of a collection: it gets a new one before it is trusted again."""
        self.pending[collection] = self.version(collection)
        self.has_pending.set()

    def are_in_redis(self, versions: Mapping[str, int]) -> None:
        """Note that these changes have come to Redis."""
        for collection, version in versions.items():
            if self.pending.get(collection) == version:
                del self.pending[collection]

    def seen_until(self, source: str, at: float) -> None:
        """Note that every change of *source* until *at* has been seen."""
        self._seen_until[source] = at

    def not_watched(self, source: str) -> None:
        """Note that nobody watches *source*."""
        self._seen_until.pop(source, None)

    def is_current(self, source: str, collection: str, now: float) -> bool:
        """Return whether what Redis holds of a collection is as fresh as the bound of staleness promises."""
        return self._seen_until.get(source, float("-inf")) >= now - self._silent_s and collection not in self.pending


class Store(Protocol):
    """The cache that all processes share: Redis."""

    async def stamp(self, collections: Iterable[str]) -> bool:
        """Give *collections* new stamps, which outdates what is kept of them; return whether that was confirmed."""
        ...

    async def find(self, collection: str, names: Sequence[str]) -> tuple[bytes | None, list[Entry | None]]:
        """Return the stamp of a collection now, and the answers that carry it; without a stamp nothing can be kept."""
        ...

    def keep(self, stamp: bytes, entries: Mapping[str, Entry]) -> None:
        """Keep what was read after *stamp* was found, in the background."""
        ...


class _Batch:
    """Keys that are read together by one task, and the entries that it found."""

    __slots__ = ("entries", "task", "until", "version")

    def __init__(self, version: int, until: float) -> None:
        self.version = version
        self.until = until
        self.entries: Mapping[Any, Entry] | None = None
        self.task: asyncio.Task[None]


class CachedReads:
    """Caches the answers of reads, in the process for *keep_s* seconds and for longer in the *store* of all processes.

    Cached documents are shared by many requests: nobody may change one.
    """

    def __init__(
        self, versions: CollectionVersions, store: Store | None = None, *, keep_s: float = 1.0, size: int = 10_000
    ) -> None:
        self.versions = versions
        self._store = store
        self._keep_s = keep_s
        self._size = size
        self._batches: OrderedDict[tuple[Any, Any], _Batch] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """How many keys have an answer here, old ones among them."""
        return len(self._batches)

    async def read(self, call: _Call, keys: Iterable[Any], deadline: float) -> Mapping[Any, Any]:
        """Return the value of each of *keys* that has any."""
        now = asyncio.get_running_loop().time()
        version = self.versions.version(call.collection_name)
        found: dict[Any, Any] = {}
        joined: dict[_Batch, list[Any]] = {}
        missing = []
        answered = 0
        for key in dict.fromkeys(keys):
            batch = self._batches.get((call.place, key))
            if batch is None or batch.version != version or batch.until <= now:
                missing.append(key)
            elif batch.entries is None:
                joined.setdefault(batch, []).append(key)
            else:
                answered += 1  # also where there is nothing: how many are counted does not tell whether there is
                _unpack(batch.entries, (key,), found)
        _count(call, "process", answered, deadline)
        own = self._begin(call, missing, version, now, deadline) if missing else None
        for batch, some in joined.items():
            await self._join(batch, call, some, deadline, found)
        if own is not None:
            await asyncio.shield(own.task)
            _unpack(own.entries or {}, missing, found)
        return found

    async def outdate(self, collections: Iterable[str]) -> None:
        """Have what was read of *collections* read again, here and, where Redis answers, in every other process."""
        changed = list(collections)
        self.versions.changed(changed)
        if self._store is not None and changed:
            versions = {collection: self.versions.version(collection) for collection in changed}
            if await self._store.stamp(changed):
                self.versions.are_in_redis(versions)

    def _begin(self, call: _Call, keys: list[Any], version: int, now: float, deadline: float) -> _Batch:
        batch = _Batch(version, now + self._keep_s)
        batch.task = asyncio.ensure_future(self._fetch(call, keys, batch, now, deadline))
        batch.task.add_done_callback(_retrieve_exception)
        batches = self._batches
        for key in keys:
            batches[call.place, key] = batch
            batches.move_to_end((call.place, key))
        self._drop_expired(now)
        if self._sweep is None:
            self._schedule_sweep()
        return batch

    def _drop_expired(self, now: float) -> None:
        """Drop the oldest answers: those that are too old, and those beyond the size."""
        batches = self._batches
        while batches:
            oldest = next(iter(batches))
            if batches[oldest].until > now and len(batches) <= self._size:
                break
            del batches[oldest]

    def _schedule_sweep(self) -> None:
        """Have old answers dropped when nothing is read any more: they hold on to the memory around them."""
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(self._keep_s, self._swept, loop)

    def _swept(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweep = None
        self._drop_expired(loop.time())
        if self._batches:
            self._schedule_sweep()

    async def _join(self, batch: _Batch, call: _Call, keys: list[Any], deadline: float, found: dict[Any, Any]) -> None:
        """Wait for what another request began to read, and read it anew should that fail."""
        try:
            await asyncio.shield(batch.task)
        except ConnectorError:
            found.update(await call.fetch(keys, deadline))
        else:
            _count(call, "process", len(keys), deadline)
            _unpack(batch.entries or {}, keys, found)

    async def _fetch(self, call: _Call, keys: list[Any], batch: _Batch, now: float, deadline: float) -> None:
        try:
            batch.entries = await self._entries(call, keys, now, deadline)
        except BaseException:
            batch.until = float("-inf")
            raise

    async def _entries(self, call: _Call, keys: list[Any], now: float, deadline: float) -> Mapping[Any, Entry]:
        store = self._store
        if (
            store is None
            or len(keys) > MOST_OF_REDIS
            or not self.versions.is_current(call.source, call.collection_name, now)
        ):
            return await _read(call, keys, deadline)
        names = {key: call.name(key) for key in keys}
        stamp, stored = await store.find(call.collection_name, list(names.values()))
        if stamp is None:
            self.versions.missing_in_redis(call.collection_name)
        entries = {key: entry for key, entry in zip(keys, stored, strict=True) if entry is not None}
        _count(call, "redis", len(entries), deadline)
        missing = [key for key in keys if key not in entries]
        if missing:
            fresh = await _read(call, missing, deadline)
            if stamp is not None:
                store.keep(stamp, {names[key]: entry for key, entry in fresh.items()})
            entries.update(fresh)
        return entries


async def _read(call: _Call, keys: list[Any], deadline: float) -> dict[Any, Entry]:
    _count(call, "mongodb", len(keys), deadline)
    found = await call.fetch(keys, deadline)
    return {key: (found[key],) if key in found else () for key in keys}


def _unpack(entries: Mapping[Any, Entry], keys: Iterable[Any], into: dict[Any, Any]) -> None:
    for key in keys:
        entry = entries.get(key)
        if entry:
            into[key] = entry[0]


def _retrieve_exception(task: asyncio.Task[None]) -> None:
    """Mark a failure as seen, as asyncio would complain of one that nobody awaits."""
    if not task.cancelled():
        task.exception()


def _count(call: _Call, outcome: str, keys: int, deadline: float) -> None:
    if keys:
        metrics.CACHED_READS.labels(call.source, outcome).inc(keys)
        log = read_log_of(deadline)
        if log is not None:
            log.lookups.append(CacheLookup(call.source, call.place[0], outcome, keys))
