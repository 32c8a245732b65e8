"""POST and GET /graphql."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from auth.scope import Viewers
from auth.sign_in.browsers import BrowserSignIn
from auth.tokens import Claims, TokenVerifier
from auth.viewer import Viewer
from connectors.mongo.read_log import LoggedDeadline
from gateway.context import Clock
from gateway.exports.export import ExportedFile, Exports
from gateway.exports.formats import Format
from gateway.http import graphiql
from gateway.http.admission import Admission, Slot
from gateway.http.errors import Refused
from gateway.http.live import LiveEndpoint, wants_live
from gateway.http.reading.body import Bodies
from gateway.http.reading.cross_site import refuse_cross_site
from gateway.http.reading.negotiation import GRAPHQL_RESPONSE, JSON, answer_type, file_format, joined, wants_html
from gateway.http.reading.request import bearer, graphql_requests
from gateway.http.reading.session import CSRF, credential, session_claims
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.outcome import Outcome, merge_outcomes, outcome_of
from gateway.http.writing.response import Responses, error_response
from gateway.languages import Language, Text
from gateway.observability.middleware import PATH
from gateway.observability.request_record import record_of
from gateway.operations import errors
from gateway.operations.request import OperationRequest, is_likely_mutation
from gateway.operations.service import OperationService

SLOT: Final = web.RequestKey("slot", Slot)
"""The place of a request among those that run."""
_METHODS: Final = Text("Send queries by POST or GET.", "Отправляйте запросы методом POST или GET.")

_ONE_KEY: Final = Text(
    "The header Idempotency-Key is not for batches: give each field its own key by @idempotent(key:).",
    "Заголовок Idempotency-Key не для пакетов: задайте каждому полю свой ключ через @idempotent(key:).",
)


_ONE_FILE: Final = Text(
    "A file is made of one operation, not of a batch.", "Файл делается по одной операции, а не по пакету."
)


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How HTTP requests are read and answered."""

    bodies: Bodies
    responses: Responses
    csrf_headers: Sequence[str]
    batch_max: int
    client_header: str
    graphiql: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEndpoint:
    """Answers GraphQL requests."""

    verifier: TokenVerifier
    browsers: BrowserSignIn | None = None
    viewers: Viewers
    service: OperationService
    exports: Exports
    admission: Admission
    clock: Clock
    timeout_s: float
    options: HttpOptions
    live: LiveEndpoint

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.route("*", PATH, self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; nothing that goes wrong leaves here as an exception."""
        if wants_live(request):
            return await self._live(request)
        if request.method == "GET" and self.options.graphiql and wants_html(joined(request, "Accept")):
            return await graphiql.page(request)
        status = 0
        try:
            response = await self._response(request)
            status = response.status
            return response
        finally:
            self.leave(request, status)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """A connection that lasts as long as its subscriptions."""
        try:
            return await self.live.handle(request)
        except errors.Refused as error:  # there are too many connections
            return error_response(error, self.options.responses.language(request))

    async def _response(self, request: web.Request) -> web.StreamResponse:
        request_id = uuid.uuid4().hex
        media = JSON
        try:
            accept = joined(request, "Accept") or "*/*"
            kind = file_format(accept)
            media = GRAPHQL_RESPONSE if kind else answer_type(accept)
            outcome = await self._outcome(request, media, request_id, kind)
            if isinstance(outcome, ExportedFile):
                record_of(request).request_id = request_id
                return await self.options.responses.file(request, outcome, request_id)
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            outcome = error_outcome(error, media, request_id)
        record_of(request).request_id = request_id
        return await self.options.responses.response(request, outcome, media, request_id)

    async def _outcome(
        self, request: web.Request, media: str, request_id: str, kind: Format | None
    ) -> Outcome | ExportedFile:
        if request.method not in {"GET", "POST"}:
            allow = {"Allow": "GET, POST"}
            raise Refused(405, _METHODS, code="METHOD_NOT_ALLOWED", headers=allow)
        options = self.options
        claims = await self._claims(request)
        sent = await graphql_requests(
            request,
            options.bodies,
            batch_max=options.batch_max,
            client_header=options.client_header,
            request_id=request_id,
        )
        await self.enter(request, claims)
        record = record_of(request)
        deadline = self.deadline(request)
        # What looks like a mutation is run with rights read afresh; read at once, they are not looked up twice.
        is_fresh = isinstance(sent, OperationRequest) and is_likely_mutation(sent.query)
        viewer = await self._viewer(claims, deadline, is_fresh=is_fresh)
        record.role = viewer.role.value

        async def fresh() -> Viewer:
            if is_fresh:
                return viewer
            return await self._viewer(claims, deadline, is_fresh=True)

        if kind is not None:
            return await self._file(request, viewer, sent, kind)
        if isinstance(sent, OperationRequest):
            result = await self.service.run(viewer, sent, deadline, fresh=fresh)
            record.add(result)
            if result.has_changed_rights:
                await self.viewers.forget(claims)
            return outcome_of(result, media)
        if any(one.idempotency_key is not None for one in sent):
            raise Refused(400, _ONE_KEY)
        results = await asyncio.gather(*(self.service.run(viewer, one, deadline, fresh=fresh) for one in sent))
        for result in results:
            record.add(result)
        return merge_outcomes(results, media)

    async def _viewer(self, claims: Claims, deadline: LoggedDeadline, *, is_fresh: bool) -> Viewer:
        """The viewer; one who awaits a consent too, to whom `OperationService` answers nothing but consents."""
        return await self.viewers.viewer(
            claims, today=self.clock.day_in, deadline=deadline, is_fresh=is_fresh, before_consent=True
        )

    async def _claims(self, request: web.Request) -> Claims:
        """Who asks: by a bearer token or, without one, by the session of a browser, which must prove its origin."""
        claims = await session_claims(request, self.browsers)
        if claims is None:
            token = bearer(request)
            refuse_cross_site(request.method, request.headers, self.options.csrf_headers)
            return await self.verifier.claims(token)
        refuse_cross_site(request.method, request.headers, [CSRF])
        return claims

    async def _file(
        self, request: web.Request, viewer: Viewer, sent: OperationRequest | list[OperationRequest], kind: Format
    ) -> Outcome | ExportedFile:
        """The list of an operation as a file."""
        if not isinstance(sent, OperationRequest):
            raise Refused(400, _ONE_FILE)
        return await self.exported(request, viewer, sent, kind, self.options.responses.language(request))

    async def exported(
        self, request: web.Request, viewer: Viewer, operation: OperationRequest, kind: Format, language: Language
    ) -> Outcome | ExportedFile:
        """The list of an operation as a file; what its pages did cost is noted in the record of *request*."""
        found = await self.exports.export(viewer, operation, kind, language, lambda: self.deadline(request))
        for result in found.results if isinstance(found, ExportedFile) else [found]:
            record_of(request).add(result)
        return found if isinstance(found, ExportedFile) else outcome_of(found, GRAPHQL_RESPONSE)

    def deadline(self, request: web.Request) -> LoggedDeadline:
        """When the reads of *request* that begin now have to end."""
        return LoggedDeadline(asyncio.get_running_loop().time() + self.timeout_s, record_of(request).tally)

    async def enter(self, request: web.Request, claims: Claims) -> None:
        """Wait for a place for a request whose body has arrived; raises `Refused` where there is too much to do."""
        await self.enter_as(request, f"{claims.issuer} {claims.subject}", credential(request))

    async def enter_as(self, request: web.Request, person: str, secret: str) -> None:
        """Wait for a place for a request of *person*, which is known by *secret*, until `leave` gives it back."""
        try:
            request[SLOT] = await self.admission.enter(person, request.remote or "", secret)
        except errors.Refused:
            self.admission.slow_down(request.transport)
            raise

    def leave(self, request: web.Request, status: int) -> None:
        """Give back the place of a request that is answered with *status*, if it has one."""
        if (slot := request.get(SLOT)) is not None:
            slot.release(record_of(request).tally.queued_s if status == HTTPStatus.OK else 0)
