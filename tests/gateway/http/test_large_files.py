"""Files in a `school-gateway serve`: one that is killed in the middle of an upload, and one that takes a gigabyte."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from pymongo import AsyncMongoClient

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.files.sweeping import Sweeper
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.load import Program, program
from tests.gateway.served import token

pytestmark = pytest.mark.slow

BLOCK: Final = bytes(range(256)) * 4_096
GIGABYTE: Final = 1_000 * len(BLOCK)
MOST_GROWTH_MB: Final = 80
"""Memory that an upload and a download of a gigabyte may add: pieces, buffers, and what the allocator keeps."""

ANNOUNCE: Final = """mutation ($input: RequestUploadInput!) {
  requestUpload(input: $input) { file { id upload { url } } userErrors { code } } }"""
SEE: Final = "query ($id: ID!) { file(id: $id) { state url } }"


def blocks(size: int) -> Iterator[bytes]:
    for first in range(0, size, len(BLOCK)):
        yield BLOCK[: size - first]


async def sent(size: int) -> AsyncIterator[bytes]:
    for block in blocks(size):
        yield block


def origin(gateway: Program) -> str:
    """What an address that begins with / is relative to."""
    return gateway.url.removesuffix("/graphql")


class Student:
    """Ivan, who asks one gateway after another."""

    def __init__(self, client: aiohttp.ClientSession, built: Builder) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token(built.subject_of_token('ivan'), Role.STUDENT)}"}

    async def ask(self, gateway: Program, query: str, variables: dict[str, Any]) -> Any:
        body = {"query": query, "variables": variables}
        async with self._client.post(gateway.url, json=body, headers=self._headers) as response:
            answer = await response.json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def announced(self, gateway: Program, size: int) -> dict[str, Any]:
        digest = hashlib.sha256()
        for block in blocks(size):
            digest.update(block)
        values = {"name": "a.bin", "sizeBytes": size, "sha256": digest.hexdigest(), "purpose": "SUBMISSION"}
        payload = (await self.ask(gateway, ANNOUNCE, {"input": values}))["requestUpload"]
        assert payload["userErrors"] == []
        file: dict[str, Any] = payload["file"]
        return file


@pytest.fixture
async def student(mongo_uri: str) -> AsyncIterator[Student]:
    built = school.build("large_files")
    await built.write(mongo_uri, "large_files")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client:
        yield Student(client, built)


def environment(mongo_uri: str) -> dict[str, str]:
    return {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": "large_files",
        "GATEWAY_MONGO__TIMEOUT_S": "30",
        "GATEWAY_MONGO__READ_TIMEOUT_S": "25",
        "GATEWAY_JOBS__IN_SERVE": "false",
        "GATEWAY_TODAY": school.TODAY.isoformat(),
        "GATEWAY_FILES__SUBMISSION_BYTES": str(2_000_000_000),
    }


async def test_nothing_is_half_there_when_a_gateway_is_killed_in_the_middle_of_an_upload(
    student: Student, mongo_uri: str
) -> None:
    size = 20 * len(BLOCK)
    async with (
        AsyncMongoClient[dict[str, Any]](mongo_uri) as mongo,
        Clients(mongo_uri, prefix="large_files", timeout_s=30) as clients,
    ):
        database = mongo["large_files_files"]
        async with program(**environment(mongo_uri)) as gateway:
            file = await student.announced(gateway, size)
            url = file["upload"]["url"]

            async def half() -> AsyncIterator[bytes]:
                async for block in sent(size // 2):
                    yield block
                await asyncio.Event().wait()

            async with aiohttp.ClientSession() as client:
                sending = asyncio.create_task(client.put(origin(gateway) + url, data=half()))
                while await database["content.chunks"].count_documents({}) < 10:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.02)
                gateway.process.kill()
                await gateway.ended()
                await asyncio.gather(sending, return_exceptions=True)
        async with program(**environment(mongo_uri)) as gateway:
            seen = (await student.ask(gateway, SEE, {"id": file["id"]}))["file"]
            assert seen == {"state": "PENDING", "url": None}
            assert await database["content.files"].count_documents({}) == 0
            async with (
                aiohttp.ClientSession() as client,
                client.put(origin(gateway) + url, data=sent(size)) as response,
            ):
                assert (response.status, (await response.json())["state"]) == (200, "STORED")
        await database["files"].update_many({}, {"$set": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}})
        connectors = clients.connectors
        await Sweeper(connectors.files, connectors.sources).sweep()
        for collection in ("files", "content.files", "content.chunks"):
            assert await database[collection].count_documents({}) == 0, collection


async def test_a_gigabyte_goes_in_and_out_in_flat_memory(student: Student, mongo_uri: str) -> None:
    async with program(**environment(mongo_uri)) as gateway:
        small = await student.announced(gateway, len(BLOCK))
        file = await student.announced(gateway, GIGABYTE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client:
            async with client.put(origin(gateway) + small["upload"]["url"], data=sent(len(BLOCK))) as response:
                assert response.status == 200
            before = most_memory_mb(gateway)
            async with client.put(origin(gateway) + file["upload"]["url"], data=sent(GIGABYTE)) as response:
                assert response.status == 200, await response.text()
            url = (await student.ask(gateway, SEE, {"id": file["id"]}))["file"]["url"]
            digest, whole = hashlib.sha256(), hashlib.sha256()
            async with client.get(origin(gateway) + url) as response:
                assert response.status == 200
                async for piece in response.content.iter_chunked(1_000_000):
                    digest.update(piece)
        for block in blocks(GIGABYTE):
            whole.update(block)
        assert digest.digest() == whole.digest()
        assert most_memory_mb(gateway) - before < MOST_GROWTH_MB


def most_memory_mb(gateway: Program) -> float:
    """The most memory that the process has ever had."""
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{gateway.pid}/status").read_text())
    return int(peak) / 1_000
