"""Writes to one subsystem's database in a transaction that is given up at a deadline.

The loop of repetitions is our own because the drivers' `with_transaction` repeats for two minutes, however short a time
its caller can wait. Motor and PyMongo both run here through their core API:
https://github.com/mongodb/specifications (transactions).
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple, TypeVar

import pymongo
from pymongo import ReplaceOne
from pymongo.collation import Collation
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from connectors import metrics
from connectors.breaker import State
from connectors.errors import OutcomeUnknown, SourceUnavailable, WritesUnsupported
from connectors.mongo.filters import Document, Order, Where, projection
from connectors.mongo.sessions import Call, Session
from connectors.mongo.source import Source
from connectors.vocabulary import Columns

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.005
PAUSE_FACTOR: Final = 1.5
LONGEST_PAUSE_S: Final = 0.5
"""The pauses that PyMongo's own loop makes between attempts."""
MOST_DUPLICATES: Final = 5
"""Attempts that may meet a duplicate key: the next one sees the document that was first."""
ABORT_S: Final = 1.0
_NOT_A_REPLICA_SET: Final = 20
_DUPLICATE: Final = 11000
_CONFLICT: Final = 112
_TRANSIENT: Final = "TransientTransactionError"
_UNKNOWN: Final = "UnknownTransactionCommitResult"

_log = logging.getLogger(__name__)


