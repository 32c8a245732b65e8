"""GET /exports/<id>: the file of an export, for whoever has an address that was signed for its owner."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web

from connectors.downloads import Export, ExportState
from gateway.exports.formats import Format
from gateway.http.errors import Refused
from gateway.http.file_requests import FileRequests, gone
from gateway.http.writing.response import NEVER_STORED
from gateway.jobs.exports import digest_of
from gateway.languages import Text
from gateway.resolvers.downloads import signature

_NOT_FOUND: Final = Text("There is no such file.", "Такого файла нет.")
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class ExportedFileEndpoint:
    """Answers with the files of exports."""

    requests: FileRequests

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.get("/exports/{id}", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        return await self.requests.answered(request, self._answer)

    async def _answer(self, request: web.Request, request_id: str) -> web.StreamResponse:
        requests = self.requests
        await requests.admit(request, request.match_info["id"])
        export = await self._verified_export(request)
        viewer = await requests.viewer_of_person(request, export["person_id"], export["role"])
        if digest_of(viewer) != export["rights"]:
            raise gone()
        format_ = Format(export["format"].lower())
        headers = {
            **NEVER_STORED,
            "X-Request-Id": request_id,
            "Content-Disposition": f'attachment; filename="{export["file_name"]}"',
            "Content-Length": str(export["size"]),
        }
        response = web.StreamResponse(headers=headers)
        response.content_type = format_.media_type
        if format_.is_text:
            response.charset = "utf-8"
        await response.prepare(request)
        async for piece in requests.downloads.pieces(export["_id"]):
            await response.write(piece)
        await response.write_eof()
        return response

    async def _verified_export(self, request: web.Request) -> Export:
        """The export of an address; `Refused` where the address is not of ours, or its time is over."""
        requests = self.requests
        own, until = request.match_info["id"], request.query.get("until", "")
        found = await requests.downloads.exports_by_ids([own], columns=frozenset(), deadline=requests.deadline(request))
        export = found.get(own)
        is_time = until.isascii() and until.isdigit() and len(until) <= _DIGITS
        if export is None or not is_time:
            raise Refused(HTTPStatus.NOT_FOUND, _NOT_FOUND, code="NOT_FOUND")
        expected = signature(own, int(until), export["secret"])
        if not hmac.compare_digest(expected.encode(), request.query.get("signature", "").encode()):
            raise Refused(HTTPStatus.NOT_FOUND, _NOT_FOUND, code="NOT_FOUND")
        now = datetime.now(UTC)
        if int(until) < now.timestamp() or export["expires_at"] <= now or export["state"] != ExportState.DONE:
            raise gone()
        return export
