"""Where the content of files lies: a small protocol, and GridFS, which is the store where no other is set."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pymongo import ASCENDING, IndexModel
from pymongo.errors import PyMongoError

PIECE_BYTES: Final = 255 * 1024
"""Bytes of one piece of a content: those of a chunk of GridFS, which a MongoDB document holds with its other keys."""
_IN_ORDER: Final = [("files_id", ASCENDING), ("n", ASCENDING)]


class Store(Protocol):
    """Keeps contents under keys. A content is there whole or not at all."""

    async def prepare(self) -> None:
        """Make the store ready; at each start of the gateway."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the store's own."""
        ...

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a content; whatever *pieces* raises leaves nothing in the store."""
        ...

    def read(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from *first* to *last*, both included. Raises `ContentMissing` where there is no such content."""
        ...

    async def delete(self, key: str) -> None:
        """Delete a content, or what is left of one that was not written to its end; nothing where there is none."""
        ...


class ContentMissing(Exception):
    """The store does not have the content."""


class StoreFailed(OSError):
    """The store did not answer, or refused what was asked of it."""


class GridStore:
    """Contents in the form of GridFS: https://github.com/mongodb/specifications (gridfs), which other tools can read.

    The drivers' own classes hold up to 48 MB of each upload in memory; this one holds a piece or two.
    """

    def __init__(self, database: Any) -> None:
        self._files = database["content.files"]
        self._chunks = database["content.chunks"]

    async def prepare(self) -> None:
        """Create the indexes of GridFS."""
        await self._files.create_indexes([IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])])
        await self._chunks.create_indexes([IndexModel(_IN_ORDER, unique=True)])

    async def aclose(self) -> None:
        """Nothing: the connections are those of the database."""

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a content; whatever *pieces* raises leaves nothing in the store."""
        number = size = 0
        try:
            async for chunk in _chunks_of(pieces):
                await self._chunks.insert_one({"files_id": key, "n": number, "data": chunk})
                number, size = number + 1, size + len(chunk)
            whole = {
                "_id": key,
                "length": size,
                "chunkSize": PIECE_BYTES,
                "uploadDate": datetime.now(UTC),
                "filename": key,
            }
            await self._files.insert_one(whole)
        except BaseException:
            with suppress(PyMongoError, OSError):  # what is left is deleted by its key later
                await self.delete(key)
            raise

    async def read(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from *first* to *last*, both included. Raises `ContentMissing` where there is no such content."""
        numbers = {"$gte": first // PIECE_BYTES, "$lte": last // PIECE_BYTES}
        cursor = self._chunks.find({"files_id": key, "n": numbers}, sort=_IN_ORDER[1:], batch_size=4)
        left = last - first + 1
        skipped = first % PIECE_BYTES
        async for chunk in cursor:
            piece = bytes(chunk["data"])[skipped : skipped + left]
            skipped = 0
            left -= len(piece)
            yield piece
        if left > 0:
            raise ContentMissing(key)

    async def delete(self, key: str) -> None:
        """Delete a content, or what is left of one that was not written to its end; nothing where there is none."""
        await self._files.delete_one({"_id": key})
        await self._chunks.delete_many({"files_id": key})


async def _chunks_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of *pieces* in chunks of `PIECE_BYTES`; the last one may be smaller."""
    waiting = b""
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= PIECE_BYTES:
            yield waiting[:PIECE_BYTES]
            waiting = waiting[PIECE_BYTES:]
    if waiting:
        yield waiting
