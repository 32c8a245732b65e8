"""Marks, works and lessons that earlier files of a source named, and that its files no longer name.

A mark is removed, with a fact, and its work holds its history. A work is removed once it has no mark. A lesson is
removed from the day of the import on; one that has homework, attendance or marks is cancelled instead. What was changed
here stays, and the summary counts it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pymongo import DeleteOne, ReplaceOne, UpdateOne

from connectors.facts import COLLECTION as FACTS
from connectors.facts import Actor, Change, Fact, digest_of
from connectors.grades import MarkChange
from connectors.imports.errors import Unusable
from connectors.imports.runs import CHUNK, Names, Part, Write
from connectors.imports.staging import Staging
from connectors.imports.summary import NAMED_ENDINGS, Ended, Place, Summary
from connectors.mongo import Database, Document
from connectors.schedule import LessonStatus
from connectors.snapshots import SNAPSHOTS, id_of
from connectors.vocabulary import PersonId

MARKS: Final = "grades.marks"
WORKS: Final = "grades.works"
LESSONS: Final = "schedule.lessons"

DAYS: Final[Mapping[str, str]] = {MARKS: "given_on", WORKS: "planned_on", LESSONS: "date"}
"""The field with the day of a document; in this order the collections are looked through."""

_OF_LESSONS: Final = (("diary", "homework"), ("diary", "attendance"), ("grades", "marks"))
"""The collections whose documents name the lesson that they belong to."""

_NO_CHANGE: Final = frozenset({"version", "removed_marks"})
"""Fields that do not say that somebody changed what the source describes."""

_RECORDED: Final = ("value", "weight", "given_on", "subject_id", "work_id")
"""The fields of a mark that stand in a fact."""


class Coverage(Protocol):
    """The part of a source's documents that its files speak of: what they do not name elsewhere is not withdrawn."""

    def note(self, name: str, document: Mapping[str, Any]) -> None:
        """Take a document that the files name; *name* is that of its collection."""

    def covers(self, name: str, document: Mapping[str, Any]) -> bool:
        """Whether the files would name a document if it still held."""


