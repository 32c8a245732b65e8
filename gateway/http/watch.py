"""Around every GraphQL request: whether there is room for it, its line in the log, its metrics, its span."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

from connectors.commands import TALLY
from gateway import metrics
from gateway.http.account import ACCOUNT, Account
from gateway.http.admission import Admission
from gateway.http.life import Life
from gateway.http.negotiation import answer_language, joined
from gateway.http.response import error_response
from gateway.languages import Language
from gateway.operations.errors import overloaded

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Span = Callable[[str, str, Mapping[str, str], Account], AbstractContextManager[Any]]
"""Makes the span of a request of its method, route, headers and account."""

PATH: Final = "/graphql"
_log = structlog.get_logger("gateway.request")


@dataclass(slots=True)
class Watch:
    """Watches the requests of one process."""

    admission: Admission
    durations: metrics.Durations
    default_language: Language = Language.ENGLISH
    logs: bool = True
    span: Span | None = None
    life: Life = field(default_factory=Life)
    _requests: metrics.Family = field(default_factory=lambda: metrics.Family(metrics.REQUESTS))
    _errors: metrics.Family = field(default_factory=lambda: metrics.Family(metrics.ERRORS, 100))

    def middleware(self) -> Any:
        """For aiohttp: outside of whatever takes time."""

        @web.middleware
        async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == PATH:
                response = await self._answered(request, handler)
            else:
                response = await handler(request)
            if self.life.is_draining:
                response.force_close()
            return response

        return watched

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.admission.refuses(request.headers.get("Authorization", "")):
            self.admission.slow_down(request.transport)
            language = answer_language(joined(request, "Accept-Language"), self.default_language)
            return error_response(overloaded(), language)
        account = request[ACCOUNT] = Account()
        TALLY.set(account.tally)
        began = time.perf_counter()
        status = 499  # as nginx has it: the client went away
        try:
            with nullcontext() if self.span is None else self.span(request.method, PATH, _trace(request), account):
                response = await handler(request)
                status = account.status = response.status
            return response
        finally:
            if account.slot is not None:
                account.slot.release(account.tally.queued_s if status == HTTPStatus.OK else 0)
            self._note(account, status, time.perf_counter() - began)

    def _note(self, account: Account, status: int, seconds: float) -> None:
        self.durations.of((account.operation or "anonymous") if account.kind else "none").observe(seconds)
        metrics.READS.observe(account.tally.reads)
        metrics.COST.observe(account.cost)
        metrics.ACTUAL_COST.observe(account.actual)
        self._requests.inc(account.role, account.kind, str(status))
        for code in account.codes:
            self._errors.inc(code)
        if self.logs:
            level = _log.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _log.info
            level(
                "request",
                request_id=account.request_id,
                operation=account.operation,
                kind=account.kind,
                role=account.role,
                status=status,
                ms=round(seconds * 1000, 2),
                errors=account.codes,
                reads=account.tally.reads,
                cost=account.cost,
                **({"trace_id": account.trace_id} if account.trace_id else {}),
            )


def _trace(request: web.Request) -> dict[str, str]:
    """The headers that say which trace the request belongs to."""
    return {name: line for name in ("traceparent", "tracestate", "baggage") if (line := joined(request, name))}
