"""A migration: which documents it changes, and how."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import DeleteOne, UpdateOne

from connectors.mongo import Database, Document

Databases = Mapping[str, Database]
"""The database of each subsystem."""
Changes = Callable[[Databases, Sequence[Document]], Awaitable[Sequence[UpdateOne | DeleteOne]]]
"""Returns the writes that bring some documents into their new shape; it may read every database."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The documents of one collection that are of the old shape (*where*), and what changes them.

    A document that was changed no longer meets *where*, so that a rewrite which is repeated changes nothing.
    """

    collection: str
    where: Mapping[str, Any]
    changes: Changes


@dataclass(frozen=True, slots=True)
class Migration:
    """Brings the database of one subsystem from the version before to the next one."""

    subsystem: str
    title: str
    """Says in a few words what changes."""
    rewrites: Sequence[Rewrite]
    dropped_indexes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The names of indexes that the new shape does not allow, of each collection; they go before the rewrites."""