class Withdrawals:
    """Finds what a source withdraws, and removes it; takes the same records as `ImportRun`, before it.

    *names* are the collections of which the files name everything that *coverage* covers.
    """

    def __init__(
        self,
        databases: Mapping[str, Database],
        staging: Staging,
        coverage: Coverage,
        names: Collection[str],
        *,
        source: str,
        day: str,
    ) -> None:
        self._databases = databases
        self._staging = staging
        self._coverage = coverage
        self._names = [name for name in DAYS if name in names]
        self._source = source
        self._day = day
        self._gone: dict[str, dict[str, Document]] = {name: {} for name in self._names}
        self._records = 0
        self._changed_here = dict.fromkeys(self._names, 0)

    async def account(self, _: str, __: Place, ___: str, contributions: Iterable[Write | Part | Names]) -> None:
        """Note the documents that a record names."""
        self._records += 1
        if self._records % CHUNK == 0:
            await asyncio.sleep(0)  # nothing else here waits, and the lease has to be renewed
        with suppress(Unusable):
            for one in contributions:
                if isinstance(one, Write):
                    await self.put(one)
                elif isinstance(one, Names):
                    self._staging.name(f"{one.subsystem}.{one.collection}", one.document_id)

    async def put(self, write: Write) -> None:
        """Note a document that the files name."""
        name = f"{write.subsystem}.{write.collection}"
        if name in self._names:
            self._staging.name(name, write.document["_id"])
            self._coverage.note(name, write.document)

    async def find(self) -> dict[str, Ended]:
        """Count what is to be removed, by the kind of document."""
        kinds = {}
        for name in self._names:
            kind = kinds[name.split(".")[1]] = Ended()
            async for snapshots in self._unnamed(name, kind):
                await self._take(name, snapshots)
            gone = self._gone[name]
            kind.count = len(gone)
            kind.examples = await self._shown(name, list(gone.values())[:NAMED_ENDINGS])
        return kinds

    async def write(self, summary: Summary) -> None:
        """Remove what was found, and say so in the summary."""
        for name, number in self._changed_here.items():
            if number:
                kind = name.split(".")[1]
                summary.findings[f"{kind} that are no longer named, and stay because they were changed here"] += number
        for name, gone in self._gone.items():
            documents = list(gone.values())
            for start in range(0, len(documents), CHUNK):
                await self._remove(name, documents[start : start + CHUNK])
            if gone:
                summary.changed[name] += len(gone)

    async def _unnamed(self, name: str, kind: Ended) -> AsyncIterator[dict[str, Document]]:
        """Yield documents that the source no longer names, as it described them last, by their ids."""
        database, collection = self._of(name)
        where = {"source": self._source, "collection": collection}
        some: dict[str, Document] = {}
        async for snapshot in database[SNAPSHOTS.name].find(where).batch_size(CHUNK):
            document = snapshot["document"]
            if name == LESSONS and document["date"] < self._day:
                continue
            kind.in_force += 1
            if not self._staging.is_named(name, document["_id"]) and self._coverage.covers(name, document):
                some[document["_id"]] = document
            if len(some) == CHUNK:
                yield some
                some = {}
        yield some

    async def _take(self, name: str, snapshots: Mapping[str, Document]) -> None:
        database, collection = self._of(name)
        current = await database[collection].find({"_id": {"$in": list(snapshots)}}).to_list(None)
        with_marks = await self._works_with_marks(list(snapshots)) if name == WORKS else set()
        for document in current:
            if _described(document) != _described(snapshots[document["_id"]]):
                self._changed_here[name] += 1
            elif document["_id"] not in with_marks:
                self._gone[name][document["_id"]] = document

    async def _works_with_marks(self, works: Sequence[str]) -> set[str]:
        marks = self._databases["grades"]["marks"].find({"work_id": {"$in": works}}, {"work_id": 1})
        gone = self._gone.get(MARKS, {})
        return {mark["work_id"] async for mark in marks if mark["_id"] not in gone}

    async def _remove(self, name: str, documents: Sequence[Document]) -> None:
        database, collection = self._of(name)
        snapshots = [id_of(collection, one["_id"]) for one in documents]
        # A run that is broken off after this line lets the next one finish, or write a document that is named again.
        missing = {"$set": {"missing_since": self._day}}
        await database[SNAPSHOTS.name].update_many({"_id": {"$in": snapshots}}, missing)
        stay: set[str] = set()
        if name == MARKS:
            await self._record(database, documents)
        elif name == LESSONS:
            stay = await self._with_work(documents)
            cancelled = {"$set": {"status": LessonStatus.CANCELLED}}
            if stay:
                await database[collection].update_many({"_id": {"$in": list(stay)}}, cancelled)
                of_lessons = {"_id": {"$in": [id_of(collection, one) for one in stay]}}
                described = {"$set": {"document.status": LessonStatus.CANCELLED}}
                await database[SNAPSHOTS.name].update_many(of_lessons, described)
        going = [one for one in documents if one["_id"] not in stay]
        if going:
            # Whoever changed a document since it was read keeps it.
            deletions = [DeleteOne({"_id": one["_id"], "version": one.get("version")}) for one in going]
            await database[collection].bulk_write(deletions, ordered=False)
            of_documents = {"_id": {"$in": [id_of(collection, one["_id"]) for one in going]}}
            await database[SNAPSHOTS.name].delete_many(of_documents)

    async def _record(self, database: Database, marks: Sequence[Document]) -> None:
        """Keep what the marks were: in a fact of each, and in the history that its work holds."""
        now = datetime.now(UTC)
        facts = [_fact(mark, self._source, self._day, now) for mark in marks]
        await database[FACTS].bulk_write([ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in facts])
        histories = []
        for mark in marks:
            last = MarkChange(changed_at=now, changed_by_id=None, old_value=mark["value"], new_value=None)
            history = {f"removed_marks.{mark['student_id']}": [*mark["history"], last]}
            histories.append(UpdateOne({"_id": mark["work_id"]}, {"$set": history}))
        await database["works"].bulk_write(histories, ordered=False)

    async def _with_work(self, lessons: Sequence[Document]) -> set[str]:
        """The lessons that have homework, attendance or marks."""
        where = {"lesson_id": {"$in": [lesson["_id"] for lesson in lessons]}}
        found: set[str] = set()
        for subsystem, collection in _OF_LESSONS:
            found |= set(await self._databases[subsystem][collection].distinct("lesson_id", where))
        return found

    async def _shown(self, name: str, documents: Sequence[Document]) -> list[str]:
        if name == WORKS:
            return [f"{work['title']}, {work['planned_on']}" for work in documents]
        directory = self._databases["directory"]
        if name == LESSONS:
            found = directory["subjects"].find({"_id": {"$in": [one["subject_id"] for one in documents]}}, {"name": 1})
            subjects = {one["_id"]: one["name"] async for one in found}
            return [f"{subjects.get(one['subject_id'])}, {one['date']}, {one['number']}" for one in documents]
        students = {"student_id": {"$in": [mark["student_id"] for mark in documents]}}
        people = directory["people"].find(students, {"student_id": 1, "display_name": 1})
        of = {person["student_id"]: person["display_name"] async for person in people}
        return [f"{of.get(mark['student_id'])} – {mark['value']}, {mark['given_on']}" for mark in documents]

    def _of(self, name: str) -> tuple[Database, str]:
        subsystem, collection = name.split(".")
        return self._databases[subsystem], collection


def _described(document: Mapping[str, Any]) -> Document:
    """The keys that the source describes, without what imports themselves added to the history of a mark."""
    described = {key: value for key, value in document.items() if key not in _NO_CHANGE}
    if "history" in described:
        described["history"] = [change for change in described["history"] if change["changed_by_id"] is not None]
    return described


def _fact(mark: Mapping[str, Any], source: str, day: str, now: datetime) -> Fact:
    """The fact that an import removed a mark; a run that is repeated writes it once."""
    key = hashlib.blake2b(f"{mark['_id']}|{day}".encode(), digest_size=16).hexdigest()
    before = {**{field: mark[field] for field in _RECORDED}, "comment": digest_of(mark["comment"], b"")}
    return Fact(
        _id=f"fct_{key}",
        school_id=mark["school_id"],
        at=now,
        actor=Actor(person_id=PersonId(""), role=""),
        action="removeMark",
        object_id=mark["_id"],
        student_id=mark["student_id"],
        changes=[Change(field=field, before=value, after=None) for field, value in before.items()],
        request_id="",
        client=f"import {source}",
    )
