"""Writing many documents into the connectors' databases, as the generated school does."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo import ReplaceOne

from connectors.mongo import Database, Document

CHUNK: Final = 2_000
"""Documents in one write command: flat memory, few round trips."""


class Sink:
    """Takes documents for any collection and writes them in chunks, by `_id`: repeated writes change nothing.

    *fresh* promises that the databases are empty, which makes plain inserts of it.
    """

    def __init__(self, databases: Mapping[str, Database], *, fresh: bool = False) -> None:
        self._databases = databases
        self._fresh = fresh
        self._waiting: dict[tuple[str, str], list[Document]] = {}
        self.inserted: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()

    async def put(self, subsystem: str, collection: str, documents: Iterable[Mapping[str, Any]]) -> None:
        """Take documents for `subsystem.collection`; they are written at the latest by `flush`."""
        waiting = self._waiting.setdefault((subsystem, collection), [])
        for document in documents:
            waiting.append(dict(document))
            if len(waiting) >= CHUNK:
                await self._write(subsystem, collection, waiting)
                waiting.clear()

    async def flush(self) -> None:
        """Write whatever still waits."""
        for (subsystem, collection), waiting in self._waiting.items():
            if waiting:
                await self._write(subsystem, collection, waiting)
                waiting.clear()

    async def _write(self, subsystem: str, collection: str, documents: list[Document]) -> None:
        target = self._databases[subsystem][collection]
        name = f"{subsystem}.{collection}"
        if self._fresh:
            await target.insert_many(documents, ordered=False)
            self.inserted[name] += len(documents)
            return
        writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
        result = await target.bulk_write(writes, ordered=False)
        self.inserted[name] += result.upserted_count
        self.changed[name] += result.modified_count
        self.unchanged[name] += result.matched_count - result.modified_count
