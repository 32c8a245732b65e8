"""The run of an import: documents on their way into the databases, and the account of the records they come from.

A record is accounted for exactly once: it is *written* where a document that it contributes to was inserted or changed,
*unchanged* where all of these stood, and *skipped*, with its reason, where it contributes to none. A format's package
says what a record contributes to, by `Write`s and `Part`s; nothing else decides, so no record is lost unnoticed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from connectors.grades import MarkChange
from connectors.imports.errors import Unusable
from connectors.imports.summary import DocumentConflict, Place, Summary
from connectors.mongo import Database, Document
from connectors.snapshots import SNAPSHOTS, Snapshot, id_of, merged
from connectors.vocabulary import version_of

CHUNK: Final = 1_000
"""Documents that are compared and written at once: flat memory, few round trips."""

TAKEN: Final = "another document, which was not imported, stands in its place, or somebody is changing its document"
"""The reason for a record whose document a unique index refuses, or that others change all the time."""

WITHDRAWN: Final = frozenset({"grades.marks", "grades.works", "schedule.lessons"})
"""The collections whose documents are removed when their source no longer names them (see `withdrawals`)."""

_MARKS: Final = "grades.marks"

_RIGHTS: Final = frozenset({"directory.guardianships", "directory.staff_assignments"})
"""The collections in whose documents the lesser right stands where both sides changed it."""

_LESSER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("data_access", "is_legal_representative"), lambda here, source: here and source),
    **dict.fromkeys(("valid_from", "starts_on"), lambda *days: max(filter(None, days), default=None)),
    **dict.fromkeys(("valid_to", "ends_on"), lambda *days: min(filter(None, days), default=None)),
}

_VERSIONED: Final = frozenset({"grades.marks", "schedule.lessons"})
"""The collections whose documents people change by version: a change by an import makes the seen version stale."""

_MOST_ROUNDS: Final = 10
"""How often documents that others change at the same time are merged anew; then their records are refused."""

_DUPLICATE_KEY: Final = 11_000

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


class Names(NamedTuple):
    """A document that a record names even if the record cannot be used: what is stored of it is not withdrawn."""

    subsystem: str
    collection: str
    document_id: str


Merge = Callable[[Document, Document, Mapping[str, Any] | None], Document]
"""Decides about keys of a document that have rules of their own.

