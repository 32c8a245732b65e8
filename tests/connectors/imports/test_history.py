"""One import of a source runs at a time; what its record holds, and the rows that it leaves for the next one."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import leases
from connectors.assembly import Clients
from connectors.directory.imports import PIECES, RUNS
from connectors.imports import states
from connectors.imports.errors import ImportFailed
from connectors.imports.history import alone, lease_of, recorded
from connectors.imports.summary import DocumentConflict, Place, Summary
from connectors.imports.tables.problems import CellProblem, Rule
from connectors.mongo import Database

SOURCE = "urn:x"
SHORT = timedelta(seconds=4)


@pytest.fixture
async def directory(mongo_uri: str) -> AsyncIterator[Database]:
    async with Clients(mongo_uri, prefix=f"history_{uuid.uuid4().hex[:8]}", timeout_s=30) as clients:
        yield (database := clients.connectors.databases["directory"])
        await clients.connectors.directory.source.database.client.drop_database(database.name)  # type: ignore[attr-defined]  # the driver's own


async def test_work_that_loses_its_lease_is_ended(directory: Database) -> None:
    of_another = {"holder": "another", "ends_at": datetime.now(UTC) + timedelta(minutes=2)}

    async def work() -> None:
        async with alone(directory, SOURCE, lasts=SHORT):
            await directory["leases"].update_one({"_id": lease_of(SOURCE)}, {"$set": of_another})
            await asyncio.Event().wait()

    with pytest.raises(ImportFailed, match="lost its turn"):
        await work()
    [lease] = await leases.every(directory)
    assert lease["holder"] == "another"


async def test_a_lease_is_renewed_for_as_long_as_the_work_lasts(directory: Database) -> None:
    async with alone(directory, SOURCE, lasts=SHORT):
        [first] = await leases.every(directory)
        while (await leases.every(directory))[0]["ends_at"] < first["ends_at"] + SHORT / 8:
            pass
        with pytest.raises(ImportFailed, match="is running"):
            async with alone(directory, SOURCE):
                pass


async def test_the_record_of_a_run_ends_and_has_no_values_of_cells(directory: Database) -> None:
    async with recorded(directory, source=SOURCE, format_="tables", options={}, days=90) as run:
        problem = CellProblem(Rule.SNILS, "СНИЛС", "112-233-445 'O' 96")
        run.refuse("students", Place("Ученики", 3), str(problem))
        run.summary = Summary()
        run.summary.add_conflict(
            DocumentConflict("directory.people", "prs_1", "birth_date", "2013-05-10", "2013-05-11")
        )
    record = await directory[RUNS.name].find_one({})
    assert record is not None
    [refused] = record["refused"]
    assert refused["reason"].startswith("«СНИЛС»: СНИЛС неверен")
    assert record["differing"] == [{"collection": "directory.people", "document_id": "prs_1", "field": "birth_date"}]
    assert record["expires_at"] - record["started_at"] > timedelta(days=89)
    assert record["counts"]["differing"] == 1


async def test_rows_with_a_piece_that_is_missing_are_refused(directory: Database, tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    rows.write_bytes(b"first")
    await states.keep(directory, SOURCE, rows)
    restored = tmp_path / "restored"
    await states.restore(directory, SOURCE, restored)
    assert restored.read_bytes() == b"first"
    await directory[PIECES.name].delete_many({})
    with pytest.raises(ImportFailed, match="incomplete"):
        await states.restore(directory, SOURCE, restored)
