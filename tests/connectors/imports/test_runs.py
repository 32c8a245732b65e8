import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pymongo
import pytest

from connectors.assembly import Clients
from connectors.imports.errors import Unusable
from connectors.imports.runs import BELONGS_NOWHERE, TAKEN, ImportRun, Merge, Part, Write
from connectors.imports.summary import Place, Summary
from connectors.mongo import Database

Blocking = pymongo.MongoClient[Any]
PLACE = Place("f.xml", 1)


@pytest.fixture
async def directory(mongo_uri: str) -> AsyncIterator[Database]:
    async with Clients(mongo_uri, prefix=f"runs_{uuid.uuid4().hex[:8]}", timeout_s=30) as clients:
        yield (database := clients.connectors.databases["directory"])
        await clients.connectors.directory.source.database.client.drop_database(database.name)  # type: ignore[attr-defined]  # the driver's own


@pytest.fixture
def blocking(mongo_uri: str) -> Iterator[Blocking]:
    client: Blocking = pymongo.MongoClient(mongo_uri)
    with client:
        yield client


def run_into(directory: Database) -> ImportRun:
    return ImportRun({"directory": directory}, Summary(), source="urn:x", part_of={"directory.people"})


def person(name: str) -> Write:
    return Write("directory", "people", {"_id": "p1", "name": name})


async def test_a_record_is_written_or_unchanged_as_its_document_was(directory: Database) -> None:
    for name, written, unchanged in (("Ann", 2, 0), ("Ann", 0, 2), ("Eve", 2, 0)):
        run = run_into(directory)
        await run.account("Post", PLACE, "x", [Part("p1")])
        await run.account("Staff", PLACE, "x", [person(name)])
        await run.finish()
        summary = run.summary
        assert (summary.written.total(), summary.unchanged_records.total()) == (written, unchanged)
        assert summary.is_balanced


async def test_a_record_is_skipped_when_its_document_never_came(directory: Database) -> None:
    run = run_into(directory)
    await run.account("Post", PLACE, "x", [Part("p1")])
    await run.finish()
    assert run.summary.skipped["Post"][BELONGS_NOWHERE].examples == ["x"]
    assert run.summary.is_balanced


async def test_a_record_is_skipped_when_it_contributes_to_nothing_or_cannot_be_used(directory: Database) -> None:
    def unusable() -> Iterator[Write]:
        yield person("Ann")
        raise Unusable("half of it is wrong")

    run = run_into(directory)
    await run.account("Post", PLACE, "x", [])
    await run.account("Staff", PLACE, "x", unusable())
    await run.finish()
    assert {entity: [*reasons] for entity, reasons in run.summary.skipped.items()} == {
        "Post": [BELONGS_NOWHERE],
        "Staff": ["half of it is wrong"],
    }
    assert run.summary.is_balanced
    assert not run.summary.inserted


async def test_records_of_one_document_are_each_accounted_for(directory: Database) -> None:
    run = run_into(directory)
    for _ in range(2):
        await run.account("Staff", PLACE, "x", [person("Ann")])
    await run.finish()
    assert run.summary.written == {"Staff": 2}
    assert run.summary.inserted == {"directory.people": 1}


def change_between(blocking: Blocking, directory: Database, *changes: Mapping[str, Any] | None) -> Merge:
    """Change the document, each time in another way, after the run has read it, before it writes; None deletes."""
    waiting = list(changes)

    def merge(*_: object) -> dict[str, Any]:
        if waiting:
            people, change = blocking[directory.name]["people"], waiting.pop(0)
            if change is None:
                people.delete_one({"_id": "p1"})
            else:
                people.update_one({"_id": "p1"}, {"$set": change, "$inc": {"version": 1}})
        return {}

    return merge


async def run_of(directory: Database, merge: Merge | None = None, **fields: str) -> Summary:
    merges = {"directory.people": merge} if merge else None
    run = ImportRun({"directory": directory}, Summary(), source="urn:x", part_of=(), merges=merges)
    await run.account("Staff", PLACE, "x", [Write("directory", "people", {"_id": "p1", **fields})])
    await run.finish()
    return run.summary


async def test_a_change_that_somebody_makes_at_the_same_time_is_not_lost(
    directory: Database, blocking: Blocking
) -> None:
    await run_of(directory, name="Ann", phone="1")
    merge = change_between(blocking, directory, {"phone": "2"}, {"phone": "3"})
    summary = await run_of(directory, merge, name="Eve", phone="1")
    assert await directory["people"].find_one({}) == {"_id": "p1", "name": "Eve", "phone": "3", "version": 3}
    assert summary.is_balanced
    assert summary.written == {"Staff": 1}


async def test_of_changes_of_one_field_at_the_same_time_the_one_made_here_stands(
    directory: Database, blocking: Blocking
) -> None:
    await run_of(directory, name="Ann")
    summary = await run_of(directory, change_between(blocking, directory, {"name": "Zoe"}), name="Eve")
    assert await directory["people"].find_one({}) == {"_id": "p1", "name": "Zoe", "version": 1}
    assert [(one.field, one.here, one.source) for one in summary.differing] == [("name", "Zoe", "Eve")]


async def test_a_document_that_somebody_deletes_at_the_same_time_does_not_come_back(
    directory: Database, blocking: Blocking
) -> None:
    await run_of(directory, name="Ann")
    await run_of(directory, change_between(blocking, directory, None), name="Eve")
    assert await directory["people"].find_one({}) is None


async def test_a_document_that_is_changed_all_the_time_is_refused(directory: Database, blocking: Blocking) -> None:
    await run_of(directory, name="Ann", phone="1")
    changes = [{"phone": str(number)} for number in range(50)]
    summary = await run_of(directory, change_between(blocking, directory, *changes), name="Eve", phone="1")
    assert [*summary.skipped["Staff"]] == [TAKEN]
    assert summary.is_balanced
