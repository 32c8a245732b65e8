"""Files: a person's archive, how much it may take, and the addresses of files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from auth.viewer import Role
from gateway.settings import FileSettings
from tests.gateway.writing.acting import Acting, acting, limits_of
from tests.gateway.writing.uploading import announced, uploaded

ARCHIVE = """query ($purpose: FilePurpose, $first: Int = 20, $after: String) { viewer {
  files(purpose: $purpose, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
    nodes { id name purpose state } } } }"""
SMALL = FileSettings(person_files=3, person_bytes=100, school_bytes=150)


@pytest.fixture(scope="module")
async def served(mongo_uri: str) -> AsyncIterator[Acting]:
    async with acting(mongo_uri, None, "resolvers_files", files=SMALL) as one:
        yield one


@pytest.fixture
async def acts(served: Acting) -> Acting:
    await served.restore()
    return served


async def archive(acts: Acting, who: str, role: Role, **variables: Any) -> dict[str, Any]:
    answer = await acts.answer(who, role, ARCHIVE, variables)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["viewer"]["files"]
    return found


async def refused(acts: Acting, who: str, role: Role, size: int, **sent: Any) -> list[Any]:
    values = {"name": "a.txt", "sizeBytes": size, "sha256": "0" * 64, "purpose": "ACHIEVEMENT", **sent}
    return limits_of(await acts.act(who, role, "requestUpload", values, "file { id }"))


async def test_the_archive_has_the_files_of_a_person_in_a_role_the_latest_first(acts: Acting) -> None:
    every = [
        (await announced(acts, "ivan", Role.STUDENT, b"x", name=f"{name}.txt", purpose=purpose))["id"]
        for name, purpose in (("а", "SUBMISSION"), ("б", "ACHIEVEMENT"), ("в", "SUBMISSION"))
    ]
    await announced(acts, "petr", Role.STUDENT, b"x")
    found = await archive(acts, "ivan", Role.STUDENT)
    assert (found["totalCount"], [one["id"] for one in found["nodes"]]) == (3, every[::-1])
    first = await archive(acts, "ivan", Role.STUDENT, first=2)
    rest = await archive(acts, "ivan", Role.STUDENT, first=2, after=first["pageInfo"]["endCursor"])
    assert [one["id"] for one in (*first["nodes"], *rest["nodes"])] == every[::-1]
    [own] = (await archive(acts, "ivan", Role.STUDENT, purpose="ACHIEVEMENT"))["nodes"]
    assert own == {"id": every[1], "name": "б.txt", "purpose": "ACHIEVEMENT", "state": "PENDING"}
    assert (await archive(acts, "smirnov", Role.TEACHER))["nodes"] == []
    payload = await acts.act("ivan", Role.STUDENT, "removeFile", {"fileId": every[2]}, "removedFileId")
    assert payload["removedFileId"] == every[2]
    assert [one["id"] for one in (await archive(acts, "ivan", Role.STUDENT))["nodes"]] == every[1::-1]


async def test_files_take_no_more_than_a_person_and_a_school_may_have(acts: Acting) -> None:
    await announced(acts, "ivan", Role.STUDENT, b"x" * 60)
    assert await refused(acts, "ivan", Role.STUDENT, 41) == [("NO_SPACE", ["sizeBytes"], "100")]
    assert await refused(acts, "ivan", Role.STUDENT, 40) == []
    assert await refused(acts, "petr", Role.STUDENT, 51) == [("NO_SPACE", ["sizeBytes"], "150")]
    for _ in range(3):
        assert await refused(acts, "smirnov", Role.TEACHER, 1) == []
    assert await refused(acts, "smirnov", Role.TEACHER, 1) == [("NO_SPACE", None, "3")]
    used = {one["_id"]: (one["size_bytes"], one["files"]) for one in await acts.found("files.usage")}
    assert used == {
        acts.id("Person", "ivan"): (100, 2),
        acts.id("Person", "smirnov"): (3, 3),
        acts.id("School", "perm"): (103, 5),
    }


async def test_of_files_announced_at_once_no_more_are_taken_than_there_is_room_for(acts: Acting) -> None:
    answers = await asyncio.gather(*(refused(acts, "ivan", Role.STUDENT, 40) for _ in range(6)))
    assert answers.count([]) == 2
    [used] = await acts.found("files.usage", _id=acts.id("Person", "ivan"))
    assert (used["size_bytes"], used["files"]) == (80, 2)


async def test_an_address_is_the_same_when_it_is_asked_for_again(acts: Acting) -> None:
    await uploaded(acts, "ivan", Role.STUDENT, b"x")
    query = "{ viewer { files { nodes { url } } } }"
    first, second = [await acts.answer("ivan", Role.STUDENT, query) for _ in range(2)]
    until = [one["data"]["viewer"]["files"]["nodes"][0]["url"].partition("until=")[2] for one in (first, second)]
    assert first == second or until[0] != until[1], "unless a new span of time has begun meanwhile"
    assert acts.served.recorder.touched("files", "url_keys") == 0
