"""Middleware that writes a line of the log, metrics and a span for every request that runs operations."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.observability import metrics
from gateway.observability.request_record import RECORD, RequestRecord

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Span = Callable[[str, str, Mapping[str, str], RequestRecord], AbstractContextManager[Any]]
"""Makes the span of a request of its method, route, headers and record."""

PATH: Final = "/graphql"
"""Where the graph is."""
FILES: Final = ("/q", "/calendar", "/exports")
"""How the addresses of files begin that operations make. What follows may be a secret, and is never noted."""
LIVE: Final = "live"
"""The kind of a connection that lasts as long as its subscriptions."""
CLIENT_GONE: Final = 499
"""The status of a request whose client went away before the answer; nginx has it too."""
TRACE_HEADERS: Final = ("traceparent", "tracestate", "baggage")
_log = structlog.get_logger("gateway.request")


@dataclass(slots=True)
class RequestObserver:
    """Observes the requests of one process."""

    durations: metrics.Durations
    logs: bool = True
    span: Span | None = None
    _requests: metrics.Family = field(default_factory=lambda: metrics.Family(metrics.REQUESTS))
    _errors: metrics.Family = field(default_factory=lambda: metrics.Family(metrics.ERRORS, 100))

    def middleware(self) -> Any:
        """For aiohttp: around the handler of requests that are taken on."""

        @web.middleware
        async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
            route = observed_route(request.path)
            return await (handler(request) if route is None else self._observed(request, handler, route))

        return observed

    async def _observed(self, request: web.Request, handler: Handler, route: str) -> web.StreamResponse:
        record = request[RECORD] = RequestRecord()
        began = time.perf_counter()
        status = CLIENT_GONE
        try:
            with nullcontext() if self.span is None else self.span(request.method, route, _trace(request), record):
                response = await handler(request)
                status = record.status = response.status
            return response
        finally:
            self.note(record, status, time.perf_counter() - began)

    def note(self, record: RequestRecord, status: int, seconds: float) -> None:
        """Count and log a request, or an operation of a live connection."""
        if record.kind != LIVE:  # its length says nothing of how fast anything was answered
            self._measure(record, status, seconds)
        if self.logs:
            self._log(record, status, seconds)

    def _measure(self, record: RequestRecord, status: int, seconds: float) -> None:
        self.durations.of((record.operation or "anonymous") if record.kind else "none").observe(seconds)
        metrics.READS.observe(record.tally.reads)
        metrics.COST.observe(record.cost)
        metrics.ACTUAL_COST.observe(record.actual)
        self._requests.inc(record.role, record.kind, str(status))
        for code in record.codes:
            self._errors.inc(code)

    def _log(self, record: RequestRecord, status: int, seconds: float) -> None:
        level = _log.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _log.info
        level(
            "request",
            request_id=record.request_id,
            operation=record.operation,
            kind=record.kind,
            role=record.role,
            status=status,
            ms=round(seconds * 1000, 2),
            errors=record.codes,
            reads=record.tally.reads,
            cost=record.cost,
            **({"trace_id": record.trace_id} if record.trace_id else {}),
        )


def observed_route(path: str) -> str | None:
    """The route of the requests that are observed and admitted in turn; None for other addresses."""
    first = f"/{path[1:].partition('/')[0]}"
    return first if first in FILES or path == PATH else None


def _trace(request: web.Request) -> dict[str, str]:
    """The headers that say which trace the request belongs to; several lines of one name are one list."""
    lines = {name: ", ".join(request.headers.getall(name, ())) for name in TRACE_HEADERS}
    return {name: line for name, line in lines.items() if line}
