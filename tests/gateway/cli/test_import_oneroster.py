"""What `school-gateway import oneroster` says, and how it exits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.imports.history import latest_runs, recorded
from connectors.migrations import versions
from tests.connectors.imports.oneroster.delivery import Delivery, person, small_school
from tests.databases import own_databases
from tests.gateway.cli.running import run

Environment = Mapping[str, str]


@pytest.fixture
async def delivery(tmp_path: Path, mongo_uri: str) -> AsyncIterator[tuple[Delivery, Environment]]:
    async with own_databases(mongo_uri, "cli") as (connectors, prefix):
        environment = {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": prefix, "GATEWAY_TODAY": "2026-11-18"}
        await versions.record_latest(connectors.databases.values())
        yield small_school(Delivery(tmp_path, connectors)), environment


async def test_import_writes_once_and_doctor_finds_nothing(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    first = await run("import", "oneroster", str(files.zip()), **environment)
    assert first.code == 0, first.err
    second = await run("import", "oneroster", str(files.zip()), **environment)
    assert second.code == 0
    assert "0 inserted, 0 changed" in second.err
    assert "0 orphaned" in (await run("doctor", **environment)).err


async def test_import_asks_and_names_what_would_end(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    for number in range(25):
        person(files, f"p{number}", "parent", "Мария", "Иванова", agentSourcedIds="stu")
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0
    for number in range(25):
        files.rows["users"][f"p{number}"] = {**files.rows["users"][f"p{number}"], "agentSourcedIds": ""}
    stopped = await run("import", "oneroster", str(files.zip()), **environment)
    assert stopped.code == 1
    assert "The files no longer name 25 of 27 guardianships (Иванова Мария – Иванова-Петрова Анна" in stopped.err
    assert "--allow-ending 25" in stopped.err
    allowed = await run("import", "oneroster", str(files.zip()), "--allow-ending", "25", **environment)
    assert allowed.code == 0, allowed.err


async def test_import_fails_with_a_sentence(delivery: tuple[Delivery, Environment], tmp_path: Path) -> None:
    _, environment = delivery
    for path, said in ((tmp_path / "absent.zip", "No such file"), (tmp_path, "There is no file of the standard")):
        failed = await run("import", "oneroster", str(path), **environment)
        assert failed.code == 1
        assert said in failed.err
        assert "Traceback" not in failed.err


async def test_runs_are_listed_and_repeated(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    files.add("enrollments", "bad", classSourcedId="9z", userSourcedId="stu", role="student")
    said = await run("import", "oneroster", str(files.zip()), **environment)
    [run_id] = [word for word in said.err.split() if word.startswith("imr_")]
    listed = await run("import", "runs", **environment)
    assert f"{run_id} " in listed.out
    assert "DONE oneroster urn:oneroster: " in listed.out
    one = await run("import", "runs", run_id, **environment)
    assert "unknown class '9z'" in one.out
    repeated = await run("import", "repeat", run_id, **environment)
    assert repeated.code == 0, repeated.err
    assert "0 inserted, 0 changed" in repeated.err
    assert (await run("import", "repeat", "imr_none", **environment)).code == 1


async def test_a_second_import_of_a_source_is_refused_while_one_runs(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    directory = files.connectors.databases["directory"]
    async with recorded(directory, source="urn:oneroster", format_="oneroster", options={}):
        refused = await run("import", "oneroster", str(files.zip()), **environment)
        dry = await run("import", "oneroster", str(files.zip()), "--dry-run", **environment)
        other = await run("import", "oneroster", str(files.zip()), "--issuer", "urn:other", **environment)
    assert refused.code == 1
    assert dry.code == 1
    assert "An import of urn:oneroster is running" in refused.err
    assert "An import of urn:oneroster is running" in dry.err
    assert other.code == 0, other.err
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0


async def test_a_run_that_was_broken_off_is_named_so_by_the_next(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    directory = files.connectors.databases["directory"]
    with suppress(asyncio.CancelledError):
        async with recorded(directory, source="urn:oneroster", format_="oneroster", options={}):
            assert "import urn:oneroster: oneroster" in (said := (await run("doctor", **environment)).err)
            assert "is running" in said
            raise asyncio.CancelledError
    sick = await run("doctor", **environment)
    assert sick.code == 1
    assert "was broken off: `import repeat imr_" in sick.err
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0
    assert "done; nothing refused" in (await run("doctor", **environment)).err
    states = [record["state"] for record in await latest_runs(directory, 9)]
    assert states == ["DONE", "BROKEN_OFF"]


async def test_doctor_counts_what_a_source_no_longer_names(delivery: tuple[Delivery, Environment]) -> None:
    files, environment = delivery
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0
    del files.rows["users"]["dad"]
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0
    assert " 1 people no longer named (`import runs imr_" in (await run("doctor", **environment)).err


async def test_a_field_that_both_sides_changed_is_shown_with_its_values_of_now(
    delivery: tuple[Delivery, Environment],
) -> None:
    files, environment = delivery
    assert (await run("import", "oneroster", str(files.zip()), **environment)).code == 0
    people = files.connectors.databases["directory"]["people"]
    changed = {"$set": {"birth_date": "2013-05-10"}, "$inc": {"version": 1}}
    await people.update_one({"birth_date": "2013-05-01"}, changed)
    files.rows["demographics"]["stu"] = {"birthDate": "2013-05-11"}
    said = await run("import", "oneroster", str(files.zip()), **environment)
    [run_id] = [word for word in said.err.split() if word.startswith("imr_")]
    shown = await run("import", "runs", run_id, **environment)
    assert ".birth_date: '2013-05-10' here, '2013-05-11' in the source" in shown.out.replace("\n", " ")
