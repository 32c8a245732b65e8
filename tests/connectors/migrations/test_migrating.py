"""Data of earlier versions: which version it has, what its migration changes, and who may migrate it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import leases
from connectors.assembly import Clients, Connectors
from connectors.migrations import migrating, versions
from connectors.migrations.migration import Migration, Rewrite
from connectors.migrations.numbered import LATEST, MIGRATIONS
from connectors.migrations.versions import WrongVersion
from tests.databases import own_databases

STARTED = datetime(2026, 9, 1, 6, tzinfo=UTC)
OLD_RUN = {
    "_id": "imr_old",
    "source": "urn:x",
    "format": "tables",
    "options": {"path": "school.xlsx", "tables": []},
    "started_at": STARTED,
    "state": "DONE",
    "refused": [{"entity": "students", "file": "a", "line": 3, "reason": "«СНИЛС» = '112-233-445 96': неверен"}],
    "differing": [
        {
            "collection": "directory.people",
            "document_id": "per_1",
            "field": "birth_date",
            "here": "2013-05-10",
            "source": "2013-05-11",
        }
    ],
}
HOMEWORK = {"_id": "hmw_1", "subject_id": "sub_1", "class_ids": ["cls_1"], "group_id": None}


def submission(own: str, homework: str) -> dict[str, Any]:
    return {"_id": own, "homework_id": homework, "student_id": "stu_1", "state": "SUBMITTED"}


@pytest.fixture
async def connectors(mongo_uri: str) -> AsyncIterator[Connectors]:
    async with own_databases(mongo_uri, "migrating") as (connectors, _):
        yield connectors


@pytest.fixture
async def old(connectors: Connectors) -> Connectors:
    """The data of a version before schema versions."""
    databases = connectors.databases
    await databases["directory"]["import_runs"].insert_one(dict(OLD_RUN))
    await databases["directory"]["invitations"].create_index("student_id", unique=True)
    await databases["directory"]["invitations"].insert_one({"_id": "inv_1", "student_id": "stu_1"})
    await databases["diary"]["homework"].insert_one(dict(HOMEWORK))
    await databases["diary"]["submissions"].insert_many([submission("sbm_1", "hmw_1"), submission("sbm_2", "gone")])
    return connectors


async def stored(connectors: Connectors) -> Mapping[str, list[dict[str, Any]]]:
    """All documents of the school, by collection."""
    found = {}
    for name, database in connectors.databases.items():
        for collection in await database.list_collection_names():
            if collection not in (versions.COLLECTION, leases.COLLECTION):
                found[f"{name}.{collection}"] = await database[collection].find().sort("_id").to_list(None)
    return found


async def test_old_data_is_refused_until_it_is_migrated(old: Connectors) -> None:
    with pytest.raises(WrongVersion, match=r"The data of diary, directory is of an earlier version .*migrate"):
        await versions.require_latest(old.databases)
    await migrating.migrate(old.databases)
    await versions.require_latest(old.databases)
    assert set((await versions.versions_of(old.databases)).values()) == {LATEST}


async def test_a_migration_gives_old_documents_their_new_shape(old: Connectors) -> None:
    steps = await migrating.migrate(old.databases)
    assert [(step.number, step.documents) for step in steps] == [(1, 1), (2, 2), (3, 1)]
    after = await stored(old)
    [run] = after["directory.import_runs"]
    assert run["refused"][0]["reason"] == "«СНИЛС»: неверен"
    assert run["differing"] == [{"collection": "directory.people", "document_id": "per_1", "field": "birth_date"}]
    assert run["expires_at"].replace(tzinfo=UTC) == STARTED + timedelta(days=90)
    assert after["directory.invitations"] == [{"_id": "inv_1", "student_id": "stu_1", "audience": "PARENT"}]
    with_homework, without = after["diary.submissions"]
    assert with_homework == {
        **submission("sbm_1", "hmw_1"),
        "subject_id": "sub_1",
        "class_ids": ["cls_1"],
        "group_id": None,
    }
    assert without == submission("sbm_2", "gone"), "what leads nowhere is left to doctor"


async def test_a_dry_run_counts_and_changes_nothing(old: Connectors) -> None:
    before = await stored(old)
    steps = await migrating.pending(old.databases)
    assert [(step.number, step.documents) for step in steps] == [(1, 1), (2, 2), (3, 1)]
    assert await stored(old) == before
    assert (await versions.versions_of(old.databases))["diary"] == versions.BEFORE_VERSIONS


async def test_an_index_that_the_new_shape_does_not_allow_is_dropped(old: Connectors) -> None:
    place = old.databases["directory"]["invitations"]
    await migrating.migrate(old.databases)
    assert set(await place.index_information()) == {"_id_"}
    await old.directory.create_indexes()
    await place.insert_one({"_id": "inv_2", "student_id": "stu_1", "audience": "STUDENT", "code_hash": "x"})


async def test_a_second_run_changes_nothing(old: Connectors) -> None:
    await migrating.migrate(old.databases)
    before = await stored(old)
    assert await migrating.migrate(old.databases) == []
    assert await stored(old) == before


async def test_a_migration_that_was_broken_off_is_completed(old: Connectors, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [submission(f"sbm_{number}", "hmw_1") for number in range(3, 8)]
    await old.databases["diary"]["submissions"].insert_many(many)
    monkeypatch.setattr(migrating, "CHUNK", 2)

    def break_off(step: migrating.Step, done: int) -> None:
        if step.number == 2 and done >= 4:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await migrating.migrate(old.databases, break_off)
    assert (await versions.versions_of(old.databases))["directory"] == 1
    assert (await versions.versions_of(old.databases))["diary"] == 0
    seen: list[int] = []

    def progress(step: migrating.Step, done: int) -> None:
        if step.number == 2:
            seen.append(done)

    step, _ = await migrating.migrate(old.databases, progress)
    assert (step.number, step.documents) == (2, 4), "what was changed before is not counted again"
    assert seen == [0, 2, 4]
    left = [one["_id"] for one in (await stored(old))["diary.submissions"] if "subject_id" not in one]
    assert left == ["sbm_2"]


async def test_two_processes_do_not_migrate_at_once(old: Connectors) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def changes(*_: Any) -> list[Any]:
        started.set()
        await go_on.wait()
        return []

    slow = [Migration("diary", "slow", [Rewrite("submissions", {}, changes)])]
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(migrating, "MIGRATIONS", slow)
        first = asyncio.create_task(migrating.migrate(old.databases))
        await started.wait()
        with pytest.raises(migrating.MigrationRuns, match="Another process"):
            await migrating.migrate(old.databases)
        go_on.set()
        assert len(await first) == 1
    assert await leases.every(old.databases["directory"]) == []


async def test_data_of_a_newer_version_is_refused_and_left_alone(old: Connectors) -> None:
    await versions.record(old.databases["grades"], LATEST + 1)
    before = await stored(old)
    for refused in (versions.require_latest, migrating.pending, migrating.migrate):
        with pytest.raises(WrongVersion, match=rf"grades is of schema version {LATEST + 1}, .*newer"):
            await refused(old.databases)
    assert await stored(old) == before


async def test_empty_databases_have_the_latest_version_from_the_start(connectors: Connectors) -> None:
    assert set((await versions.versions_of(connectors.databases)).values()) == {None}
    await versions.require_latest(connectors.databases)
    assert set((await versions.versions_of(connectors.databases)).values()) == {LATEST}


async def test_a_database_that_does_not_answer_holds_up_no_start(connectors: Connectors) -> None:
    async with Clients("mongodb://127.0.0.1:1", prefix="none", timeout_s=0.2) as nowhere:
        databases = {**connectors.databases, "grades": nowhere.connectors.databases["grades"]}
        assert "grades" not in await versions.versions_of(databases)
        await versions.require_latest(databases)


def test_each_migration_says_what_it_changes() -> None:
    assert all(migration.title and migration.rewrites for migration in MIGRATIONS)
