"""Files at a school that has them looked through for viruses."""

from collections.abc import AsyncIterator

import pytest

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.files import FileState
from connectors.files.scanning import Clamd, scan, scan_waiting
from gateway.settings import FileSettings
from tests.connectors.files.clamd import VIRUS, clamd
from tests.connectors.pictures.cameras import photo
from tests.gateway.writing.acting import Acting, acting
from tests.gateway.writing.uploading import announced, put, seen, uploaded


@pytest.fixture
async def scanner() -> AsyncIterator[Clamd]:
    async with clamd() as one:
        yield one


@pytest.fixture
async def acts(mongo_uri: str, scanner: Clamd) -> AsyncIterator[Acting]:
    files = FileSettings(clamd=f"{scanner.host}:{scanner.port}")
    async with acting(mongo_uri, None, "scanned_files", files=files) as one:
        await one.restore()
        yield one


async def test_a_virus_is_rejected_and_deleted_and_anything_else_is_clean(acts: Acting) -> None:
    clean, virus = [await announced(acts, "ivan", Role.STUDENT, content) for content in (b"text", VIRUS)]
    assert await put(acts, clean["upload"]["url"], b"text") == (200, {"id": clean["id"], "state": "CLEAN"})
    for _ in range(2):
        status, answer = await put(acts, virus["upload"]["url"], VIRUS)
        assert (status, answer["errors"][0]["extensions"]["code"]) == (409, "FILE_REJECTED")
    assert [one["_id"] for one in await acts.found("files.content.files")] == [
        one["content"] for one in await acts.found("files.files", state="CLEAN")
    ]
    task = acts.own("Homework", "today", "ivan")
    for file, expected in ((clean, []), (virus, [("FILE_REJECTED", ["attachmentIds", "0"])])):
        values = {"homeworkId": task, "attachmentIds": [file["id"]]}
        assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == expected


async def test_a_file_waits_until_clamd_answers_again(mongo_uri: str) -> None:
    async with clamd() as gone:
        pass
    async with acting(mongo_uri, None, "unscanned_files", files=FileSettings(clamd=f"{gone.host}:{gone.port}")) as acts:
        await acts.restore()
        file = await announced(acts, "ivan", Role.STUDENT, b"text")
        assert await put(acts, file["upload"]["url"], b"text") == (200, {"id": file["id"], "state": "STORED"})
        values = {"homeworkId": acts.own("Homework", "today", "ivan"), "attachmentIds": [file["id"]]}
        waiting = await acts.codes("ivan", Role.STUDENT, "submitHomework", values)
        assert waiting == [("FILE_NOT_READY", ["attachmentIds", "0"])]
        async with clamd() as back, Clients(mongo_uri, prefix=acts.prefix, timeout_s=30) as clients:
            files = clients.connectors.files
            files.scanner = back
            assert await scan_waiting(files) is False
        assert (await seen(acts, "ivan", Role.STUDENT, file["id"]))["state"] == "CLEAN"
        assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == []


async def test_copies_of_a_picture_with_a_virus_are_deleted_with_it(mongo_uri: str) -> None:
    async with acting(mongo_uri, None, "scanned_pictures") as acts, clamd() as late:
        await acts.restore()
        file = await uploaded(acts, "ivan", Role.STUDENT, photo("PNG") + VIRUS)
        async with Clients(mongo_uri, prefix=acts.prefix, timeout_s=30) as clients:
            files = clients.connectors.files
            files.scanner = late
            [before] = await acts.found("files.files")
            query = "query ($id: ID!) { file(id: $id) { thumbnailUrl } }"
            own = (await acts.answer("ivan", Role.STUDENT, query, {"id": file}))["data"]["file"]
            response = await acts.served.client.get(own["thumbnailUrl"])
            assert response.status == 200
            assert len(await acts.found("files.content.files")) == 3
            # The scanner began before the copies were made.
            assert await scan(files, before) == FileState.REJECTED
        assert await acts.found("files.content.files") == []
        [rejected] = await acts.found("files.files")
        assert (rejected["content_keys"], rejected["content"], "copies" in rejected) == ([], None, False)
        assert (await acts.served.client.get(own["thumbnailUrl"])).status == 404
