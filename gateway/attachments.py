"""Attaches uploaded files to the document that a mutation changes, in the mutation's own transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from connectors.attachments import COLLECTION, AttachedFile, Attachment, FilePurpose, record_id
from connectors.files import FileState
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import FileId, PublicId, SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

_NO_FILE: Final = Text("There is no such file.", "Нет такого файла.")
_NOT_READY: Final = Text("The file is not uploaded yet.", "Файл ещё не загружен.")
_REJECTED: Final = Text("A virus was found in the file.", "В файле найден вирус.")
_TAKEN: Final = Text(
    "The file was attached already: upload it again.", "Файл уже был прикреплён: загрузите его ещё раз."
)
_TWICE: Final = Text("The file is named twice.", "Файл назван дважды.")
_TOO_MANY: Final = Text("These are too many files: at most {limit}.", "Слишком много файлов: не более {limit}.")
_RECORD: Final = frozenset({"_id", "file_id", "released_at"})
_COLUMNS: Final = frozenset(
    {"person_id", "role", "purpose", "name", "size_bytes", "media_type", "state", "expires_at", "removed_at"}
)


class AttachingDocument(NamedTuple):
    """A document that files are attached to."""

    id: str
    """Its public id."""
    school_id: SchoolId


async def claim_attachments(
    ids: Sequence[PublicId],
    purpose: FilePurpose,
    owner: AttachingDocument,
    info: Info,
    transaction: Transaction,
    problems: Problems,
    *,
    path: tuple[str, ...] = ("attachmentIds",),
    attached: Sequence[Attachment] = (),
) -> list[Attachment]:
    """Have the document *owner* keep the files *ids* from now on; return its new list of attachments.

    *attached* is the list so far. Files that are new in it must be the viewer's own uploads; files that are no longer
    in it are released; files that lie in another system stay. It writes in any case and notes problems at *path*, each
    with the index in the list: call `problems.check()` afterwards, which ends the transaction where there are any.
    """
    rules = info.connectors.files.rules
    elsewhere = [one for one in attached if "file_id" not in one]
    before = {one["file_id"]: one for one in attached if "file_id" in one}
    if len(ids) + len(elsewhere) > rules.attachments:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=rules.attachments), *path, limit=rules.attachments)
        return list(attached)
    wanted = [FileId(one) for one in ids]
    found = await info.check(info.connectors.files.files_by_ids, wanted, columns=_COLUMNS) if wanted else []
    records = {one: record_id(one, purpose, owner.id) for one in wanted}
    held = await _held(list(records.values()), transaction) if wanted else {}
    claimed: dict[FileId, Attachment] = {}
    new: list[AttachedFile] = []
    for index, (file_id, file) in enumerate(zip(wanted, found, strict=True)):
        if file_id in claimed:
            problems.add(UserErrorCode.INVALID_INPUT, _TWICE, *path, index)
        elif file_id in before:
            claimed[file_id] = before[file_id]
        elif problem := _problem(file, purpose, info) or _taken(held.get(records[file_id])):
            problems.add(*problem, *path, index)
        else:
            claimed[file_id] = _attachment(file)
            new.append(_record(records[file_id], file_id, owner, info))
    if new:
        await transaction.put(COLLECTION, new)
    await release_attachments([one for own, one in before.items() if own not in claimed], owner.id, transaction)
    return [*elsewhere, *claimed.values()]


async def release_attachments(attached: Sequence[Attachment], owner_id: str, transaction: Transaction) -> None:
    """Release files of the document *owner_id*: nobody reads them there any longer.

    A sweeper deletes them later, but for files that may be attached to several documents.
    """
    released = {"released_at": datetime.now(UTC)}
    for file_id in file_ids(attached):
        where = {"file_id": file_id, "owner_id": owner_id, "released_at": None}
        await transaction.update(COLLECTION, where, {"$set": released})


def file_ids(attached: Sequence[Attachment]) -> list[FileId]:
    """The files that are attached, in their order, without those that lie elsewhere."""
    return [one["file_id"] for one in attached if "file_id" in one]


def _problem(file: Any, purpose: FilePurpose, info: Info) -> tuple[UserErrorCode, Text] | None:
    """The reason for which the viewer cannot attach a file; None where they can."""
    viewer = info.viewer
    is_own = file is not None and file["person_id"] == viewer.person_id and file["role"] == viewer.role
    if not is_own or file["purpose"] != purpose or file["removed_at"] is not None or _is_ending(file, info):
        return UserErrorCode.NOT_FOUND, _NO_FILE
    if file["state"] == FileState.REJECTED:
        return UserErrorCode.FILE_REJECTED, _REJECTED
    is_ready = file["state"] == FileState.CLEAN or (
        file["state"] == FileState.STORED and info.connectors.files.scanner is None
    )
    return None if is_ready else (UserErrorCode.FILE_NOT_READY, _NOT_READY)


def _is_ending(file: Any, info: Info) -> bool:
    """Whether the file may be swept before the transaction ends."""
    return file["state"] != FileState.PENDING and info.connectors.files.is_ending(file)


def _taken(record: AttachedFile | None) -> tuple[UserErrorCode, Text] | None:
    return None if record is None else (UserErrorCode.TAKEN, _TAKEN)


async def _held(ids: Sequence[str], transaction: Transaction) -> dict[str, Any]:
    """The records of files that documents have, and of those that they once had and that are not reusable."""
    found = await transaction.find(COLLECTION, {"_id": {"$in": ids}}, columns=_RECORD)
    return {one["_id"]: one for one in found if one["released_at"] is None or one["_id"] == one["file_id"]}


def _attachment(file: Any) -> Attachment:
    return Attachment(
        name=file["name"],
        url=None,
        media_type=file["media_type"],
        size_bytes=file["size_bytes"],
        file_id=file["_id"],
    )


def _record(record: str, file_id: FileId, owner: AttachingDocument, info: Info) -> AttachedFile:
    return AttachedFile(
        _id=record,
        file_id=file_id,
        school_id=owner.school_id,
        owner_id=owner.id,
        attached_by_id=info.viewer.person_id,
        attached_at=info.now_at(owner.school_id),
        released_at=None,
    )
