"""Cross-origin requests: from which pages of other origins a browser may call the graph (the Fetch standard, 3.3).

A listed origin may send the graph's headers and read its answers, without cookies: the graph knows nobody by a cookie.
Other origins get no permission, so that the rule against cross-site requests (`cross_site`) stays as strict as it is.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from connectors.files.links import PATH as FILES
from gateway.http.reading.request import COST, EXPLAIN, LAST_EVENT_ID
from gateway.observability.middleware import PATH

METHODS: Final = {PATH: "GET, POST", FILES: "GET, PUT"}
"""The methods of the graph, and of the addresses of files."""
PREFLIGHT_S: Final = 7_200
"""How long a browser may keep a permission; Chromium keeps none for longer."""

REQUEST_HEADERS: Final = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "If-None-Match",
    COST,
    EXPLAIN,
    LAST_EVENT_ID,
    "X-Apollo-Operation-Name",
    "X-Apollo-Operation-Id",
    "Apollo-Require-Preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "traceparent",
    "tracestate",
    "baggage",
)
"""The headers that Apollo Client, urql, GraphiQL and OpenTelemetry send, and those that this graph reads."""

RESPONSE_HEADERS: Final = (
    "Content-Language, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, "
    "X-Cost-Actual, X-Cost-Estimated, X-Cost-Limit, X-Request-Id"
)
"""The headers of an answer that a page may read, beside those that every page may."""

ALLOWED: Final = web.RequestKey("allowed_origin", str)
"""The origin whose page may read the answer; empty where none may, absent at addresses that have no such rule."""

_ORIGIN: Final = re.compile(r"https?://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>\d{1,5}|\*))?")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_STANDARD_PORTS: Final = (("http:", "80"), ("https:", "443"))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def check_origin(origin: str) -> str:
    """*origin*, if a browser can send it; `http://localhost:*` stands for every port of this machine.

    Raises:
        ValueError: it is no origin, `*` is the port of another host, or the port is one that browsers leave out.
    """
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise ValueError(f"{origin!r} is no origin, such as https://app.example or http://localhost:5173")
    if found["port"] == "*" and found["host"] not in _LOCAL:
        raise ValueError(f"{origin!r}: only localhost, 127.0.0.1 and [::1] may have any port")
    if any(origin.startswith(scheme) and found["port"] == port for scheme, port in _STANDARD_PORTS):
        raise ValueError(f"{origin!r}: browsers leave out the port that is the scheme's own")
    return origin


def check_public_url(origin: str) -> str:
    """*origin*, if browsers keep secure cookies for it: an https origin, or one of this machine.

    Raises:
        ValueError: it is none, or may have any port.
    """
    found = _ORIGIN.fullmatch(check_origin(origin))
    if found is None or found["port"] == "*" or (origin.startswith("http:") and found["host"] not in _LOCAL):
        raise ValueError(f"{origin!r} has to be an https origin such as https://diary.example, or one of this machine")
    return origin


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """The origins that are allowed, and the headers that their pages may send."""

    origins: frozenset[str]
    request_headers: str

    @classmethod
    def of(cls, origins: Iterable[str], more_headers: Iterable[str]) -> "CrossOrigin":
        """The rules for *origins*; *more_headers* are those that settings name."""
        return cls(frozenset(origins), ", ".join(dict.fromkeys([*REQUEST_HEADERS, *more_headers])))

    def allows(self, origin: str) -> bool:
        """Whether pages of *origin* may call the graph."""
        scheme, _, host = origin.partition("://")
        if origin in self.origins:
            return True
        return f"{scheme}://{re.sub(r':[0-9]+$', '', host)}:*" in self.origins

    def middleware(self) -> Any:
        """For aiohttp: outside of whatever may answer."""

        @web.middleware
        async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
            place = FILES if request.path.startswith(FILES) else request.path
            if place not in METHODS:
                return await handler(request)
            lines = request.headers.getall("Origin", ())
            origin = lines[0] if len(lines) == 1 and self.allows(lines[0]) else None
            if origin is not None and request.method == "OPTIONS":
                return self._permission(origin, METHODS[place])
            request[ALLOWED] = origin or ""
            return await handler(request)

        return cross_origin

    @staticmethod
    async def permit(request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Let the page that asks read the response; for aiohttp's signal `on_response_prepare`, streams included."""
        origin = request.get(ALLOWED)
        if origin is None:
            return
        vary = response.headers.get("Vary")
        response.headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS

    def _permission(self, origin: str, methods: str) -> web.Response:
        """The answer to a preflight: a browser asks before it sends what a page of another origin wants to be sent."""
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": self.request_headers,
            "Access-Control-Max-Age": str(PREFLIGHT_S),
            "Cache-Control": "no-store",
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        }
        return web.Response(status=204, headers=headers)
