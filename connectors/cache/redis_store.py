"""Answers of reads in Redis: each carries the stamp that its collection had when it was read.

A change gives the collection a new stamp, and whatever carries another is a miss: nothing has to be found and deleted.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from connectors import metrics
from connectors.cache.cached_reads import Entry
from connectors.redis.best_effort import BestEffort

STAMP_BYTES: Final = 16
LARGEST_BYTES: Final = 256_000
"""Larger values are not cached."""
_AT_ONCE: Final = 16
_VALUES: Final = "v"
_AS_READ: Final[CodecOptions[dict[str, Any]]] = CodecOptions(tz_aware=True)
_FAILED: Final = metrics.CACHED_READS.labels("redis", "failure")


class RedisStore:
    """Values and stamps under *prefix*; when Redis does not answer, all is a miss."""

    def __init__(self, redis: BestEffort, *, prefix: str, keep_s: float) -> None:
        self._redis = redis
        self._prefix = prefix
        self._keep_ms = int(keep_s * 1000)
        self._keeping: set[asyncio.Task[None]] = set()

    async def find(self, collection: str, names: Sequence[str]) -> tuple[bytes | None, list[Entry | None]]:
        """Return the stamp of a collection now, and the values that carry it."""
        misses: list[Entry | None] = [None] * len(names)
        keys = [self._stamp_key(collection), *map(self._key, names)]
        answer: list[Any] | None = await self._redis.call(lambda: self._redis.redis.mget(keys), None)
        if answer is None:
            _FAILED.inc()
            return None, misses
        stamp, *values = answer
        if stamp is None or len(stamp) != STAMP_BYTES:
            return None, misses
        return stamp, [_unpacked(value, stamp) for value in values]

    def keep(self, stamp: bytes, entries: Mapping[str, Entry]) -> None:
        """Keep what was read after *stamp* was found, in the background."""
        if len(self._keeping) < _AT_ONCE:
            task = asyncio.ensure_future(self._keep(stamp, entries))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def stamp(self, collections: Iterable[str]) -> bool:
        """Give collections new stamps; return whether Redis confirmed it."""
        stamps: dict[Any, Any] = {self._stamp_key(name): secrets.token_bytes(STAMP_BYTES) for name in collections}
        return bool(await self._redis.call(lambda: self._redis.redis.mset(stamps), otherwise=False))

    async def aclose(self) -> None:
        """Wait until all pending writes have reached Redis."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _keep(self, stamp: bytes, entries: Mapping[str, Entry]) -> None:
        pipeline = self._redis.redis.pipeline(transaction=False)
        for name, entry in entries.items():
            value = stamp + bson.encode({_VALUES: list(entry)})
            if len(value) <= LARGEST_BYTES:
                pipeline.set(self._key(name), value, px=self._keep_ms)
        if await self._redis.call(pipeline.execute, None) is None:
            _FAILED.inc()

    def _stamp_key(self, collection: str) -> str:
        return f"{self._prefix}:tag:{collection}"

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"


def _unpacked(value: bytes | None, stamp: bytes) -> Entry | None:
    """The entry in *value*; None where it carries another stamp than *stamp*, or is no value at all."""
    if value is None or not value.startswith(stamp):
        return None
    try:
        held = bson.decode(value[STAMP_BYTES:], codec_options=_AS_READ)[_VALUES]
    except (BSONError, KeyError):
        return None
    return tuple(held) if isinstance(held, list) else None
