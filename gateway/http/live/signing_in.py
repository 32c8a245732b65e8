"""Who has opened a live connection: by a bearer token, or by the session of a browser."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from auth.errors import Unauthenticated
from auth.scope import Viewers
from auth.sign_in.browsers import BrowserSignIn
from auth.tokens import Claims, TokenVerifier
from auth.viewer import Viewer
from gateway.context import Clock
from gateway.http.reading.cross_site import refuse_cross_site
from gateway.http.reading.request import bearer, token_of
from gateway.http.reading.session import CSRF, refuse_foreign, require_secret, session_claims, session_cookie

AUTHORIZATION: Final = "authorization"


@dataclass(frozen=True, slots=True)
class Connected:
    """The person who has opened a connection, and how long their token or session lasts."""

    sign_in: "LiveSignIn"
    claims: Claims
    cookie: str | None
    """The value of the session's cookie; None for a bearer token."""

    @property
    def person(self) -> str:
        """A text that identifies the person: issuer and subject."""
        return f"{self.claims.issuer} {self.claims.subject}"

    @property
    def ends_at(self) -> float:
        """Seconds since 1970 after which the token or the session is worth nothing."""
        return self.claims.expires_at + (self.sign_in.leeway_s if self.cookie is None else 0)

    async def viewer(self, *, is_fresh: bool) -> Viewer:
        """The viewer with the rights of now. Raises `AuthError`, and `SourceUnavailable`."""
        own = self.sign_in
        deadline = asyncio.get_running_loop().time() + own.timeout_s
        return await own.viewers.viewer(self.claims, today=own.clock.day_in, deadline=deadline, is_fresh=is_fresh)

    async def forget(self) -> None:
        """Have the viewer looked up anew by the next request: rights have changed."""
        await self.sign_in.viewers.forget(self.claims)

    async def is_valid(self) -> bool:
        """Whether the session goes on. A token is good until its end."""
        browsers = self.sign_in.browsers
        return self.cookie is None or (browsers is not None and await browsers.is_signed_in(self.cookie))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSignIn:
    """Recognises whoever opens a live connection."""

    verifier: TokenVerifier
    browsers: BrowserSignIn | None
    viewers: Viewers
    clock: Clock
    timeout_s: float
    leeway_s: float
    csrf_headers: tuple[str, ...]

    async def of_request(self, request: web.Request) -> Connected:
        """Whoever sends a request, with the same headers as for any other operation. Raises `AuthError`, `Refused`."""
        claims = await session_claims(request, self.browsers)
        if claims is not None:
            refuse_cross_site(request.method, request.headers, [CSRF])
            return Connected(self, claims, session_cookie(request))
        token = bearer(request)
        refuse_cross_site(request.method, request.headers, self.csrf_headers)
        return Connected(self, await self.verifier.claims(token), None)

    async def of_socket(self, request: web.Request, parameters: Mapping[str, Any]) -> Connected:
        """Whoever opens a WebSocket: its first message has the headers that browsers do not let a page send.

        A page of another site may open a socket too, and the browser would send the cookie: a session counts only for
        pages of the gateway's own origin that know its secret. Raises `AuthError`, `Refused`.
        """
        sent = {name.lower(): value for name, value in parameters.items() if isinstance(value, str)}
        if AUTHORIZATION in sent:
            return Connected(self, await self.verifier.claims(token_of(sent[AUTHORIZATION])), None)
        if "Authorization" in request.headers:  # of a client that is no browser
            return Connected(self, await self.verifier.claims(bearer(request)), None)
        cookie = session_cookie(request)
        if self.browsers is None or cookie is None:
            raise Unauthenticated("no bearer token")
        refuse_foreign(request, self.browsers.public_url)
        if "Origin" not in request.headers:
            raise Unauthenticated("a cookie without an origin")
        session = await self.browsers.session(cookie)
        require_secret(sent.get(CSRF.lower(), ""), session)
        return Connected(self, session.claims, cookie)
