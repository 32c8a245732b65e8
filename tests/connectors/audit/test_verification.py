"""Verification: every tampering is found, and its place is named."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.audit.chain import details_hash, event_hash
from connectors.audit.checkpoints import LAST_OF_EACH_SCHOOL, Checkpoint, append_lines, ends, read_lines
from connectors.audit.documents import PERSONAL
from connectors.audit.signatures import PublicKeys
from connectors.audit.verification import Finding, Report, Tampering, verify
from tests.connectors.audit.sealing import KEYS, Sealing, fact


@pytest.fixture
async def sealed(sealing: Sealing) -> Sealing:
    """A chain of six events at one school, in batches of two, and one of a single event at another."""
    await sealing.put(*(fact(minute=minute) for minute in range(6)), fact("sch_2", minute=9))
    sealer = sealing.sealer(batch=2)
    while await sealer.seal():
        pass
    assert len(await sealing.events()) == 6
    return sealing


async def verified(sealed: Sealing, *checkpoints: Checkpoint, keys: PublicKeys = KEYS) -> Report:
    return await verify(sealed.connectors.audit.source.database, keys=keys, checkpoints=checkpoints)


async def found(
    sealed: Sealing, *checkpoints: Checkpoint, keys: PublicKeys = KEYS
) -> list[tuple[str, int, int | None]]:
    report = await verified(sealed, *checkpoints, keys=keys)
    return [(finding.tampering.value, finding.number, finding.until) for finding in report.findings]


async def checkpoint(sealed: Sealing) -> Checkpoint:
    return next(one for one in await ends(sealed.connectors.audit.source.database) if one["school"] == "1")


async def test_nothing_is_found_in_a_chain_as_it_was_sealed(sealed: Sealing) -> None:
    reported: list[int] = []
    report = await verify(
        sealed.connectors.audit.source.database,
        keys=KEYS,
        checkpoints=[await checkpoint(sealed)],
        on_progress=reported.append,
    )
    assert report == Report(findings=[], events=7, schools=2, erased=0, checkpoints=1)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "giveMarl"},
        {"role": "STUDENT"},
        {"actor_id": "per_2"},
        {"student_id": "stu_2"},
        {"object_id": "mrk_2"},
        {"changes.0.after": "4"},
        {"client": "apq"},
        {"salt": "0"},
        {"source": "grades"},
        {"details_hash": "0"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_one_changed_byte_is_found_at_its_event(sealed: Sealing, change: dict[str, Any]) -> None:
    await sealed.events_place.update_one({"school_id": "sch_1", "number": 3}, {"$set": change})
    report = await verified(sealed)
    [event] = [event for event in await sealed.events() if event["number"] == 3]
    assert report.findings == [Finding("sch_1", 3, Tampering.CHANGED, event["_id"])]


async def test_a_change_whose_hash_was_made_anew_is_found_at_the_next_event(sealed: Sealing) -> None:
    event = dict((await sealed.events())[2])
    event["changes"] = [{"field": "value", "before": None, "after": "2"}]
    event["details_hash"] = details_hash(event)
    event["hash"] = event_hash(event)
    await sealed.events_place.replace_one({"_id": event["_id"]}, event)
    assert await found(sealed) == [("UNLINKED", 4, None)]


async def test_a_removed_event_is_found(sealed: Sealing) -> None:
    await sealed.events_place.delete_one({"school_id": "sch_1", "number": 3})
    assert await found(sealed) == [("MISSING", 3, None)]


async def test_the_removed_beginning_is_found(sealed: Sealing) -> None:
    await sealed.events_place.delete_many({"school_id": "sch_1", "number": {"$lte": 2}})
    assert await found(sealed) == [("MISSING", 1, 2)]


async def test_an_event_put_in_between_is_found(sealed: Sealing) -> None:
    events = await sealed.events()
    for event in reversed(events[3:]):
        await sealed.events_place.update_one({"_id": event["_id"]}, {"$inc": {"number": 1}})
    put_in = {**events[2], "_id": "aud_put_in", "number": 4, "previous": events[2]["hash"]}
    put_in["hash"] = event_hash(put_in)
    await sealed.events_place.insert_one(put_in)
    assert (await found(sealed))[0] == ("CHANGED", 4, None)


async def test_an_event_put_at_the_end_is_found_because_it_is_not_signed(sealed: Sealing) -> None:
    last = (await sealed.events())[-1]
    put_in = {**last, "number": 7, "previous": last["hash"], "fact_id": "fct_x", "signature": None}
    put_in["_id"] = "aud_put_in"
    put_in["hash"] = event_hash(put_in)
    await sealed.events_place.insert_one(put_in)
    assert await found(sealed) == [("CHANGED", 7, None), ("UNSIGNED", 7, None)]


async def test_two_swapped_events_are_found_at_both_places(sealed: Sealing) -> None:
    second, fifth = (await sealed.events())[1:5:3]
    for event in (second, fifth):
        await sealed.events_place.delete_one({"_id": event["_id"]})
    for event, number in ((second, 5), (fifth, 2)):
        await sealed.events_place.insert_one({**event, "number": number})
    places = {number for tampering, number, _ in await found(sealed) if tampering == "CHANGED"}
    assert places == {2, 5}


async def test_two_events_whose_content_was_swapped_are_found_at_both_places(sealed: Sealing) -> None:
    second, fifth = (await sealed.events())[1:5:3]
    for event, other in ((second, fifth), (fifth, second)):
        details = {key: other[key] for key in PERSONAL}
        await sealed.events_place.update_one({"_id": event["_id"]}, {"$set": details})
    assert await found(sealed) == [("CHANGED", 2, None), ("CHANGED", 5, None)]


async def test_a_cut_tail_is_found_by_a_checkpoint_alone(sealed: Sealing) -> None:
    elsewhere = await checkpoint(sealed)
    await sealed.events_place.delete_many({"school_id": "sch_1", "number": {"$gt": 4}})
    assert await found(sealed) == []
    assert await found(sealed, elsewhere) == [("CUT", 5, 6)]


async def test_a_school_whose_events_are_all_gone_is_found_by_a_checkpoint(sealed: Sealing) -> None:
    elsewhere = await checkpoint(sealed)
    await sealed.events_place.delete_many({"school_id": "sch_1"})
    assert await found(sealed, elsewhere) == [("CUT", 1, 6)]


async def test_a_chain_that_was_made_anew_is_found_by_signature_and_by_checkpoint(sealed: Sealing) -> None:
    elsewhere = await checkpoint(sealed)
    previous = None
    for event in map(dict, await sealed.events()):
        event["action"] = "changeMark"
        event["previous"] = previous or event["previous"]
        event["hash"] = previous = event_hash(event)
        await sealed.events_place.replace_one({"_id": event["_id"]}, event)
    assert await found(sealed) == [("UNSIGNED", 1, 2), ("UNSIGNED", 3, 4), ("UNSIGNED", 5, 6)]
    assert await found(sealed, elsewhere, keys=PublicKeys([])) == [("REWRITTEN", 6, None)]


async def test_a_forged_checkpoint_is_found(sealed: Sealing) -> None:
    forged = Checkpoint(**{**await checkpoint(sealed), "number": 9})
    assert await found(sealed, forged) == [("FORGED_CHECKPOINT", 9, None)]


async def test_erased_details_leave_the_chain_whole(sealed: Sealing) -> None:
    await sealed.events_place.update_one({"number": 3}, {"$unset": dict.fromkeys(PERSONAL, "")})
    report = await verified(sealed, await checkpoint(sealed))
    assert (report.findings, report.erased) == ([], 1)
    await sealed.events_place.update_one({"number": 4}, {"$unset": {"changes": ""}})
    assert await found(sealed) == [("CHANGED", 4, None)]


async def test_checkpoints_are_read_from_lines_of_a_log_too(sealed: Sealing, tmp_path: Path) -> None:
    own = await checkpoint(sealed)
    path = tmp_path / "log"
    logged = {"event": "audit checkpoint", "level": "info", **own, "number": 1}
    path.write_bytes(b'not json\n{"event":"other"}\n' + orjson.dumps(logged) + b"\n")
    append_lines(path, [own])
    assert [one["number"] for one in read_lines(path)] == [1, 6]
    assert list(read_lines(path))[1] == own


async def test_a_number_that_is_none_is_a_finding_and_no_failure(sealed: Sealing) -> None:
    await sealed.events_place.update_one({"school_id": "sch_1", "number": 3}, {"$set": {"number": "3"}})
    assert ("MISSING", 3, None) in await found(sealed)


async def test_the_last_events_are_found_by_one_entry_of_an_index_for_each_school(sealed: Sealing) -> None:
    aggregate = {"aggregate": "events", "pipeline": list(LAST_OF_EACH_SCHOOL), "cursor": {}}
    explained = await sealed.connectors.audit.source.database.command({"explain": aggregate})
    assert "DISTINCT_SCAN" in str(explained)
    assert [one["number"] for one in await ends(sealed.connectors.audit.source.database)] == [6, 1]
