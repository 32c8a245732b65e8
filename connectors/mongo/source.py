"""One subsystem's database, read under a deadline."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, Final, Protocol

from connectors.mongo.client import Database
from connectors.mongo.filters import Document, Order, Where, projection
from connectors.mongo.read_log import Command, read_log_of
from connectors.mongo.reads import Deadline, ReadShapes
from connectors.mongo.resilience import Guard, GuardRules
from connectors.mongo.run_command import ping, read_all
from connectors.mongo.thread_pool import ThreadPool
from connectors.mongo.turns import Turns
from connectors.time_limits import TimeLimits
from connectors.vocabulary import Columns

BATCH_SIZE: Final = 1_000_000
"""Documents that a message may bring, if it can hold them; the server's own first batch is 101."""


_FEW_THREADS: Final = 2
"""Threads of a source that reads through motor and shares none; more only while these hang or are slow."""


_THREADS_PER_PLACE: Final = 3
"""No thread can be interrupted: those that hang in a read which nobody awaits any longer do not stop the next reads."""


class ReadCache(Protocol):
    """Keeps what reads answered, and shares one that several need at once; see `connectors.cache`."""

    async def read(self, call: Any, keys: Iterable[Any], deadline: float) -> Mapping[Any, Any]:
        """Return the value of each of *keys* that has any."""
        ...

    async def outdate(self, collections: Iterable[str]) -> None:
        """Have what was read of *collections* (`subsystem.collection`) read again, in every process."""
        ...


class Source(ReadShapes):
    """One subsystem's database, read under a deadline; whatever goes wrong in it is `SourceUnavailable`."""

    def __init__(
        self,
        name: str,
        database: Database,
        guard: GuardRules | None = None,
        time_limits: TimeLimits | None = None,
        threads: ThreadPool | None = None,
    ) -> None:
        self.name = name
        self.database = database
        rules = guard or GuardRules()
        most = rules.concurrency * _THREADS_PER_PLACE
        few = min(_FEW_THREADS, rules.concurrency)
        self._threads = ThreadPool(f"mongodb-{name}", few=0 if threads else few, most=most, shared=threads)
        self.write_threads = ThreadPool(f"mongodb-writes-{name}", few=few, most=most)
        """Where motor's transactions are run; see `connectors.mongo.sessions`."""
        self.turns = Turns()
        """Where transactions that lost a conflict wait for each other."""
        self._pings = ThreadPool(f"mongodb-ping-{name}", few=1, most=2)
        self.guard = Guard(name, lambda left_s: ping(database, left_s, self._pings), rules, time_limits)
        self.cache: ReadCache | None = None
        """Keeps for a moment what reads answer everybody alike; None: nothing is kept."""

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
        """The documents that the *pipeline* returns."""
        command = {"aggregate": collection, "pipeline": list(pipeline), "cursor": {"batchSize": BATCH_SIZE}}
        return await self._read(collection, command, deadline)

    async def _read(self, collection: str, command: Document, deadline: Deadline) -> list[Document]:
        def attempt(left_s: float) -> Awaitable[list[Document]]:
            # The server gives up by itself: nobody can break off a thread that waits for it.
            return read_all(self.database, {**command, "maxTimeMS": max(1, int(left_s * 1000))}, self._threads)

        log = read_log_of(deadline)
        if log is None:
            return await self.guard.read(attempt, deadline, collection)
        began_s = perf_counter()
        found = await self.guard.read(attempt, deadline, collection)
        log.commands.append(Command(self.name, collection, command, began_s, perf_counter()))
        return found

    async def ping(self, *, deadline: Deadline) -> None:
        """Return when the database answers, else raise `SourceUnavailable`; its breaker learns which."""
        await self.guard.probe(deadline)
