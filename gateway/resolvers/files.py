"""Files: announcing an upload, the files of a person, and the addresses of files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypedDict, cast
from uuid import uuid4

from auth.viewer import FAMILY, TEACHING, Role
from connectors.attachments import Attachment, FilePurpose
from connectors.files import FileState, StoredFile
from connectors.files.links import THUMBNAIL, Link, end_of_download
from connectors.files.pictures import PICTURES
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import FileId, Paging, PublicId, SchoolId, mint
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserErrorCode, fact

ROLES: Final[Mapping[FilePurpose, frozenset[Role]]] = {
    FilePurpose.MATERIAL: frozenset({Role.TEACHER}),
    FilePurpose.SUBMISSION: frozenset({Role.STUDENT}),
    FilePurpose.ACHIEVEMENT: FAMILY | TEACHING,
    FilePurpose.ANNOUNCEMENT: frozenset({Role.CLASS_TEACHER, Role.ADMINISTRATOR}),
    FilePurpose.MESSAGE: frozenset(Role) - {Role.ANALYST},
}
"""Who may upload files of each purpose."""

_WITH_CONTENT: Final = frozenset({FileState.STORED, FileState.CLEAN})
"""The states of files that can be downloaded."""
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_NOT_IN_NAMES: Final = frozenset("/\\\n\t")
_NO_SCHOOL: Final = Text("You belong to no school.", "Вы не относитесь ни к одной школе.")
_PURPOSE: Final = Text("Your role uploads no such files.", "Ваша роль не загружает такие файлы.")
_NAME: Final = Text("This cannot be the name of a file.", "Так файл называться не может.")
_SIZE: Final = Text("A file has from 1 to {limit} bytes.", "Размер файла — от 1 до {limit} байт.")
_HASH: Final = Text(
    "Write the SHA-256 of the content in 64 hexadecimal digits.",
    "Укажите SHA-256 содержимого — 64 шестнадцатеричные цифры.",
)
_NO_SPACE: Final = Text(
    "Your files, or those of the school, would take too much space: remove some.",
    "Ваши файлы или файлы школы заняли бы слишком много места: удалите ненужные.",
)
_NO_FILE: Final = Text("There is no such file.", "Нет такого файла.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUpload:
    """A file whose content is about to be uploaded."""

    name: str
    """The name of the file, such as «Задача 5.jpg»."""

    size_bytes: int
    """The exact size of the content in bytes."""

    sha256: str
    """The SHA-256 of the content, in hexadecimal digits."""

    purpose: FilePurpose
    """The purpose, which decides what the file can be attached to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFile:
    """A file that the viewer no longer needs among their files."""

    file_id: PublicId
    """The file."""


class SeenAttachment(Attachment):
    """An attachment as somebody sees it in an object; the id of the object is *seen_in*."""

    seen_in: str


class Header(TypedDict):
    """A header of an HTTP request."""

    name: str
    value: str


async def request_upload(input: RequestUpload, info: Info, transaction: Transaction) -> Outcome:
    """Announce a file; its content is to be sent to the address that the answer has."""
    problems = Problems()
    rules, viewer = info.connectors.files.rules, info.viewer
    if not viewer.school_ids:
        problems.add(UserErrorCode.NOT_ALLOWED, _NO_SCHOOL)
    name = checked_text(input.name, problems, "name", most=rules.name_characters)
    if _NOT_IN_NAMES & set(name) or name.strip(".") == "" != name:
        problems.add(UserErrorCode.INVALID_INPUT, _NAME, "name")
    largest = rules.largest[input.purpose]
    if not 1 <= input.size_bytes <= largest:
        limit = 1 if input.size_bytes < 1 else largest
        problems.add(UserErrorCode.OUT_OF_RANGE, _SIZE.format(limit=largest), "sizeBytes", limit=limit)
    if not _SHA256.fullmatch(input.sha256):
        problems.add(UserErrorCode.INVALID_INPUT, _HASH, "sha256")
    if viewer.role not in ROLES[input.purpose]:
        problems.add(UserErrorCode.NOT_ALLOWED, _PURPOSE, "purpose")
    problems.check()
    school = viewer.school_ids[0]
    await _take_space(input.size_bytes, school, info, transaction, problems)
    problems.check()
    file = _announced(input, name, school, info)
    await transaction.insert("files", [file])
    after = {"name": name, "size_bytes": file["size_bytes"], "sha256": file["sha256"], "purpose": file["purpose"]}
    done = fact(info, "requestUpload", file["_id"], school, after=after, texts={"name"})
    return Outcome({"file_id": file["_id"]}, [done])


async def _take_space(size: int, school: SchoolId, info: Info, transaction: Transaction, problems: Problems) -> None:
    """Count a file and its bytes for the person and for the school; note a problem where there is no room."""
    rules, person = info.connectors.files.rules, info.viewer.person_id
    found = await transaction.find("usage", {"_id": {"$in": [person, school]}}, columns=frozenset())
    used = {one["_id"]: one for one in found}
    for owner, most_bytes, most_files in (
        (person, rules.person_bytes, rules.person_files),
        (school, rules.school_bytes, None),
    ):
        own = used.get(owner, {"size_bytes": 0, "files": 0})
        if own["size_bytes"] + size > most_bytes:
            problems.add(UserErrorCode.NO_SPACE, _NO_SPACE, "sizeBytes", limit=most_bytes)
        elif most_files is not None and own["files"] >= most_files:
            problems.add(UserErrorCode.NO_SPACE, _NO_SPACE, limit=most_files)
        else:
            change = {"$inc": {"size_bytes": size, "files": 1}}
            await transaction.update("usage", {"_id": owner}, change, upsert=True)


