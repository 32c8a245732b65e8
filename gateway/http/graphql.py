"""POST and GET /graphql."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web
from graphql import ExecutionResult, OperationType

from auth.scope import Viewers
from auth.tokens import TokenVerifier
from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.ids import Day
from gateway.context import Clock, RequestContext, zone
from gateway.engine.document import Documents, Operation, OperationRefused
from gateway.engine.encoding import encoded
from gateway.engine.reads import Reads
from gateway.http import graphiql
from gateway.http.errors import Refused, of_exception, of_refusal, public
from gateway.http.request import (
    GRAPHQL_RESPONSE,
    JSON,
    GraphQLRequest,
    answer_type,
    bearer,
    graphql_request,
    wants_html,
)

_log = structlog.get_logger(__name__)

Run = Callable[[Operation, RequestContext, Mapping[str, Any]], Awaitable[ExecutionResult]]
"""How an operation is run."""

NEVER_STORED: Final = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """Answers GraphQL requests."""

    verifier: TokenVerifier
    viewers: Viewers
    connectors: Connectors
    documents: Documents
    run: Run
    clock: Clock
    timeout_s: float
    graphiql: bool
    explained: bool = False
    """Whether everyone may ask what a query costs; an administrator always may."""

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.route("*", "/graphql", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; nothing that goes wrong leaves here as an exception."""
        if request.method == "GET" and self.graphiql and wants_html(request):
            return await graphiql.page(request)
        request_id = uuid.uuid4().hex
        media = JSON
        try:
            media = answer_type(request)
            return await self._answer(request, media, request_id)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            status, shown, headers = of_exception(error, request_id)
            return _response(status, {"errors": [shown]}, media, request_id, headers)

    async def _answer(self, request: web.Request, media: str, request_id: str) -> web.Response:
        if request.method not in {"GET", "POST"}:
            raise Refused(405, "Send queries by POST or GET.", headers={"Allow": "GET, POST"})
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        asked = await graphql_request(request)
        viewer = await self._viewer(request, deadline)
        try:
            operation = self.documents.operation(asked.query, asked.operation_name, viewer.role)
        except OperationRefused as refusal:
            status = 403 if refusal.stage == "access" else 400
            status = status if media == GRAPHQL_RESPONSE or refusal.stage == "access" else 200
            return _response(status, {"errors": of_refusal(refusal, request_id)}, media, request_id)
        if request.method == "GET" and operation.kind is not OperationType.QUERY:
            raise Refused(405, "Send mutations by POST.", headers={"Allow": "POST"})
        return await self._run(operation, viewer, asked, media, request_id, deadline)

    async def _viewer(self, request: web.Request, deadline: float) -> Viewer:
        claims = await self.verifier.claims(bearer(request))
        return await self.viewers.viewer(claims, today=self._today, deadline=deadline)

    def _today(self, zone_name: str) -> Day:
        return self.clock.day(zone(zone_name))

    async def _run(
        self, operation: Operation, viewer: Viewer, asked: GraphQLRequest, media: str, request_id: str, deadline: float
    ) -> web.Response:
        explain = asked.explain and (self.explained or viewer.role is Role.ADMINISTRATOR)
        context = RequestContext(viewer, self.connectors, Reads(deadline), request_id, self.clock, explain)
        result = await self.run(operation, context, asked.variables)
        answer: dict[str, Any] = {"extensions": result.extensions} if result.extensions else {}
        if result.errors:
            answer["errors"] = public(result.errors, request_id)
        status = 200
        if result.data is not None or not result.errors or any(error.path for error in result.errors):
            answer["data"] = result.data
        elif media == GRAPHQL_RESPONSE:
            status = 400  # the variables could not be coerced: nothing was run
        return _response(status, answer, media, request_id)


def _response(
    status: int, answer: Mapping[str, Any], media: str, request_id: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        body=encoded(answer),
        content_type=media,
        charset="utf-8",
        headers={**NEVER_STORED, "X-Request-Id": request_id, **(headers or {})},
    )