Takes the document that is stored here, the one of the source, and the one that the source said last if that is known;
returns these keys as they are to be.
"""

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

    *source* is the issuer whose snapshots the documents are compared with. *part_of* names the collections, as
    `subsystem.collection`, whose documents other records may be part of; *merges* says for a collection which keys have
    rules of their own.
    *is_dry* counts what would be written and writes nothing. *complete* names the collections of which the source names
    every document: one that it no longer names is marked as missing since *day*.
    """

    def __init__(
        self,
        databases: Mapping[str, Database],
        summary: Summary,
        *,
        source: str,
        part_of: Collection[str],
        merges: Mapping[str, Merge] | None = None,
        on_skip: OnSkip | None = None,
        is_dry: bool = False,
        complete: Collection[str] = (),
        day: str = "",
    ) -> None:
        self.summary = summary
        self._databases = databases
        self._source = source
        self._is_dry = is_dry
        self._day = day
        self._named: dict[str, set[str]] = {name: set() for name in complete}
        """The documents of each complete collection that the source names."""
        self._part_of = part_of
        self._merges = merges or {}
        self._on_skip = on_skip
        self._chunks: dict[tuple[str, str], dict[str, tuple[Document, list[_Entry]]]] = defaultdict(dict)
        self._parts: dict[str, list[_Entry]] = defaultdict(list)
        self._is_changed: dict[str, bool] = {}

    async def account(
        self, entity: str, place: Place, label: str, contributions: Iterable[Write | Part | Names]
    ) -> None:
        """Take one record with everything it contributes to; *contributions* may raise Unusable with the reason."""
        self.summary.read[entity] += 1
        entry = _Entry(entity, place, label)
        try:
            every = [one for one in contributions if not isinstance(one, Names)]
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

    def refuse(self, entity: str, place: Place, label: str, reason: str) -> None:
        """Take one record that cannot be used, with the reason."""
        self.summary.read[entity] += 1
        self._skip(_Entry(entity, place, label), reason)

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
        if not self._is_dry:
            for name, ids in self._named.items():
                await self._mark_missing(name, ids)

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
        database, name = self._databases[subsystem], f"{subsystem}.{collection}"
        if name in self._named:
            self._named[name].update(chunk)
        snapshots = await self._snapshots_of(database, collection, list(chunk))
        current = await _current_documents(database[collection], list(chunk))
        before, changed, refused = current, self._changes(name, chunk, current, snapshots), set[str]()
        waiting = {} if self._is_dry else changed
        for _ in range(_MOST_ROUNDS):
            if not waiting:
                break
            written = await _write(database[collection], waiting, before, is_versioned=name in _VERSIONED)
            refused |= written.refused
            if written.is_complete:
                break
            # What somebody else changed after it was read is merged anew with their change.
            ids = [own for own in waiting if own not in refused]
            before = await _current_documents(database[collection], ids)
            waiting = self._changes(name, {own: chunk[own] for own in ids}, before, snapshots)
        else:
            refused |= set() if self._is_dry else waiting.keys()
        if not self._is_dry:
            erased = {own for own, one in current.items() if "erased_at" in one}
            sources = {own: chunk[own][0] for own in chunk if own not in refused and own not in erased}
            await self._keep(database, collection, sources, snapshots)
        for document_id, (_, entries) in chunk.items():
            if document_id in refused:
                self._settle_refused(entries)
                continue
            is_changed = document_id in changed
            counts = self.summary.changed if is_changed else self.summary.unchanged
            counts = self.summary.inserted if is_changed and document_id not in current else counts
            counts[name] += 1
            self._settle_all(name, document_id, entries, is_changed=is_changed)

    def _changes(
        self,
        name: str,
        chunk: Mapping[str, tuple[Document, list[_Entry]]],
        current: Mapping[str, Document],
        snapshots: Mapping[str, Snapshot],
    ) -> dict[str, Document]:
        """The documents that are to stand, where they differ from what stands."""
        changes = {}
        for own, (source, _) in chunk.items():
            here = current.get(own)
            document = self._outcome(name, here, snapshots.get(own), source)
            if document is not None and document != here:
                changes[own] = _with_history(here, document) if here and name == _MARKS else document
        return changes

    def _outcome(
        self, name: str, here: Document | None, snapshot: Snapshot | None, source: Document
    ) -> Document | None:
        """The document that is to be stored: what was changed here stays; None where it was deleted or erased here."""
        if (snapshot is not None and "erased_at" in snapshot) or (here is not None and "erased_at" in here):
            return None
        if here is None:
            if snapshot is None or (name in WITHDRAWN and "missing_since" in snapshot):
                return source
            self.summary.findings["documents that were deleted here and stay so"] += 1
            return None
        if snapshot is not None:
            base = snapshot["document"]
        elif version_of(here):  # whatever was changed before snapshots were kept
            base = source
        else:
            base = {key: here[key] for key in source if key in here}
        merge = self._merges.get(name)
        links = merge(here, source, base if snapshot else None) if merge else {}
        document, conflicts = merged(_without(base, links), _without(source, links), here)
        for conflict in conflicts:
            self.summary.add_conflict(DocumentConflict(name, here["_id"], *conflict))
            lesser = _LESSER.get(conflict.field) if name in _RIGHTS else None
            if lesser is not None:
                document[conflict.field] = lesser(conflict.here, conflict.source)
        return {**document, **links}

    async def _mark_missing(self, name: str, named: set[str]) -> None:
        """Note since when the source no longer names a document; the document itself stays as it is."""
        subsystem, collection = name.split(".")
        snapshots = self._databases[subsystem][SNAPSHOTS.name]
        where = {"source": self._source, "collection": collection, "missing_since": {"$exists": False}}
        found = snapshots.find(where, {"document._id": 1})
        missing = [one["_id"] async for one in found if one["document"]["_id"] not in named]
        for start in range(0, len(missing), CHUNK):
            some = {"_id": {"$in": missing[start : start + CHUNK]}}
            await snapshots.update_many(some, {"$set": {"missing_since": self._day}})
        if missing:
            self.summary.notes.append(
                f"{len(missing):,} {collection} are no longer named. They stay, and are marked as missing."
            )

    async def _snapshots_of(self, database: Database, collection: str, ids: list[str]) -> dict[str, Snapshot]:
        wanted = [id_of(collection, document_id) for document_id in ids]
        found = database[SNAPSHOTS.name].find({"_id": {"$in": wanted}, "source": self._source})
        return {one["document"]["_id"]: one async for one in found}

    async def _keep(
        self,
        database: Database,
        collection: str,
        sources: Mapping[str, Document],
        snapshots: Mapping[str, Snapshot],
    ) -> None:
        """Keep what the source says now of each document, after the document itself.

        A run that is broken off in between finds the document as the source describes it, and takes no harm.
        """
        writes = []
        for document_id, source in sources.items():
            before = snapshots.get(document_id)
            if before is not None and "erased_at" in before:
                continue
            if before is None or before["document"] != source or "missing_since" in before:
                own = id_of(collection, document_id)
                snapshot = Snapshot(_id=own, collection=collection, source=self._source, document=source)
                writes.append(ReplaceOne({"_id": own}, snapshot, upsert=True))
        if writes:
            await database[SNAPSHOTS.name].bulk_write(writes, ordered=False)

    def _settle_refused(self, entries: list[_Entry]) -> None:
        for entry in entries:
            entry.pending -= 1
            if entry.pending == 0 and not entry.is_kept:
                self._skip(entry, TAKEN)

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


