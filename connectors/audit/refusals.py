"""How often mutations of each person were refused, by day, mutation and code: what an attack looks like.

These are counts and no facts: a process that is killed loses those of its last seconds.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from connectors.declarations import Collection
from connectors.mongo import Database
from connectors.vocabulary import PersonId, SchoolId


class Refusal(TypedDict):
    """The refusals of one person on one day; there are no more of these than mutations and codes."""

    _id: str
    school_ids: list[SchoolId]  # the schools of the person, in the role in which they acted
    day: str
    person_id: PersonId
    role: str
    mutation: str
    code: str
    count: int
    expires_at: datetime


REFUSALS: Final = Collection(
    "refusals",
    Refusal,
    indexes=[
        IndexModel([("school_ids", ASCENDING), ("day", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)


class RefusalKey(NamedTuple):
    """The key by which refusals are counted."""

    day: str
    school_ids: tuple[SchoolId, ...]
    person_id: PersonId
    role: str
    mutation: str
    code: str


async def add(database: Database, counts: Iterable[tuple[RefusalKey, int]], expires_at: datetime) -> None:
    """Add to the counts; new ones expire at *expires_at*."""
    await database[REFUSALS.name].bulk_write([_added(key, count, expires_at) for key, count in counts], ordered=False)


def _added(key: RefusalKey, count: int, expires_at: datetime) -> UpdateOne:
    named = "|".join((key.day, *key[2:]))
    first = {**key._asdict(), "school_ids": list(key.school_ids), "expires_at": expires_at}
    return UpdateOne({"_id": named}, {"$inc": {"count": count}, "$setOnInsert": first}, upsert=True)
