"""Leases: which process does a job that one process alone is to do.

A lease is a document with its holder and its end. Whoever holds it renews it in time; once it has ended, any process
may take it. The clocks of servers may differ by less than a lease lasts.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, TypedDict

from pymongo.errors import DuplicateKeyError, PyMongoError

from connectors.declarations import Collection
from connectors.mongo import Database

COLLECTION: Final = "leases"

LASTS: Final = timedelta(minutes=2)
"""How long a lease of a command lasts: one whose process died blocks the next one no longer than that."""
_RENEWALS: Final = 4
"""A lease is renewed well before it ends."""


class Unavailable(Exception):
    """Another process holds the lease."""


class Lost(Unavailable):
    """Another process may hold the lease now: it was taken over, or the database did not answer."""


class Lease(TypedDict):
    """Who does a job, until when, and how its last run ended."""

    _id: str  # the name of the job
    holder: str
    ends_at: datetime
    succeeded_at: datetime | None  # when a run of the job last ended well
    failed_at: datetime | None
    failure: str | None  # the class of the last error; None where the last run ended well


LEASES: Final = Collection(COLLECTION, Lease)


async def take(database: Database, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Whether *holder* has the lease from now on: it was free, or its own, which is thereby renewed."""
    is_free = {"_id": name, "$or": [{"holder": holder}, {"ends_at": {"$lt": now}}]}
    taken = {"$set": {"holder": holder, "ends_at": now + lasts}}
    try:
        await database[COLLECTION].update_one(is_free, taken, upsert=True)
    except DuplicateKeyError:  # it is there, and somebody else holds it
        return False
    return True


async def note_run(database: Database, name: str, holder: str, now: datetime, failure: str | None) -> None:
    """Note how a run of the job ended: *failure* is the class of its error, None where it ended well."""
    ended = {"failed_at": now, "failure": failure} if failure else {"succeeded_at": now, "failure": None}
    await database[COLLECTION].update_one({"_id": name, "holder": holder}, {"$set": ended})


async def release(database: Database, name: str, holder: str, now: datetime) -> None:
    """End the lease, if *holder* still has it, so that another process need not wait."""
    await database[COLLECTION].update_one({"_id": name, "holder": holder}, {"$set": {"ends_at": now}})


async def remove(database: Database, name: str, holder: str) -> None:
    """Remove the lease, if *holder* still has it: of a job that may never run again nothing is to stay."""
    await database[COLLECTION].delete_one({"_id": name, "holder": holder})


@asynccontextmanager
async def held(database: Database, name: str, holder: str, *, lasts: timedelta = LASTS) -> AsyncIterator[None]:
    """Hold a lease, and renew it until the block ends; nothing of it stays then.

    Work that loses the lease is cancelled at its next step: another process may have begun.

    Raises:
        Unavailable: another process holds the lease.
        Lost: the lease was lost meanwhile.
    """
    if not await take(database, name, holder, datetime.now(UTC), lasts):
        raise Unavailable(name)
    work = asyncio.current_task()
    if work is None:  # pragma: no cover - a coroutine always runs in a task
        raise TypeError(work)
    renewal = asyncio.create_task(_renew(database, name, holder, lasts))
    renewal.add_done_callback(lambda done: None if done.cancelled() else work.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if not renewal.done() or work.uncancel():  # somebody else ended the work
            raise
        raise Lost(name) from None
    finally:
        renewal.cancel()
        with suppress(asyncio.CancelledError):
            await renewal
        await remove(database, name, holder)


async def _renew(database: Database, name: str, holder: str, lasts: timedelta) -> None:
    """Renew the lease until it is lost: taken by another process, or over because the database did not answer."""
    ends_at = datetime.now(UTC) + lasts
    while datetime.now(UTC) < ends_at:
        await asyncio.sleep(lasts.total_seconds() / _RENEWALS)
        now = datetime.now(UTC)
        with suppress(PyMongoError):
            if not await take(database, name, holder, now, lasts):
                return
            ends_at = now + lasts


async def every(database: Database) -> list[Lease]:
    """All leases, by name."""
    found: list[Lease] = await database[COLLECTION].find({}).sort("_id").to_list(None)
    return found
