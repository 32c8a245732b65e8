"""The reads of one run of the checks: the data of one school, page by page."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, NamedTuple

from pymongo.collation import Collation

from connectors.integrity import IntegrityRule
from connectors.mongo import Database, Document, Where
from connectors.vocabulary import Day, SchoolId

PAGE: Final = 300
"""Documents of a page: with all that is read about them, a few megabytes."""
BATCH: Final = 100_000
"""Documents that one message may bring, if it can hold them."""
STUDENTS: Final = 100
"""Students of a page of their marks, of which each may have some hundreds."""


class Found(NamedTuple):
    """A violation of a rule."""

    rule: IntegrityRule
    object_id: str
    person_id: str | None = None
    student_id: str | None = None
    details: Mapping[str, str] = {}
    key: str = ""
    """Tells several violations of one rule by one object apart."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The school that is checked, and the databases of all subsystems."""

    databases: Mapping[str, Database]
    school_id: SchoolId
    today: Day
    """Today's date at the school."""

    async def find(
        self, place: str, where: Where, columns: Iterable[str], collation: Collation | None = None
    ) -> list[Any]:
        """The documents of `subsystem.collection` that match."""
        found = self._collection(place).find(where, dict.fromkeys(columns, 1), collation=collation, batch_size=BATCH)
        documents: list[Any] = await found.to_list(None)
        return documents

    async def pages(
        self, place: str, where: Where, columns: Iterable[str], size: int = PAGE
    ) -> AsyncIterator[list[Any]]:
        """The documents of `subsystem.collection` that match, in pages by their ids."""
        shown, last = dict.fromkeys(columns, 1), ""
        while True:
            cursor = self._collection(place).find({**where, "_id": {"$gt": last}}, shown, batch_size=size)
            found: list[Any] = await cursor.sort("_id").limit(size).to_list(None)
            if found:
                yield found
            if len(found) < size:
                return
            last = found[-1]["_id"]

    async def rows(self, place: str, pipeline: list[Document]) -> AsyncIterator[Document]:
        """The rows of an aggregation of `subsystem.collection`, one by one."""
        async for row in rows_of(self._collection(place), pipeline):
            yield row

    def students(self) -> AsyncIterator[list[Any]]:
        """The students of the school in small pages, with their enrolments."""
        where = {"student_id": {"$exists": True}, "school_id": self.school_id, "merged_to": None}
        return self.pages("directory.people", where, ("_id", "student_id", "enrolments"), STUDENTS)

    def _collection(self, place: str) -> Any:
        subsystem, _, collection = place.partition(".")
        return self.databases[subsystem][collection]


async def rows_of(collection: Any, pipeline: Sequence[Mapping[str, Any]]) -> AsyncIterator[Document]:
    """The rows of an aggregation of a collection, one by one."""
    cursor = collection.aggregate(list(pipeline), allowDiskUse=True)
    async for row in await cursor if isawaitable(cursor) else cursor:  # PyMongo's is awaited, motor's is not
        yield row
