"""Whom a person was merged into: by one command, as by following the pointers one by one."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from connectors import mongo
from connectors.directory import Directory, survivors
from connectors.directory.merges import MAX_MERGES
from connectors.mongo import Source

COLUMNS = frozenset({"name"})


@pytest.fixture
async def directory(mongo_uri: str) -> AsyncIterator[Directory]:
    client: Any = mongo.connect(mongo_uri, timeout_s=20)
    database = client[f"merges_{uuid.uuid4().hex}"]
    chain = [{"_id": f"c{n}", "name": f"C{n}", "merged_to": f"c{n + 1}"} for n in range(MAX_MERGES + 1)]
    people = [
        {"_id": "anna", "name": "Anna", "student_id": "stu_anna"},
        {"_id": "annie", "name": "Annie", "student_id": "stu_annie", "merged_to": "anna"},
        {"_id": "ann", "name": "Ann", "student_id": "stu_ann", "merged_to": "annie"},
        {"_id": "lost", "name": "Lost", "student_id": "stu_lost", "merged_to": "nobody"},
        {"_id": "round", "name": "Round", "merged_to": "about"},
        {"_id": "about", "name": "About", "merged_to": "round"},
        *chain,
        {"_id": f"c{MAX_MERGES + 1}", "name": "End"},
    ]
    await database.people.insert_many(people)
    yield Directory(Source("directory", database))
    await client.drop_database(database.name)
    client.close()


def _soon() -> float:
    return asyncio.get_running_loop().time() + 20


async def test_a_merged_person_is_found_as_who_remains(directory: Directory) -> None:
    ids: list[Any] = ["anna", "annie", "ann", "nobody"]
    found: Any = await directory.survivors_by_ids(ids, columns=COLUMNS, deadline=_soon())
    assert {own: person["_id"] for own, person in found.items()} == {"anna": "anna", "annie": "anna", "ann": "anna"}
    assert found["ann"] == {"_id": "anna", "name": "Anna"}
    of_students: list[Any] = ["stu_ann", "stu_anna", "stu_nobody"]
    students = await directory.survivors_of_students(of_students, columns=COLUMNS, deadline=_soon())
    assert {own: person["student_id"] for own, person in students.items()} == dict.fromkeys(of_students[:2], "stu_anna")


async def test_who_remains_is_whom_the_pointers_lead_to_one_by_one(directory: Directory) -> None:
    ids: list[Any] = ["anna", "ann", "lost", "round", "about", *(f"c{n}" for n in range(MAX_MERGES + 2))]

    async def read(keys: Sequence[Any]) -> list[Any]:
        known = await directory.people_by_ids(
            [key for key in keys if key], columns=COLUMNS | {"merged_to"}, deadline=_soon()
        )
        return [known.get(key) for key in keys]

    one_by_one = await survivors(await read(ids), read)
    at_once: Any = await directory.survivors_by_ids(ids, columns=COLUMNS, deadline=_soon())
    assert [at_once[own] for own in ids] == one_by_one
    assert at_once["c1"]["_id"] == f"c{MAX_MERGES + 1}"
    assert at_once["c0"].get("merged_to")  # a chain that is too long leads to nobody
    assert at_once["lost"].get("merged_to") == "nobody"
