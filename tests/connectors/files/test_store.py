"""A store keeps a content whole or not at all: GridFS by both drivers, and a bucket of an S3-compatible store."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from connectors.assembly import Clients
from connectors.files import ContentMissing, GridStore, Store
from connectors.files.s3_store import PART_BYTES, S3Store
from connectors.files.store import PIECE_BYTES, StoreFailed
from connectors.mongo import Driver
from tests.connectors.files.buckets import Bucket, served_bucket

CONTENT = bytes(number % 251 for number in range(2 * PIECE_BYTES + 1_000))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with served_bucket("stored") as one:
        yield one


@pytest.fixture(params=[*Driver, "s3"])
async def store(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[Store]:
    if request.param == "s3":
        bucket: Bucket = request.getfixturevalue("bucket")
        bucket.empty()
        in_bucket = S3Store(replace(bucket.rules, prefix="gateway/"))
        yield in_bucket
        await in_bucket.aclose()
        return
    prefix = f"store_{request.param}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30, driver=request.param) as clients:
        database = clients.connectors.files.source.database
        await database["content.files"].delete_many({})
        await database["content.chunks"].delete_many({})
        yield GridStore(database)


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for first in range(0, len(content), size):
        yield content[first : first + size]


async def read(store: Store, key: str, first: int, last: int) -> bytes:
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
async def test_each_part_of_a_content_is_given(store: Store, first: int, last: int) -> None:
    await store.write("a", pieces(CONTENT))
    assert await read(store, "a", first, last) == CONTENT[first : last + 1]


async def test_what_fails_on_its_way_leaves_nothing(store: Store) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ValueError("the client is gone")

    with pytest.raises(ValueError, match="gone"):
        await store.write("a", failing())
    with pytest.raises(ContentMissing):
        await read(store, "a", 0, 10)


async def test_a_content_that_is_deleted_is_gone_and_another_stays(store: Store) -> None:
    await store.write("a", pieces(CONTENT))
    await store.write("b", pieces(b"b"))
    await store.delete("a")
    await store.delete("a")
    with pytest.raises(ContentMissing):
        await read(store, "a", 0, 0)
    assert await read(store, "b", 0, 0) == b"b"


async def test_a_content_of_many_parts_is_given_back(store: Store) -> None:
    content = bytes(range(256)) * (9 * PART_BYTES // 4 // 256) + b"the end"
    await store.write("large", pieces(content, PIECE_BYTES))
    assert await read(store, "large", 0, len(content) - 1) == content
    first = PART_BYTES - 3
    assert await read(store, "large", first, first + 10) == content[first : first + 11]


async def test_a_large_content_that_fails_on_its_way_leaves_nothing(bucket: Bucket) -> None:
    store = S3Store(bucket.rules)
    bucket.empty()

    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * (PART_BYTES + 1)
        yield b"y" * PART_BYTES
        raise ValueError("the client is gone")

    with pytest.raises(ValueError, match="gone"):
        await store.write("a", failing())
    assert (bucket.keys(), bucket.uploads()) == (set(), [])
    await store.aclose()


async def test_what_a_killed_process_left_in_a_bucket_is_deleted_by_its_key(bucket: Bucket) -> None:
    store = S3Store(bucket.rules)
    for key in ("a", "b"):
        bucket.begin_upload(key)
    await store.delete("a")
    assert bucket.uploads() == ["b"]
    await store.delete("b")
    await store.aclose()


async def test_a_store_that_is_away_or_refuses_is_a_failure(bucket: Bucket) -> None:
    away = replace(bucket.rules, endpoint="http://127.0.0.1:9", timeout_s=1)
    for rules in (away, replace(bucket.rules, bucket="no-such-bucket")):
        store = S3Store(rules)
        with pytest.raises(StoreFailed):
            await store.write("a", pieces(b"1"))
        await store.aclose()
