"""The GraphiQL page: its HTML for browsers at /graphql and /dictionary, its built assets under /graphiql/assets/."""

from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

DIST: Final = Path(__file__).parents[1] / "graphiql" / "dist"
"""Where Vite puts the built page."""

DICTIONARY: Final = "/dictionary"
"""Where the page opens with the data dictionary of the viewer's role."""

NOT_BUILT: Final = (
    "The GraphiQL page is not built. Run `make demo`, or `npm ci && npm run build` in gateway/graphiql.\n"
    "The API does not need it: POST your queries to /graphql.\n"
)

# Monaco writes style attributes, and draws some of its icons from data: URLs; nothing else is left open.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# A worker obeys the policy of its own script, not that of the page: the assets carry it as well.
GUARDS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
}


def routes(dist: Path = DIST) -> list[web.RouteDef]:
    """The assets of the page, whose names carry their hash, so a browser may keep them for ever; and its dictionary.

    The dictionary is the same HTML: its script reads the schema with the viewer's own token.
    """

    async def asset(request: web.Request) -> web.StreamResponse:
        path = dist / "assets" / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={**GUARDS, "Cache-Control": "public, max-age=31536000, immutable"})

    return [
        web.get(r"/graphiql/assets/{name:[A-Za-z0-9_.-]{1,128}}", asset),  # no file system takes much longer names
        web.get(DICTIONARY, partial(page, dist=dist)),
    ]


async def page(_request: web.Request, dist: Path = DIST) -> web.StreamResponse:
    """The HTML page. It is never cached, because it names the assets by their hashes."""
    index = dist / "index.html"
    if not index.is_file():
        return web.Response(status=503, text=NOT_BUILT, headers=GUARDS)
    return web.FileResponse(index, headers={**GUARDS, "Cache-Control": "no-cache", "Vary": "Accept"})
