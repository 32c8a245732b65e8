"""From an outcome to an HTTP response: encoded, bounded, compressed."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.engine.encoding import encoded
from gateway.exports.export import ExportedFile
from gateway.http.errors import Refused
from gateway.http.reading.negotiation import JSON, answer_coding, answer_language, joined
from gateway.http.writing.cache_headers import entity_tag, is_not_modified, is_tagged
from gateway.http.writing.compression import Compression
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.localization import localized
from gateway.http.writing.outcome import Outcome
from gateway.languages import Language, Text
from gateway.observability.request_record import codes_of, record_of

NEVER_STORED: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Encoding, Authorization, Cookie"}

ASKED_AGAIN: Final = "private, no-cache"
"""A client may keep the answer, and asks each time, by its tag, whether it is still the answer."""

_TOO_LARGE: Final = Text(
    "The answer has {value} bytes, and {maximum} is the most: ask for fewer objects or fields.",
    "Байт в ответе: {value}, допустимо не больше {maximum}. Запросите меньше объектов или полей.",
)


GUARDS: Final = {
    "Server": "school-gateway",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""The headers of every answer, unless it has its own: it is no page, no script, no image, and stands in no frame."""


async def guard(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Give a response the headers that all have; for aiohttp's signal `on_response_prepare`."""
    headers = response.headers
    for name, value in GUARDS.items():
        if name not in headers or name == "Server":  # aiohttp has set that one, with its versions
            headers[name] = value


def error_response(error: Exception, language: Language, **more: Any) -> web.Response:
    """The documented form of an error that no GraphQL request was read for; *more* stands beside the errors."""
    request_id = uuid.uuid4().hex
    outcome = localized(error_outcome(error, JSON, request_id), language)
    headers = {**GUARDS, "Cache-Control": "no-store", "X-Request-Id": request_id, **outcome.headers}
    response = web.Response(
        status=outcome.status,
        body=encoded({**outcome.answer, **more}),
        content_type=JSON,
        charset="utf-8",
        headers=headers,
    )
    if outcome.closes:
        response.force_close()
    return response


@dataclass(frozen=True, slots=True)
class Responses:
    """How outcomes are sent."""

    compression: Compression
    max_bytes: int
    default_language: Language = Language.ENGLISH
    """The language of messages for clients that ask for none that there is."""

    async def response(self, request: web.Request, outcome: Outcome, media: str, request_id: str) -> web.Response:
        """The response to *request* as *media*."""
        language = self.language(request)
        outcome = localized(outcome, language)
        body = encoded(outcome.answer)
        if len(body) > self.max_bytes:
            outcome = localized(self.too_large(len(body), media, request_id), language)
            body = encoded(outcome.answer)
        record_of(request).codes = codes_of(outcome.answer)
        headers = {**NEVER_STORED, "X-Request-Id": request_id, **outcome.headers}
        coding = answer_coding(joined(request, "Accept-Encoding"))
        if not self.compression.applies(body, coding):
            coding = None
        if is_tagged(request.method, outcome.status, outcome.answer):
            headers["ETag"] = tag = entity_tag([body], media, coding)
            headers["Cache-Control"] = outcome.headers.get("Cache-Control", ASKED_AGAIN)
            if is_not_modified(joined(request, "If-None-Match"), tag):
                return web.Response(status=304, headers=headers)
        if coding is not None:
            body = await self.compression.compressed(body, coding)
            headers["Content-Encoding"] = coding
        response = web.Response(status=outcome.status, body=body, content_type=media, charset="utf-8", headers=headers)
        if outcome.closes:
            response.force_close()
        return response

    def language(self, request: web.Request) -> Language:
        """The language in which a client wants to read."""
        return answer_language(joined(request, "Accept-Language"), self.default_language)

    async def file(self, request: web.Request, exported: ExportedFile, request_id: str) -> web.StreamResponse:
        """Send a file, and remove it. The answer to a GET has a tag by which a client asks whether it has changed."""
        headers = {
            **NEVER_STORED,
            "Vary": f"{NEVER_STORED['Vary']}, Accept-Language",
            "X-Request-Id": request_id,
            "Content-Disposition": f'attachment; filename="{exported.name}"',
        }
        media = exported.format.media_type
        coding = "gzip" if exported.format.is_text and "gzip" in joined(request, "Accept-Encoding") else None
        with exported.directory:
            if request.method == "GET":
                headers["ETag"] = tag = entity_tag(exported.pieces(), media, coding)
                headers["Cache-Control"] = ASKED_AGAIN
                if is_not_modified(joined(request, "If-None-Match"), tag):
                    return web.Response(status=304, headers=headers)
            response = web.StreamResponse(headers=headers)
            response.content_type = media
            if exported.format.is_text:
                response.charset = "utf-8"
            if coding is not None:
                response.enable_compression(web.ContentCoding.gzip)
            await response.prepare(request)
            for piece in exported.pieces():
                await response.write(piece)
            await response.write_eof()
        return response

    def too_large(self, size: int, media: str, request_id: str) -> Outcome:
        """The outcome in the place of one whose answer has *size* bytes, which are too many."""
        message = _TOO_LARGE.format(value=size, maximum=self.max_bytes)
        extensions = {"limit": "response", "value": size, "maximum": self.max_bytes}
        return error_outcome(Refused(400, message, code="RESPONSE_TOO_LARGE", extensions=extensions), media, request_id)
