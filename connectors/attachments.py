"""Attachments: which files belong to which documents.

A file lies in the database of the subsystem `files`; that it belongs to a document is recorded in the database of the
document's subsystem, because a transaction cannot reach a second server. The purpose of a file names that subsystem, so
a unique id in one database is enough for a file to be attached once.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.declarations import Collection
from connectors.vocabulary import FileId, PersonId, SchoolId

COLLECTION: Final = "attached_files"


class FilePurpose(StrEnum):
    """The purpose for which a file is uploaded."""

    MATERIAL = "MATERIAL"
    """Teaching material or a template (учебный материал): a teacher attaches it to any number of tasks."""

    SUBMISSION = "SUBMISSION"
    """Work that a student hands in (сдача работы)."""

    ACHIEVEMENT = "ACHIEVEMENT"
    """Proof of an achievement in a portfolio (подтверждение достижения)."""

    ANNOUNCEMENT = "ANNOUNCEMENT"
    """A file of an announcement (файл объявления)."""

    MESSAGE = "MESSAGE"
    """A file of a message (файл сообщения)."""


REUSABLE: Final = frozenset({FilePurpose.MATERIAL})
"""The purposes whose files stay with the person who uploaded them, and may be attached several times."""

SUBSYSTEM_OF: Final = {
    FilePurpose.MATERIAL: "diary",
    FilePurpose.SUBMISSION: "diary",
    FilePurpose.ACHIEVEMENT: "portfolio",
    FilePurpose.ANNOUNCEMENT: "announcements",
    FilePurpose.MESSAGE: "messages",
}
"""The subsystem whose documents files of each purpose are attached to."""


class Attachment(TypedDict):
    """A file of a document: in the store by *file_id*, or elsewhere under *url*."""

    name: str
    url: str | None
    media_type: str | None
    size_bytes: int | None
    file_id: NotRequired[FileId]  # absent for a file that is elsewhere


class AttachedFile(TypedDict):
    """The record that a file belongs to a document."""

    _id: str
    file_id: FileId
    school_id: SchoolId
    owner_id: str  # the public id of the document
    attached_by_id: PersonId
    attached_at: datetime
    released_at: datetime | None  # when the document let the file go; None while the file belongs to it


ATTACHED_FILES: Final = Collection(
    COLLECTION,
    AttachedFile,
    indexes=[
        IndexModel([("file_id", ASCENDING)]),
        IndexModel([("released_at", ASCENDING)], partialFilterExpression={"released_at": {"$type": "date"}}),
    ],
)


def record_id(file_id: FileId, purpose: FilePurpose, owner_id: str) -> str:
    """The id of the record: one per file, or one per file and document where the file may be attached several times."""
    return f"{file_id}:{owner_id}" if purpose in REUSABLE else file_id
