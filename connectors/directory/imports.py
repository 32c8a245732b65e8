"""The documents of imports: their runs, and what they leave for their next runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection


class ImportState(TypedDict):
    """Which version of its rows counts for a source."""

    _id: str  # the source
    version: str
    pieces: int


class ImportStatePiece(TypedDict):
    """A compressed piece of the rows of a source."""

    _id: str
    source: str
    version: str
    data: bytes


STATES: Final = Collection("import_states", ImportState)
PIECES: Final = Collection(
    "import_state_pieces", ImportStatePiece, indexes=[IndexModel([("source", ASCENDING), ("version", ASCENDING)])]
)


class RunState(StrEnum):
    """How far a run of an import came."""

    RUNNING = "RUNNING"
    """Running now."""

    DONE = "DONE"
    """Ended; refused records are listed with their reasons."""

    FAILED = "FAILED"
    """Broken off before anything was written, for the reason stored beside it."""

    BROKEN_OFF = "BROKEN_OFF"
    """Its process ended in the middle: run it again."""


class RefusedRecord(TypedDict):
    """A record of the files that was not imported."""

    entity: str
    file: str
    line: int
    reason: str


class DifferingField(TypedDict):
    """A field that was changed both here and in the source; its values stand in the document and in its snapshot."""

    collection: str  # as `subsystem.collection`
    document_id: str
    field: str


class ImportRunRecord(TypedDict):
    """A run of an import: what was read, by which options, and what came of it."""

    _id: str
    source: str  # the issuer, or the school among those of one issuer
    format: str
    options: dict[str, Any]  # with which it can be repeated
    started_at: datetime
    ended_at: NotRequired[datetime]
    state: RunState
    failure: NotRequired[str]  # a sentence for the person who runs imports
    counts: NotRequired[dict[str, int]]
    refused: NotRequired[list[RefusedRecord]]  # the first of them
    differing: NotRequired[list[DifferingField]]  # the first of them
    expires_at: NotRequired[datetime]  # when the record is deleted


RUNS: Final = Collection(
    "import_runs",
    ImportRunRecord,
    indexes=[
        IndexModel([("started_at", DESCENDING)]),
        IndexModel([("source", ASCENDING), ("state", ASCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
)
