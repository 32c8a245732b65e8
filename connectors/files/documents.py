"""The documents of the files, and their collections."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.attachments import FilePurpose
from connectors.declarations import Collection
from connectors.vocabulary import FileId, PersonId, SchoolId


class FileState(StrEnum):
    """How far a file is on its way into the store."""

    PENDING = "PENDING"
    """Announced; its content has not arrived."""

    STORED = "STORED"
    """The content has arrived whole and was not looked through for viruses: the gateway has no scanner, or none that
    answered yet."""

    CLEAN = "CLEAN"
    """The content was looked through, and no virus was found."""

    REJECTED = "REJECTED"
    """A virus was found; the content was deleted."""


class Copy(TypedDict):
    """A copy of a picture in the store."""

    key: str
    size_bytes: int
    sha256: str


class Copies(TypedDict):
    """The copies of a picture."""

    thumbnail: Copy | None  # None: the picture cannot be decoded, or is too large
    cleaned: Copy | None  # without the place and the time in it; None: the picture has nothing to leave out


class StoredFile(TypedDict):
    """A file that a person announced, and what became of it."""

    _id: FileId
    school_id: SchoolId
    person_id: PersonId
    role: str  # the role in which the person announced it
    purpose: FilePurpose
    name: str
    size_bytes: int
    sha256: str  # hexadecimal, lower case
    media_type: str | None  # found in the content; None until it arrived
    state: FileState
    created_at: datetime
    expires_at: datetime | None  # when the file is swept unless a document has it; None: never
    removed_at: datetime | None  # when the person removed it from their files; documents that have it keep it
    content_keys: list[str]  # under which something was written into the store; deleted when nothing names them
    content: str | None  # the key of the whole content in the store
    copies: NotRequired[Copies]  # absent: not made yet, or the file is no picture
    copies_failed_at: NotRequired[datetime]  # when they could not be made; they are attempted again later


class Usage(TypedDict):
    """The number of files of a person or a school, and the bytes that they take."""

    _id: str
    size_bytes: int
    files: int


class UrlKey(TypedDict):
    """The secret key that addresses of files are signed with."""

    _id: str
    key: bytes


LATEST: Final = [("created_at", DESCENDING), ("_id", DESCENDING)]

FILES: Final = Collection(
    "files",
    StoredFile,
    indexes=[
        IndexModel([("person_id", ASCENDING), *LATEST]),
        IndexModel([("state", ASCENDING)], partialFilterExpression={"state": "STORED"}),
        IndexModel([("expires_at", ASCENDING)], partialFilterExpression={"expires_at": {"$type": "date"}}),
    ],
)
USAGE: Final = Collection("usage", Usage)
URL_KEYS: Final = Collection("url_keys", UrlKey)
