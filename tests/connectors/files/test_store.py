"""A store keeps a content whole or not at all; both drivers do so alike."""

from collections.abc import AsyncIterator

import pytest

from connectors.assembly import Clients
from connectors.files import ContentMissing, GridStore
from connectors.files.store import PIECE_BYTES
from connectors.mongo import Driver

CONTENT = bytes(number % 251 for number in range(2 * PIECE_BYTES + 1_000))


@pytest.fixture(params=Driver)
async def store(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[GridStore]:
    prefix = f"store_{request.param}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30, driver=request.param) as clients:
        database = clients.connectors.files.source.database
        await database["content.files"].delete_many({})
        await database["content.chunks"].delete_many({})
        yield GridStore(database)


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for first in range(0, len(content), size):
        yield content[first : first + size]


async def read(store: GridStore, key: str, first: int, last: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, first, last)])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, len(CONTENT) - 1),
        (0, 0),
        (len(CONTENT) - 1, len(CONTENT) - 1),
        (PIECE_BYTES - 1, PIECE_BYTES),
        (PIECE_BYTES, 2 * PIECE_BYTES - 1),
        (5, 2 * PIECE_BYTES + 5),
    ],
)
async def test_each_part_of_a_content_is_given(store: GridStore, first: int, last: int) -> None:
    await store.write("a", pieces(CONTENT))
    assert await read(store, "a", first, last) == CONTENT[first : last + 1]


async def test_what_fails_on_its_way_leaves_nothing(store: GridStore) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ValueError("the client is gone")

    with pytest.raises(ValueError, match="gone"):
        await store.write("a", failing())
    with pytest.raises(ContentMissing):
        await read(store, "a", 0, 10)


async def test_a_content_that_is_deleted_is_gone_and_another_stays(store: GridStore) -> None:
    await store.write("a", pieces(CONTENT))
    await store.write("b", pieces(b"b"))
    await store.delete("a")
    await store.delete("a")
    with pytest.raises(ContentMissing):
        await read(store, "a", 0, 0)
    assert await read(store, "b", 0, 0) == b"b"
