"""Sessions of either driver, for the commands of one transaction.

Motor sends each call to an executor that all databases share, and a cursor's call twice. Here the blocking PyMongo that
motor runs on is called in threads of the source, and calls that follow each other share one trip to a thread.
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
        self.database = database if self._threads is None else database.delegate
        self.session = self.database.client.start_session()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun that no commit was sent of."""
        return bool(self.session.in_transaction)

    async def run(self, calls: Sequence[Call]) -> Any:
        """The result of the last of *calls*, which are made one after the other; the first error ends them."""
        if self._threads is not None:
            return await self._threads.run(lambda: [call() for call in calls][-1])
        result: Any = None
        for call in calls:
            result = await call()
        return result

    def insertion(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> Call:
        """A call that inserts *documents* by a plain command, which costs half of what `insert_many` does.

        It raises `BulkWriteError` where one of them cannot be inserted, as `insert_many` would.
        """
        command = {"insert": collection, "documents": list(documents)}

        def send() -> Any:
            return self.database.command(command, session=self.session)

        async def sent() -> None:
            _check_inserted(await send())

        return sent if self._threads is None else lambda: _check_inserted(send())

    async def begin(self) -> None:
        """Begin the transaction; the server learns of it by its first command."""
        await _awaited(
            self.session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=Primary(),
            )
        )

    async def end(self, within_s: float) -> None:
        """End the session, which aborts what was not committed."""
        if not self.in_transaction:
            await _awaited(self.session.end_session())
            return
        with pymongo.timeout(within_s):
            await self.run([self.session.end_session])


def _check_inserted(reply: dict[str, Any]) -> None:
    if reply.get("writeErrors"):
        raise BulkWriteError(reply)


async def _awaited(value: Awaitable[Any] | None) -> None:
    """Await what one driver does at once and the other one awaits."""
    if isawaitable(value):
        await value
