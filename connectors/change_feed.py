"""Follows what changes in the databases of all subsystems: one change stream for each server.

It says which document was changed and never what is in it: a reader of the feed reads the document with the rights of
that moment. It remembers nothing. A stream that was lost is opened again where the last one ended; where that is no
longer possible, the feed says that changes may have been missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self

import pymongo
from pymongo.errors import OperationFailure

from connectors.mongo import Driver, connect
from connectors.tasks import cancel

SILENT_S: Final = 3.0
"""How long a stream may say nothing, not even that there is nothing, before it is opened again."""
_AWAIT_MS: Final = 500
_SELECTION_S: Final = 2.0
_AGAIN_S: Final = 0.5
_BATCH: Final = 1_000
_TOO_OLD: Final = frozenset({280, 286})
"""The errors of a position that the server's oplog no longer has."""

_log = logging.getLogger(__name__)


class Change(NamedTuple):
    """One document that was inserted, changed or deleted."""

    place: str
    """The subsystem and the collection, such as `grades.marks`."""
    document_id: str
    operation: str
    """`insert`, `update`, `replace` or `delete`."""
    fields: frozenset[str]
    """The top-level fields that an update set; empty for other operations."""
    at: datetime


Listener = Callable[[Sequence[Change]], Awaitable[None]]
"""Takes the changes that arrived together, in their order; it must not wait for clients."""
Followed = Mapping[str, tuple[str, str, Iterable[str]]]
"""Of each subsystem: its server, its database, and the collections to follow."""


class ChangeFeed:
    """Follows databases as long as it is entered; calls *listener* with changes, *missed* where some may be lost."""

    def __init__(self, followed: Followed, listener: Listener, missed: Callable[[], Awaitable[None]]) -> None:
        self._by_server: dict[str, dict[tuple[str, str], str]] = {}
        for subsystem, (uri, database, collections) in followed.items():
            places = self._by_server.setdefault(uri, {})
            places.update({(database, name): f"{subsystem}.{name}" for name in collections})
        self._listener = listener
        self._missed = missed
        self._arrived: asyncio.Queue[Change] = asyncio.Queue(_BATCH)
        self._clients: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._not_open = len(self._by_server)
        self.is_open = asyncio.Event()
        """Set once the streams of all servers were open: what changes from then on arrives."""

    async def __aenter__(self) -> Self:
        for uri, places in self._by_server.items():
            client = connect(uri, timeout_s=_SELECTION_S, driver=Driver.PYMONGO)
            self._clients.append(client)
            self._tasks.append(asyncio.create_task(self._watch(client, places), name="change feed"))
        self._tasks.append(asyncio.create_task(self._deliver(), name="change feed delivery"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await cancel(self._tasks)
        for client in self._clients:
            await client.close()

    async def _watch(self, client: Any, places: Mapping[tuple[str, str], str]) -> None:
        """Keep one stream open over a server, whatever happens to it."""
        position: Any = None
        is_first, is_logged = True, False
        while True:
            try:
                with pymongo.timeout(SILENT_S):
                    stream = await client.watch(
                        _pipeline(places), max_await_time_ms=_AWAIT_MS, batch_size=_BATCH, resume_after=position
                    )
                async with stream:
                    if position is None and not is_first:
                        await self._missed()
                    position = stream.resume_token
                    if is_first:
                        is_first = False
                        self._opened()
                    is_logged = False
                    while stream.alive:
                        with pymongo.timeout(SILENT_S):
                            change = await stream.try_next()
                        if change is not None:
                            await self._arrived.put(_change(change, places))
                        position = stream.resume_token
            except Exception as error:  # noqa: BLE001 - whatever ended it, it is opened again
                if isinstance(error, OperationFailure) and error.code in _TOO_OLD:
                    position = None
                if not is_logged:
                    _log.warning("Changes are not followed for now: %s", type(error).__name__)
                is_logged = True
            await asyncio.sleep(_AGAIN_S)

    def _opened(self) -> None:
        self._not_open -= 1
        if not self._not_open:
            self.is_open.set()

    async def _deliver(self) -> None:
        """Pass on together what has arrived since the listener last had something to do."""
        while True:
            changes = [await self._arrived.get()]
            while not self._arrived.empty() and len(changes) < _BATCH:
                changes.append(self._arrived.get_nowait())
            try:
                await self._listener(changes)
            except Exception as error:  # noqa: BLE001 - the next changes are passed on nevertheless
                _log.exception("%d changes were not passed on", len(changes), exc_info=error)


def _pipeline(places: Mapping[tuple[str, str], str]) -> Sequence[Mapping[str, Any]]:
    """The pipeline of a stream for these collections, without documents."""
    mine = [{"ns.db": database, "ns.coll": collection} for database, collection in sorted(places)]
    kinds = ["insert", "update", "replace", "delete"]
    set_fields = {"$objectToArray": {"$ifNull": ["$updateDescription.updatedFields", {}]}}
    shown = {"ns": 1, "documentKey": 1, "operationType": 1, "wallTime": 1, "clusterTime": 1}
    names = {"$map": {"input": set_fields, "in": "$$this.k"}}
    return [{"$match": {"operationType": {"$in": kinds}, "$or": mine}}, {"$project": {**shown, "fields": names}}]


def _change(change: Mapping[str, Any], places: Mapping[tuple[str, str], str]) -> Change:
    at = change.get("wallTime")
    if not isinstance(at, datetime):
        at = change["clusterTime"].as_datetime()
    return Change(
        places[change["ns"]["db"], change["ns"]["coll"]],
        change["documentKey"]["_id"],
        change["operationType"],
        frozenset(name.partition(".")[0] for name in change.get("fields") or ()),
        at.replace(tzinfo=at.tzinfo or UTC),
    )
