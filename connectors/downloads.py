"""Downloads: secret addresses under which programs fetch files as somebody, without that person signing in.

Of an address only the SHA-256 of its secret is stored, so that nobody who reads the database can fetch anything. What
an address gives follows from the rights of its owner at each fetch; the documents here hold no rights.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import Collection, Connector, Read, by_ids, many
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.vocabulary import PersonId, SchoolId, StudentId

SECRET_BYTES: Final = 32
_USE_IS_NOTED: Final = timedelta(hours=1)
_REVOKED_S: Final = 366 * 24 * 3600
"""How long it is known that an address was revoked: who still fetches it is told so."""


class CalendarFeed(TypedDict):
    """An address of a student's calendar, which the person made in that role."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    person_id: PersonId
    role: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    digest: str | None  # of the events that were last sent
    changed_at: datetime  # when the events last differed from those sent before


class QueryKey(TypedDict):
    """A key with which one saved query runs as the person in that role."""

    _id: str
    person_id: PersonId
    role: str
    query: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class ExportState(StrEnum):
    """How far an export is."""

    QUEUED = "QUEUED"
    """Queued, and not started yet."""

    RUNNING = "RUNNING"
    """Its rows are being read and written."""

    DONE = "DONE"
    """The file can be fetched."""

    FAILED = "FAILED"
    """There is no file; `failure` says why."""


class ExportFormat(StrEnum):
    """The kinds of file that an export may become."""

    CSV = "CSV"
    """Comma-separated values, as spreadsheets open them."""

    XLSX = "XLSX"
    """An Excel workbook."""

    JSON = "JSON"
    """A list of objects."""

    PDF = "PDF"
    """A4 pages."""


class ExportLanguage(StrEnum):
    """The languages of files."""

    EN = "EN"
    """English: commas between values, decimal points."""

    RU = "RU"
    """Russian: semicolons between values, decimal commas, as Excel in Russian opens them."""


class Export(TypedDict):
    """An operation whose rows become a file in the background, and how far that is."""

    _id: str
    person_id: PersonId
    role: str
    document: str
    variables: str  # as JSON
    format: ExportFormat
    language: ExportLanguage
    state: ExportState
    attempts: int
    rows: int
    failure: str | None  # the code of the error
    rights: str | None  # a digest of the rights that the file was made with
    secret: str  # random: signs the addresses of the file
    file_name: str | None
    size: int | None  # bytes
    queued_at: datetime
    ended_at: datetime | None
    expires_at: datetime


class ExportPiece(TypedDict):
    """A part of the file of an export."""

    _id: str
    export_id: str
    number: int
    content: bytes
    expires_at: datetime


def _indexes() -> Sequence[IndexModel]:
    return (
        IndexModel([("secret_hash", ASCENDING)], unique=True),
        IndexModel([("person_id", ASCENDING), ("created_at", ASCENDING)]),
        IndexModel([("revoked_at", ASCENDING)], expireAfterSeconds=_REVOKED_S),
    )


FEEDS: Final = Collection("calendar_feeds", CalendarFeed, indexes=_indexes())
QUERY_KEYS: Final = Collection(
    "query_keys",
    QueryKey,
    indexes=[*_indexes(), IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=_REVOKED_S)],
)


_EXPIRED: Final = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
EXPORTS: Final = Collection(
    "exports",
    Export,
    indexes=[
        IndexModel([("person_id", ASCENDING), ("queued_at", ASCENDING)]),
        IndexModel([("state", ASCENDING), ("queued_at", ASCENDING)]),
        _EXPIRED,
    ],
)
EXPORT_PIECES: Final = Collection(
    "export_pieces",
    ExportPiece,
    indexes=[IndexModel([("export_id", ASCENDING), ("number", ASCENDING)], unique=True), _EXPIRED],
)
_UNFINISHED: Final = [ExportState.QUEUED, ExportState.RUNNING]
MOST_ATTEMPTS: Final = 3
"""How often an export is begun, whose process ended before it did."""


