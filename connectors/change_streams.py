"""Watches change streams, and outdates cached reads of collections that have changed."""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import pymongo

from connectors import metrics
from connectors.cache.cached_reads import CollectionVersions
from connectors.cache.redis_store import RedisStore
from connectors.mongo import Driver, connect
from connectors.tasks import cancel

SILENT_S: Final = 3.0
"""How long a stream may say nothing, not even that there is nothing, before what Redis holds is no longer trusted."""
_AWAIT_MS: Final = 500
_SELECTION_S: Final = 2.0
"""Shorter than the driver's own time: a stream over a server that died would be silent for as long."""
_AGAIN_S: Final = 0.5
_BATCH: Final = 1000

_log = logging.getLogger(__name__)

Watched = Mapping[str, tuple[str, str, Collection[str]]]
"""Of each subsystem: its server, its database, and the collections whose changes matter."""


class ChangeStreams:
    """Watches databases as long as it is entered; changes are noted in *versions* and in the *store* of all processes.

    A stream that is opened, for the first time or again, outdates all of its collections, for nobody knows what
    happened before. It therefore needs no resume token.
    """

    def __init__(self, watched: Watched, versions: CollectionVersions, store: RedisStore | None = None) -> None:
        self._watched = watched
        self._versions = versions
        self._store = store
        self._clients: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for source, (uri, database, collections) in self._watched.items():
            if uri not in self._clients:  # motor would give up a thread to each stream
                self._clients[uri] = connect(uri, timeout_s=_SELECTION_S, driver=Driver.PYMONGO)
            watching = self._watch(source, self._clients[uri][database], collections)
            self._tasks.append(asyncio.create_task(watching))
        if self._store is not None:
            self._tasks.append(asyncio.create_task(self._stamp(self._store)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await cancel(self._tasks)
        for source in self._watched:
            self._versions.not_watched(source)
        for client in self._clients.values():
            await client.close()

    async def _watch(self, source: str, database: Any, collections: Collection[str]) -> None:
        """Keep a stream open over *database*, whatever happens to it."""
        is_logged = False
        loop = asyncio.get_running_loop()
        while True:
            try:
                began = loop.time()
                with pymongo.timeout(SILENT_S):
                    stream = await database.watch(
                        _pipeline(collections), max_await_time_ms=_AWAIT_MS, batch_size=_BATCH
                    )
                async with stream:
                    self._versions.changed(f"{source}.{name}" for name in collections)
                    self._versions.seen_until(source, began)
                    is_logged = False
                    await self._follow(source, stream, collections)
            except Exception as error:  # noqa: BLE001 - whatever ended it, it is opened again
                if not is_logged:
                    _log.warning("The changes of %s are not seen for now: %r", source, error)
                is_logged = True
            self._versions.not_watched(source)
            metrics.WATCHED.labels(source).set(0)
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self, source: str, stream: Any, collections: Collection[str]) -> None:
        """Note what the stream says until it ends; raises PyMongoError where it stalls."""
        loop = asyncio.get_running_loop()
        lag = metrics.LAG.labels(source)
        while stream.alive:
            began = loop.time()
            with pymongo.timeout(SILENT_S):
                change = await stream.try_next()
            late_s = 0.0
            if change is not None:
                late_s = _late(change)
                lag.observe(late_s)
                touched = _touched(change) & set(collections) or collections
                self._versions.changed(f"{source}.{name}" for name in touched)
            self._versions.seen_until(source, began - late_s)
            metrics.WATCHED.labels(source).set(1)

    async def _stamp(self, store: RedisStore) -> None:
        """Bring the changes to Redis; until it has them, this process does not trust what Redis holds."""
        versions = self._versions
        while True:
            await versions.has_pending.wait()
            versions.has_pending.clear()
            pending = dict(versions.pending)
            if pending and await store.stamp(pending):
                versions.are_in_redis(pending)
            elif pending:
                await asyncio.sleep(_AGAIN_S)
                versions.has_pending.set()


def _pipeline(collections: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """The pipeline of a change stream for *collections* and for drops of the whole database, without documents."""
    names = sorted(collections)
    mine = [{"ns.coll": {"$in": names}}, {"to.coll": {"$in": names}}, {"ns.coll": {"$exists": False}}]
    return [{"$match": {"$or": mine}}, {"$project": {"ns": 1, "to": 1, "wallTime": 1, "clusterTime": 1}}]


def _touched(change: Mapping[str, Any]) -> set[str]:
    return {change[place].get("coll") for place in ("ns", "to") if place in change}


def _late(change: Mapping[str, Any]) -> float:
    """How long ago the change was made, by the clocks of the server and of this machine."""
    at = change.get("wallTime")
    if not isinstance(at, datetime):
        at = change["clusterTime"].as_datetime() if "clusterTime" in change else datetime.now(UTC)
    return max(0.0, time.time() - at.replace(tzinfo=at.tzinfo or UTC).timestamp())
