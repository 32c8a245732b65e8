"""Saves all databases: one file of compressed BSON for each collection, and a manifest at the end.

What one server has is read as of one moment (a snapshot), where the server can; it keeps that moment for five minutes,
unless `minSnapshotHistoryWindowInSeconds` is longer. Memory is flat: documents pass through as the bytes that they are.
"""

import gzip
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Final

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from connectors import leases
from connectors.backups.manifest import FORMAT, Manifest, SavedCollection, place, write

RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)
"""Documents as the bytes that they are: nothing is lost by reading them."""
_LEVEL: Final = 6
"""How hard gzip compresses: harder takes twice the time for a few percent."""
_SHOWN: Final = 1_000
"""After how many documents the progress is shown."""
_LEFT_OUT: Final = frozenset({leases.COLLECTION})
"""Collections that are about processes, not about a school."""
_TOO_OLD: Final = frozenset({239, 246})
"""SnapshotTooOld and SnapshotUnavailable: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml."""

Servers = Mapping[str, Mapping[str, str]]
"""By the URI of a server, the names of its databases by subsystem."""
OnProgress = Callable[[str, int], None]
"""Takes `subsystem.collection`, and how many documents were handled since the last call."""


class BackupFailed(Exception):
    """The backup was broken off; what is in its directory is no backup."""


def count(servers: Servers) -> int:
    """About how many documents there are to save."""
    total = 0
    for uri, databases in servers.items():
        with MongoClient[Any](uri) as client:
            for database in databases.values():
                total += sum(client[database][name].estimated_document_count() for name in _names(client[database]))
    return total


def save(servers: Servers, directory: Path, on_progress: OnProgress) -> Manifest:
    """Save all databases into a directory that is empty or not there yet; the manifest is not written yet.

    Raises:
        BackupFailed: the directory has files, or the server lost the moment that was being saved.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise BackupFailed(f"{directory} is not empty: give a directory that is not there yet.")
    manifest = Manifest(
        format=FORMAT,
        saved_at=datetime.now(UTC).isoformat(timespec="seconds"),
        program=version("school-gateway"),
        is_of_one_moment=True,
        collections={},
        contents=None,
    )
    for uri, databases in servers.items():
        with MongoClient[Any](uri) as client:
            has_snapshots = "setName" in client.admin.command("hello")
            manifest["is_of_one_moment"] &= has_snapshots
            with client.start_session(snapshot=True) if has_snapshots else nullcontext() as session:
                try:
                    for subsystem, database in databases.items():
                        for name in _names(client[database]):
                            whole = f"{subsystem}.{name}"
                            collection = client[database].get_collection(name, codec_options=RAW)
                            saved = _save(collection, session, place(directory, whole), whole, on_progress)
                            manifest["collections"][whole] = saved
                except OperationFailure as error:
                    if error.code in _TOO_OLD:
                        raise BackupFailed(
                            "The server no longer has the moment at which the backup began: raise its "
                            "parameter minSnapshotHistoryWindowInSeconds, which is 300, and begin anew."
                        ) from error
                    raise
    return manifest


def complete(directory: Path, manifest: Manifest) -> None:
    """Write the manifest: from now on the directory is a backup."""
    write(directory, manifest)


def _names(database: Any) -> list[str]:
    return sorted(
        name
        for name in database.list_collection_names(filter={"type": "collection"})
        if name not in _LEFT_OUT and not name.startswith("system.")
    )


def _save(collection: Any, session: Any, path: Path, whole: str, on_progress: OnProgress) -> SavedCollection:
    documents = size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        hashed = _Hashed(file)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=hashed, mtime=0) as packed:
            for document in collection.find(session=session):
                documents, size = documents + 1, size + packed.write(document.raw)
                if documents % _SHOWN == 0:
                    on_progress(whole, _SHOWN)
        on_progress(whole, documents % _SHOWN)
        file.flush()
        os.fsync(file.fileno())
    return SavedCollection(documents=documents, bytes=size, sha256=hashed.digest.hexdigest())


class _Hashed:
    """A file that is written, and the hash of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write, and add to the hash."""
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()
