import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.assembly import Clients
from connectors.imports.errors import Unusable
from connectors.imports.runs import BELONGS_NOWHERE, ImportRun, Part, Write
from connectors.imports.summary import Place, Summary
from connectors.mongo import Database

PLACE = Place("f.xml", 1)


@pytest.fixture
async def directory(mongo_uri: str) -> AsyncIterator[Database]:
    async with Clients(mongo_uri, prefix=f"runs_{uuid.uuid4().hex[:8]}", timeout_s=30) as clients:
        yield (database := clients.connectors.databases["directory"])
        await clients.connectors.directory.source.database.client.drop_database(database.name)  # type: ignore[attr-defined]  # the driver's own


def run_into(directory: Database) -> ImportRun:
    return ImportRun({"directory": directory}, Summary(), part_of={"directory.people"})


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
