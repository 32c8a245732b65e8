"""Marks databases with generated data, so that replacing them can never destroy other data."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.assembly import Connectors
from connectors.errors import ConnectorError
from connectors.migrations import versions
from connectors.mongo import Database

MARK: Final = "generated_data"
"""The collection whose presence says that the whole database was generated and may be replaced."""

_NO_DATA: Final = frozenset({MARK, versions.COLLECTION})


@dataclass(frozen=True, slots=True)
class Holding:
    """The contents that a load finds in the database of one subsystem."""

    place: str
    """`SERVER/PREFIX`; a replica set is written as its members with commas, and no credentials appear."""
    documents: int
    is_marked: bool

    @property
    def is_foreign(self) -> bool:
        """Whether the database contains documents that were not generated."""
        return self.documents > 0 and not self.is_marked


class NotGenerated(ConnectorError):
    """Some databases contain documents that were not generated; nothing has been changed."""

    def __init__(self, holdings: Collection[Holding]) -> None:
        counts = documents_by_place(holdings)
        self.places = list(counts)
        found = ", ".join(f"{place} ({count:,} documents)" for place, count in counts.items())
        super().__init__(f"There is data that was not generated in {found}. Nothing was changed")


def documents_by_place(holdings: Collection[Holding]) -> Mapping[str, int]:
    """The number of documents under each `SERVER/PREFIX`."""
    counts: Counter[str] = Counter()
    for holding in sorted(holdings, key=lambda one: one.place):
        counts[holding.place] += holding.documents
    return counts


async def holdings(connectors: Connectors) -> Sequence[Holding]:
    """The present contents of each subsystem's database."""
    return await asyncio.gather(*(_holding(name, database) for name, database in connectors.databases.items()))


async def empty(connectors: Connectors, *, replace: Collection[str] = ()) -> None:
    """Drop all collections and mark the databases as generated.

    *replace* names, as `SERVER/PREFIX`, the databases whose other data may be dropped as well. Raises `NotGenerated`
    where another database contains documents that were not generated.
    """
    found = await holdings(connectors)
    foreign = [holding for holding in found if holding.is_foreign and holding.place not in replace]
    if foreign:
        raise NotGenerated(foreign)
    for database in connectors.databases.values():
        for name in await database.list_collection_names():
            if name != MARK:
                await database[name].drop()
        # Before the first document, so that data whose generation was interrupted can be replaced as well.
        await database[MARK].replace_one({"_id": MARK}, {"_id": MARK, "since": datetime.now(UTC)}, upsert=True)
    await versions.record_latest(connectors.databases.values())


async def remove_marks(connectors: Connectors) -> None:
    """Protect the databases from being replaced, because other data is about to be written into them."""
    await asyncio.gather(*(database[MARK].drop() for database in connectors.databases.values()))


async def _holding(subsystem: str, database: Database) -> Holding:
    names = await database.list_collection_names()
    counts = [await database[name].estimated_document_count() for name in names if name not in _NO_DATA]
    client: Any = database.client  # type: ignore[attr-defined] # both drivers' databases have it
    server = ",".join(sorted(f"{host}:{port}" for host, port in client.nodes))
    return Holding(f"{server}/{database.name.removesuffix(f'_{subsystem}')}", sum(counts), MARK in names)
