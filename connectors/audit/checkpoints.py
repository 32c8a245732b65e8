"""Checkpoints: how far the chain of each school reached at a time. They are worth what they are kept out of reach.

A chain whose end was cut off looks whole; only a checkpoint that lies elsewhere shows that there was more. The
signature of a checkpoint is that of its event.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict, cast

import orjson
from pymongo import ASCENDING, DESCENDING

from connectors.audit.documents import EVENTS
from connectors.mongo import Database
from connectors.vocabulary import PREFIXES


class Checkpoint(TypedDict):
    """The last event of a school's chain at the time of its sealing."""

    school: str  # the id of the school without `sch_`: a log hides whole ids
    number: int
    hash: str
    sealed_at: str
    key_id: str | None
    signature: str | None


_SCHOOL: Final = f"{PREFIXES['School']}_"
_KEYS: Final = frozenset(Checkpoint.__annotations__)


LAST_OF_EACH_SCHOOL: Final[Sequence[Mapping[str, Any]]] = (
    {"$sort": {"school_id": DESCENDING, "number": DESCENDING}},
    {"$group": {"_id": "$school_id", "event_id": {"$first": "$_id"}}},
    {"$lookup": {"from": EVENTS.name, "localField": "event_id", "foreignField": "_id", "as": "event"}},
    {"$sort": {"_id": ASCENDING}},
)
"""Reads one entry of an index for each school (DISTINCT_SCAN), however many events there are."""


async def ends(database: Database) -> list[Checkpoint]:
    """The checkpoint of the last event of each school, by school."""
    cursor: Any = database[EVENTS.name].aggregate(list(LAST_OF_EACH_SCHOOL))
    if not hasattr(cursor, "to_list"):  # PyMongo's is awaited first
        cursor = await cursor
    return [_of(row["event"][0]) for row in await cursor.to_list(None)]


def school_id_of(checkpoint: Checkpoint) -> str:
    """The id of the school whose chain the checkpoint is of."""
    return _SCHOOL + checkpoint["school"]


def _of(event: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(
        school=event["school_id"].removeprefix(_SCHOOL),
        number=event["number"],
        hash=event["hash"],
        sealed_at=event["sealed_at"].isoformat(timespec="milliseconds"),
        key_id=event.get("key_id"),
        signature=event.get("signature"),
    )


def append_lines(path: Path, checkpoints: Iterable[Checkpoint]) -> None:
    """Append each checkpoint to the file as a line of JSON, and have the lines on the disk before returning."""
    with path.open("ab") as file:
        file.write(b"".join(orjson.dumps(checkpoint) + b"\n" for checkpoint in checkpoints))
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> Iterator[Checkpoint]:
    """The checkpoints of a file of JSON lines, which may be lines of the log; other lines are passed over."""
    with path.open("rb") as file:
        for line in file:
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict) and found.keys() >= _KEYS:
                yield cast("Checkpoint", {key: found[key] for key in Checkpoint.__annotations__})
