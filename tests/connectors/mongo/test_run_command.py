"""Whole answers, whether one message holds them or not, by both drivers."""

from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

import pytest

from connectors.mongo import Driver, connect
from connectors.mongo.run_command import read_all
from connectors.mongo.thread_pool import ThreadPool

NAME = "cursors"
THREADS = ThreadPool(NAME, few=2, most=4)


@pytest.fixture(params=Driver)
async def database(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[Any]:
    client: Any = connect(mongo_uri, timeout_s=5, driver=request.param)
    await client.drop_database(NAME)
    await client[NAME]["lessons"].insert_many([{"_id": number} for number in range(7)])
    yield client[NAME]
    await client.drop_database(NAME)
    closing = client.close()
    if isawaitable(closing):
        await closing


async def open_cursors(database: Any) -> int:
    status = await database.command("serverStatus")
    total: int = status["metrics"]["cursor"]["open"]["total"]
    return total


async def test_every_document_is_read_when_one_message_holds_them(database: Any) -> None:
    command = {"find": "lessons", "filter": {"_id": {"$gt": 2}}, "sort": {"_id": -1}, "batchSize": 100}
    assert await read_all(database, command, THREADS) == [{"_id": number} for number in (6, 5, 4, 3)]


@pytest.mark.parametrize(
    "command",
    [
        {"find": "lessons", "filter": {}, "sort": {"_id": 1}, "batchSize": 2},
        {"aggregate": "lessons", "pipeline": [{"$sort": {"_id": 1}}], "cursor": {"batchSize": 2}},
    ],
    ids=["find", "aggregate"],
)
async def test_every_document_is_read_when_no_message_holds_them_all(database: Any, command: dict[str, Any]) -> None:
    assert await read_all(database, command, THREADS) == [{"_id": number} for number in range(7)]


async def test_no_cursor_is_left_open_when_a_second_one_took_over(database: Any) -> None:
    command = {"find": "lessons", "filter": {}, "batchSize": 2}
    before = await open_cursors(database)
    for _ in range(20):
        await read_all(database, command, THREADS)
    assert await open_cursors(database) < before + 20


async def test_the_command_is_not_changed_when_it_is_sent(database: Any) -> None:
    command = {"find": "lessons", "filter": {}, "batchSize": 2}
    await read_all(database, command, THREADS)
    assert command == {"find": "lessons", "filter": {}, "batchSize": 2}
