"""Reads that answer everybody alike: kept for a moment, in the process and in Redis, and sent once when asked at once.

A key holds the read, its columns, its arguments and one key of it: never a viewer, a role, or a student.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from connectors import metrics
from connectors.commands import Shared, seen_of
from connectors.errors import ConnectorError
from connectors.ids import Columns

C = TypeVar("C")
K = TypeVar("K")
V = TypeVar("V")
P = ParamSpec("P")

_ReadMethod = Callable[Concatenate[C, Sequence[K], P], Coroutine[Any, Any, Mapping[K, V]]]

MOST_OF_REDIS: Final = 100
"""Keys of one read that Redis is asked for; more are cheaper to read anew."""

Box = tuple[Any, ...]
"""What a read answered of a key: one value, or none."""


class Sharing(NamedTuple):
    """What a read says of itself: the collection whose changes outdate it, and the columns beyond which it is none."""

    name: str
    collection: str
    columns: Columns | None

    def holds(self, columns: Columns, arguments: Mapping[str, Any]) -> bool:
        """Whether a read of *columns* with *arguments* is the same for everybody."""
        if self.columns is not None and not (columns and columns <= self.columns):
            return False
        return all(map(_is_plain, arguments.values()))


def shared(
    collection: str, *, columns: Columns | None = None
) -> Callable[[_ReadMethod[C, K, P, V]], _ReadMethod[C, K, P, V]]:
    """Declare that a connector's read answers everybody alike, out of *collection* alone.

    Where *columns* are given, only a read of no others does.
    """

    def declare(method: _ReadMethod[C, K, P, V]) -> _ReadMethod[C, K, P, V]:
        sharing = Sharing(method.__qualname__, collection, columns)

        @wraps(method)
        async def read(self: Any, keys: Sequence[Any], /, **given: Any) -> Any:
            cache: SharedReads | None = self.source.shared
            arguments = {name: value for name, value in given.items() if name not in {"columns", "deadline"}}
            if cache is None or not sharing.holds(given["columns"], arguments):
                return await cast("Any", method)(self, keys, **given)

            async def fetch(some: Sequence[Any], deadline: float) -> Mapping[Any, Any]:
                found: Mapping[Any, Any] = await cast("Any", method)(self, some, **{**given, "deadline": deadline})
                return found

            place = (sharing.name, given["columns"], *sorted(arguments.items()))
            return await cache.read(_Call(self.source.name, collection, place, fetch), keys, given["deadline"])

        read.sharing = sharing  # type: ignore[attr-defined] # what `collections_of` looks for
        return cast("_ReadMethod[C, K, P, V]", read)

    return declare


def collections_of(connector: type) -> frozenset[str]:
    """The collections that shared reads of a connector are made of."""
    declared = (getattr(member, "sharing", None) for member in vars(connector).values())
    return frozenset(sharing.collection for sharing in declared if sharing)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


class _Call(NamedTuple):
    """A shared read that somebody makes."""

    source: str
    collection: str
    place: tuple[Any, ...]
    fetch: Callable[[Sequence[Any], float], Awaitable[Mapping[Any, Any]]]

    @property
    def tag(self) -> str:
        """The collection's own name among those of all subsystems."""
        return f"{self.source}.{self.collection}"

    def name(self, key: object) -> str:
        """The read of one key, as text that is the same in every process."""
        read, columns, *arguments = self.place
        return repr((self.source, read, sorted(columns), arguments, key))


class Tags:
    """The collections of shared reads: how often each was seen to change, and when each subsystem was last heard of."""

    def __init__(self, *, silent_s: float) -> None:
        self.untold: dict[str, int] = {}
        """The tags whose last change Redis was not told yet, each with its version."""
        self.is_untold = asyncio.Event()
        """Set when there is something to tell."""
        self._silent_s = silent_s
        self._versions: dict[str, int] = {}
        self._heard: dict[str, float] = {}

    def version(self, tag: str) -> int:
        """A number that grows with every change that was seen."""
        return self._versions.get(tag, 0)

    def changed(self, tags: Iterable[str]) -> None:
        """What was read of *tags* before is outdated."""
        for tag in tags:
            self.untold[tag] = self._versions[tag] = self.version(tag) + 1
        self.is_untold.set()

    def forgotten(self, tag: str) -> None:
        """Redis holds nothing of *tag*, or does not answer: it is told anew before it is trusted again."""
        self.untold[tag] = self.version(tag)
        self.is_untold.set()

    def were_told(self, versions: Mapping[str, int]) -> None:
        """Redis knows of these changes."""
        for tag, version in versions.items():
            if self.untold.get(tag) == version:
                del self.untold[tag]

    def heard(self, source: str, at: float) -> None:
        """Every change of *source* until *at* has been seen."""
        self._heard[source] = at

    def lost(self, source: str) -> None:
        """Nobody watches *source*."""
        self._heard.pop(source, None)

    def are_current(self, source: str, tag: str, now: float) -> bool:
        """Whether what Redis holds of *tag* is as fresh as the bound of staleness promises."""
        return self._heard.get(source, float("-inf")) >= now - self._silent_s and tag not in self.untold


