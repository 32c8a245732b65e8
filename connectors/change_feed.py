"""Follows what changes in the databases of all subsystems: one change stream for each server.

It says which document was changed and never what is in it: a reader of the feed reads the document with the rights of
that moment. A stream that was lost is opened again where the last one ended; where that is no longer possible, the feed
says that changes may have been missed. What was changed since a position can be read again as long as the server's
oplog has it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from connectors.errors import SourceUnavailable
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
_AWAIT_OLD_MS: Final = 50

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
    position: str
    """Where the change is in the stream of its server: positions of one server are in the order of their texts."""


class HistoryLost(Exception):
    """The changes since a position cannot be read any more."""


Listener = Callable[[Sequence[Change]], Awaitable[None]]
"""Takes the changes that arrived together, in their order; it must not wait for clients."""
Followed = Mapping[str, tuple[str, str, Iterable[str]]]
"""Of each subsystem: its server, its database, and the collections to follow."""


class ChangeFeed:
    """Follows databases as long as it is entered; calls *listener* with changes, *missed* where some may be lost."""

    def __init__(self, followed: Followed, listener: Listener, missed: Callable[[], Awaitable[None]]) -> None:
        self._by_server: dict[str, dict[tuple[str, str], str]] = {}
        self._server_of: dict[str, tuple[str, tuple[str, str]]] = {}
        for subsystem, (uri, database, collections) in followed.items():
            places = self._by_server.setdefault(uri, {})
            for name in collections:
                places[database, name] = f"{subsystem}.{name}"
                self._server_of[f"{subsystem}.{name}"] = uri, (database, name)
        self._listener = listener
        self._missed = missed
        self._arrived: asyncio.Queue[Change] = asyncio.Queue(_BATCH)
        self._clients: dict[str, Any] = {}
        self._opened_at: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._not_open = len(self._by_server)
        self.is_open = asyncio.Event()
        """Set once the streams of all servers were open: what changes from then on arrives."""

    async def __aenter__(self) -> Self:
        for uri, places in self._by_server.items():
            client = connect(uri, timeout_s=_SELECTION_S, driver=Driver.PYMONGO)
            self._clients[uri] = client
            self._tasks.append(asyncio.create_task(self._watch(uri, client, places), name="change feed"))
        self._tasks.append(asyncio.create_task(self._deliver(), name="change feed delivery"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await cancel(self._tasks)
        for client in self._clients.values():
            await client.close()

    def opened_at(self, place: str) -> str:
        """The position from which on changes of a place arrive."""
        return self._opened_at[self._server_of[place][0]]

    async def between(self, place: str, after: str, until: str, *, most: int) -> list[Change]:
        """The changes of a place after one position up to another, in their order.

        Raises `HistoryLost` where the server does not have them any more, or where they are more than *most*, and
        `SourceUnavailable`.
        """
        uri, names = self._server_of[place]
        places = {names: place}
        found: list[Change] = []
        try:
            stream = await self._clients[uri].watch(
                _pipeline(places),
                max_await_time_ms=_AWAIT_OLD_MS,
                batch_size=_BATCH,
                resume_after={"_data": after},
            )
            async with stream:
                while True:
                    seen = stream.resume_token
                    changed = await stream.try_next()
                    if changed is None:
                        if stream.resume_token["_data"] >= until or stream.resume_token == seen:
                            return found  # the stream has nothing more, and has not moved on
                        continue
                    change = _change(changed, places)
                    if change.position > until:
                        return found
                    found.append(change)
                    if len(found) > most:
                        raise HistoryLost
        except PyMongoError as error:
            if isinstance(error, OperationFailure) and error.code in _TOO_OLD:
                raise HistoryLost from None
            raise SourceUnavailable("events") from error

    async def _watch(self, uri: str, client: Any, places: Mapping[tuple[str, str], str]) -> None:
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
                    if position is None:
                        self._opened_at[uri] = stream.resume_token["_data"]
                        if not is_first:
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


async def not_followed(followed: Followed) -> Mapping[str, str]:
    """The subsystems whose changes cannot be followed, each with the reason."""
    problems = {}
    for subsystem, (uri, database, collections) in followed.items():
        client = connect(uri, timeout_s=_SELECTION_S, driver=Driver.PYMONGO)
        try:
            places = {(database, name): name for name in collections}
            async with await client.watch(_pipeline(places), max_await_time_ms=_AWAIT_MS):
                pass
        except PyMongoError as error:
            details = error.details if isinstance(error, OperationFailure) else None
            problems[subsystem] = str((details or {}).get("codeName") or type(error).__name__)
        finally:
            await client.close()
    return problems


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
        change["_id"]["_data"],
    )
