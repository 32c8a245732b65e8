"""Copies of pictures: a small one, and one without the place that a camera wrote into it. Made when first asked for."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4
from weakref import WeakValueDictionary

from pymongo.errors import PyMongoError

from connectors.errors import SourceUnavailable
from connectors.files.documents import FILES, Copies, Copy, StoredFile
from connectors.files.reads import Files
from connectors.files.store import PIECE_BYTES
from connectors.processes import run_module
from connectors.vocabulary import PersonId

PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""The media types of which copies are made."""
THUMBNAIL_TYPE: Final = "image/webp"
_NONE: Final = Copies(thumbnail=None, cleaned=None)
_WAITS: Final = 3
"""How many times its processor time a picture may take until it is ready, waiting for others among it."""

_AGAIN_AFTER: Final = timedelta(hours=1)
"""How long after a failure the copies of a picture are attempted again: the machine may have been at fault."""

_log = logging.getLogger(__name__)


class PictureNotReady(Exception):
    """The copies of a picture could not be made now."""


class PictureUnreadable(Exception):
    """The copies of a picture could not be made, and are not attempted again soon."""


@dataclass(frozen=True, kw_only=True)
class PictureRules:
    """The limits on making the copies of one picture."""

    pixels: int = 60_000_000
    """Pixels of a picture that gets a thumbnail, at most."""
    megabytes: int = 512
    """Memory of the process that makes the copies."""
    seconds: int = 10
    """Processor time of that process."""
    at_once: int = 2
    """Processes that one gateway process runs at a time."""


@dataclass(slots=True)
class Pictures:
    """Finds the copies of pictures, and makes those that there are not yet: of one person, one after the other."""

    files: Files
    rules: PictureRules
    _places: asyncio.Semaphore = field(init=False)
    _turns: WeakValueDictionary[PersonId, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.rules.at_once)

    async def copies_of(self, file: StoredFile) -> Copies:
        """The copies of a stored file; none of one that is no picture.

        Raises `PictureNotReady`, `PictureUnreadable`, `ContentMissing`, `SourceUnavailable`.
        """
        if file["media_type"] not in PICTURES:
            return _NONE
        if found := _recorded_copies(file):
            return found
        turn = self._turns.setdefault(file["person_id"], asyncio.Lock())
        try:
            async with asyncio.timeout(_WAITS * self.rules.seconds), turn, self._places:
                columns = {"copies": 1, "copies_failed_at": 1}
                now: Any = await self.files.source.database[FILES.name].find_one({"_id": file["_id"]}, columns)
                return _recorded_copies(now or {}) or await self._make(file)
        except TimeoutError as error:
            raise PictureNotReady(file["_id"]) from error
        except (PyMongoError, OSError) as error:
            raise SourceUnavailable(self.files.source.name) from error

    async def _make(self, file: StoredFile) -> Copies:
        with TemporaryDirectory() as name:
            folder, rules = Path(name), self.rules
            with (folder / "content").open("wb") as content:
                async for piece in self.files.store.read(file["content"] or "", 0, file["size_bytes"] - 1):
                    content.write(piece)
            limits = (rules.pixels, rules.megabytes, rules.seconds)
            try:
                await run_module("connectors.pictures.copies", folder, file["media_type"], *limits)
            except ChildProcessError as error:
                _log.warning("picture not decoded: %s", error)
            written = _files_in(folder)
            if "looked" not in written:
                failed = {"$set": {"copies_failed_at": datetime.now(UTC)}}
                await self.files.source.database[FILES.name].update_one({"_id": file["_id"]}, failed)
                raise PictureUnreadable(file["_id"])
            copies = Copies(
                thumbnail=await self._stored(file, written.get("thumbnail")),
                cleaned=await self._stored(file, written.get("cleaned")),
            )
        keys = [one["key"] for one in (copies["thumbnail"], copies["cleaned"]) if one]
        where: dict[str, Any] = {"_id": file["_id"], "content": file["content"], "copies": {"$exists": False}}
        if keys:
            where["content_keys"] = {"$all": keys}  # else the sweeper took them for left over meanwhile
        change = {"$set": {"copies": copies}}
        if not (await self.files.source.database[FILES.name].update_one(where, change)).matched_count:
            return await self._of_another(file, keys)
        return copies

    async def _of_another(self, file: StoredFile, keys: Sequence[str]) -> Copies:
        """The copies that another process made meanwhile; this process's own, under *keys*, are deleted."""
        for key in keys:
            await self.files.store.delete(key)
        collection, where = self.files.source.database[FILES.name], {"_id": file["_id"]}
        await collection.update_one(where, {"$pullAll": {"content_keys": list(keys)}})
        now: Any = await collection.find_one(where, {"copies": 1})
        if now is None or "copies" not in now:
            raise PictureNotReady(file["_id"])
        copies: Copies = now["copies"]
        return copies

    async def _stored(self, file: StoredFile, path: Path | None) -> Copy | None:
        if path is None:
            return None
        key, digest, size = f"{file['_id']}.{uuid4().hex}", hashlib.sha256(), 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal size
            with path.open("rb") as content:
                while piece := content.read(PIECE_BYTES):
                    digest.update(piece)
                    size += len(piece)
                    yield piece

        noted = {"$push": {"content_keys": key}}
        await self.files.source.database[FILES.name].update_one({"_id": file["_id"]}, noted)
        await self.files.store.write(key, pieces())
        return Copy(key=key, size_bytes=size, sha256=digest.hexdigest())


def _recorded_copies(file: Any) -> Copies | None:
    """The copies that a document has; None where they are to be made. Raises `PictureUnreadable`."""
    copies: Copies | None = file.get("copies")
    failed_at: datetime | None = file.get("copies_failed_at")
    if copies is None and failed_at is not None and datetime.now(UTC) - failed_at < _AGAIN_AFTER:
        raise PictureUnreadable(file["_id"])
    return copies


def _files_in(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}
