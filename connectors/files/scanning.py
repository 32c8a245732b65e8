"""Looks through stored contents for viruses, by a clamd daemon."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.files.documents import FILES, FileState
from connectors.files.reads import Files

AT_ONCE: Final = 20
"""Files that one run of the job looks through."""
_ANSWER_BYTES: Final = 4_096
_DETAIL: Final = 200


class ScannerFailed(Exception):
    """The scanner did not answer, or could not look through the content."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd daemon at an address: the command INSTREAM of its protocol (man clamd)."""

    host: str
    port: int
    timeout_s: float = 60.0
    """How long looking through one content may take."""

    async def finds_virus(self, pieces: AsyncIterator[bytes]) -> bool:
        """Whether there is a virus in the content. Raises `ScannerFailed` where that cannot be said now."""
        try:
            async with asyncio.timeout(self.timeout_s):
                answer = await self._answer(pieces)
        except (OSError, asyncio.LimitOverrunError) as error:  # a timeout is an OSError
            raise ScannerFailed(repr(error)) from error
        if answer.endswith(b" FOUND"):
            return True
        if answer.endswith(b" OK"):
            return False
        raise ScannerFailed(repr(answer[:_DETAIL]))

    async def _answer(self, pieces: AsyncIterator[bytes]) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=_ANSWER_BYTES)
        try:
            writer.write(b"zINSTREAM\0")
            async for piece in pieces:
                writer.write(struct.pack("!L", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack("!L", 0))
            await writer.drain()
            return (await reader.read(_ANSWER_BYTES)).rstrip(b"\0\n")
        finally:
            writer.close()


async def scan(files: Files, file: Any) -> FileState:
    """Look through the content of a stored *file* and return the state that it has then; a virus is deleted.

    Raises `ScannerFailed`.
    """
    if files.scanner is None:
        return FileState.STORED
    has_virus = await files.scanner.finds_virus(files.store.read(file["content"], 0, file["size_bytes"] - 1))
    collection, where = files.source.database[FILES.name], {"_id": file["_id"], "state": FileState.STORED}
    if not has_virus:
        await collection.update_one(where, {"$set": {"state": FileState.CLEAN}})
        return FileState.CLEAN
    # From here on nobody gets the content, and copies that are being made cannot be recorded: they are deleted again.
    # What the store does not delete now is deleted when the file is swept.
    swept_at = datetime.now(UTC) + files.rules.unclaimed
    changed = {"state": FileState.REJECTED, "content": None, "expires_at": swept_at}
    rejected = {"$set": changed, "$unset": {"copies": ""}}
    if (found := await collection.find_one_and_update(where, rejected)) is not None:
        for key in found["content_keys"]:
            await files.store.delete(key)
        await collection.update_one({"_id": file["_id"]}, {"$pullAll": {"content_keys": found["content_keys"]}})
    return FileState.REJECTED


async def scan_waiting(files: Files) -> bool:
    """Look through files that no scanner has seen, the first ones first; return whether there may be more.

    Raises `ScannerFailed`.
    """
    found = files.source.database[FILES.name].find({"state": FileState.STORED}, {"content": 1, "size_bytes": 1})
    waiting: list[Any] = await found.limit(AT_ONCE).to_list(AT_ONCE)
    for file in waiting:
        await scan(files, file)
    return len(waiting) == AT_ONCE
