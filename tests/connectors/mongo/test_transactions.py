"""Transactions by both drivers: what is inserted is seen, sent and committed once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import isawaitable
from typing import Any

import pytest
from pymongo.monitoring import CommandListener

from connectors.errors import SourceUnavailable
from connectors.mongo import Driver, Source, connect
from connectors.mongo.transactions import MOST_DUPLICATES, Transaction, transact
from tests.gateway.served import Recorder

NAME = "transactions"
ALL: frozenset[str] = frozenset()
Body = Callable[[Transaction], Awaitable[Any]]


class Writes:
    """A source, and the commands that it was sent."""

    def __init__(self, client: Any, recorder: Recorder) -> None:
        self.source = Source("grades", client[NAME])
        self.recorder = recorder

    async def run(self, body: Body) -> Any:
        self.recorder.clear()
        return (await transact(self.source, body, within_s=20)).result

    @property
    def commands(self) -> list[str]:
        """The names of the writes, commits and aborts."""
        return [name for _, name, _ in self.recorder.writes]

    async def marks(self) -> list[Any]:
        found: list[Any] = await self.source.database["marks"].find().sort("_id").to_list(None)
        return found


@pytest.fixture(params=Driver)
async def writes(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[Writes]:
    recorder = Recorder()
    listeners: list[CommandListener] = [recorder]
    client: Any = connect(mongo_uri, timeout_s=20, driver=request.param, listeners=listeners)
    await client.drop_database(NAME)
    await client[NAME].create_collection("marks")
    await client[NAME].create_collection("facts")
    yield Writes(client, recorder)
    await client.drop_database(NAME)
    closing = client.close()
    if isawaitable(closing):
        await closing


async def test_inserts_are_sent_with_the_commit_and_nothing_besides(writes: Writes) -> None:
    async def body(transaction: Transaction) -> int:
        await transaction.insert("marks", [{"_id": 1}, {"_id": 2}])
        await transaction.insert("facts", [{"_id": "f"}])
        return len(writes.commands)

    assert await writes.run(body) == 0
    assert writes.commands == ["insert", "insert", "commitTransaction"]
    assert await writes.marks() == [{"_id": 1}, {"_id": 2}]


async def test_what_was_inserted_is_found_changed_and_counted_in_the_same_transaction(writes: Writes) -> None:
    async def body(transaction: Transaction) -> Any:
        await transaction.insert("marks", [{"_id": 1, "value": "5"}, {"_id": 2, "value": "4"}])
        first = await transaction.find_one("marks", {"_id": 1}, columns=ALL)
        await transaction.insert("marks", [{"_id": 3, "value": "3"}])
        both = await transaction.find("marks", {"_id": {"$gt": 1}}, columns=frozenset({"_id"}))
        await transaction.insert("marks", [{"_id": 4, "value": "2"}])
        is_changed = await transaction.update("marks", {"_id": 4}, {"$set": {"value": "3"}})
        is_deleted = await transaction.delete("marks", {"_id": 2})
        await transaction.put("marks", [{"_id": 3, "value": "5"}])
        await transaction.update_all("marks", {"value": "5"}, {"$set": {"weight": 2}})
        return first, both, is_changed, is_deleted, await transaction.count("marks", {}, most=10)

    found = await writes.run(body)
    assert found == ({"_id": 1, "value": "5"}, [{"_id": 2}, {"_id": 3}], True, True, 3)
    assert await writes.marks() == [
        {"_id": 1, "value": "5", "weight": 2},
        {"_id": 3, "value": "5", "weight": 2},
        {"_id": 4, "value": "3"},
    ]


async def test_a_body_that_is_broken_off_sends_no_insert(writes: Writes) -> None:
    async def body(transaction: Transaction) -> None:
        await transaction.insert("marks", [{"_id": 1}])
        raise LookupError

    with pytest.raises(LookupError):
        await writes.run(body)
    assert writes.commands == []
    assert await writes.marks() == []


async def test_the_body_runs_again_after_a_duplicate_and_sees_what_was_first(writes: Writes) -> None:
    await writes.source.database["marks"].insert_one({"_id": 1, "value": "4"})
    seen: list[Any] = []

    async def body(transaction: Transaction) -> None:
        there = await transaction.find_one("marks", {"_id": 1}, columns=ALL) if seen else None
        seen.append(there)
        if there is None:
            await transaction.insert("facts", [{"_id": "f"}])
            await transaction.insert("marks", [{"_id": 1, "value": "5"}])

    await writes.run(body)
    assert seen == [None, {"_id": 1, "value": "4"}]
    assert await writes.source.database["facts"].find().to_list(None) == []


async def test_those_who_lost_a_conflict_try_again_one_after_the_other(writes: Writes) -> None:
    """An attempt fails once because it comes first, and once for each that comes first and wins: 60 at most."""
    many, attempts = 20, 0

    async def body(transaction: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await transaction.update_all("marks", {"_id": 1}, {"$inc": {"value": 1}})
        [mark] = await transaction.find("marks", {"_id": 1}, columns=ALL)
        await transaction.insert("facts", [{"_id": mark["value"]}])

    await writes.source.database["marks"].insert_one({"_id": 1, "value": 0})
    await asyncio.gather(*(writes.run(body) for _ in range(many)))
    assert [mark["value"] for mark in await writes.marks()] == [many]
    assert attempts <= 3 * many


async def test_whose_turn_does_not_come_in_time_changes_nothing(writes: Writes) -> None:
    await writes.source.database["marks"].insert_one({"_id": 1, "value": 0})

    async def body(transaction: Transaction) -> None:
        await transaction.find("marks", {}, columns=ALL)
        await writes.source.database["marks"].update_one({"_id": 1}, {"$inc": {"value": 1}})
        await transaction.update("marks", {"_id": 1}, {"$set": {"value": -1}})

    async with writes.source.turns.of("marks {'_id': 1}", asyncio.get_running_loop().time() + 5):
        with pytest.raises(SourceUnavailable):
            await transact(writes.source, body, within_s=0.5)
    assert [mark["value"] > 0 for mark in await writes.marks()] == [True]


async def test_nothing_is_committed_where_the_duplicate_stays(writes: Writes) -> None:
    await writes.source.database["marks"].insert_one({"_id": 2})
    attempts = []

    async def body(transaction: Transaction) -> None:
        attempts.append(1)
        await transaction.insert("marks", [{"_id": 1}, {"_id": 2}])

    with pytest.raises(SourceUnavailable):
        await writes.run(body)
    assert len(attempts) == MOST_DUPLICATES
    assert await writes.marks() == [{"_id": 2}]
