"""The run of an import: documents on their way into the databases, and the account of the records they come from.

A record is accounted for exactly once: it is *written* where a document that it contributes to was inserted or changed,
*unchanged* where all of these stood, and *skipped*, with its reason, where it contributes to none. A format's package
says what a record contributes to, by `Write`s and `Part`s; nothing else decides, so no record is lost unnoticed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from pymongo import InsertOne, ReplaceOne

from connectors.imports.errors import Unusable
from connectors.imports.summary import Place, Summary
from connectors.mongo import Database, Document

CHUNK: Final = 1_000
"""Documents that are compared and written at once: flat memory, few round trips."""

BELONGS_NOWHERE: Final = "what it belongs to is not imported"
"""The reason for a record whose every document was not written in the end."""


class Write(NamedTuple):
    """A document that a record becomes, and where it belongs."""

    subsystem: str
    collection: str
    document: Mapping[str, Any]


class Part(NamedTuple):
    """The id of a document that is written elsewhere and holds what a record says."""

    document_id: str


Merge = Callable[[Document | None, Document], Document]
"""Merges the stored document (or None) with the one that the source delivers."""

OnSkip = Callable[[str, Place, str], None]
"""Takes entity, place and reason of every record that is skipped."""


class _Entry:
    """One record until its outcome is certain."""

    __slots__ = ("entity", "is_changed", "is_kept", "label", "pending", "place")

    def __init__(self, entity: str, place: Place, label: str) -> None:
        self.entity = entity
        self.place = place
        self.label = label
        self.pending = 0
        self.is_kept = False
        self.is_changed = False


class ImportRun:
    """Writes documents by `_id`, only where they differ from what stands, and accounts for the records.

    *part_of* names the collections, as `subsystem.collection`, whose documents other records may be part of; *merges*
    says for a collection how a document joins the one that stands.
    """

    def __init__(
        self,
        databases: Mapping[str, Database],
        summary: Summary,
        *,
        part_of: Collection[str],
        merges: Mapping[str, Merge] | None = None,
        on_skip: OnSkip | None = None,
    ) -> None:
        self.summary = summary
        self._databases = databases
        self._part_of = part_of
        self._merges = merges or {}
        self._on_skip = on_skip
        self._chunks: dict[tuple[str, str], dict[str, tuple[Document, list[_Entry]]]] = defaultdict(dict)
        self._parts: dict[str, list[_Entry]] = defaultdict(list)
        self._is_changed: dict[str, bool] = {}

    async def account(self, entity: str, place: Place, label: str, contributions: Iterable[Write | Part]) -> None:
        """Take one record with everything it contributes to; *contributions* may raise Unusable with the reason."""
        self.summary.read[entity] += 1
        entry = _Entry(entity, place, label)
        try:
            every = list(contributions)
        except Unusable as reason:
            self._skip(entry, str(reason))
            return
        entry.pending = len(every)
        if not every:
            self._skip(entry, BELONGS_NOWHERE)
        for one in every:
            if isinstance(one, Part):
                self._part(one.document_id, entry)
            else:
                await self._put(one, [entry])

    async def put(self, write: Write) -> None:
        """Take a document that follows from no single record."""
        await self._put(write, [])

    async def finish(self) -> None:
        """Write what waits; records whose documents never came are skipped."""
        for subsystem, collection in list(self._chunks):
            await self._flush(subsystem, collection)
        for entries in self._parts.values():
            for entry in entries:
                self._settle(entry, is_kept=False, is_changed=False)
        self._parts.clear()

    async def _put(self, write: Write, entries: list[_Entry]) -> None:
        chunk = self._chunks[write.subsystem, write.collection]
        _, waiting = chunk.setdefault(write.document["_id"], (dict(write.document), []))
        waiting.extend(entries)
        if len(chunk) >= CHUNK:
            await self._flush(write.subsystem, write.collection)

    def _part(self, document_id: str, entry: _Entry) -> None:
        is_changed = self._is_changed.get(document_id)
        if is_changed is None:
            self._parts[document_id].append(entry)
        else:
            self._settle(entry, is_kept=True, is_changed=is_changed)

    async def _flush(self, subsystem: str, collection: str) -> None:
        chunk = self._chunks.pop((subsystem, collection))
        target, name = self._databases[subsystem][collection], f"{subsystem}.{collection}"
        merge = self._merges.get(name)
        standing = {document["_id"]: document async for document in target.find({"_id": {"$in": list(chunk)}})}
        writes: list[InsertOne[Document] | ReplaceOne[Document]] = []
        for document_id, (source, entries) in chunk.items():
            before = standing.get(document_id)
            document = merge(before, source) if merge else source
            is_changed = document != before
            if before is None:
                self.summary.inserted[name] += 1
                writes.append(InsertOne(document))
            elif is_changed:
                self.summary.changed[name] += 1
                writes.append(ReplaceOne({"_id": document_id}, document, upsert=True))
            else:
                self.summary.unchanged[name] += 1
            self._settle_all(name, document_id, entries, is_changed=is_changed)
        if writes:
            await target.bulk_write(writes, ordered=False)

    def _settle_all(self, name: str, document_id: str, entries: list[_Entry], *, is_changed: bool) -> None:
        if name in self._part_of:
            self._is_changed[document_id] = is_changed
            entries = entries + self._parts.pop(document_id, [])
        for entry in entries:
            self._settle(entry, is_kept=True, is_changed=is_changed)

    def _settle(self, entry: _Entry, *, is_kept: bool, is_changed: bool) -> None:
        entry.pending -= 1
        entry.is_kept |= is_kept
        entry.is_changed |= is_changed
        if entry.pending:
            return
        if not entry.is_kept:
            self._skip(entry, BELONGS_NOWHERE)
        elif entry.is_changed:
            self.summary.written[entry.entity] += 1
        else:
            self.summary.unchanged_records[entry.entity] += 1

    def _skip(self, entry: _Entry, reason: str) -> None:
        self.summary.skip(entry.entity, reason, entry.label)
        if self._on_skip is not None:
            self._on_skip(entry.entity, entry.place, reason)
