"""Deletes what has become older than it is to be kept; other collections delete theirs by an index (`expires_at`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from connectors.mongo import Database

AT_ONCE: Final = 1_000
"""Documents of a collection that one run deletes: a run may be broken off, and the next one goes on."""


@dataclass(frozen=True)
class RetentionRules:
    """For how many days documents are kept; None: for good."""

    message_reports_days: int = 365
    announcement_reads_days: int = 730
    absence_notices_days: int | None = None
    audit_details_days: int | None = None


class Aged(NamedTuple):
    """A collection whose documents age: since the instant under *key*."""

    rule: str
    subsystem: str
    collection: str
    key: str


AGED: Final = (
    Aged("message_reports_days", "messages", "reports", "reported_at"),
    Aged("announcement_reads_days", "announcements", "reads", "read_at"),
    Aged("absence_notices_days", "diary", "absence_notices", "sent_at"),
)


async def delete_aged(databases: Mapping[str, Database], rules: RetentionRules, now: datetime) -> bool:
    """Delete some documents of each collection that are too old; return whether there are more."""
    has_more = False
    for one in AGED:
        days: int | None = getattr(rules, one.rule)
        if days is not None:
            collection = databases[one.subsystem][one.collection]
            where = {one.key: {"$lt": now - timedelta(days=days)}}
            some = await collection.find(where, {"_id": 1}).limit(AT_ONCE).to_list(None)
            await collection.delete_many({"_id": {"$in": [document["_id"] for document in some]}})
            has_more |= len(some) == AT_ONCE
    return has_more
