"""Reading MongoDB: clients, deadlines, projections, and the few shapes of read that every connector is made of.

Motor stays behind this module.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import pymongo
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from connectors.errors import SourceUnavailable
from connectors.ids import Columns, Page

Deadline = float
"""A moment of the running event loop's clock (`loop.time()`), in seconds."""

Document = dict[str, Any]
Where = Mapping[str, Any]
Order = Sequence[tuple[str, int]]
"""Sort keys with their directions, the last one unique."""

BATCH_SIZE: Final = 10_000
"""Documents a cursor may bring at once; the server's own first batch is 101, which costs a round trip more."""

ALL: Final[Columns] = frozenset()
"""No projection: whole documents."""


class Database(Protocol):
    """What this module asks of a driver's database, motor's or PyMongo's."""

    name: str

    def __getitem__(self, name: str) -> Any: ...  # noqa: ANN401 - a collection of whichever driver

    async def command(self, command: str) -> Mapping[str, Any]: ...


def connect(
    uri: str, *, timeout_s: float, listeners: Sequence[CommandListener] = ()
) -> AsyncIOMotorClient[Document]:
    """A client that gives up on an unreachable server after *timeout_s* and reads instants as aware UTC."""
    return AsyncIOMotorClient(
        uri,
        serverSelectionTimeoutMS=int(timeout_s * 1000),
        connectTimeoutMS=int(timeout_s * 1000),
        event_listeners=list(listeners),
        tz_aware=True,
        appname="school-gateway",
    )


class Source:
    """One subsystem's database, read under a deadline; whatever goes wrong in it is `SourceUnavailable`."""

    def __init__(self, name: str, database: Database) -> None:
        self.name = name
        self.database = database

    async def find(
        self,
        collection: str,
        where: Where,
        *,
        columns: Columns,
        deadline: Deadline,
        order: Order = (),
        limit: int = 0,
    ) -> list[Document]:
        """The documents that match, in *order*, with *columns* only (all of them when it is empty)."""
        options: dict[str, Any] = {"batch_size": BATCH_SIZE, "limit": limit}
        if columns:
            options["projection"] = projection(columns)
        if order:
            options["sort"] = list(order)
        with pymongo.timeout(self._left(deadline)):
            return await self._answer(
                self.database[collection].find(where, **options).to_list(length=None), deadline
            )

    async def aggregate(
        self, collection: str, pipeline: Sequence[Where], *, deadline: Deadline
    ) -> list[Document]:
        """What the *pipeline* yields."""
        with pymongo.timeout(self._left(deadline)):
            cursor = self.database[collection].aggregate(list(pipeline), batchSize=BATCH_SIZE)
            return await self._answer(cursor.to_list(length=None), deadline)

    async def ping(self, *, deadline: Deadline) -> None:
        """Return when the database answers, else raise `SourceUnavailable`."""
        with pymongo.timeout(self._left(deadline)):
            await self._answer(self.database.command("ping"), deadline)

    async def create_indexes(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Create what is declared and missing."""
        for collection, models in indexes.items():
            if models:
                await self.database[collection].create_indexes(list(models))

    def _left(self, deadline: Deadline) -> float:
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise SourceUnavailable(self.name)
        return left

    async def _answer(self, reading: Any, deadline: Deadline) -> Any:  # noqa: ANN401 - whatever the driver yields
        try:
            async with asyncio.timeout_at(deadline):
                return await reading
        except (PyMongoError, BSONError, TimeoutError, OSError) as error:
            raise SourceUnavailable(self.name) from error

    # The shapes of read: each takes many keys and costs one command.

    async def by_ids(
        self, collection: str, ids: Sequence[str], *, columns: Columns, deadline: Deadline, key: str = "_id"
    ) -> dict[str, Document]:
        """The document of each id; ids that have none are left out."""
        found = await self.find(
            collection, {key: {"$in": list(ids)}}, columns=with_columns(columns, key), deadline=deadline
        )
        return {document[key]: document for document in found}

    async def many_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        order: Order,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, list[Document]]:
        """All documents of each key, in *order*; a key that has none has an empty list."""
        found = await self.find(
            collection,
            {key: {"$in": list(keys)}, **(where or {})},
            columns=with_columns(columns, key),
            deadline=deadline,
            order=order,
        )
        return grouped(found, key, keys)

    async def page_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        order: Order,
        first: int,
        after: Sequence[Any] | None,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Page]:
        """The *first* documents of each key that come behind the *after* values of the *order*."""
        match: Document = {key: {"$in": list(keys)}, **(where or {})}
        if after is not None:
            match = {"$and": [match, behind(order, after)]}
        wanted = with_columns(columns, key, *(name for name, _ in order))
        if len(keys) == 1:
            found = await self.find(
                collection, match, columns=wanted, deadline=deadline, order=order, limit=first + 1
            )
            lists = {keys[0]: found}
        else:
            lists = await self._tops(collection, key, keys, match, order, first + 1, wanted, deadline)
        return {k: Page(documents[:first], len(documents) > first) for k, documents in lists.items()}

    async def _tops(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        match: Where,
        order: Order,
        limit: int,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, list[Document]]:
        stages: list[Where] = [{"$match": match}]
        if columns:
            stages.append({"$project": projection(columns)})
        top = {"$topN": {"n": limit, "sortBy": dict(order), "output": "$$ROOT"}}
        stages.append({"$group": {"_id": f"${key}", "top": top}})
        found = await self.aggregate(collection, stages, deadline=deadline)
        tops = {row["_id"]: row["top"] for row in found}
        return {k: tops.get(k, []) for k in keys}

    async def count_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        deadline: Deadline,
    ) -> dict[Any, int]:
        """How many documents each key has."""
        pipeline = [
            {"$match": {key: {"$in": list(keys)}, **(where or {})}},
            {"$group": {"_id": f"${key}", "count": {"$sum": 1}}},
        ]
        counts = {row["_id"]: row["count"] for row in await self.aggregate(collection, pipeline, deadline=deadline)}
        return {k: counts.get(k, 0) for k in keys}


def projection(columns: Columns) -> dict[str, int]:
    """The projection that brings *columns* and nothing else."""
    wanted = dict.fromkeys(sorted(columns), 1)
    return wanted if "_id" in columns else {"_id": 0, **wanted}


def with_columns(columns: Columns, *more: str) -> Columns:
    """*columns* and *more*; everything stays everything."""
    return columns | frozenset(more) if columns else columns


def behind(order: Order, values: Sequence[Any]) -> dict[str, Any]:
    """The condition of coming after the document that has *values* in *order*."""
    alternatives = []
    for position, (name, direction) in enumerate(order):
        equal = {order[i][0]: values[i] for i in range(position)}
        operator = "$gt" if direction > 0 else "$lt"
        alternatives.append({**equal, name: {operator: values[position]}})
    return {"$or": alternatives}


def grouped(documents: Iterable[Document], key: str, keys: Iterable[Any]) -> dict[Any, list[Document]]:
    """The documents of each key, in the order they came."""
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document[key]].append(document)
    return {k: groups[k] if k in groups else [] for k in keys}
