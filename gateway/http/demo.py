"""Who can be signed in as, in a demo: `GET /demo/viewers`."""

from collections.abc import Sequence
from typing import TypedDict

import orjson
from aiohttp import web


class ShownViewer(TypedDict):
    """A person of the demo in one role, with a token and a link that opens GraphiQL as him."""

    role: str
    name: str
    personId: str
    studentIds: list[str]
    classId: str | None
    token: str
    graphiql: str


def routes(shown: Sequence[ShownViewer]) -> list[web.RouteDef]:
    """The list of viewers; only a demo has this route, for it hands out tokens."""
    body = orjson.dumps(list(shown))

    async def viewers(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    return [web.get("/demo/viewers", viewers)]
