"""The server side of a connection: bounds on the head of a request, and documented errors where aiohttp has its own.

aiohttp parses requests before any of our code sees them. What its parser refuses is answered here as JSON with a code,
and neither the answer nor the log quotes the request.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.http_writer import HttpVersion10, HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from gateway.http.errors import Refused
from gateway.http.reading.body import LINGERING_S
from gateway.http.reading.negotiation import answer_language, joined
from gateway.http.writing.response import error_response
from gateway.languages import Language, Text
from gateway.observability import metrics

_log = structlog.get_logger(__name__)

_MALFORMED: Final = Text(
    "This is not a well-formed HTTP/1.1 request: look at its request line, at its headers (Host, Content-Type and "
    "Content-Length once each), and at the length of its body.",
    "Это не правильный запрос HTTP/1.1: проверьте строку запроса, заголовки (Host, Content-Type и Content-Length "
    "по одному разу) и длину тела.",
)
_TOO_LARGE: Final = {
    "url": Text(
        "The URL has more than {maximum} bytes; send the query by POST.",
        "Адрес длиннее {maximum} байт; отправьте запрос методом POST.",
    ),
    "header": Text("A header has more than {maximum} bytes.", "Один из заголовков длиннее {maximum} байт."),
    "headers": Text("The request has more than {maximum} headers.", "Заголовков в запросе больше {maximum}."),
    "head": Text(
        "The request line and the headers have more than {maximum} bytes together.",
        "Строка запроса и заголовки вместе длиннее {maximum} байт.",
    ),
}
_NOT_FOUND: Final = Text(
    "There is nothing at this address; the graph is at /graphql.",
    "По этому адресу ничего нет; граф находится по адресу /graphql.",
)
_METHOD: Final = Text("This address does not know the method.", "Этот адрес не поддерживает такой метод.")
_NOT_OFFERED: Final = Text(
    "The request asks for what is not offered here.", "Запрос требует того, что здесь не поддерживается."
)
VERSIONS: Final = frozenset({HttpVersion10, HttpVersion11})
_TOO_MANY: Final = "Too many headers received"
"""The one message of aiohttp's parser by which its bound on the number of headers can be told from other faults."""


@dataclass(frozen=True)
class ConnectionRules:
    """The most that a request line and its headers may take, in bytes, and the number of headers.

    All cookies of a host are one header, and those of other programs on localhost may well have 8 KB.
    """

    url: int = 16_384
    field: int = 16_384
    head: int = 32_768
    fields: int = 128
    language: Language = Language.ENGLISH
    """The language of messages to clients that name none, or that could not be understood."""

    @property
    def line(self) -> int:
        """The bound that the parser is given for a URL.

        It differs from that of a header, because the parser's error says only which bound was exceeded.
        """
        return self.url + (self.url == self.field)


class HeadRefused(HttpProcessingError):
    """A request whose head could not be parsed; *refusal* is the response to it."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(code=refusal.status, message=refusal.message)
        self.refusal = refusal


def _malformed() -> HeadRefused:
    return HeadRefused(Refused(HTTPStatus.BAD_REQUEST, _MALFORMED, closes=True))


def _too_large(limit: str, maximum: int) -> HeadRefused:
    status = HTTPStatus.REQUEST_URI_TOO_LONG if limit == "url" else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    extensions = {"limit": limit, "maximum": maximum}
    message = _TOO_LARGE[limit].format(maximum=maximum)
    return HeadRefused(Refused(status, message, code="REQUEST_TOO_LARGE", extensions=extensions, closes=True))


class BoundedParser:
    """aiohttp's parser, with a bound on the whole head of a request and with errors that quote nothing."""

    def __init__(self, parser: Any, rules: ConnectionRules) -> None:
        self._parser = parser
        self._rules = rules
        self._body: StreamReader = EMPTY_PAYLOAD
        self._head_bytes = 0
        self._has_failed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def feed_data(self, data: bytes) -> tuple[Any, bool, bytes]:
        """The requests that *data* completes the heads of. Raises `HeadRefused`."""
        if self._has_failed:
            return (), False, b""
        is_head = self._body.is_eof()
        try:
            messages, upgraded, tail = self._parser.feed_data(data)
            for message, self._body in messages:
                self._check(message)
            self._head_bytes = self._head_bytes + len(data) if is_head and not messages else 0
            self._check_size(self._head_bytes)
        except Exception as error:
            self._has_failed = True
            self.break_off()
            if isinstance(error, HeadRefused):
                raise
            error.__traceback__ = None  # the parser holds its error, which would hold this frame: a cycle
            # Without the cause: its text quotes the request.
            raise self._refused(error) from None
        return messages, upgraded, tail

    def break_off(self) -> None:
        """End a body that will not arrive, for those who wait for it."""
        if not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError("the body is malformed, or broken off"))

    def _check(self, message: Any) -> None:
        if message.version not in VERSIONS:  # a line without a version counts as HTTP/0.9
            raise _malformed()
        self._check_size(_size_of(message))

    def _check_size(self, size: int) -> None:
        if size > self._rules.head:
            raise _too_large("head", self._rules.head)

    def _refused(self, error: Exception) -> HeadRefused:
        rules = self._rules
        if isinstance(error, LineTooLong):
            is_url = str(error.args[1]) == str(rules.line)
            return _too_large("url", rules.url) if is_url else _too_large("header", rules.field)
        if getattr(error, "message", "") == _TOO_MANY:
            return _too_large("headers", rules.fields)
        return _malformed()


