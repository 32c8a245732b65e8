"""Idempotency keys: a change that is sent again with its key has no second effect, and its first outcome is found.

The record of a key lies in the database of the subsystem that it changed, written in the transaction of the change.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.declarations import Collection
from connectors.errors import ConnectorError
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId

COLLECTION: Final = "idempotency"


class KeyRecord(TypedDict):
    """The outcome of the change that was sent with a key."""

    _id: str
    fingerprint: str
    ids: dict[str, Any]  # what the change made, by which its answer is found again: ids and lists of ids
    expires_at: datetime


KEYS: Final = Collection(COLLECTION, KeyRecord, indexes=[IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)])


class Key(NamedTuple):
    """A key as one person uses it in one role, and the change that they sent it with."""

    id: str
    fingerprint: str


class KeyReused(ConnectorError):
    """The key was sent before with another change."""


def key_of(person: PersonId, role: str, key: str, change: bytes) -> Key:
    """The key of a person; *change* says which mutation it is and what its arguments are."""
    name = f"{person}\x1f{role}\x1f{key}"
    return Key(hashlib.sha256(name.encode()).hexdigest(), hashlib.sha256(change).hexdigest())


async def outcome_of(key: Key, transaction: Transaction, now: datetime) -> Mapping[str, Any] | None:
    """The ids recorded when this change was first sent with this idempotency key; None where it was not, or long ago.

    Raises KeyReused where the key was sent with another change.
    """
    found: Any = await transaction.find_one(COLLECTION, {"_id": key.id}, columns=frozenset())
    if found is None:
        return None
    if found["expires_at"] <= now:  # MongoDB deletes expired documents up to a minute late
        await transaction.delete(COLLECTION, {"_id": key.id})
        return None
    if found["fingerprint"] != key.fingerprint:
        raise KeyReused
    ids: Mapping[str, Any] = found["ids"]
    return ids


async def remember(key: Key, ids: Mapping[str, Any], transaction: Transaction, expires_at: datetime) -> None:
    """Record in the transaction of a change what it made; the record counts until *expires_at*."""
    record = KeyRecord(_id=key.id, fingerprint=key.fingerprint, ids=dict(ids), expires_at=expires_at)
    await transaction.insert(COLLECTION, [record])
