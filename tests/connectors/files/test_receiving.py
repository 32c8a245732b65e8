"""The document of a file names whatever an upload may have left in the store."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.assembly import Clients
from connectors.errors import SourceUnavailable
from connectors.files import Files, FileState, GridStore
from connectors.files.receiving import WrongHash, receive
from connectors.files.store import StoreFailed
from connectors.files.sweeping import Sweeper

CONTENT = b"a text"


class LostAnswer(GridStore):
    """A store whose answer is lost: the content was written all the same."""

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        await super().write(key, pieces)
        raise StoreFailed(key)


class LostDeletion(GridStore):
    """A store that did not get the request to delete what was written of a content that failed on its way."""

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        await self._chunks.insert_one({"files_id": key, "n": 0, "data": b""})
        async for _ in pieces:
            pass


@pytest.fixture
async def clients(mongo_uri: str) -> AsyncIterator[Clients]:
    async with Clients(mongo_uri, prefix="receiving", timeout_s=30) as clients:
        for name in ("files", "usage", "content.files", "content.chunks"):
            await clients.connectors.files.source.database[name].delete_many({})
        yield clients


async def announced(files: Files) -> Any:
    file = {
        "_id": "fil_1",
        "school_id": "sch_1",
        "person_id": "per_1",
        "purpose": "SUBMISSION",
        "size_bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "state": FileState.PENDING,
        "expires_at": datetime(2020, 1, 1, tzinfo=UTC),
        "content_keys": [],
        "content": None,
    }
    await files.source.database["files"].insert_one(file)
    return file


async def left(files: Files) -> tuple[list[str], int]:
    """The keys that the document names, and the number of pieces in the store."""
    document: Any = await files.source.database["files"].find_one({}) or {}
    return document.get("content_keys", []), await files.source.database["content.chunks"].count_documents({})


async def sent(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_content_is_named_whose_store_did_not_answer_and_swept_with_its_file(clients: Clients) -> None:
    files = clients.connectors.files
    file = await announced(files)
    files.store = LostAnswer(files.source.database)
    with pytest.raises(SourceUnavailable):
        await receive(files, file, sent(CONTENT))
    keys, pieces = await left(files)
    assert (len(keys), pieces) == (1, 1)
    await Sweeper(files, clients.connectors.sources).sweep()
    assert await left(files) == ([], 0)


async def test_what_a_store_leaves_of_a_refused_content_is_deleted_before_its_key_is_forgotten(
    clients: Clients,
) -> None:
    files = clients.connectors.files
    file = await announced(files)
    files.store = LostDeletion(files.source.database)
    with suppress(WrongHash):
        await receive(files, file, sent(CONTENT[::-1]))
    assert await left(files) == ([], 0)