class Transaction:
    """The reads and writes of one attempt. All of them take effect together, or none does.

    What is inserted is sent with the next command, or with the commit.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._unsent: list[Call] = []
        self.written: set[str] = set()
        """The collections that the attempt has written to."""
        self.lost: str | None = None
        """The documents that another transaction wrote at the same time, which ended this one."""

    async def find(
        self, collection: str, where: Where, *, columns: Columns, collation: Collation | None = None
    ) -> list[Document]:
        """The documents that match, as they are at the beginning of the transaction."""
        options = {"session": self.session.driver_session, "collation": collation}
        found: list[Document] = await self._call(
            lambda: self._of(collection).find(where, _projected(columns), **options).to_list()
        )
        return found

    async def find_one(self, collection: str, where: Where, *, columns: Columns, order: Order = ()) -> Document | None:
        """One document that matches, the first one in *order*; None where there is none."""
        options = {"session": self.session.driver_session, "sort": list(order) or None}
        found: Document | None = await self._call(
            lambda: self._of(collection).find_one(where, _projected(columns), **options)
        )
        return found

    async def count(self, collection: str, where: Where, *, most: int) -> int:
        """The number of documents that match; *most* where there are more."""
        session = self.session.driver_session
        return int(await self._call(lambda: self._of(collection).count_documents(where, limit=most, session=session)))

    async def insert(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Insert *documents*; one whose unique key exists makes the whole transaction run again."""
        self.written.add(collection)
        self._unsent.append(self.session.insert_call(collection, documents))

    async def put(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Insert *documents*, each in the place of the one with its `_id` if there is one; in one command."""
        session = self.session.driver_session
        replacements = [ReplaceOne({"_id": document["_id"]}, dict(document), upsert=True) for document in documents]
        ids = [document["_id"] for document in documents]
        await self._write(collection, ids, lambda: self._of(collection).bulk_write(replacements, session=session))

    async def update(self, collection: str, where: Where, change: Where, *, upsert: bool = False) -> bool:
        """Change one document that matches; return whether there was one."""
        session = self.session.driver_session
        result = await self._write(
            collection, where, lambda: self._of(collection).update_one(where, change, upsert=upsert, session=session)
        )
        return bool(result.matched_count)

    async def update_all(self, collection: str, where: Where, change: Where | Sequence[Where]) -> None:
        """Change every document that matches, in one command; *change* may be a pipeline."""
        changes = list(change) if isinstance(change, Sequence) else change
        session = self.session.driver_session
        await self._write(collection, where, lambda: self._of(collection).update_many(where, changes, session=session))

    async def delete(self, collection: str, where: Where) -> bool:
        """Delete one document that matches; return whether there was one."""
        session = self.session.driver_session
        result = await self._write(collection, where, lambda: self._of(collection).delete_one(where, session=session))
        return bool(result.deleted_count)

    async def delete_all(self, collection: str, where: Where) -> None:
        """Delete every document that matches, in one command."""
        session = self.session.driver_session
        await self._write(collection, where, lambda: self._of(collection).delete_many(where, session=session))

    def unsent(self) -> list[Call]:
        """The inserts that were not sent yet; whoever asks sends them."""
        unsent, self._unsent = self._unsent, []
        return unsent

    async def _write(self, collection: str, documents: object, call: Call) -> Any:
        self.written.add(collection)
        try:
            return await self._call(call)
        except OperationFailure as error:
            if error.code == _CONFLICT:
                self.lost = f"{collection} {documents}"
            raise

    async def _call(self, call: Call) -> Any:
        return await self.session.run([*self.unsent(), call])

    def _of(self, collection: str) -> Any:
        return self.session.driver_database[collection]


class Committed(NamedTuple):
    """The result of a transaction, and the collections that it changed."""

    result: Any
    collections: frozenset[str]


Body = Callable[[Transaction], Awaitable[Any]]
"""Reads and writes, without any other effect: it runs again after a conflict. An exception of its own ends it."""


async def transact(source: Source, body: Body, *, within_s: float) -> Committed:
    """Run *body* in a transaction of the source's database and commit it to a majority of its members.

    The transaction is run to its end even where its caller is cancelled.

    Raises:
        SourceUnavailable: nothing was changed.
        WritesUnsupported: the database is no replica set; nothing was changed.
        OutcomeUnknown: whether the change was made is not known.
    """
    if source.guard.breaker.state is State.OPEN:
        raise SourceUnavailable(source.name)
    committed = await asyncio.shield(asyncio.ensure_future(_counted(source, body, within_s)))
    _log.debug("committed to %s: %s", source.name, sorted(committed.collections))
    return committed


async def _counted(source: Source, body: Body, within_s: float) -> Committed:
    outcome = "failure"
    try:
        committed = await _attempts(source, body, asyncio.get_running_loop().time() + within_s)
        outcome = "committed"
    except OutcomeUnknown:
        outcome = "unknown"
        raise
    except (PyMongoError, OSError) as error:
        if isinstance(error, OperationFailure) and error.code == _NOT_A_REPLICA_SET:
            raise WritesUnsupported(source.name) from error
        _log.warning("A change of %s was not made: %r", source.name, type(error).__name__)
        raise SourceUnavailable(source.name) from error
    except Exception:
        outcome = "refused"
        raise
    finally:
        metrics.WRITES.labels(source.name, outcome).inc()
    return committed


async def _attempts(source: Source, body: Body, deadline: float) -> Committed:
    """Run attempts until one is committed; raise the last one's error once the time is over.

    One that lost a conflict waits for its turn, and keeps it until the end.
    """
    loop = asyncio.get_running_loop()
    duplicates = 0
    attempt = 0
    contended: str | None = None
    async with AsyncExitStack() as turn:
        while True:
            transaction = Transaction(Session(source))
            try:
                return await _attempt(source, transaction, body, deadline)
            except PyMongoError as error:
                is_duplicate = _is_duplicate(error)
                duplicates += is_duplicate
                is_repeatable = error.has_error_label(_TRANSIENT) or (is_duplicate and duplicates < MOST_DUPLICATES)
                if error.timeout or not is_repeatable:
                    raise
                if loop.time() + _pause_s(attempt) >= deadline:
                    raise
            if transaction.lost not in {None, contended}:
                await turn.aclose()
                contended = transaction.lost
                await turn.enter_async_context(source.turns.of(contended, deadline))
                attempt = 0
            await asyncio.sleep(random.uniform(0, _pause_s(attempt)))  # noqa: S311 - spreads attempts, hides nothing
            attempt += 1


async def _attempt(source: Source, transaction: Transaction, body: Body, deadline: float) -> Committed:
    loop = asyncio.get_running_loop()
    session = transaction.session
    try:
        with pymongo.timeout(max(0.0, deadline - loop.time())):
            await session.begin()
            result = await body(transaction)
            await _commit(source, session, transaction.unsent(), deadline)
            return Committed(result, frozenset(transaction.written))
    finally:
        await session.end(ABORT_S)


async def _commit(source: Source, session: Session, unsent: Sequence[Call], deadline: float) -> None:
    """Send what is *unsent* and commit, again and again while the outcome is not known and there is time."""
    loop = asyncio.get_running_loop()
    attempt = 0
    while True:
        try:
            await session.run([*unsent, session.driver_session.commit_transaction])
        except (PyMongoError, OSError) as error:
            if session.in_transaction:  # it was not the commit that failed
                raise
            unsent = ()
            is_late = isinstance(error, PyMongoError) and error.timeout
            is_refused = isinstance(error, PyMongoError) and not error.has_error_label(_UNKNOWN)
            if is_refused and not is_late and not isinstance(error, ConnectionFailure):
                raise
            pause_s = _pause_s(attempt)
            if loop.time() + pause_s >= deadline or is_late:
                _log.warning("Whether a change of %s was made is not known: %r", source.name, type(error).__name__)
                raise OutcomeUnknown(source.name) from error
            await asyncio.sleep(random.uniform(0, pause_s))  # noqa: S311 - spreads the attempts, hides nothing
            attempt += 1
        else:
            return


def _is_duplicate(error: PyMongoError) -> bool:
    """Whether a document could not be inserted because its unique key exists."""
    if isinstance(error, BulkWriteError):
        failures = (error.details or {}).get("writeErrors") or []
        return bool(failures) and failures[0].get("code") == _DUPLICATE
    return isinstance(error, OperationFailure) and error.code == _DUPLICATE


def _pause_s(attempt: int) -> float:
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * PAUSE_FACTOR ** min(attempt, 20))


def _projected(columns: Columns) -> Document | None:
    return dict(projection(columns)) if columns else None