class Kept(Protocol):
    """What is shared with other processes: Redis."""

    async def find(self, tag: str, names: Sequence[str]) -> tuple[bytes | None, list[Box | None]]:
        """The stamp of *tag* now, and what is kept under it; a stamp of None is a miss that nothing can be kept for."""
        ...

    def keep(self, stamp: bytes, boxes: Mapping[str, Box]) -> None:
        """Keep what was read after *stamp* was found; nobody waits for it."""
        ...


class _Batch:
    """Keys that were read together: on their way, and then for a moment what was found."""

    __slots__ = ("boxes", "task", "until", "version")

    def __init__(self, version: int, until: float) -> None:
        self.version = version
        self.until = until
        self.boxes: Mapping[Any, Box] | None = None
        self.task: asyncio.Task[None]


class SharedReads:
    """What this process read for everybody within the last *keep_s*; behind it, where there is one, what all did.

    Documents are handed to many requests at once: nobody changes one.
    """

    def __init__(self, tags: Tags, kept: Kept | None = None, *, keep_s: float = 1.0, size: int = 10_000) -> None:
        self.tags = tags
        self._redis = kept
        self._keep_s = keep_s
        self._size = size
        self._batches: OrderedDict[tuple[Any, Any], _Batch] = OrderedDict()

    async def read(self, call: _Call, keys: Iterable[Any], deadline: float) -> Mapping[Any, Any]:
        """The value of each of *keys* that has any."""
        now = asyncio.get_running_loop().time()
        version = self.tags.version(call.tag)
        found: dict[Any, Any] = {}
        joined: dict[_Batch, list[Any]] = {}
        missing = []
        for key in dict.fromkeys(keys):
            batch = self._batches.get((call.place, key))
            if batch is None or batch.version != version or batch.until <= now:
                missing.append(key)
            elif batch.boxes is None:
                joined.setdefault(batch, []).append(key)
            else:
                _unpack(batch.boxes, (key,), found)
        _count(call, "process", len(found), deadline)
        own = self._begin(call, missing, version, now, deadline) if missing else None
        for batch, some in joined.items():
            await self._join(batch, call, some, deadline, found)
        if own is not None:
            await asyncio.shield(own.task)
            _unpack(own.boxes or {}, missing, found)
        return found

    def _begin(self, call: _Call, keys: list[Any], version: int, now: float, deadline: float) -> _Batch:
        batch = _Batch(version, now + self._keep_s)
        batch.task = asyncio.ensure_future(self._fetch(call, keys, batch, now, deadline))
        batch.task.add_done_callback(_heard)
        batches = self._batches
        for key in keys:
            batches[call.place, key] = batch
            batches.move_to_end((call.place, key))
        while batches:
            oldest = next(iter(batches))
            if batches[oldest].until > now and len(batches) <= self._size:
                break
            del batches[oldest]
        return batch

    async def _join(self, batch: _Batch, call: _Call, keys: list[Any], deadline: float, found: dict[Any, Any]) -> None:
        """Wait for what another request began to read; should that fail, it is no failure of this one's."""
        try:
            await asyncio.shield(batch.task)
        except ConnectorError:
            found.update(await call.fetch(keys, deadline))
        else:
            _count(call, "process", len(keys), deadline)
            _unpack(batch.boxes or {}, keys, found)

    async def _fetch(self, call: _Call, keys: list[Any], batch: _Batch, now: float, deadline: float) -> None:
        try:
            batch.boxes = await self._boxes(call, keys, now, deadline)
        except BaseException:
            batch.until = float("-inf")
            raise

    async def _boxes(self, call: _Call, keys: list[Any], now: float, deadline: float) -> Mapping[Any, Box]:
        redis = self._redis
        if redis is None or len(keys) > MOST_OF_REDIS or not self.tags.are_current(call.source, call.tag, now):
            return await _read(call, keys, deadline)
        names = {key: call.name(key) for key in keys}
        stamp, kept = await redis.find(call.tag, list(names.values()))
        if stamp is None:
            self.tags.forgotten(call.tag)
        boxes = {key: box for key, box in zip(keys, kept, strict=True) if box is not None}
        _count(call, "redis", len(boxes), deadline)
        missing = [key for key in keys if key not in boxes]
        if missing:
            fresh = await _read(call, missing, deadline)
            if stamp is not None:
                redis.keep(stamp, {names[key]: box for key, box in fresh.items()})
            boxes.update(fresh)
        return boxes


async def _read(call: _Call, keys: list[Any], deadline: float) -> dict[Any, Box]:
    _count(call, "mongodb", len(keys), deadline)
    found = await call.fetch(keys, deadline)
    return {key: (found[key],) if key in found else () for key in keys}


def _unpack(boxes: Mapping[Any, Box], keys: Iterable[Any], into: dict[Any, Any]) -> None:
    for key in keys:
        box = boxes.get(key)
        if box:
            into[key] = box[0]


def _heard(task: asyncio.Task[None]) -> None:
    """A failure that nobody waited for is no news."""
    if not task.cancelled():
        task.exception()


def _count(call: _Call, outcome: str, keys: int, deadline: float) -> None:
    if keys:
        metrics.SHARED.labels(call.source, outcome).inc(keys)
        seen = seen_of(deadline)
        if seen is not None:
            seen.shared.append(Shared(call.source, call.place[0], outcome, keys))