def _size_of(message: Any) -> int:
    """The bytes of the head: its lines as they were sent, but for spaces around values."""
    return len(message.method) + len(message.path) + 12 + sum(len(n) + len(v) + 4 for n, v in message.raw_headers)


async def client_left(request: web.BaseRequest) -> None:
    """Return when the client has closed its side of the connection, which writing alone would not show."""
    protocol = request.protocol
    if isinstance(protocol, Connection):
        await protocol.ended.wait()
    else:  # of a server that is not ours
        await asyncio.Event().wait()


async def cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end; what they were ended by is known by then."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Connection(web.RequestHandler):
    """One client's connection."""

    def __init__(self, manager: web.Server, *, rules: ConnectionRules, **options: Any) -> None:
        super().__init__(
            manager,
            max_line_size=rules.line,
            max_field_size=rules.field,
            max_headers=rules.fields,
            **options,
        )
        # aiohttp lets go of its parser when the connection is lost: a second reference would leave a cycle behind.
        self._parser = cast("Any", BoundedParser(self._parser, rules))
        self._language = rules.language
        self._is_refused = False
        self.ended = asyncio.Event()
        """Set when the client has closed its side of the connection."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by the event loop."""
        self.ended.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override] # aiohttp's has no result, asyncio's may have
        """Called by the event loop: the client has closed its side, and may still wait for its answers."""
        self.ended.set()
        cast("BoundedParser", self._parser).break_off()
        if self._request_count == 0 or (self._waiter is not None and not self._waiter.done()):
            return False
        self._close_after_last()
        return True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's text, which quotes the request
    ) -> web.StreamResponse:
        """Answer what no handler could: a request that cannot be parsed, or a handler's own failure."""
        if isinstance(exc, HeadRefused):
            exc.__traceback__ = None  # its frame of aiohttp holds the error: a cycle
            self._is_refused = True
            status = exc.refusal.status
            metrics.REQUESTS.labels("", "", str(status)).inc()
            _log.info("malformed request", status=status, **exc.refusal.extensions)
            return error_response(exc.refusal, self._language)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        error = exc if isinstance(exc, Exception) else RuntimeError(f"status {status}")
        return error_response(error, self._language_of(request))

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send a response; errors of aiohttp's own become documented ones."""
        if isinstance(resp, web.HTTPException) and resp.status >= HTTPStatus.BAD_REQUEST:
            resp = error_response(_of_aiohttp(resp), self._language_of(request))
        sent = await super().finish_response(request, resp, start_time)
        if self._is_refused:
            await self._linger()
        elif self.ended.is_set():
            self._close_after_last()
        return sent

    def _close_after_last(self) -> None:
        """Have the connection closed after the request that is being answered, if no other waits behind it."""
        if not self._messages:
            self.close()

    def _language_of(self, request: web.BaseRequest) -> Language:
        return answer_language(joined(request, "Accept-Language"), self._language)

    async def _linger(self) -> None:
        """Read and drop what the sender goes on sending: closed at once, the connection would lose it the answer."""
        if self.transport is not None and self.transport.can_write_eof():
            try:
                self.transport.write_eof()
                async with asyncio.timeout(LINGERING_S):
                    await self.ended.wait()
            except OSError:  # the sender is gone, or goes on for too long: `TimeoutError` is one too
                return

    def log_exception(self, *_arguments: Any, exc_info: Any = None, **_options: Any) -> None:
        """Log a failure of the connection, without its text."""
        if not isinstance(exc_info, web.RequestPayloadError):
            _log.error("connection failed", exc_info=exc_info)


def _of_aiohttp(error: web.HTTPException) -> Refused:
    """The documented error for an exception of aiohttp's router."""
    headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    match error.status:
        case HTTPStatus.NOT_FOUND:
            return Refused(404, _NOT_FOUND, code="NOT_FOUND")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return Refused(405, _METHOD, code="METHOD_NOT_ALLOWED", headers=headers)
        case _:
            return Refused(error.status, _NOT_OFFERED, closes=True)


class GatewayRunner(web.AppRunner):
    """Runs an application over connections of the above kind."""

    def __init__(self, app: web.Application, rules: ConnectionRules, **options: Any) -> None:
        super().__init__(app, **options)
        self._rules = rules

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        options = {**self._kwargs, "debug": False, "rules": self._rules}
        return _Server(server.request_handler, request_factory=server.request_factory, **options)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)