async def _current_documents(target: Any, ids: Sequence[str]) -> dict[str, Document]:
    """The documents that are stored under these ids now."""
    return {one["_id"]: one async for one in target.find({"_id": {"$in": ids}})}


class _Written(NamedTuple):
    """The ids that a unique index refuses, and whether all other documents were as they had been read."""

    refused: set[str]
    is_complete: bool


async def _write(
    target: Any, changed: Mapping[str, Document], current: Mapping[str, Document], *, is_versioned: bool
) -> _Written:
    """Write the fields that differ, where nobody has changed them since."""
    writes = [
        _update(current[own], one, is_versioned=is_versioned) if own in current else InsertOne(one)
        for own, one in changed.items()
    ]
    try:
        counts = (await target.bulk_write(writes, ordered=False)).bulk_api_result
    except BulkWriteError as error:
        counts = error.details
        if any(problem["code"] != _DUPLICATE_KEY for problem in counts["writeErrors"]):
            raise
    ids = list(changed)
    refused = {ids[one["index"]] for one in counts["writeErrors"] if one.get("keyPattern") != {"_id": 1}}
    return _Written(refused, counts["nMatched"] + counts["nInserted"] + len(refused) == len(ids))


def _update(here: Document, document: Document, *, is_versioned: bool) -> UpdateOne:
    """Change the fields of a document that is still the one that was read."""
    changed = {key: value for key, value in document.items() if key not in here or here[key] != value}
    removed = [key for key in here if key not in document]
    read = {key: here.get(key) for key in ("_id", "version", *changed, *removed)}
    update: Document = {"$set": changed} if changed else {}
    if removed:
        update["$unset"] = dict.fromkeys(removed, "")
    if is_versioned or "version" in here:
        update["$inc"] = {"version": 1}
    return UpdateOne(read, update)


def _with_history(here: Document, document: Document) -> Document:
    """A mark whose value an import changes keeps its old value in its history, as one does that a teacher changes."""
    if here["value"] == document["value"]:
        return document
    change = MarkChange(
        changed_at=datetime.now(UTC), changed_by_id=None, old_value=here["value"], new_value=document["value"]
    )
    return {**document, "history": [*(here.get("history") or []), change]}


def _without(document: Mapping[str, Any], keys: Collection[str]) -> Document:
    return {key: value for key, value in document.items() if key not in keys}
