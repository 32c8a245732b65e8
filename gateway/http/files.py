"""Takes and gives files at signed addresses: PUT uploads a content that was announced, GET downloads a file.

The signature says for whom the address was made; whether they may use it is decided anew, by asking the graph as them.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import structlog
from aiohttp import web
from pymongo.errors import PyMongoError

from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors.errors import SourceUnavailable
from connectors.files import ContentMissing, Files, FileState, StoredFile
from connectors.files.links import PATH, THUMBNAIL, Link
from connectors.files.pictures import THUMBNAIL_TYPE, PictureNotReady, Pictures, PictureUnreadable
from connectors.files.receiving import AlreadyStored, WrongHash, WrongSize, receive
from connectors.files.scanning import ScannerFailed, scan
from connectors.files.store import PIECE_BYTES, StoreFailed
from connectors.vocabulary import kind_of, shared_and_student
from gateway.context import Clock
from gateway.http.errors import Refused
from gateway.http.reading.file_body import pieces_of
from gateway.http.reading.negotiation import answer_language, joined
from gateway.http.writing.cache_headers import is_not_modified
from gateway.http.writing.file_headers import file_headers, part_of
from gateway.http.writing.response import error_response
from gateway.languages import Language, Text
from gateway.operations.errors import overloaded
from gateway.operations.request import OperationRequest
from gateway.operations.service import OperationService

BEGUN: Final = web.RequestKey("begun", bool)
"""Set once the answer to a request has begun."""
_ATTACHED: Final = "query FileAt($id: ID!) {{ seen: node(id: $id) {{ ... on {0} {{ attachments {{ id }} }} }} }}"
_DOCUMENTS: Final = {
    "File": "query FileAt($id: ID!) { seen: file(id: $id) { id } }",
    "AssignedHomework": "query FileAt($id: ID!) { seen: assignedHomework(id: $id) { attachments { id } } }",
    **{kind: _ATTACHED.format(kind) for kind in ("Homework", "Submission", "Achievement", "Announcement", "Message")},
}
"""For each type of object in which files are seen, the question which files it has for the viewer."""

_ENDED: Final = Text(
    "This address of a file has ended: ask the graph for a new one.",
    "Срок действия ссылки на файл истёк: запросите новую.",
)
_NO_FILE: Final = Text("There is no such file, or it is not yours.", "Такого файла нет, или он не ваш.")
_SIZE: Final = Text(
    "The content does not have the size that was announced: {size} bytes.",
    "Размер содержимого не тот, что был заявлен (байт: {size}).",
)
_HASH: Final = Text(
    "The content does not have the SHA-256 that was announced: send it again.",
    "SHA-256 содержимого не совпадает с заявленным: отправьте файл ещё раз.",
)
_VIRUS: Final = Text("A virus was found in the file.", "В файле найден вирус.")
_UNREADABLE: Final = Text(
    "The picture cannot be read: only the person who uploaded it can download it.",
    "Изображение не удаётся прочитать: скачать его может только тот, кто его загрузил.",
)
_CODING: Final = Text("Send the content uncompressed.", "Отправьте содержимое без сжатия.")
_RANGE: Final = Text("The file does not have these bytes.", "В файле нет таких байт.")

_log = structlog.get_logger("gateway.files")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRules:
    """How contents are taken and given over HTTP."""

    idle_s: float = 30.0
    """How long a client may send or take nothing."""
    uploads_at_once: int = 16
    """Uploads that one process takes at once."""


class Content(NamedTuple):
    """A content of the store that is sent: a file, or a copy of a picture."""

    name: str
    media_type: str | None
    key: str
    size_bytes: int
    sha256: str


@dataclass(slots=True, kw_only=True)
class FileEndpoint:
    """Takes and gives files."""

    files: Files
    viewers: Viewers
    service: OperationService
    clock: Clock
    timeout_s: float
    rules: TransferRules
    pictures: Pictures
    language: Language
    _uploads: int = field(default=0, init=False)

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        path = PATH + "{id}"
        return [
            web.get(path, self.download, allow_head=False),
            web.get(f"{path}/thumbnail", self.thumbnail, allow_head=False),
            web.put(path, self.upload),
        ]

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take the content of an announced file: whole and as announced, or nothing of it."""
        if self._uploads >= self.rules.uploads_at_once:
            return self._refused(request, overloaded(), closes=True)
        self._uploads += 1
        try:
            file = await self._file(request)
            state = await self._received(request, file)
            return web.json_response({"id": file["_id"], "state": state}, headers={"Cache-Control": "no-store"})
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            return self._refused(request, error, closes=True)
        finally:
            self._uploads -= 1

    async def _received(self, request: web.Request, file: StoredFile) -> FileState:
        wrong_size = Refused(422, _SIZE.format(size=file["size_bytes"]), code="FILE_SIZE_MISMATCH", closes=True)
        if (joined(request, "Content-Encoding") or "identity").strip().lower() != "identity":
            raise Refused(415, _CODING, code="UNSUPPORTED_MEDIA_TYPE", closes=True)
        if request.content_length not in {None, file["size_bytes"]}:
            raise wrong_size
        if file["state"] != FileState.PENDING:
            return self._stored(file)
        try:
            await receive(self.files, file, pieces_of(request, PIECE_BYTES, self.rules.idle_s))
        except WrongSize as error:
            raise wrong_size from error
        except WrongHash as error:
            raise Refused(422, _HASH, code="FILE_HASH_MISMATCH") from error
        except AlreadyStored:
            return self._stored(await self._file(request))
        state = FileState.STORED if self.files.scanner is None else await self._scanned(file)
        _log.info("file uploaded", size_bytes=file["size_bytes"], purpose=file["purpose"])
        return state

    async def _scanned(self, file: StoredFile) -> FileState:
        """Have a content looked through that has just arrived; a job does so later where the scanner fails."""
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        [stored] = (await self.files.files_by_ids([file["_id"]], columns=frozenset(), deadline=deadline)).values()
        try:
            state = await scan(self.files, stored)
        except ScannerFailed as error:
            _log.warning("file not scanned", reason=str(error))
            return FileState.STORED
        return self._stored({**stored, "state": state})

    @staticmethod
    def _stored(file: StoredFile) -> FileState:
        """The state of a file whose content has arrived, now or before. Raises `Refused` for one that was rejected."""
        if file["state"] == FileState.REJECTED:
            raise Refused(409, _VIRUS, code="FILE_REJECTED", closes=True)
        return file["state"]

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Give a file, or a part of it, to the person for whom the address was made.

        Others than the person who uploaded a picture get it without the place and the time that a camera wrote into it.
        """
        return await self._respond(request, "GET", self._content)

    async def thumbnail(self, request: web.Request) -> web.StreamResponse:
        """Give a small picture of a file to the person for whom the address was made."""
        return await self._respond(request, THUMBNAIL, self._thumbnail)

    async def _respond(
        self, request: web.Request, purpose: str, found: Callable[[web.Request, StoredFile], Awaitable[Content]]
    ) -> web.StreamResponse:
        try:
            file = _with_content(await self._file(request, purpose))
            return await self._file_response(request, await found(request, file))
        except Exception as error:
            if BEGUN in request:
                raise
            return self._refused(request, error)

    async def _content(self, request: web.Request, file: StoredFile) -> Content:
        name, kind = file["name"], file["media_type"]
        if request.query.get("for") != file["person_id"]:
            cleaned = (await self.pictures.copies_of(file))["cleaned"]
            if cleaned is not None:
                return Content(name, kind, cleaned["key"], cleaned["size_bytes"], cleaned["sha256"])
        return Content(name, kind, file["content"] or "", file["size_bytes"], file["sha256"])

    async def _thumbnail(self, _: web.Request, file: StoredFile) -> Content:
        small = (await self.pictures.copies_of(file))["thumbnail"]
        if small is None:
            raise _not_found()
        return Content(f"{file['name']}.webp", THUMBNAIL_TYPE, small["key"], small["size_bytes"], small["sha256"])

    async def _file_response(self, request: web.Request, content: Content) -> web.StreamResponse:
        headers = file_headers(content.name, content.media_type, content.sha256)
        if is_not_modified(joined(request, "If-None-Match"), headers["ETag"]):
            return web.Response(status=304, headers=headers)
        size = content.size_bytes
        status, (first, last) = HTTPStatus.OK, (0, size - 1)
        wanted = self._range(request, headers["ETag"])
        if wanted is not None:
            part = part_of(wanted, size)
            if part is None:
                raise Refused(416, _RANGE, headers={"Content-Range": f"bytes */{size}"})
            status, (first, last) = HTTPStatus.PARTIAL_CONTENT, part
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        pieces = self.files.store.read(content.key, first, last)
        async with asyncio.timeout(self.rules.idle_s):
            piece = await anext(pieces)  # what fails now can still be answered
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = last - first + 1
        request[BEGUN] = True
        await response.prepare(request)
        await self._write(response, piece)
        async for piece in pieces:
            await self._write(response, piece)
        await response.write_eof()
        return response

    async def _write(self, response: web.StreamResponse, piece: bytes) -> None:
        async with asyncio.timeout(self.rules.idle_s):
            await response.write(piece)

    @staticmethod
    def _range(request: web.Request, tag: str) -> slice | None:
        """The one part that the client asks for; None where it asks for the whole, or for a part of another content."""
        if "Range" not in request.headers or joined(request, "If-Range") not in {"", tag}:
            return None
        try:
            return request.http_range
        except ValueError:  # several parts, or other units: the whole is an answer, too
            return None

    async def _file(self, request: web.Request, purpose: str = "PUT") -> StoredFile:
        """The file of an address that is signed for somebody who may use it now."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout_s
        link = Link.of_query(purpose, request.match_info["id"], request.query)
        if link is None:
            raise _not_found()
        if not link.is_signed(request.query.get("signature", ""), self.files.url_key):
            raise _not_found()
        if link.until < time.time():
            raise Refused(410, _ENDED, code="LINK_EXPIRED", closes=True)
        viewer = await self.viewers.of_person(
            link.person_id, Role(link.role), today=self.clock.day_in, deadline=deadline
        )
        found: Any = {}
        if await self._may_use(link, viewer, deadline):
            found = await self.files.files_by_ids([link.file_id], columns=frozenset(), deadline=deadline)
        if link.file_id not in found:
            raise _not_found()
        file: StoredFile = found[link.file_id]
        return file

    async def _may_use(self, link: Link, viewer: Viewer, deadline: float) -> bool:
        """Whether the graph shows the file to *viewer* in the object in which they saw it."""
        kind = kind_of(link.seen_in)
        if kind == "Homework" and shared_and_student(link.seen_in) is None:
            kind = "AssignedHomework"
        if kind not in _DOCUMENTS:
            return False
        operation = OperationRequest(
            query=_DOCUMENTS[kind], variables={"id": link.seen_in}, request_id=uuid.uuid4().hex, is_derived=True
        )
        result = await self.service.run(viewer, operation, deadline)
        seen = (result.answer.get("data") or {}).get("seen") or {}
        if not seen and any(
            error["extensions"]["code"] == "SOURCE_UNAVAILABLE" for error in result.answer.get("errors", ())
        ):
            raise SourceUnavailable(self.files.source.name)
        return seen.get("id") == link.file_id or any(one["id"] == link.file_id for one in seen.get("attachments") or ())

    def _refused(self, request: web.Request, error: Exception, *, closes: bool = False) -> web.StreamResponse:
        """The answer to a request that failed; the rest of a body is not read."""
        language = answer_language(joined(request, "Accept-Language"), self.language)
        if isinstance(error, ContentMissing | StopAsyncIteration):
            _log.error("content missing")
            error = _not_found()
        elif isinstance(error, PictureNotReady):
            error = overloaded()
        elif isinstance(error, PictureUnreadable):
            error = Refused(409, _UNREADABLE, code="PICTURE_UNREADABLE", closes=True)
        elif isinstance(error, StoreFailed | PyMongoError):
            _log.error("store failed", reason=repr(error))
            error = SourceUnavailable(self.files.source.name)
        response = error_response(error, language)
        if closes and not request.content.is_eof():
            response.force_close()
        return response


def _with_content(file: StoredFile) -> StoredFile:
    """The file, whose content is in the store. Raises `Refused`."""
    if file["content"] is None or file["state"] not in {FileState.STORED, FileState.CLEAN}:
        raise _not_found()
    return file


def _not_found() -> Refused:
    return Refused(404, _NO_FILE, code="NOT_FOUND", closes=True)
