"""Reading MongoDB: clients, deadlines, projections, and the few shapes of read that every connector is made of.

Motor stays behind this module.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from inspect import isawaitable
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener
from pymongo.read_preferences import Primary, PrimaryPreferred

from connectors.commands import Command, seen_of
from connectors.cursors import ping, read_all
from connectors.deadlines import Deadlines
from connectors.guard import Guard, GuardRules
from connectors.ids import COUNT, Audience, Columns, Days, Page, Paging, StudentId, SubjectId, SubjectsOf
from connectors.shared import SharedReads
from connectors.threads import ThreadPool

T = TypeVar("T")
Deadline = float
"""A moment of the running event loop's clock (`loop.time()`), in seconds."""

Document = dict[str, Any]
Where = Mapping[str, Any]
Order = Sequence[tuple[str, int]]
"""Sort keys with their directions, the last one unique."""

BATCH_SIZE: Final = 1_000_000
"""Documents that a message may bring, if it can hold them; the server's own first batch is 101."""

BRANCHES: Final = 100
"""So many pages at once are so many short scans of an index, united; more are cut from lists that are read whole."""

_BRANCH: Final = "_branch"

_FEW_THREADS: Final = 2
"""Threads of a source that reads through motor; more only while these hang or are slow."""
_THREADS_PER_PLACE: Final = 3
"""No thread can be interrupted: those that hang in a read which nobody awaits any longer do not stop the next reads."""

ALL: Final[Columns] = frozenset()
"""No projection: whole documents."""


