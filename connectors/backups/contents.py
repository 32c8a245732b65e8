"""Contents of files that lie in a store beside the databases, such as a bucket: saved and restored by their keys."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from bson.codec_options import CodecOptions

from connectors.backups.manifest import CONTENTS, BackupUnusable, documents_of, place, place_of_content
from connectors.backups.saving import BackupFailed
from connectors.files.store import PIECE_BYTES, ContentMissing, Store

_FILES: Final = "files.files"


class Content(NamedTuple):
    """A content that a saved file names."""

    key: str
    size: int
    sha256: str


async def save(store: Store, directory: Path) -> int:
    """Save the contents that the saved files name; return how many there are.

    Raises:
        BackupFailed: the store lacks one.
    """
    (directory / CONTENTS).mkdir(mode=0o700)
    count = 0
    for content in _named(directory):
        digest = hashlib.sha256()
        try:
            with place_of_content(directory, content.key).open("xb") as file:
                async for piece in store.read(content.key, 0, content.size - 1):
                    digest.update(piece)
                    file.write(piece)
        except ContentMissing as error:
            raise BackupFailed(f"The store has no content {content.key}, which a file names.") from error
        if digest.hexdigest() != content.sha256:
            raise BackupFailed(f"The content {content.key} in the store is not the one that was uploaded.")
        count += 1
    return count


def check(directory: Path) -> None:
    """Compare the contents with what the saved files say of them. Raises BackupUnusable where they differ."""
    for content in _named(directory):
        path, digest = place_of_content(directory, content.key), hashlib.sha256()
        if path.is_file():
            for piece in _pieces(path):
                digest.update(piece)
        if digest.hexdigest() != content.sha256:
            raise BackupUnusable(f"{path} is missing, or is not the content that was saved.")


async def restore(store: Store, directory: Path) -> int:
    """Write the contents into the store; return how many there are."""
    count = 0
    for content in _named(directory):
        await store.write(content.key, _read(place_of_content(directory, content.key)))
        count += 1
    return count


def _named(directory: Path) -> Iterator[Content]:
    """The contents that the saved files name, and the copies of pictures."""
    path = place(directory, _FILES)
    if not path.exists():
        return
    for file in documents_of(path, CodecOptions[dict[str, Any]]()):
        if file.get("content"):
            yield Content(file["content"], file["size_bytes"], file["sha256"])
        copies: dict[str, Any] = file.get("copies") or {}
        for copy in copies.values():
            if copy:
                yield Content(copy["key"], copy["size_bytes"], copy["sha256"])


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


async def _read(path: Path) -> AsyncIterator[bytes]:
    for piece in _pieces(path):
        yield piece
