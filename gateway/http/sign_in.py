"""/auth/…: browsers sign in by an OpenID provider, ask who they are, switch the role, and sign out."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Final

import structlog
from aiohttp import web

from auth.errors import AmbiguousUser, AuthError, RoleNotHeld, SignInFailed, Unauthenticated, UserNotFound
from auth.scope import Viewers
from auth.sign_in.accounts import Accounts
from auth.sign_in.browsers import Arrival, BrowserSignIn
from auth.sign_in.invited import NEWCOMER_LIFETIME_S, Invited, Newcomer, Newcomers
from auth.sign_in.logins import LIFETIME_S
from auth.sign_in.providers import Provider
from auth.sign_in.sessions import Session
from auth.viewer import Role
from gateway.context import Clock
from gateway.engine.encoding import encoded
from gateway.http.errors import Refused
from gateway.http.pages import sign_in as pages
from gateway.http.pages.shell import language_of
from gateway.http.reading.body import Bodies
from gateway.http.reading.negotiation import JSON
from gateway.http.reading.session import COOKIE, CSRF, refuse_foreign, require_csrf, session_cookie
from gateway.http.sign_in_limits import SignInLimits
from gateway.http.writing.errors import error_outcome
from gateway.http.writing.response import error_response
from gateway.languages import Language, Text

LOGIN_COOKIE: Final = "__Host-school-login"
NEWCOMER_COOKIE: Final = "__Host-school-newcomer"
MAX_RETURN: Final = 2_000
"""Characters of the path that a browser returns to."""
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this host: printable ASCII without a backslash, which browsers take for a slash, and not `//host`."""

_CODES: Final = re.compile(r"[\r\n,;]+")
"""Between codes stands the end of a line, a comma or a semicolon: a code itself may be written in two groups."""

