"""`school-gateway migrate`, and the commands that refuse data of another version."""

from collections.abc import AsyncIterator, Mapping

import pytest

from connectors.assembly import Connectors
from connectors.migrations import versions
from connectors.migrations.numbered import LATEST
from tests.databases import own_databases
from tests.gateway.cli.running import free_port, run
from tests.gateway.served import SECRET

OLD = {"_id": "sbm_1", "homework_id": "hmw_1", "state": "SUBMITTED"}


@pytest.fixture
async def old(mongo_uri: str) -> AsyncIterator[tuple[Connectors, Mapping[str, str]]]:
    """The connectors of databases with a submission from before schema versions, and their environment."""
    async with own_databases(mongo_uri, "old") as (connectors, prefix):
        environment = {
            "GATEWAY_MONGO__URI": mongo_uri,
            "GATEWAY_MONGO__PREFIX": prefix,
            "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET,
            "GATEWAY_HTTP__PORT": str(free_port()),
        }
        databases = connectors.databases
        await databases["diary"]["homework"].insert_one({"_id": "hmw_1", "subject_id": "sub_1", "class_ids": []})
        await databases["diary"]["submissions"].insert_one(dict(OLD))
        yield connectors, environment


async def test_a_dry_run_says_what_would_be_changed(old: tuple[Connectors, Mapping[str, str]]) -> None:
    connectors, environment = old
    said = await run("migrate", "--dry-run", **environment)
    assert said.code == 0, said.err
    assert "2 diary: submissions that name the subject and the classes of their homework: 1 documents" in said.out
    assert "Nothing was changed" in said.err
    assert await connectors.databases["diary"]["submissions"].find_one({}) == OLD


async def test_migrate_changes_old_data_once(old: tuple[Connectors, Mapping[str, str]]) -> None:
    connectors, environment = old
    said = await run("migrate", **environment)
    assert said.code == 0, said.err
    assert f"schema version {LATEST}" in said.err
    found = await connectors.databases["diary"]["submissions"].find_one({})
    assert found == {**OLD, "subject_id": "sub_1", "class_ids": [], "group_id": None}
    again = await run("migrate", **environment)
    assert (again.code, again.out) == (0, "")


@pytest.mark.parametrize("command", [["serve"], ["work"], ["import", "oneroster", ".", "--issuer", "x"]])
async def test_a_command_refuses_data_of_another_version(
    command: list[str], old: tuple[Connectors, Mapping[str, str]]
) -> None:
    connectors, environment = old
    said = await run(*command, **environment)
    assert said.code == 1
    assert "The data of diary is of an earlier version" in said.err
    assert "`school-gateway migrate`" in said.err
    await versions.record(connectors.databases["diary"], LATEST + 1)
    said = await run(*command, **environment)
    assert said.code == 1
    assert "newer than this program" in said.err


async def test_doctor_names_the_version(old: tuple[Connectors, Mapping[str, str]]) -> None:
    _, environment = old
    said = await run("doctor", **environment)
    assert said.code == 1
    assert f"schema version of diary: 0, this program needs {LATEST}: `school-gateway migrate`" in said.err
    await run("migrate", **environment)
    said = await run("doctor", **environment)
    assert f"schema version: {LATEST}" in said.err
