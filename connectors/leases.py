"""Leases: which process does a job that one process alone is to do.

A lease is a document with its holder and its end. Whoever holds it renews it in time; once it has ended, any process
may take it. The clocks of servers may differ by less than a lease lasts.
"""

from datetime import datetime, timedelta
from typing import Final, TypedDict

from pymongo.errors import DuplicateKeyError

from connectors.declarations import Collection
from connectors.mongo import Database

COLLECTION: Final = "leases"


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


async def every(database: Database) -> list[Lease]:
    """All leases, by name."""
    found: list[Lease] = await database[COLLECTION].find({}).sort("_id").to_list(None)
    return found
