"""The feed of changes, by a real replica set."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from pymongo import AsyncMongoClient

from connectors.change_feed import Change, ChangeFeed


async def test_changes_of_the_followed_collections_arrive_in_their_order(mongo_uri: str) -> None:
    name = f"feed_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_grades"
    found: list[Change] = []
    arrived = asyncio.Event()

    async def listener(changes: Sequence[Change]) -> None:
        found.extend(changes)
        if len(found) >= 3:
            arrived.set()

    async def missed() -> None:
        raise AssertionError("nothing was missed")

    async with AsyncMongoClient[dict[str, Any]](mongo_uri) as client:
        database = client[name]
        await client.drop_database(name)
        await database["marks"].insert_one({"_id": "before"})
        async with ChangeFeed({"grades": (mongo_uri, name, ["marks"])}, listener, missed) as feed:
            await feed.is_open.wait()
            await database["works"].insert_one({"_id": "of another collection"})
            await database["marks"].insert_one({"_id": "m1", "value": "5"})
            await database["marks"].update_one({"_id": "m1"}, {"$set": {"value": "4"}})
            await database["marks"].delete_one({"_id": "m1"})
            async with asyncio.timeout(30):
                await arrived.wait()
    assert [(own.place, own.document_id, own.operation, set(own.fields)) for own in found] == [
        ("grades.marks", "m1", "insert", set()),
        ("grades.marks", "m1", "update", {"value"}),
        ("grades.marks", "m1", "delete", set()),
    ]