def _announced(input: RequestUpload, name: str, school: SchoolId, info: Info) -> StoredFile:
    return StoredFile(
        _id=FileId(mint("File", uuid4().hex)),
        school_id=school,
        person_id=info.viewer.person_id,
        role=info.viewer.role,
        purpose=input.purpose,
        name=name,
        size_bytes=input.size_bytes,
        sha256=input.sha256.lower(),
        media_type=None,
        state=FileState.PENDING,
        created_at=info.now_at(school),
        expires_at=datetime.now(UTC) + info.connectors.files.rules.upload,
        removed_at=None,
        content_keys=[],
        content=None,
    )


async def remove_file(input: RemoveFile, info: Info, transaction: Transaction) -> Outcome:
    """Take a file out of the viewer's files; documents that have it keep it."""
    problems = Problems()
    file: Any = await transaction.find_one("files", {"_id": input.file_id}, columns=frozenset())
    if file is None or not _is_own(file, info):
        problems.reject(UserErrorCode.NOT_FOUND, _NO_FILE, "fileId")
    now = datetime.now(UTC)
    await transaction.update("files", {"_id": input.file_id}, {"$set": {"removed_at": now, "expires_at": now}})
    done = fact(info, "removeFile", file["_id"], file["school_id"], before={"name": file["name"]}, texts={"name"})
    return Outcome({"file_id": input.file_id}, [done])


def _is_own(file: Any, info: Info) -> bool:
    """Whether the file is one of the viewer's files in their role."""
    viewer = info.viewer
    return file["person_id"] == viewer.person_id and file["role"] == viewer.role and file["removed_at"] is None


async def files_by_ids(ids: Sequence[FileId], info: Info) -> list[Any]:
    """For each id the file where it is one of the viewer's own; else `NotFound`."""
    columns = info.columns_of("File") | {"person_id", "role", "removed_at"}
    found = await info.read(info.connectors.files.files_by_ids, ids, columns=columns)
    return [file if file and _is_own(file, info) else NotFound() for file in found]


async def file_of_viewer(roots: Sequence[object], info: Info, id: PublicId) -> list[Any]:
    """The viewer's own file with an id; `NotFound` where it is none."""
    return await files_by_ids([FileId(id)], info) * len(roots)


async def files_of_viewer(
    viewers: Sequence[object], info: Info, purpose: FilePurpose | None = None, *, page: Paging
) -> list[Connection]:
    """The files that the viewer uploaded in their role, the latest first (F131)."""
    people = [info.viewer.person_id] * len(viewers)
    read = info.connectors.files.files_of
    return await info.page(read, people, page, order=("created_at", "_id"), purpose=purpose, role=info.viewer.role)


def urls_of_attachments(attachments: Sequence[SeenAttachment], info: Info) -> list[str]:
    """For each attachment where the viewer downloads it: a signed address, or where another system has the file."""
    return [
        _download(one["file_id"], one["seen_in"], info) if "file_id" in one else one["url"] or "" for one in attachments
    ]


def urls_of_files(files: Sequence[StoredFile], info: Info) -> list[str | None]:
    """For each of the viewer's files where they download it; None where there is no content."""
    return [_download(file["_id"], file["_id"], info) if file["state"] in _WITH_CONTENT else None for file in files]


def uploads_of_files(files: Sequence[StoredFile], info: Info) -> list[StoredFile | None]:
    """For each file that waits for its content the file itself, which shows where to send it; None for others."""
    return [file if file["state"] == FileState.PENDING else None for file in files]


def upload_urls(files: Sequence[StoredFile], info: Info) -> list[str]:
    """For each file where its content is to be sent."""
    key, base = info.connectors.files.url_key, info.connectors.files.rules.base_url
    return [
        Link(
            "PUT",
            file["_id"],
            file["_id"],
            info.viewer.person_id,
            info.viewer.role,
            int(file["expires_at"].timestamp()) if file["expires_at"] else 0,
        ).address(key, base)
        for file in files
    ]


def thumbnails_of_attachments(attachments: Sequence[SeenAttachment], info: Info) -> list[str | None]:
    """For each attachment that is a picture in the store, where its small picture is; None for others."""
    return [
        _download(one["file_id"], one["seen_in"], info, THUMBNAIL)
        if "file_id" in one and one["media_type"] in PICTURES
        else None
        for one in attachments
    ]


def thumbnails_of_files(files: Sequence[StoredFile], info: Info) -> list[str | None]:
    """For each of the viewer's files that is a stored picture, where its small picture is; None for others."""
    return [
        _download(file["_id"], file["_id"], info, THUMBNAIL)
        if file["media_type"] in PICTURES and file["state"] in _WITH_CONTENT
        else None
        for file in files
    ]


def _download(file_id: FileId, seen_in: str, info: Info, method: str = "GET") -> str:
    files, viewer = info.connectors.files, info.viewer
    link = Link(method, file_id, seen_in, viewer.person_id, viewer.role, end_of_download(files.rules.url))
    return link.address(files.url_key, files.rules.base_url)


def attachments_of(owners: Sequence[Mapping[str, Any]], info: Info) -> list[list[SeenAttachment]]:
    """The attachments of each object, with the id of the object in which they are seen."""
    return [
        [cast("SeenAttachment", {**one, "seen_in": own["_id"]}) for one in own["attachments"] or ()] for own in owners
    ]


def upload_method(_: Mapping[str, Any]) -> str:
    """The HTTP method by which a content is sent."""
    return "PUT"


def upload_headers(_: Mapping[str, Any]) -> list[Header]:
    """The headers of the request that sends a content."""
    return [Header(name="Content-Type", value="application/octet-stream")]
