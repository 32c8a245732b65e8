"""Restores a backup in the place of what the databases have."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from connectors.backups.manifest import Manifest, documents_of, place
from connectors.backups.saving import RAW, BackupFailed, OnProgress, Servers

_CHUNK: Final = 1_000
_CHUNK_BYTES: Final = 16_000_000
"""Documents, and their bytes, that are inserted at once: flat memory, few round trips."""


def restore(servers: Servers, directory: Path, manifest: Manifest, on_progress: OnProgress) -> None:
    """Drop the databases, and insert what was saved; indexes are to be created afterwards.

    Raises:
        BackupFailed: a collection has not as many documents in the end as were saved.
    """
    for uri, databases in servers.items():
        with MongoClient[Any](uri, w="majority") as client:
            for subsystem, database in databases.items():
                client.drop_database(database)
                for name, saved in manifest["collections"].items():
                    own, _, collection = name.partition(".")
                    if own == subsystem:
                        there = client[database].get_collection(collection, codec_options=RAW)
                        inserted = _insert(there, place(directory, name), name, on_progress)
                        if inserted != saved["documents"]:
                            raise BackupFailed(f"{name} has {inserted:,} documents, {saved['documents']:,} were saved.")


def _insert(collection: Any, path: Path, name: str, on_progress: OnProgress) -> int:
    inserted = 0
    for some in _chunks(documents_of(path, RAW)):
        collection.insert_many(some, ordered=False)
        inserted += len(some)
        on_progress(name, len(some))
    return inserted


def _chunks(documents: Iterator[RawBSONDocument]) -> Iterator[Sequence[RawBSONDocument]]:
    while some := _chunk(documents):
        yield some


def _chunk(documents: Iterator[RawBSONDocument]) -> list[RawBSONDocument]:
    some, size = [], 0
    for document in islice(documents, _CHUNK):
        some.append(document)
        size += len(document.raw)
        if size >= _CHUNK_BYTES:
            break
    return some
