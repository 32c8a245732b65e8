"""Takes the content of an announced file into the store: whole and as announced, or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pymongo.errors import PyMongoError

from connectors.errors import SourceUnavailable
from connectors.files.documents import FILES, FileState, StoredFile
from connectors.files.media_types import HEAD_BYTES, media_type_of
from connectors.files.reads import Files

PENDING: Final = {"state": FileState.PENDING}


class WrongSize(Exception):
    """The content is longer or shorter than was announced."""


class WrongHash(Exception):
    """The content has another SHA-256 than was announced."""


class AlreadyStored(Exception):
    """The content of the file has arrived before."""


async def receive(files: Files, file: StoredFile, pieces: AsyncIterator[bytes]) -> None:
    """Store the content of *file*, whose state is then `STORED`.

    Raises `WrongSize`, `WrongHash`, `AlreadyStored`, `SourceUnavailable`, and whatever *pieces* raises; then the file
    is as it was before.
    """
    try:
        await _receive(files, file, pieces)
    except (PyMongoError, OSError) as error:
        raise SourceUnavailable(files.source.name) from error


async def _receive(files: Files, file: StoredFile, pieces: AsyncIterator[bytes]) -> None:
    collection = files.source.database[FILES.name]
    waiting = {"_id": file["_id"], **PENDING}
    key = f"{file['_id']}.{uuid4().hex}"
    if not (await collection.update_one(waiting, {"$push": {"content_keys": key}})).matched_count:
        raise AlreadyStored
    content = Content(file, pieces)
    try:
        await files.store.write(key, content.checked())
    except (PyMongoError, OSError, asyncio.CancelledError):
        raise  # the key stays until the file is swept: the store may still write something under it
    except Exception:
        with suppress(PyMongoError, OSError):
            await files.store.delete(key)
            await collection.update_one({"_id": file["_id"]}, {"$pull": {"content_keys": key}})
        raise
    stored = {
        "state": FileState.STORED,
        "content": key,
        "media_type": media_type_of(content.head),
        "expires_at": datetime.now(UTC) + files.rules.unclaimed,
    }
    if not (await collection.update_one(waiting, {"$set": stored})).matched_count:
        await files.store.delete(key)
        await collection.update_one({"_id": file["_id"]}, {"$pull": {"content_keys": key}})
        raise AlreadyStored


class Content:
    """The content of an announced file on its way into the store."""

    def __init__(self, file: StoredFile, pieces: AsyncIterator[bytes]) -> None:
        self.head = b""
        """The first bytes."""
        self._file = file
        self._pieces = pieces

    async def checked(self) -> AsyncIterator[bytes]:
        """The pieces of the content. Raises `WrongSize` as soon as there are too many bytes, else at the end."""
        digest: Any = hashlib.sha256()
        size = 0
        async for piece in self._pieces:
            size += len(piece)
            if size > self._file["size_bytes"]:
                raise WrongSize
            if len(self.head) < HEAD_BYTES:
                self.head = (self.head + piece)[:HEAD_BYTES]
            digest.update(piece)
            yield piece
        if size != self._file["size_bytes"]:
            raise WrongSize
        if digest.hexdigest() != self._file["sha256"]:
            raise WrongHash
