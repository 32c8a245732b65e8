"""The sealer: each fact becomes one event, numbered per school, whatever happens meanwhile."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connectors.audit.chain import FIRST, details_hash, event_hash
from connectors.audit.verification import verify
from connectors.errors import SourceUnavailable
from connectors.facts import digest_of
from tests.connectors.audit.sealing import AT, KEYS, SIGNER, Sealing, fact


async def test_facts_are_numbered_per_school_in_the_order_of_their_time(sealing: Sealing) -> None:
    first, second, other = fact(minute=1), fact(minute=2), fact("sch_2", minute=0)
    await sealing.put(second, other, first)
    assert await sealing.sealer().seal() is False
    events = await sealing.events()
    assert [(event["number"], event["fact_id"]) for event in events] == [(1, first["_id"]), (2, second["_id"])]
    assert [(event["number"], event["fact_id"]) for event in await sealing.events("sch_2")] == [(1, other["_id"])]
    assert events[0]["previous"] == FIRST
    assert events[1]["previous"] == events[0]["hash"] == event_hash(events[0])
    assert all(details_hash(event) == event["details_hash"] for event in events)
    assert [event["signature"] is not None for event in events] == [False, True]  # the last of a batch is signed


async def test_an_event_holds_what_the_fact_says(sealing: Sealing) -> None:
    own = fact(after=5)
    await sealing.put(own)
    await sealing.sealer().seal()
    [event] = await sealing.events()
    shown = {key: event[key] for key in ("at", "action", "role", "source", "actor_id", "student_id", "object_id")}
    assert shown == {
        "at": AT,
        "action": "giveMark",
        "role": "TEACHER",
        "source": "diary",
        "actor_id": "per_1",
        "student_id": "stu_1",
        "object_id": "mrk_1",
    }
    assert event["changes"] == [{"field": "value", "before": None, "after": "5"}]
    assert (event["request_id"], event["client"], event["key_id"]) == ("r", "app", SIGNER.key_id)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ("5-", "5-"),
        (4.5, "4.5"),
        (True, "true"),
        (AT, "2026-11-18T07:00:00.000+00:00"),
        ([{"b": 1, "a": AT}], '[{"a":"2026-11-18T07:00:00.000+00:00","b":1}]'),
        (digest_of("Болеет", b"key"), digest_of("Болеет", b"key")),
    ],
)
async def test_values_are_strings_and_texts_are_digests(sealing: Sealing, value: Any, shown: Any) -> None:
    await sealing.put(fact(after=value))
    await sealing.sealer().seal()
    [event] = await sealing.events()
    assert event["changes"][0]["after"] == shown
    report = await verify(sealing.connectors.audit.source.database, keys=KEYS)
    assert report.findings == []


async def test_what_is_sealed_later_continues_the_chain(sealing: Sealing) -> None:
    for minute in range(3):
        await sealing.put(fact(minute=minute))
        await sealing.sealer().seal()
    events = await sealing.events()
    assert [event["number"] for event in events] == [1, 2, 3]
    assert [event["previous"] for event in events] == [FIRST, events[0]["hash"], events[1]["hash"]]


async def test_a_batch_that_is_full_says_that_there_may_be_more(sealing: Sealing) -> None:
    await sealing.put(*(fact(minute=minute) for minute in range(5)))
    sealer = sealing.sealer(batch=2)
    assert [await sealer.seal() for _ in range(3)] == [True, True, False]
    assert [event["number"] for event in await sealing.events()] == [1, 2, 3, 4, 5]


async def test_a_fact_whose_time_was_taken_away_is_sealed_and_holds_up_nothing(sealing: Sealing) -> None:
    altered = fact(after="3")
    await sealing.put(altered, fact(minute=1))
    await sealing.facts_place.update_one({"_id": altered["_id"]}, {"$unset": {"at": 1}})
    await sealing.sealer().seal()
    assert [event["changes"][0]["after"] for event in await sealing.events()] == ["5", "3"]


async def test_sealed_facts_expire_and_others_do_not(sealing: Sealing) -> None:
    await sealing.put(fact())
    await sealing.sealer(keep_facts=timedelta(days=7)).seal()
    await sealing.put(fact(minute=1))
    facts = await sealing.facts_place.find({}).sort("at").to_list(None)
    [event] = await sealing.events()
    retention = facts[0]["expires_at"] - event["sealed_at"]
    assert timedelta(days=7) <= retention < timedelta(days=7, minutes=10)
    assert "expires_at" not in facts[1]
    indexes = await sealing.facts_place.index_information()
    assert any(index.get("expireAfterSeconds") == 0 for index in indexes.values())


async def test_sealers_at_once_seal_nothing_twice(sealing: Sealing) -> None:
    facts = [fact(f"sch_{number % 2}", minute=number) for number in range(60)]
    await sealing.put(*facts)
    sealers = [sealing.sealer(batch=10) for _ in range(4)]

    async def work(number: int) -> None:
        for _ in range(20):
            try:
                if not await sealers[number].seal():
                    return
            except SourceUnavailable:  # lost every race of five; the next run finds what is left
                continue

    await asyncio.gather(*(work(number) for number in range(4)))
    await sealers[0].seal()
    events = [*await sealing.events("sch_0"), *await sealing.events("sch_1")]
    assert Counter(event["fact_id"] for event in events) == Counter(one["_id"] for one in facts)
    assert [event["number"] for event in events] == [*range(1, 31), *range(1, 31)]
    assert (await verify(sealing.connectors.audit.source.database, keys=KEYS)).findings == []


KILLED = """
import asyncio, os, signal, sys
from connectors.assembly import Clients
from connectors.audit.sealer import Sealer

class Dying(Sealer):
    async def _mark(self, source, own):
        os.kill(os.getpid(), signal.SIGKILL)

async def main(uri, prefix):
    async with Clients(uri, prefix=prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        await Dying(connectors.audit.source, [connectors.diary.source]).seal()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_sealer_that_is_killed_between_event_and_mark_loses_and_doubles_nothing(
    sealing: Sealing, mongo_uri: str
) -> None:
    facts = [fact(minute=minute) for minute in range(3)]
    await sealing.put(*facts)
    prefix = sealing.connectors.diary.source.database.name.removesuffix("_diary")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, mongo_uri, prefix, env={**os.environ})
    assert await process.wait() == -signal.SIGKILL
    assert len(await sealing.events()) == 3
    assert await sealing.facts_place.count_documents({"expires_at": None}) == 3
    await sealing.put(fact(minute=3))
    assert await sealing.sealer().seal() is False
    assert [event["number"] for event in await sealing.events()] == [1, 2, 3, 4]
    assert await sealing.facts_place.count_documents({"expires_at": None}) == 0


async def test_a_subsystem_that_is_away_does_not_hold_up_the_others(sealing: Sealing) -> None:
    class Away:
        name = "grades"
        database = sealing.connectors.grades.source.database.client["school"]  # type: ignore[attr-defined] # both have it

        def __init__(self) -> None:
            self.database = self

        def __getitem__(self, name: str) -> Any:
            raise ConnectionError

    await sealing.put(fact())
    sealer = sealing.sealer()
    sealer._sources.insert(0, Away())  # type: ignore[arg-type] # it has what is asked for
    with pytest.raises(ConnectionError):
        await sealer.seal()
    assert len(await sealing.events()) == 1