class Database(Protocol):
    """What this module asks of a driver's database, motor's or PyMongo's."""

    @property
    def name(self) -> str: ...

    def __getitem__(self, name: str) -> Any: ...

    async def command(self, command: str | Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def list_collection_names(self) -> list[str]: ...


class Driver(StrEnum):
    """Whose asynchronous client reads MongoDB: motor's, or that of PyMongo, which is to follow it."""

    MOTOR = "motor"
    PYMONGO = "pymongo"


class ReadPreference(StrEnum):
    """Which members of a replica set are read."""

    PRIMARY = "primary"
    PRIMARY_PREFERRED = "primaryPreferred"


_CLIENTS: Final[Mapping[Driver, Callable[..., Any]]] = {
    Driver.MOTOR: AsyncIOMotorClient,
    Driver.PYMONGO: AsyncMongoClient,
}


def connect(
    uri: str, *, timeout_s: float, driver: Driver = Driver.MOTOR, listeners: Sequence[CommandListener] = ()
) -> Any:
    """A client that gives up on an unreachable server after *timeout_s* and reads instants as aware UTC."""
    return _CLIENTS[driver](
        uri,
        serverSelectionTimeoutMS=int(timeout_s * 1000),
        connectTimeoutMS=int(timeout_s * 1000),
        event_listeners=list(listeners),
        tz_aware=True,
        appname="school-gateway",
        retryReads=False,  # the guard does, with a pause
    )


def database_of(client: Any, name: str, read_preference: ReadPreference) -> Any:
    """A database of a client, read as said here, whatever the client's URI says."""
    is_primary = read_preference is ReadPreference.PRIMARY
    return client.get_database(name, read_preference=Primary() if is_primary else PrimaryPreferred())


class Source:
    """One subsystem's database, read under a deadline; whatever goes wrong in it is `SourceUnavailable`."""

    def __init__(
        self, name: str, database: Database, guard: GuardRules | None = None, deadlines: Deadlines | None = None
    ) -> None:
        self.name = name
        self.database = database
        rules = guard or GuardRules()
        most = rules.concurrency * _THREADS_PER_PLACE
        self._threads = ThreadPool(f"mongodb-{name}", few=min(_FEW_THREADS, rules.concurrency), most=most)
        self._pings = ThreadPool(f"mongodb-ping-{name}", few=1, most=2)
        self.guard = Guard(name, lambda left_s: ping(database, left_s, self._pings), rules, deadlines)
        self.shared: SharedReads | None = None
        """Where reads that answer everybody alike are kept for a moment; None: nowhere."""

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
        command: Document = {"find": collection, "filter": where, "batchSize": BATCH_SIZE}
        if columns:
            command["projection"] = projection(columns)
        if order:
            command["sort"] = dict(order)
        if limit:
            command["limit"] = limit
        return await self._read(collection, command, deadline)

    async def aggregate(self, collection: str, pipeline: Sequence[Where], *, deadline: Deadline) -> list[Document]:
        """What the *pipeline* yields."""
        command = {"aggregate": collection, "pipeline": list(pipeline), "cursor": {"batchSize": BATCH_SIZE}}
        return await self._read(collection, command, deadline)

    async def _read(self, collection: str, command: Document, deadline: Deadline) -> list[Document]:
        def attempt(left_s: float) -> Awaitable[list[Document]]:
            # The server gives up by itself: nobody can break off a thread that waits for it.
            return read_all(self.database, {**command, "maxTimeMS": max(1, int(left_s * 1000))}, self._threads)

        found = await self.guard.read(attempt, deadline, collection)
        seen = seen_of(deadline)
        if seen is not None:
            seen.commands.append(Command(self.name, collection, command))
        return found

    async def ping(self, *, deadline: Deadline) -> None:
        """Return when the database answers, else raise `SourceUnavailable`; its breaker learns which."""
        await self.guard.probe(deadline)

    # The shapes of read: each takes many keys and costs one command.

    async def by_ids(
        self, collection: str, ids: Sequence[str], *, columns: Columns, deadline: Deadline, key: str = "_id"
    ) -> dict[Any, Any]:
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
    ) -> dict[Any, Any]:
        """All documents of each key, in *order*; a key that has none has an empty list."""
        found = await self.find(
            collection,
            {key: {"$in": list(keys)}, **(where or {})},
            columns=with_columns(columns, key),
            deadline=deadline,
            order=order,
        )
        group = in_runs if order and order[0][0] == key else grouped
        return group(found, key, keys)

    async def many_in(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        order: Order,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """All documents that hold each key in the list *key*, in *order*; a key that none holds has an empty list."""
        found = await self.find(
            collection,
            {key: {"$in": list(keys)}, **(where or {})},
            columns=with_columns(columns, key),
            deadline=deadline,
            order=order,
        )
        return {k: [document for document in found if k in document[key]] for k in keys}

    async def page_by(
        self,
        collection: str,
        key: str,
        keys: Sequence[Any],
        *,
        where: Where | None = None,
        order: Order,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """A `Page` for each key: its first documents in *order* behind the place where the last page ended."""
        if paging == COUNT:
            counts = await self.count_by(collection, key, keys, where=where, deadline=deadline)
            return {k: Page([], has_next=count > 0, total=count) for k, count in counts.items()}
        first, after = paging.first, paging.after
        if after is not None and len(after) != len(order):
            return {k: Page([], False) for k in keys}
        limits = [where or {}, *beyond(order, paging)]
        limit = paging.limit
        wanted = with_columns(columns, key, *(name for name, _ in order))
        if len(keys) == 1:
            match = {"$and": [{key: keys[0]}, *limits]}
            found = await self.find(collection, match, columns=wanted, deadline=deadline, order=order, limit=limit)
        elif len(keys) <= BRANCHES:
            shown = [{"$project": projection(wanted)}] if wanted else []
            rest: list[Where] = [{"$sort": dict(order)}, {"$limit": limit}, *shown]
            branches: list[list[Where]] = [[{"$match": {"$and": [{key: k}, *limits]}}, *rest] for k in keys]
            others: list[Where] = [{"$unionWith": {"coll": collection, "pipeline": branch}} for branch in branches[1:]]
            found = await self.aggregate(collection, [*branches[0], *others], deadline=deadline)
        else:
            stages: list[Where] = [{"$match": {"$and": [{key: {"$in": list(keys)}}, *limits]}}]
            stages += [{"$project": projection(wanted)}] if wanted else []
            top = {"$topN": {"n": limit, "sortBy": dict(order), "output": "$$ROOT"}}
            grouping = {"$group": {"_id": f"${key}", "top": top}}
            rows = await self.aggregate(collection, [*stages, grouping], deadline=deadline)
            found = [document for row in rows for document in row["top"]]
        return {k: _page(documents, first) for k, documents in in_runs(found, key, keys).items()}

    async def pages_of(
        self,
        collection: str,
        wheres: Mapping[T, Where],
        *,
        order: Order,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[T, Page]:
        """A `Page` for each condition: as `page_by`, where the keys differ in more than one value."""
        if paging == COUNT:
            branches: list[list[Where]] = [[{"$match": where}, {"$count": "count"}] for where in wheres.values()]
            counted = await self._united(collection, branches, deadline)
            totals = [found[0]["count"] if found else 0 for found in counted]
            return {k: Page([], has_next=t > 0, total=t) for k, t in zip(wheres, totals, strict=True)}
        first, after = paging.first, paging.after
        if after is not None and len(after) != len(order):
            return {k: Page([], has_next=False) for k in wheres}
        limits = beyond(order, paging)
        matches = [{"$and": [w, *limits]} if limits else w for w in wheres.values()]
        wanted = with_columns(columns, *(name for name, _ in order))
        limit = paging.limit
        if len(matches) == 1:
            [match] = matches
            lists = [await self.find(collection, match, columns=wanted, deadline=deadline, order=order, limit=limit)]
        else:
            shown = [{"$project": projection(wanted)}] if wanted else []
            branches = [[{"$match": m}, {"$sort": dict(order)}, {"$limit": limit}, *shown] for m in matches]
            lists = await self._united(collection, branches, deadline)
        return {k: _page(found, first) for k, found in zip(wheres, lists, strict=True)}

    async def _united(
        self, collection: str, branches: Sequence[Sequence[Where]], deadline: Deadline
    ) -> list[list[Document]]:
        """What each of the pipelines yields, by one command."""
        marked = [[*branch, {"$set": {_BRANCH: number}}] for number, branch in enumerate(branches)]
        rest = [{"$unionWith": {"coll": collection, "pipeline": branch}} for branch in marked[1:]]
        found: list[list[Document]] = [[] for _ in branches]
        for document in await self.aggregate(collection, [*marked[0], *rest], deadline=deadline):
            found[document.pop(_BRANCH)].append(document)
        return found

    async def pairs_by(
        self,
        collection: str,
        names: tuple[str, str],
        pairs: Sequence[tuple[str, str]],
        *,
        where: Where | None = None,
        order: Order,
        columns: Columns,
        deadline: Deadline,
    ) -> dict[Any, Any]:
        """All documents of each pair of values of the keys *names*, in *order*."""
        first, second = names
        match = {
            first: {"$in": list(dict.fromkeys(pair[0] for pair in pairs))},
            second: {"$in": list(dict.fromkeys(pair[1] for pair in pairs))},
            **(where or {}),
        }
        wanted = with_columns(columns, first, second)
        found = await self.find(collection, match, columns=wanted, deadline=deadline, order=order)
        groups: dict[tuple[str, str], list[Document]] = {pair: [] for pair in pairs}
        for document in found:
            group = groups.get((document[first], document[second]))
            if group is not None:
                group.append(document)
        return groups

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


def of_subjects(only: SubjectsOf | None, students: Iterable[StudentId]) -> Document:
    """The condition that a document is of a subject that may be read of its student."""
    if only is None:
        return {}
    alike: dict[frozenset[SubjectId], list[StudentId]] = defaultdict(list)
    for student in students:
        alike[only.of(student)].append(student)
    alternatives = [
        {"student_id": {"$in": same}, "subject_id": {"$in": sorted(subjects)}} for subjects, same in alike.items()
    ]
    return {"$or": alternatives} if alternatives else {"student_id": None}


async def aggregated(collection: Any, pipeline: Sequence[Where], **options: Any) -> Any:
    """A cursor over what the *pipeline* yields, of either driver: motor's is there at once, PyMongo's is awaited."""
    cursor = collection.aggregate(list(pipeline), **options)
    return await cursor if isawaitable(cursor) else cursor


NOTHING: Final[Document] = {"_id": None}
"""A condition that no document meets."""


def audience_condition(audiences: Iterable[Audience]) -> Document:
    """The condition that something is held for a class or a group of the *audiences*; its day is theirs to check."""
    classes = sorted({span.id for audience in audiences for span in audience.classes})
    groups = sorted({span.id for audience in audiences for span in audience.groups})
    alternatives = []
    if classes:
        alternatives.append({"class_ids": {"$in": classes}, "group_id": None})
    if groups:
        alternatives.append({"group_id": {"$in": groups}})
    return {"$or": alternatives} if alternatives else NOTHING


def in_days(name: str, days: Days | None) -> Document:
    """The condition that the school day under *name* is one of *days*."""
    return {} if days is None else {name: {"$gte": days.first, "$lte": days.last}}


def given(**conditions: Any) -> Document:
    """The conditions whose value is not None."""
    return {name: value for name, value in conditions.items() if value is not None}


@lru_cache(maxsize=1_000)
def projection(columns: Columns) -> Mapping[str, int]:
    """The projection that brings *columns* and nothing else."""
    wanted = dict.fromkeys(sorted(columns), 1)
    return wanted if "_id" in columns else {"_id": 0, **wanted}


@lru_cache(maxsize=10_000)
def with_columns(columns: Columns, *more: str) -> Columns:
    """*columns* and *more*; everything stays everything."""
    return columns | frozenset(more) if columns else columns


def behind(order: Order, values: Sequence[Any]) -> dict[str, Any]:
    """The condition of coming after the document that has *values* in *order*; null stands in ascending keys only."""
    alternatives = []
    for position, (name, direction) in enumerate(order):
        equal = {order[i][0]: values[i] for i in range(position)}
        value = values[position]
        if value is not None:
            alternatives.append({**equal, name: {"$gt" if direction > 0 else "$lt": value}})
        elif direction > 0:
            alternatives.append({**equal, name: {"$ne": None}})  # null comes first, and $gt passes over other types
    if not alternatives:
        return NOTHING
    (name, direction), value = order[0], values[0]
    # Said again of the leading key alone, which an index can be entered by.
    reached = {} if value is None else {name: {"$gte" if direction > 0 else "$lte": value}}
    return {**reached, "$or": alternatives}


def beyond(order: Order, paging: Paging) -> list[Document]:
    """The conditions that keep a page to its side of the place where *paging* begins; none without a place."""
    if paging.after is None:
        return []
    later = behind(order, paging.after)
    return [{"$nor": [later]} if paging.is_before else later]


def grouped(documents: Iterable[Document], key: str, keys: Iterable[Any]) -> dict[Any, list[Document]]:
    """The documents of each key, in the order they came."""
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document[key]].append(document)
    return {k: groups.get(k, []) for k in keys}


def in_runs(documents: Iterable[Document], key: str, keys: Iterable[Any]) -> dict[Any, list[Document]]:
    """As `grouped`, of documents that come key after key; it takes half the time."""
    groups = {k: list(run) for k, run in groupby(documents, itemgetter(key))}
    return {k: groups.get(k, []) for k in keys}


def _page(documents: list[Document], first: int) -> Page:
    """The page of documents of which one more may have been read, to look on."""
    return Page(documents[:first], has_next=True) if len(documents) > first else Page(documents, has_next=False)
