"""The session of a browser: its cookie, and what a request has to say beside it (docs/decisions/0060)."""

from hmac import compare_digest
from typing import Final

from aiohttp import web

from auth.sign_in.browsers import BrowserSignIn
from auth.sign_in.sessions import Session
from auth.tokens import Claims
from gateway.http.errors import Refused
from gateway.languages import Text

COOKIE: Final = "__Host-school"
"""The prefix has browsers take it from this very host alone, over TLS, for all paths (RFC 6265bis, 4.1.3.2)."""
CSRF: Final = "X-CSRF-Token"
MAX_COOKIE: Final = 128
"""Characters of the cookie, at most: ours has 43."""

_FOREIGN: Final = Text(
    "A page of another site sent this request; use the gateway's own pages, or a bearer token.",
    "Запрос отправила страница другого сайта: пользуйтесь страницами шлюза или токеном.",
)
_NO_PROOF: Final = Text(
    "Send the header X-CSRF-Token with the value of `csrf` from /auth/session.",
    "Отправьте заголовок X-CSRF-Token со значением `csrf` из /auth/session.",
)


def session_cookie(request: web.BaseRequest) -> str | None:
    """The value of the browser's cookie; None without a cookie that could be ours."""
    value = request.cookies.get(COOKIE)
    return value if value and len(value) <= MAX_COOKIE and value.isascii() else None


def credential(request: web.BaseRequest) -> str:
    """The token or the cookie of a request: it tells clients apart before anybody is recognised."""
    return request.headers.get("Authorization") or session_cookie(request) or ""


def refuse_foreign(request: web.BaseRequest, origin: str) -> None:
    """Refuse a request that a page of another origin than *origin* has sent, as far as its browser says so."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in {"same-origin", "none"} or set(request.headers.getall("Origin", ())) - {origin}:
        raise Refused(403, _FOREIGN, code="CSRF_PREVENTION_FAILED")


def require_csrf(request: web.BaseRequest, session: Session) -> None:
    """Refuse a request that does not say the secret of *session*, which only a page of the same origin can read."""
    require_secret(request.headers.get(CSRF, ""), session)


def require_secret(sent: str, session: Session) -> None:
    """Refuse whoever does not say the secret of *session*."""
    if not compare_digest(sent.encode(), session.csrf.encode()):
        raise Refused(403, _NO_PROOF, code="CSRF_PREVENTION_FAILED")


async def session_claims(request: web.BaseRequest, browsers: BrowserSignIn | None) -> Claims | None:
    """Who asks by the session of a browser, which must prove its origin; None without one, or beside a token."""
    cookie = session_cookie(request) if browsers is not None and "Authorization" not in request.headers else None
    if browsers is None or cookie is None:
        return None
    refuse_foreign(request, browsers.public_url)
    session = await browsers.session(cookie)
    require_csrf(request, session)
    return session.claims
