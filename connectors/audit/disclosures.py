"""Who of the staff read which data of a student, by day: the journal of disclosures that families read.

These are counts and no facts: a process that is killed loses those of its last second.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from connectors.declarations import Collection
from connectors.mongo import Database
from connectors.vocabulary import Day


class Disclosure(TypedDict):
    """The reading of one student's data by one person on one day, in one role.

    People and students are plain strings here: the journal outlives those whom it names.
    """

    _id: str
    student_id: str
    day: Day
    person_id: str
    role: str  # the role in which the person read
    kinds: list[str]  # the kinds of data, in no order
    count: int  # how many requests read any of them
    own_kinds: list[str]  # of these the kinds that the student may know of
    own_count: int  # how many requests read any of those
    expires_at: datetime


DISCLOSURES: Final = Collection(
    "disclosures",
    Disclosure,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("day", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)


class DisclosureKey(NamedTuple):
    """The key of the row that one reading is counted in."""

    day: Day
    student_id: str
    person_id: str
    role: str


class Reading(NamedTuple):
    """The readings under one key since the last writing."""

    kinds: frozenset[str]
    own_kinds: frozenset[str]
    requests: int
    own_requests: int

    def joined(self, other: "Reading") -> "Reading":
        """Return the readings of different requests together."""
        kinds, own_kinds = self.kinds | other.kinds, self.own_kinds | other.own_kinds
        return Reading(kinds, own_kinds, self.requests + other.requests, self.own_requests + other.own_requests)

    def within(self, other: "Reading") -> "Reading":
        """Return two readings of one request together."""
        own_requests = max(self.own_requests, other.own_requests)
        return Reading(self.kinds | other.kinds, self.own_kinds | other.own_kinds, self.requests, own_requests)


async def add(database: Database, readings: Iterable[tuple[DisclosureKey, Reading]], expires_at: datetime) -> None:
    """Add readings to their rows, in one bulk; new rows expire at *expires_at*."""
    await database[DISCLOSURES.name].bulk_write([_added(*own, expires_at) for own in readings], ordered=False)


def _added(key: DisclosureKey, reading: Reading, expires_at: datetime) -> UpdateOne:
    changes = {
        "$inc": {"count": reading.requests, "own_count": reading.own_requests},
        "$addToSet": {
            "kinds": {"$each": sorted(reading.kinds)},
            "own_kinds": {"$each": sorted(reading.own_kinds)},
        },
        "$setOnInsert": {**key._asdict(), "expires_at": expires_at},
    }
    return UpdateOne({"_id": "|".join(key)}, changes, upsert=True)
