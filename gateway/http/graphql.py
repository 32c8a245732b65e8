"""POST and GET /graphql."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web
from graphql import ExecutionResult, OperationType

from auth.scope import Viewers
from auth.tokens import Claims, TokenVerifier
from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.errors import Overloaded
from connectors.ids import Day
from gateway.context import Clock, RequestContext, zone
from gateway.engine.documents import Documents, PreparedOperation
from gateway.engine.prepare.limits import Limits
from gateway.engine.reads import Reads
from gateway.http import graphiql
from gateway.http.account import account_of
from gateway.http.admission import Admission, Slot
from gateway.http.batch import together
from gateway.http.body import Bodies
from gateway.http.caching import kept
from gateway.http.cross_site import refuse_cross_site
from gateway.http.demand import COST, Demand
from gateway.http.errors import Refused, failed, public
from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, answer_type, joined, wants_html
from gateway.http.outcome import Outcome
from gateway.http.persisted import PersistedDocuments
from gateway.http.ratelimit import RateLimits
from gateway.http.request import GraphQLRequest, bearer, graphql_requests
from gateway.http.response import Responses
from gateway.languages import Text
from gateway.observability.operation_names import OperationNames

_METHODS: Final = Text("Send queries by POST or GET.", "Отправляйте запросы методом POST или GET.")
_BY_POST: Final = Text("Send mutations by POST.", "Отправляйте мутации методом POST.")

Run = Callable[[PreparedOperation, RequestContext, Mapping[str, Any]], Awaitable[ExecutionResult]]
"""How an operation is run."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """What of HTTP is taken and given."""

    bodies: Bodies
    responses: Responses
    csrf_headers: Sequence[str]
    batch_max: int
    client_header: str
    graphiql: bool


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
    limits: Limits
    persisted: PersistedDocuments
    demand: Demand
    rate_limits: RateLimits
    front_door: FrontDoor
    admission: Admission
    names: OperationNames
    explained: bool = False
    """Whether everyone may ask what a query costs; an administrator always may."""

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.route("*", "/graphql", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; nothing that goes wrong leaves here as an exception."""
        if request.method == "GET" and self.front_door.graphiql and wants_html(joined(request, "Accept")):
            return await graphiql.page(request)
        request_id = uuid.uuid4().hex
        media = JSON
        try:
            media = answer_type(joined(request, "Accept") or "*/*")
            outcome = await self._outcome(request, media, request_id)
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            outcome = failed(error, media, request_id)
        account_of(request).request_id = request_id
        return await self.front_door.responses.response(request, outcome, media, request_id)

    async def _outcome(self, request: web.Request, media: str, request_id: str) -> Outcome:
        if request.method not in {"GET", "POST"}:
            allow = {"Allow": "GET, POST"}
            raise Refused(405, _METHODS, code="METHOD_NOT_ALLOWED", headers=allow)
        token = bearer(request)
        refuse_cross_site(request.method, request.headers, self.front_door.csrf_headers)
        claims = await self.verifier.claims(token)
        asked = await graphql_requests(request, self.front_door.bodies, batch_max=self.front_door.batch_max)
        account = account_of(request)
        account.slot = await self._admitted(request, claims)
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        viewer = await self.viewers.viewer(claims, today=self._today, deadline=deadline)
        account.role = viewer.role.value
        one = _One(self, request, viewer, media, request_id, deadline)
        if isinstance(asked, GraphQLRequest):
            return await one.outcome(asked)
        return together(await asyncio.gather(*map(one.outcome, asked)))

    async def _admitted(self, request: web.Request, claims: Claims) -> Slot:
        """Return a place for a request whose body has arrived; raises `Refused` where there is too much to do."""
        try:
            person = f"{claims.issuer} {claims.subject}"
            return await self.admission.enter(person, request.remote or "", request.headers["Authorization"])
        except Refused:
            self.admission.slow_down(request.transport)
            raise

    def _today(self, zone_name: str) -> Day:
        return self.clock.day(zone(zone_name))


