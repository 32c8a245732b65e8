"""The script of the operators' page saves all databases and brings them back."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pymongo import AsyncMongoClient

from connectors.assembly import SUBSYSTEMS

SCRIPT: Final = Path(__file__).parents[2] / "docs" / "backup.py"
PREFIX: Final = "backup"


async def run(what: str, directory: Path, uri: str) -> None:
    environment = {**os.environ, "GATEWAY_MONGO__URI": uri, "GATEWAY_MONGO__PREFIX": PREFIX}
    process = await asyncio.create_subprocess_exec(sys.executable, str(SCRIPT), what, str(directory), env=environment)
    assert await process.wait() == 0


async def content(client: AsyncMongoClient[Any]) -> dict[str, list[Any]]:
    """All documents of all databases, as they are stored."""
    return {
        f"{subsystem}.{name}": await client[f"{PREFIX}_{subsystem}"][name].find().sort("_id").to_list()
        for subsystem in SUBSYSTEMS
        for name in sorted(await client[f"{PREFIX}_{subsystem}"].list_collection_names())
    }


async def test_a_backup_is_restored_whole(mongo_uri: str, tmp_path: Path) -> None:
    instant = datetime(2026, 11, 16, 3, 30, tzinfo=UTC)
    async with AsyncMongoClient[Any](mongo_uri, tz_aware=True) as client:
        for subsystem in SUBSYSTEMS:
            database = client[f"{PREFIX}_{subsystem}"]
            rows = [{"_id": f"{n}", "name": "Ёлка", "at": instant, "own": [{"n": n, "x": None}]} for n in range(1_100)]
            await database["many"].insert_many(rows)
            await database["few"].insert_one({"_id": "1", "score": 4.5})
        before = await content(client)
        await run("save", tmp_path / "saved", mongo_uri)
        for subsystem in SUBSYSTEMS:
            await client[f"{PREFIX}_{subsystem}"]["many"].delete_many({"own.n": {"$lt": 900}})
            await client[f"{PREFIX}_{subsystem}"]["few"].update_one({"_id": "1"}, {"$set": {"score": 2}})
            await client[f"{PREFIX}_{subsystem}"]["later"].insert_one({"_id": "1"})
        await run("load", tmp_path / "saved", mongo_uri)
        assert await content(client) == before
        assert len(before) == 2 * len(SUBSYSTEMS)
        for subsystem in SUBSYSTEMS:
            await client.drop_database(f"{PREFIX}_{subsystem}")
