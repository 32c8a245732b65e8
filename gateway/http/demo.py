"""Who can be signed in as, in a demo: `GET /demo/viewers`."""

from collections.abc import Sequence
from typing import Final, TypedDict

import orjson
from aiohttp import web

from gateway.http.errors import Refused
from gateway.languages import Text

_OTHER_NAME: Final = Text(
    "A demo answers only as http://127.0.0.1:{port} or http://localhost:{port}.",
    "Демонстрация отвечает только по адресам http://127.0.0.1:{port} и http://localhost:{port}.",
)
LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


class ShownViewer(TypedDict):
    """A person of the demo in one role, with a token and a link that opens GraphiQL signed in as that person."""

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
    headers = {"Cache-Control": "no-store"}

    async def viewers(request: web.Request) -> web.Response:
        require_local_name(request)
        return web.Response(body=body, content_type="application/json", headers=headers)

    return [web.get("/demo/viewers", viewers)]


def require_local_name(request: web.Request) -> None:
    """Refuse a request that reached this machine under another name.

    A page of another site can have its own name resolve to 127.0.0.1 (DNS rebinding) and would then read the answer as
    its own; the browser still sends that name in `Host`.

    Raises:
        Refused: `Host` is not a local name with the port of this connection.
    """
    _, port, *_ = request.get_extra_info("sockname")
    if request.host not in {f"{name}:{port}" for name in LOCAL_NAMES}:
        raise Refused(421, _OTHER_NAME.format(port=port), code="MISDIRECTED_REQUEST")
