"""Runs the commands of one transaction with motor or with PyMongo's asynchronous client.

Motor sends each call to a thread of an executor that all databases share, a cursor's call twice. Here the blocking
PyMongo that motor runs on is called in threads of the source, and calls that follow each other share one trip to a
thread.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

import pymongo
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import Primary
from pymongo.write_concern import WriteConcern

from connectors.mongo.source import Source

Call = Callable[[], Any]
"""Calls the driver: blocking with motor, an awaitable with PyMongo's asynchronous client."""


class Session:
    """One session of a source's database with one transaction; calls of it must not overlap."""

    def __init__(self, source: Source) -> None:
        database: Any = source.database
        self._threads = source.write_threads if isinstance(database, AsyncIOMotorDatabase) else None
        self.driver_database = database if self._threads is None else database.delegate
        """The database as PyMongo has it: blocking beneath motor, else asynchronous."""
        self.driver_session = self.driver_database.client.start_session()
        """The driver's session, which each call of the transaction names."""

    @property
    def in_transaction(self) -> bool:
        """Whether the transaction has begun and no commit of it was sent yet, not even one that failed."""
        return bool(self.driver_session.in_transaction)

    async def run(self, calls: Sequence[Call]) -> Any:
        """The result of the last of *calls*, at least one, made one after the other; the first error ends them."""
        if self._threads is not None:
            return await self._threads.run(lambda: [call() for call in calls][-1])
        result: Any = None
        for call in calls:
            result = await call()
        return result

    def insert_call(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> Call:
        """Make a call for `run` that inserts *documents*, by a plain command: half the processor time of `insert_many`.

        The call raises `BulkWriteError` where one of them cannot be inserted, as `insert_many` would.
        """
        command = {"insert": collection, "documents": list(documents)}

        def send() -> Any:
            return self.driver_database.command(command, session=self.driver_session)

        async def sent() -> None:
            _check_inserted(await send())

        return sent if self._threads is None else lambda: _check_inserted(send())

    async def begin(self) -> None:
        """Begin the transaction; the server learns of it by its first command."""
        await _awaited(
            self.driver_session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=Primary(),
            )
        )

    async def end(self, abort_within_s: float) -> None:
        """End the session; a transaction that was not committed is aborted, within the seconds named."""
        if not self.in_transaction:
            await _awaited(self.driver_session.end_session())
            return
        with pymongo.timeout(abort_within_s):
            await self.run([self.driver_session.end_session])


def _check_inserted(reply: dict[str, Any]) -> None:
    if reply.get("writeErrors"):
        raise BulkWriteError(reply)


async def _awaited(value: Awaitable[Any] | None) -> None:
    """Await what one driver does at once and the other one awaits."""
    if isawaitable(value):
        await value
