"""The body of a request: JSON in UTF-8, of a bounded size, in a bounded time."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.http.errors import Refused
from gateway.http.reading.negotiation import JSON, joined
from gateway.languages import Text

LINGERING_S: Final = 2.0
"""How long the rest of a body that was refused is read and dropped, so that its sender comes to read why."""

_TOO_SLOW: Final = Text(
    "The body did not arrive within {seconds} s; send it again.",
    "Тело запроса не пришло за {seconds} с; повторите запрос.",
)
_TOO_LARGE: Final = Text(
    "The request is larger than {maximum} bytes; send a smaller one.",
    "Запрос слишком велик, допустимо байт: {maximum}. Отправьте меньший.",
)
BROKEN_OFF: Final = Text(
    "The body is malformed, or was broken off.", "Тело запроса повреждено или передано не полностью."
)
_NOT_JSON: Final = Text(
    "The request body is not JSON, or is nested too deeply.", "Тело запроса — не JSON или вложено слишком глубоко."
)
_MEDIA_TYPE: Final = Text("Send the request as application/json.", "Отправьте запрос с типом application/json.")
_CHARSET: Final = Text("Send the request in UTF-8.", "Отправьте запрос в кодировке UTF-8.")
_CODING: Final = Text("Send the request uncompressed.", "Отправьте запрос без сжатия.")


@dataclass(frozen=True, slots=True)
class Bodies:
    """How bodies are read."""

    max_bytes: int
    timeout_s: float

    async def json(self, request: web.Request) -> Any:
        """The body's JSON as a value; raises `Refused` with 415, 413, 408 or 400."""
        self._check_headers(request)
        try:
            raw = await self._raw(request)
        except web.HTTPRequestEntityTooLarge as error:
            raise self._too_large() from error
        except TimeoutError as error:
            message = _TOO_SLOW.format(seconds=f"{self.timeout_s:g}")
            raise Refused(408, message, code="REQUEST_TIMEOUT", closes=True) from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise Refused(400, BROKEN_OFF, closes=True) from error
        return parsed(raw, _NOT_JSON)

    async def _raw(self, request: web.Request) -> bytes:
        if request.content.is_eof():  # it came with the headers
            return await request.read()
        async with asyncio.timeout(self.timeout_s):
            return await request.read()

    def _check_headers(self, request: web.Request) -> None:
        if request.content_type != JSON:
            raise Refused(415, _MEDIA_TYPE, code="UNSUPPORTED_MEDIA_TYPE")
        if (request.charset or "utf-8").lower().replace("-", "") != "utf8":
            raise Refused(415, _CHARSET, code="UNSUPPORTED_MEDIA_TYPE")
        coding = (joined(request, "Content-Encoding") or "identity").strip().lower()
        if coding != "identity":
            accepted = {"Accept-Encoding": "identity"}
            raise Refused(415, _CODING, code="UNSUPPORTED_MEDIA_TYPE", headers=accepted, closes=True)
        if (request.content_length or 0) > self.max_bytes:
            raise self._too_large()

    def _too_large(self) -> Refused:
        message = _TOO_LARGE.format(maximum=self.max_bytes)
        return Refused(
            413, message, code="REQUEST_TOO_LARGE", extensions={"limit": "body", "maximum": self.max_bytes}, closes=True
        )


def parsed(raw: bytes, message: Text) -> Any:
    """The JSON value of *raw*; `Refused` 400 with *message* where it is none."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused(400, message) from error
