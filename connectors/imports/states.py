"""Keeps the staged rows of a source between runs, in the directory's database.

They are stored in pieces under a version of their own, and count from the moment at which the pointer of the source
names this version: a run that is broken off leaves the rows of the run before it.
"""

from pathlib import Path
from typing import Final
from uuid import uuid4

import zstandard

from connectors.directory.imports import PIECES, STATES, ImportState, ImportStatePiece
from connectors.imports.errors import ImportFailed
from connectors.mongo import Database

_PIECE: Final = 8 * 2**20
"""A document of MongoDB has 16 MiB at most."""


async def restore(directory: Database, source: str, path: Path) -> None:
    """Write the rows of *source* to *path*; nothing is written where no run has left any.

    Raises:
        ImportFailed: a piece of the rows is missing.
    """
    state = await directory[STATES.name].find_one({"_id": source})
    while state is not None and not await _is_restored(directory, state, path):
        found = await directory[STATES.name].find_one({"_id": source})
        if found == state:
            raise ImportFailed(f"The rows that the last import of {source} left are incomplete: restore the backup.")
        state = found  # a run that ended meanwhile has deleted the pieces


async def _is_restored(directory: Database, state: ImportState, path: Path) -> bool:
    with path.open("wb") as file:
        for number in range(state["pieces"]):
            piece = await directory[PIECES.name].find_one({"_id": _id(state["_id"], state["version"], number)})
            if piece is None:
                return False
            file.write(zstandard.decompress(piece["data"]))
    return True


async def keep(directory: Database, source: str, path: Path) -> None:
    """Store the rows of *source* that are at *path*, in place of those of earlier runs."""
    version, number = uuid4().hex, 0
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            piece = ImportStatePiece(
                _id=_id(source, version, number), source=source, version=version, data=zstandard.compress(data)
            )
            await directory[PIECES.name].insert_one(piece)
            number += 1
    state = ImportState(_id=source, version=version, pieces=number)
    await directory[STATES.name].replace_one({"_id": source}, state, upsert=True)
    await directory[PIECES.name].delete_many({"source": source, "version": {"$ne": version}})


def _id(source: str, version: str, number: int) -> str:
    return f"{source}/{version}/{number}"
