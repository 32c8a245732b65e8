"""Requests for files: who asks, by a token or a secret address, and how they are answered."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pymongo.errors import PyMongoError

from auth.errors import AuthError
from auth.viewer import Role, Viewer
from connectors.declarations import Collection
from connectors.downloads import CalendarFeed, Downloads, QueryKey
from connectors.mongo.read_log import LoggedDeadline
from connectors.vocabulary import PersonId
from gateway.exports.export import ExportedFile
from gateway.http.errors import Refused
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.reading.negotiation import GRAPHQL_RESPONSE, JSON
from gateway.http.reading.request import bearer
from gateway.http.reading.session import session_claims
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.outcome import Outcome
from gateway.languages import Text
from gateway.observability.request_record import record_of

Answer = Callable[[web.Request, str], Awaitable[ExportedFile | Outcome | web.StreamResponse]]
"""Answers a request, which has this id."""

_GONE: Final = Text(
    "This address has ended. Whoever made it can make a new one.",
    "Этот адрес больше не действует. Тот, кто его создал, может создать новый.",
)


def gone() -> Refused:
    """The error of an address that was revoked, has expired, or whose owner has lost the right to what it gives."""
    return Refused(HTTPStatus.GONE, _GONE, code="GONE")


@dataclass(frozen=True, slots=True)
class FileRequests:
    """Finds the viewer of a request for a file, and answers it; how much they may is as at the graph."""

    graph: GraphQLEndpoint
    downloads: Downloads

    async def answered(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        """The response of *answer*; nothing that goes wrong leaves here as an exception."""
        request_id = record_of(request).request_id = uuid.uuid4().hex
        responses = self.graph.options.responses
        status = 0
        try:
            try:
                found = await answer(request, request_id)
            except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
                found = error_outcome(error, GRAPHQL_RESPONSE, request_id)
            if isinstance(found, ExportedFile):
                response = await responses.file(request, found, request_id)
            elif isinstance(found, Outcome):
                response = await responses.response(request, found, JSON, request_id)
            else:
                response = found
            status = response.status
            return response
        finally:
            self.graph.leave(request, status)

    async def viewer_signed_in(self, request: web.Request) -> Viewer:
        """The viewer whose token, or session of a browser, the request has."""
        graph = self.graph
        claims = await session_claims(request, graph.browsers) or await graph.verifier.claims(bearer(request))
        await graph.enter(request, claims)
        viewer = await graph.viewers.viewer(claims, today=graph.clock.day_in, deadline=self.deadline(request))
        record_of(request).role = viewer.role.value
        return viewer

    async def admit(self, request: web.Request, address: str) -> None:
        """Admit the request to those that run at once, before its secret *address* is looked up in the database."""
        await self.graph.enter_as(request, f"address {request.remote or ''}", address)

    async def viewer_of_address(
        self, request: web.Request, address: CalendarFeed | QueryKey, collection: Collection[Any]
    ) -> Viewer:
        """The person who made an address, with the rights that they have now; raises `gone` where these have ended."""
        if address["revoked_at"] is not None:
            raise gone()
        viewer = await self.viewer_of_person(request, address["person_id"], address["role"])
        with suppress(PyMongoError):
            await self.downloads.note_use(collection, address, datetime.now(UTC))
        return viewer

    async def viewer_of_person(self, request: web.Request, person: PersonId, role: str) -> Viewer:
        """The owner of an address, as `viewer_of_address` finds them."""
        graph = self.graph
        deadline = self.deadline(request)
        try:
            viewer = await graph.viewers.of_person(person, Role(role), today=graph.clock.day_in, deadline=deadline)
        except AuthError as error:
            raise gone() from error
        record_of(request).role = viewer.role.value
        return viewer

    def deadline(self, request: web.Request) -> LoggedDeadline:
        """When the reads that begin now have to end."""
        return self.graph.deadline(request)
