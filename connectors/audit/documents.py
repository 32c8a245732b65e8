"""The events of the audit, as they are stored.

The events of a school are numbered from 1 and form a chain: `hash` covers everything that is never deleted, the hash of
the event before, and the hash of the personal details. The details can therefore be deleted, and the chain still holds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection
from connectors.facts import TextDigest
from connectors.vocabulary import SchoolId


class AuditChange(TypedDict):
    """One changed field, its values as strings: *before* is None for a new object, *after* for a deleted one."""

    field: str
    before: str | TextDigest | None
    after: str | TextDigest | None


class AuditEvent(TypedDict, total=False):
    """One change that somebody made, at its place in the chain of its school.

    People and students are plain strings here: an audit outlives those whom it names, so that `doctor` must not count
    them as lost references.
    """

    _id: str
    school_id: SchoolId
    number: int  # from 1, without gaps
    at: datetime  # when the change was made
    sealed_at: datetime  # when the event was added to the chain
    action: str  # the name of the mutation, such as "giveMark"
    role: str  # the role in which the person acted
    source: str  # the subsystem that was changed
    fact_id: str  # the fact in its database
    details_hash: str  # of the personal details; hexadecimal SHA-256, like the other hashes
    previous: str  # the hash of the event before
    hash: str
    key_id: str | None  # names the key of the signature; None where the gateway has no key
    signature: str | None  # of the hash; only on the last event of those that were added together

    # The personal details; all are absent once they were erased.
    actor_id: str
    student_id: str | None
    object_id: str
    changes: list[AuditChange]
    request_id: str
    client: str
    salt: str  # random, so that nobody can guess erased details from their hash


PERSONAL: Final = ("actor_id", "student_id", "object_id", "changes", "request_id", "client", "salt")
"""The keys of the personal details, which can be erased."""
CHAINED: Final = (
    "school_id",
    "number",
    "at",
    "sealed_at",
    "action",
    "role",
    "source",
    "fact_id",
    "details_hash",
    "previous",
)
"""The keys that the hash of an event covers."""

_LATEST: Final = [("at", DESCENDING), ("_id", DESCENDING)]


def _by(*names: str) -> IndexModel:
    return IndexModel([*((name, ASCENDING) for name in ("school_id", *names)), *_LATEST])


_INDEXES: Final[Sequence[IndexModel]] = (
    IndexModel([("school_id", ASCENDING), ("number", ASCENDING)], unique=True),
    _by(),
    _by("action"),
    _by("actor_id"),
    _by("object_id"),
    _by("student_id"),
)
EVENTS: Final = Collection("events", AuditEvent, indexes=_INDEXES)