_RETURN: Final = Text(
    "`return` has to be a path of this site, such as /graphql.",
    "`return` должен быть путём этого сайта, например /graphql.",
)
_PROVIDER: Final = Text("There is no such provider here.", "Такой службы входа здесь нет.")
_NO_PAGE: Final = Text("Open this address in a window of its own.", "Откройте этот адрес в отдельном окне.")
_NO_ROLE: Final = Text("`role` has to be a role of this person.", "`role` должна быть ролью этого человека.")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInEndpoint:
    """Answers what browsers ask to sign in and out. Nothing that goes wrong leaves here as an exception."""

    browsers: BrowserSignIn
    viewers: Viewers
    accounts: Accounts
    newcomers: Newcomers
    invited: Invited
    limits: SignInLimits
    clock: Clock
    bodies: Bodies
    timeout_s: float
    default_language: Language

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [
            web.get("/auth/login", self._page(self.login)),
            web.get("/auth/callback/{provider}", self._page(self.callback)),
            web.get("/auth/register", self._page(self.invitation)),
            web.post("/auth/register", self._page(self.register)),
            web.get("/auth/session", self._json(self.session)),
            web.post("/auth/role", self._json(self.role)),
            web.post("/auth/logout", self._json(self.logout)),
            web.post("/auth/backchannel-logout/{provider}", self._json(self.backchannel_logout, is_limited=False)),
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Send the browser to a provider; ask by which, where there are several and none is named."""
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            raise Refused(400, _NO_PAGE)
        return_to = request.query.get("return", "/")
        if len(return_to) > MAX_RETURN or not _PATH.fullmatch(return_to):
            raise Refused(400, _RETURN)
        providers = self.browsers.providers
        if "provider" not in request.query and len(providers) > 1:
            return pages.choice(providers.values(), return_to, language_of(request, self.default_language))
        provider = self._provider(request.query.get("provider", next(iter(providers))))
        url, cookie = await self.browsers.begin(provider, return_to, request.cookies.get(LOGIN_COOKIE))
        response = _redirect(url)
        _set_cookie(response, LOGIN_COOKIE, cookie, max_age=LIFETIME_S)
        return response

    async def callback(self, request: web.Request) -> web.Response:
        """Begin a session for somebody who comes back from a provider."""
        provider = self._provider(request.match_info["provider"])
        logins = request.cookies.get(LOGIN_COOKIE)
        arrival = await self.browsers.arrive(provider, request.query, logins)
        await self.limits.check_account(provider.rules.issuer, arrival.claims["sub"])
        try:
            roles = await self._roles(provider, arrival)
        except (UserNotFound, AmbiguousUser) as error:
            if error.registration_number is None:
                raise
            return self._offer(request, provider, arrival, error)
        if not roles:
            raise RoleNotHeld("the person has no role in force")
        cookie = await self.browsers.start(arrival, roles[0], session_cookie(request))
        _log.info("signed in", provider=provider.rules.name, role=roles[0].value)
        response = _redirect(arrival.login.return_to)
        _set_cookie(response, COOKIE, cookie)
        others = self.browsers.forget(arrival.login, logins)
        _set_cookie(response, LOGIN_COOKIE, others or "", max_age=LIFETIME_S if others else 0)
        return response

    async def invitation(self, request: web.Request) -> web.Response:
        """Ask somebody who has just signed in at a provider for the codes that they got from the school."""
        newcomer, _ = self._newcomer(request)
        return pages.invitation(newcomer.proof, language_of(request, self.default_language))

    async def register(self, request: web.Request) -> web.Response:
        """Register somebody who has just signed in at a provider by the codes that they got from the school."""
        refuse_foreign(request, self.browsers.public_url)
        newcomer, provider = self._newcomer(request)
        form = await request.post()
        if not compare_digest(newcomer.proof.encode(), str(form.get("proof", "")).encode()):
            raise SignInFailed("the form is not ours")
        await self.limits.check_account(newcomer.issuer, newcomer.subject)
        language = language_of(request, self.default_language)
        codes = [code for code in _CODES.split(str(form.get("codes", ""))) if code.strip()]
        refusal = await self.invited.register(newcomer, codes)
        if refusal is not None:
            return pages.not_registered(refusal, newcomer.proof, self.invited.attempts_a_day, language)
        _log.info("registered by an invitation", provider=provider.rules.name)
        response = pages.registered(provider, newcomer.return_to, language)
        _set_cookie(response, NEWCOMER_COOKIE, "", max_age=0)
        return response

    async def session(self, request: web.Request) -> web.Response:
        """Who is signed in from this browser."""
        refuse_foreign(request, self.browsers.public_url)
        return _answer(await self._shown(await self.browsers.session(_required_cookie(request))))

    async def role(self, request: web.Request) -> web.Response:
        """Continue in another role of the same person."""
        cookie, session = await self._proved(request)
        await self.limits.check_account(session.issuer, session.subject)
        body = await self.bodies.json(request)
        named = body.get("role") if isinstance(body, dict) else None
        if named not in set(Role):
            raise Refused(400, _NO_ROLE)
        _, _, roles = await self._person(session.issuer, session.subject)
        if named not in roles:
            raise Refused(403, _NO_ROLE, code="NOT_ALLOWED")
        new, session = await self.browsers.switch(cookie, Role(named))
        response = _answer(await self._shown(session))
        _set_cookie(response, COOKIE, new)
        return response

    async def logout(self, request: web.Request) -> web.Response:
        """End the session, and name the address at which the browser ends its session at the OpenID provider."""
        try:
            cookie, _ = await self._proved(request)
            url = await self.browsers.log_out(cookie)
        except Unauthenticated:  # it has ended already
            url = None
        response = _answer({"redirect": url})
        _set_cookie(response, COOKIE, "", max_age=0)
        return response

    async def backchannel_logout(self, request: web.Request) -> web.Response:
        """End the sessions that a provider says are over (OpenID Connect Back-Channel Logout 1.0)."""
        provider = self._provider(request.match_info["provider"])
        form = await request.post()
        try:
            count = await self.browsers.log_out_by_provider(provider, str(form.get("logout_token", "")))
        except Unauthenticated as error:
            _log.warning("logout by provider refused", provider=provider.rules.name, reason=error.reason)
            return _answer({"error": "invalid_request"}, status=400)
        _log.info("logout by provider", provider=provider.rules.name, sessions=count)
        return _answer({"sessions": count})

    def _newcomer(self, request: web.Request) -> tuple[Newcomer, Provider]:
        """Who has signed in from this browser, and where. Raises `SignInFailed` where nobody did a short time ago."""
        newcomer = self.newcomers.read(request.cookies.get(NEWCOMER_COOKIE))
        provider = self.browsers.providers.get(newcomer.provider) if newcomer else None
        if newcomer is None or provider is None:
            raise SignInFailed("nobody whom the school does not know has just signed in from this browser")
        return newcomer, provider

    def _provider(self, name: str) -> Provider:
        provider = self.browsers.providers.get(name)
        if provider is None:
            raise Refused(404, _PROVIDER, code="NOT_FOUND")
        return provider

    async def _proved(self, request: web.Request) -> tuple[str, Session]:
        """The cookie and the session of a request that a page of this origin has sent."""
        refuse_foreign(request, self.browsers.public_url)
        cookie = _required_cookie(request)
        session = await self.browsers.session(cookie)
        require_csrf(request, session)
        return cookie, session

    async def _roles(self, provider: Provider, arrival: Arrival) -> list[Role]:
        """The roles of whoever came back from *provider*; an account that the school does not know is linked if it can.

        Raises `UserNotFound` or `AmbiguousUser` where it cannot.
        """
        issuer, subject = provider.rules.issuer, arrival.claims["sub"]
        try:
            _, _, roles = await self._person(issuer, subject)
        except UserNotFound:
            await self.accounts.link(issuer, subject, provider.attributes(arrival.claims))
            _, _, roles = await self._person(issuer, subject)
        return roles

    async def _person(self, issuer: str, subject: str) -> tuple[str, str, list[Role]]:
        """The id, the name and the roles of today of whoever is known under *subject*."""
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        return await self.viewers.roles(issuer, subject, today=self.clock.day_in, deadline=deadline)

    async def _shown(self, session: Session) -> dict[str, Any]:
        person, name, roles = await self._person(session.issuer, session.subject)
        rules = self.browsers.providers[session.provider].rules
        return {
            "person": {"id": person, "name": name},
            "role": session.role,
            "roles": roles,
            "provider": {"name": rules.name, "title": rules.title},
            "issuer": session.issuer,
            "expiresAt": datetime.fromtimestamp(int(session.ends_at), UTC),
            "csrf": session.csrf,
            "csrfHeader": CSRF,
        }

    def _json(self, handler: Handler, *, is_limited: bool = True) -> Handler:
        """*handler* with errors as JSON; whoever is not signed in reads how to begin.

        What a provider sends is signed, and much of it may come at once: it is not limited.
        """

        async def handled(request: web.Request) -> web.StreamResponse:
            try:
                if is_limited:
                    await self.limits.check_address(request)
                return await handler(request)
            except web.HTTPException:  # such as a body that is too large
                raise
            except Exception as error:  # noqa: BLE001 - the one place that makes an answer of whatever happened
                language = language_of(request, self.default_language)
                if isinstance(error, Unauthenticated) and request.path == "/auth/session":
                    return error_response(error, language, providers=self._beginnings())
                return error_response(error, language)

        return handled

    def _page(self, handler: Handler) -> Handler:
        """*handler* with errors as a page."""

        async def handled(request: web.Request) -> web.StreamResponse:
            try:
                await self.limits.check_address(request)
                return await handler(request)
            except Exception as error:  # noqa: BLE001 - the one place that makes a page of whatever happened
                return self._failure(request, error)

        return handled

    def _failure(self, request: web.Request, error: Exception, proof: str | None = None) -> web.Response:
        """The page of an error; with a *proof* it asks for invitation codes."""
        request_id = uuid.uuid4().hex
        outcome = error_outcome(error, JSON, request_id)
        [shown] = outcome.answer["errors"]
        code, language = shown["extensions"]["code"], language_of(request, self.default_language)
        number = error.registration_number if isinstance(error, AuthError) else None
        support = pages.Support(code, request_id, number)
        page = pages.failure(shown["message"], outcome.status, support, language, proof)
        if "Retry-After" in outcome.headers:
            page.headers["Retry-After"] = outcome.headers["Retry-After"]
        return page

    def _offer(self, request: web.Request, provider: Provider, arrival: Arrival, error: AuthError) -> web.Response:
        """The page for somebody whom the school does not recognise, who may have an invitation."""
        newcomer = self.newcomers.begin(
            provider.rules.name,
            provider.rules.issuer,
            arrival.claims["sub"],
            provider.attributes(arrival.claims),
            arrival.login.return_to,
        )
        page = self._failure(request, error, newcomer.proof)
        _set_cookie(page, NEWCOMER_COOKIE, self.newcomers.write(newcomer), max_age=NEWCOMER_LIFETIME_S)
        return page

    def _beginnings(self) -> list[dict[str, str]]:
        return [
            {
                "name": one.rules.name,
                "title": one.rules.title,
                "login": f"/auth/login?provider={one.rules.name}",
            }
            for one in self.browsers.providers.values()
        ]


def _required_cookie(request: web.Request) -> str:
    cookie = session_cookie(request)
    if cookie is None:
        raise Unauthenticated("no cookie of a session")
    return cookie


def _answer(body: Mapping[str, Any], *, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
    return web.Response(
        status=status, body=encoded(body), content_type="application/json", charset="utf-8", headers=headers
    )


def _redirect(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _set_cookie(response: web.Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that no script reads, that goes over TLS alone, and with what another site sends only by a link."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax", max_age=max_age)
