"""The manifest of a backup, by which a backup that is incomplete or was changed is recognised."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, TypedDict, TypeVar, cast

import orjson
from bson import decode_file_iter
from bson.codec_options import CodecOptions

D = TypeVar("D", bound=Mapping[str, Any])

FORMAT: Final = 1
"""The version of the directory's layout."""
FILE: Final = "manifest.json"
CONTENTS: Final = "contents"
"""The directory of the contents of files, where a store beside the databases has them."""
_PIECE: Final = 1_048_576


class SavedCollection(TypedDict):
    """A collection in a backup."""

    documents: int
    bytes: int  # of its documents, before they are compressed
    sha256: str  # of its file


class Manifest(TypedDict):
    """The contents of a backup."""

    format: int
    saved_at: str
    program: str  # the version that saved it
    is_of_one_moment: bool  # whether all that one server has is as of one moment
    collections: dict[str, SavedCollection]  # by `subsystem.collection`
    contents: int | None  # how many contents of files lie beside; None: the databases have them


class BackupUnusable(Exception):
    """The directory is no backup, or not the one that was saved; nothing was changed."""


def place(directory: Path, name: str) -> Path:
    """The file of `subsystem.collection`."""
    return directory / f"{name}.bson.gz"


def place_of_content(directory: Path, key: str) -> Path:
    """The file of a content: its key may have characters that no file name may have."""
    return directory / CONTENTS / hashlib.sha256(key.encode()).hexdigest()


def write(directory: Path, manifest: Manifest) -> None:
    """Write the manifest, which is the last file of a backup."""
    (directory / FILE).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def read(directory: Path) -> Manifest:
    """Read the manifest, and compare every file with it. Raises BackupUnusable where they differ."""
    try:
        found: Manifest = orjson.loads((directory / FILE).read_bytes())
    except FileNotFoundError as error:
        raise BackupUnusable(f"{directory} has no {FILE}: it is no backup, or one that was broken off.") from error
    except ValueError as error:
        raise BackupUnusable(f"{directory / FILE} cannot be read.") from error
    if found.get("format") != FORMAT:
        raise BackupUnusable(f"{directory} was saved by another version of the gateway, whose format is not known.")
    for name, saved in found["collections"].items():
        if _sha256(place(directory, name)) != saved["sha256"]:
            raise BackupUnusable(f"{place(directory, name)} is missing, or is not the file that was saved.")
    return found


def documents_of(path: Path, codec_options: CodecOptions[D]) -> Iterator[D]:
    """The documents of a file of compressed BSON."""
    with gzip.open(path, "rb") as file:
        yield from decode_file_iter(cast("IO[bytes]", file), codec_options)


def totals(manifest: Manifest) -> tuple[int, int]:
    """How many documents a backup has, and how many bytes they are."""
    every: Mapping[str, Any] = manifest["collections"]
    return sum(one["documents"] for one in every.values()), sum(one["bytes"] for one in every.values())


def _sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
