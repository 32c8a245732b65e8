"""Refused mutations are counted per person, day, mutation and code."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLError

from auth.viewer import Role, Viewer
from connectors.mongo import connect
from connectors.vocabulary import PersonId, SchoolId
from gateway.engine.errors import OperationRefused
from gateway.operations.refusals import Refusals

DAY = "2026-11-18"
TAKEN = ("giveMark", "TAKEN")


def viewer(person: str = "per_1") -> Viewer:
    school = SchoolId("sch_1")
    return Viewer(role=Role.PARENT, person_id=PersonId(person), school_ids=(school,), zones={school: "Asia/Tomsk"})


@pytest.fixture
async def database(mongo_uri: str) -> AsyncIterator[Any]:
    client = connect(mongo_uri, timeout_s=30)
    database = client[f"refusals_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"]
    await database["refusals"].delete_many({})
    yield database
    client.close()


def refusals(database: Any, **options: Any) -> Refusals:
    return Refusals(database, {"giveMark"}, keep=timedelta(days=90), **options)


async def counts(database: Any) -> dict[tuple[str, ...], int]:
    found = await database["refusals"].find({}).to_list(None)
    return {(own["day"], own["person_id"], own["role"], own["mutation"], own["code"]): own["count"] for own in found}


async def test_counts_of_several_processes_are_added(database: Any) -> None:
    first, second = refusals(database), refusals(database)
    first.count(viewer(), DAY, [TAKEN, TAKEN])
    second.count(viewer(), DAY, [TAKEN])
    second.count(viewer("per_2"), DAY, [TAKEN])
    await asyncio.gather(first.flush(), second.flush())
    first.count(viewer(), DAY, [TAKEN])
    await first.flush()
    assert await counts(database) == {
        (DAY, "per_1", "PARENT", *TAKEN): 4,
        (DAY, "per_2", "PARENT", *TAKEN): 1,
    }


async def test_a_mutation_that_the_role_may_not_call_is_counted_without_the_client_s_words(database: Any) -> None:
    counted = refusals(database)
    denied = {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}
    errors = [GraphQLError("", path=[name], extensions=denied) for name in ("giveMark", "anAliasWithAName")]
    counted.count_denied(viewer(), DAY, OperationRefused(errors, stage="access", kind="mutation"))
    counted.count_denied(viewer(), DAY, OperationRefused(errors, stage="access"))  # a query
    counted.count_denied(viewer(), DAY, OperationRefused(errors, stage="validation", kind="mutation"))
    await counted.flush()
    code = denied["code"]
    assert await counts(database) == {
        (DAY, "per_1", "PARENT", "giveMark", code): 1,
        (DAY, "per_1", "PARENT", "other", code): 1,
    }


async def test_the_counts_that_wait_are_bounded(database: Any) -> None:
    counted = refusals(database, most=2)
    for person in ("per_1", "per_2", "per_3", "per_1"):
        counted.count(viewer(person), DAY, [TAKEN])
    await counted.flush()
    assert sorted(own[1] for own in await counts(database)) == ["per_1", "per_2"]
    assert (await counts(database))[DAY, "per_1", "PARENT", *TAKEN] == 2


async def test_counts_wait_while_the_database_does_not_take_them(database: Any) -> None:
    counted = refusals(database)
    counted.count(viewer(), DAY, [TAKEN])
    await database.command({"collMod": "refusals", "validator": {"_id": 1}})
    try:
        await counted.flush()
        counted.count(viewer(), DAY, [TAKEN])
        assert await counts(database) == {}
    finally:
        await database.command({"collMod": "refusals", "validator": {}})
    async with counted.flushing():
        pass  # which writes at its end
    assert await counts(database) == {(DAY, "per_1", "PARENT", *TAKEN): 2}


async def test_counts_expire(database: Any) -> None:
    counted = refusals(database)
    counted.count(viewer(), DAY, [TAKEN])
    await counted.flush()
    [stored] = await database["refusals"].find({}).to_list(None)
    assert stored["expires_at"] is not None
    assert stored["school_ids"] == ["sch_1"]
