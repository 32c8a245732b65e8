"""Sweeping: files that nobody needs are deleted with their contents, and all others stay."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.files.sweeping import Sweeper
from gateway.jobs.files import file_jobs
from tests.gateway.writing.acting import Acting, acting
from tests.gateway.writing.uploading import announced, uploaded

PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def served(mongo_uri: str) -> AsyncIterator[Acting]:
    async with acting(mongo_uri, None, "jobs_files") as one:
        yield one


@pytest.fixture
async def acts(served: Acting) -> Acting:
    await served.restore()
    return served


async def swept(acts: Acting, mongo_uri: str) -> set[str]:
    """The ids of the files that are left after a run, which must have kept exactly their contents."""
    async with Clients(mongo_uri, prefix=acts.prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        [job] = file_jobs(Sweeper(connectors.files, connectors.sources), connectors.files)
        assert await job.run() is False
    files = await acts.found("files.files")
    contents = {one["content"] for one in files} - {None}
    assert {one["_id"] for one in await acts.found("files.content.files")} == contents
    assert {one["files_id"] for one in await acts.found("files.content.chunks")} == contents
    for owner, own in usage_of(files).items():
        [used] = await acts.found("files.usage", _id=owner)
        assert (used["size_bytes"], used["files"]) == own
    return {one["_id"] for one in files}


def usage_of(files: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    owners = {file["person_id"] for file in files} | {file["school_id"] for file in files}
    of = {owner: [one for one in files if owner in {one["person_id"], one["school_id"]}] for owner in owners}
    return {owner: (sum(one["size_bytes"] for one in own), len(own)) for owner, own in of.items()}


async def over(acts: Acting, file_id: str) -> None:
    """Let the time of a file be over."""
    await acts.change("files.files", {"_id": file_id}, {"$set": {"expires_at": PAST}})


async def test_what_nothing_has_is_deleted_once_its_time_is_over(acts: Acting, mongo_uri: str) -> None:
    waiting = (await announced(acts, "ivan", Role.STUDENT, b"1"))["id"]
    never_sent = (await announced(acts, "ivan", Role.STUDENT, b"22"))["id"]
    fresh = await uploaded(acts, "ivan", Role.STUDENT, b"333")
    unclaimed = await uploaded(acts, "ivan", Role.STUDENT, b"4444")
    material = await uploaded(acts, "smirnov", Role.TEACHER, b"55555")
    assert await swept(acts, mongo_uri) == {waiting, never_sent, fresh, unclaimed, material}
    for file in (never_sent, unclaimed, material):
        await over(acts, file)
    assert await swept(acts, mongo_uri) == {waiting, fresh, material}


async def test_an_upload_that_may_be_under_way_is_left_alone(acts: Acting, mongo_uri: str) -> None:
    sending = (await announced(acts, "ivan", Role.STUDENT, b"1"))["id"]
    ended = datetime.now(UTC) - timedelta(minutes=50)
    await acts.change("files.files", {"_id": sending}, {"$set": {"expires_at": ended}})
    assert await swept(acts, mongo_uri) == {sending}


async def test_what_a_killed_process_left_in_the_store_is_deleted(acts: Acting, mongo_uri: str) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, b"4444")
    pending = (await announced(acts, "ivan", Role.STUDENT, b"1"))["id"]
    for own in (file, pending):
        left = {"files_id": f"{own}.left", "n": 0, "data": b"a part"}
        await acts.client[f"{acts.prefix}_files"]["content.chunks"].insert_one(left)
        await acts.change("files.files", {"_id": own}, {"$push": {"content_keys": f"{own}.left"}})
        await over(acts, own)
    values = {"homeworkId": acts.own("Homework", "today", "ivan"), "attachmentIds": [file]}
    assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == [("NOT_FOUND", ["attachmentIds", "0"])]
    await acts.change("files.files", {"_id": file}, {"$set": {"expires_at": datetime.now(UTC) + timedelta(hours=1)}})
    assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == []
    await over(acts, file)
    assert await swept(acts, mongo_uri) == {file}
    [file_left] = await acts.found("files.files")
    assert (file_left["expires_at"], file_left["content_keys"]) == (None, [file_left["content"]])


async def test_what_a_document_lets_go_of_is_deleted_after_a_while(acts: Acting, mongo_uri: str) -> None:
    first, second = [await uploaded(acts, "ivan", Role.STUDENT, content) for content in (b"1", b"22")]
    task = {"homeworkId": acts.own("Homework", "today", "ivan")}
    await acts.act("ivan", Role.STUDENT, "submitHomework", {**task, "attachmentIds": [first, second]})
    for file in (first, second):
        await over(acts, file)
    assert await swept(acts, mongo_uri) == {first, second}
    await acts.act("ivan", Role.STUDENT, "submitHomework", {**task, "attachmentIds": [second]})
    assert await swept(acts, mongo_uri) == {first, second}
    await acts.change("diary.attached_files", {"file_id": first}, {"$set": {"released_at": PAST}})
    assert await swept(acts, mongo_uri) == {second}


async def test_removed_material_stays_where_it_is_attached(acts: Acting, mongo_uri: str) -> None:
    material, other = [await uploaded(acts, "smirnov", Role.TEACHER, content) for content in (b"1", b"22")]
    task = {"lessonId": acts.id("Lesson", "sat1"), "text": "§ 5", "attachmentIds": [material]}
    await acts.act("smirnov", Role.TEACHER, "assignHomework", task, Idempotency_Key="k")
    for file in (material, other):
        await acts.act("smirnov", Role.TEACHER, "removeFile", {"fileId": file})
        await over(acts, file)
    assert await swept(acts, mongo_uri) == {material}
    assert await acts.codes(
        "smirnov", Role.TEACHER, "assignHomework", {**task, "text": "§ 6"}, Idempotency_Key="k2"
    ) == [("NOT_FOUND", ["attachmentIds", "0"])]