@dataclass(frozen=True, slots=True)
class _One:
    """What the entries of a batch share, or a request that is none."""

    endpoint: GraphQLEndpoint
    request: web.Request
    viewer: Viewer
    media: str
    request_id: str
    deadline: float

    @property
    def _client(self) -> str:
        """The name that the client program gives itself."""
        return self.request.headers.get(self.endpoint.front_door.client_header, "")

    async def outcome(self, asked: GraphQLRequest) -> Outcome:
        """What becomes of one GraphQL request."""
        try:
            prepared = await self._prepared(asked)
            return await self._paid(prepared, asked)
        except Exception as error:  # noqa: BLE001 - the other entries of a batch are answered all the same
            return failed(error, self.media, self.request_id)

    async def _prepared(self, asked: GraphQLRequest) -> PreparedOperation:
        endpoint = self.endpoint
        if asked.variables:
            endpoint.limits.check_variables(asked.variables)
        found = await endpoint.persisted.find(asked, self._client, self.viewer.person_id)
        prepared = await self._known_or_new(found.text, asked.operation_name)
        operation = prepared.operation
        account = account_of(self.request)
        name = operation.node.name
        account.operation, account.kind = endpoint.names.used(name.value if name else ""), operation.kind.value
        if found.remember is not None:
            await endpoint.persisted.remember(found, self.viewer.person_id)
        if self.request.method == "GET" and operation.kind is not OperationType.QUERY:
            raise Refused(405, _BY_POST, code="METHOD_NOT_ALLOWED", headers={"Allow": "POST"})
        return prepared

    async def _known_or_new(self, text: str, name: str | None) -> PreparedOperation:
        """The operation; whoever sends one that is new pays for its preparation, whatever comes of it."""
        endpoint, viewer = self.endpoint, self.viewer
        prepared = endpoint.documents.find(text, name, viewer.role, person=viewer.person_id)
        if prepared is None:
            price = endpoint.documents.preparation_cost(text)
            if price:
                await endpoint.rate_limits.charge(viewer, self._client, price)
            prepared = await endpoint.documents.prepare(text, name, viewer.role, person=viewer.person_id)
        return prepared

    async def _paid(self, prepared: PreparedOperation, asked: GraphQLRequest) -> Outcome:
        """Run an operation if its price and what is left of the quota allow it."""
        endpoint, viewer = self.endpoint, self.viewer
        price = endpoint.demand.price(prepared, asked.variables, viewer.role)
        account_of(self.request).cost += price.estimated
        charge = await endpoint.rate_limits.charge(viewer, self._client, price.estimated)
        outcome = await self._run(prepared, asked)
        headers = price.settled(outcome.answer, charge, tells=COST in self.request.headers)
        account_of(self.request).actual += price.actual
        return replace(outcome, headers={**outcome.headers, **headers}) if headers else outcome

    async def _run(self, prepared: PreparedOperation, asked: GraphQLRequest) -> Outcome:
        endpoint, viewer = self.endpoint, self.viewer
        explain = asked.explain and (endpoint.explained or viewer.role is Role.ADMINISTRATOR)
        reads = Reads(self.deadline)
        context = RequestContext(viewer, endpoint.connectors, reads, self.request_id, endpoint.clock, explain)
        result = await endpoint.run(prepared, context, asked.variables)
        answer: dict[str, Any] = {"extensions": result.extensions} if result.extensions else {}
        if result.errors:
            if any(isinstance(error.original_error, Overloaded) for error in result.errors):
                raise Overloaded  # half an answer would not say that the other half is to be had in a moment
            answer["errors"] = public(result.errors, self.request_id)
        if result.data is not None or not result.errors or any(error.path for error in result.errors):
            answer["data"] = result.data
            is_bare = set(answer) == {"data"} and COST not in self.request.headers
            return Outcome(200, answer, kept(prepared) if is_bare else {})
        # The variables could not be coerced: nothing was run.
        return Outcome(400 if self.media == GRAPHQL_RESPONSE else 200, answer)