def new_secret() -> str:
    """A secret that nobody guesses, of characters that an address may have."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """The digest that is stored of a secret. Of 256 random bits a plain hash is enough: nobody can try them all."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _in_use(_keys: object) -> dict[str, Any]:
    return {"revoked_at": None}


class Downloads(Connector):
    """Reads of secret addresses."""

    collections = (FEEDS, QUERY_KEYS, EXPORTS, EXPORT_PIECES, FACTS, KEYS)
    offers: Callable[[str, str], bool] = staticmethod(lambda _query, _role: False)
    """Whether there is a saved query of a name that a role may run."""

    feeds_of: Read[PersonId, list[CalendarFeed]] = many(
        FEEDS, by="person_id", order=[("created_at", ASCENDING), ("_id", ASCENDING)], where=_in_use
    )
    """The feeds of each person that are not revoked, in the order in which they were made."""

    feeds_by_ids: Read[str, CalendarFeed] = by_ids(FEEDS)
    """The feed of each id."""

    feeds_by_hashes: Read[str, CalendarFeed] = by_ids(FEEDS, key="secret_hash")
    """The feed of each hash of a secret, revoked ones too."""

    query_keys_of: Read[PersonId, list[QueryKey]] = many(
        QUERY_KEYS, by="person_id", order=[("created_at", ASCENDING), ("_id", ASCENDING)], where=_in_use
    )
    """The keys of each person that are not revoked, in the order in which they were made."""

    query_keys_by_ids: Read[str, QueryKey] = by_ids(QUERY_KEYS)
    """The key of each id."""

    query_keys_by_hashes: Read[str, QueryKey] = by_ids(QUERY_KEYS, key="secret_hash")
    """The key of each hash of a secret, revoked ones too."""

    async def note_use(self, collection: Collection[Any], used: Mapping[str, Any], now: datetime) -> None:
        """Note that an address was fetched, once an hour."""
        last = used["last_used_at"]
        if last is None or now - last > _USE_IS_NOTED:
            await self.source.database[collection.name].update_one(
                {"_id": used["_id"]}, {"$set": {"last_used_at": now}}
            )

    async def note_change(self, feed: CalendarFeed, digest: str, now: datetime) -> None:
        """Note that the events of a feed differ from those sent before."""
        await self.source.database[FEEDS.name].update_one(
            {"_id": feed["_id"]}, {"$set": {"digest": digest, "changed_at": now}}
        )

    exports_of: Read[PersonId, list[Export]] = many(
        EXPORTS, by="person_id", order=[("queued_at", DESCENDING), ("_id", DESCENDING)]
    )
    """The exports of each person, the latest first."""

    exports_by_ids: Read[str, Export] = by_ids(EXPORTS)
    """The export of each id."""

    async def begin_export(self) -> Export | None:
        """The export that has waited longest, which is now running; None where none waits.

        One that was begun and never ended is begun again: its process ended before, since one process runs exports.
        """
        found: Export | None = await self.source.database[EXPORTS.name].find_one_and_update(
            {"state": {"$in": _UNFINISHED}},
            {"$set": {"state": ExportState.RUNNING, "rows": 0}, "$inc": {"attempts": 1}},
            sort=[("queued_at", ASCENDING)],
            return_document=True,
        )
        return found

    async def change_export(self, export_id: str, **values: Any) -> None:
        """Change an export that has not expired."""
        await self.source.database[EXPORTS.name].update_one({"_id": export_id}, {"$set": values})

    async def put_piece(self, export: Export, number: int, content: bytes) -> None:
        """Store a part of a file, in the place of one that an earlier attempt left."""
        piece = ExportPiece(
            _id=f"{export['_id']}.{number}",
            export_id=export["_id"],
            number=number,
            content=content,
            expires_at=export["expires_at"],
        )
        await self.source.database[EXPORT_PIECES.name].replace_one({"_id": piece["_id"]}, piece, upsert=True)

    async def pieces(self, export_id: str) -> AsyncIterator[bytes]:
        """The parts of a file, in order."""
        where = {"export_id": export_id}
        async for piece in self.source.database[EXPORT_PIECES.name].find(where, batch_size=2).sort("number"):
            yield piece["content"]
