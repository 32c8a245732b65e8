"""GET /schema.graphql: the schema in SDL as the role of the caller sees it."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from auth.scope import Viewers
from auth.sign_in.browsers import BrowserSignIn
from auth.tokens import TokenVerifier
from auth.viewer import Role
from gateway.context import Clock
from gateway.http.errors import Refused
from gateway.http.reading.negotiation import JSON
from gateway.http.reading.request import bearer
from gateway.http.reading.session import session_claims
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.response import Responses
from gateway.languages import Text
from gateway.operations.service import OperationService
from gateway.schema.printed import printed

SCHEMA: Final = "/schema.graphql"
_NO_INTROSPECTION: Final = Text("This role may not ask for the schema here.", "Этой роли схема здесь не показывается.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaEndpoint:
    """Shows a role its schema: what introspection shows it, and to the same roles."""

    verifier: TokenVerifier
    browsers: BrowserSignIn | None = None
    viewers: Viewers
    service: OperationService
    responses: Responses
    clock: Clock
    timeout_s: float

    def routes(self) -> list[web.RouteDef]:
        """The route of the schema."""
        return [web.get(SCHEMA, self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; who is not signed in gets the error that /graphql gives."""
        try:
            role = await self._role(request)
            # Printing takes about a second, once for each role: requests go on meanwhile.
            text = await asyncio.to_thread(printed, role)
        except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
            request_id = uuid.uuid4().hex
            return await self.responses.response(request, error_outcome(error, JSON, request_id), JSON, request_id)
        headers = {
            "Cache-Control": "private, no-store",
            "Vary": "Authorization, Cookie",
            "Content-Disposition": f'inline; filename="schema.{role.value.lower()}.graphql"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)

    async def _role(self, request: web.Request) -> Role:
        """The role of the caller, who must be signed in; raises `Refused` where it may not see its schema."""
        claims = await session_claims(request, self.browsers) or await self.verifier.claims(bearer(request))
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        viewer = await self.viewers.viewer(claims, today=self.clock.day_in, deadline=deadline, is_fresh=False)
        if not self.service.documents.views[viewer.role].introspects:
            raise Refused(403, _NO_INTROSPECTION, code="UNAUTHORIZED_FIELD_OR_TYPE")
        return viewer.role
