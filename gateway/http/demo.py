"""A demo's own addresses: its page at `/`, whom one can sign in as, attachments, its mail, the documentation."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web

from auth.viewer import Role
from connectors.demo.files import files
from connectors.mail import MailDirectory, Mailer
from gateway.engine.prepare.visibility import View
from gateway.http.errors import Refused
from gateway.http.pages import demo_mail, shell
from gateway.http.pages.demo import DemoPage, ShownViewer, VisibleTo
from gateway.http.pages.demo_texts import DOCUMENTATION, ROWS, TITLE
from gateway.languages import Language, Text, in_language
from gateway.schema.query import graphql_schema

_OTHER_NAME: Final = Text(
    "A demo answers only as http://127.0.0.1:{port} or http://localhost:{port}.",
    "Демонстрация отвечает только по адресам http://127.0.0.1:{port} и http://localhost:{port}.",
)
LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
DOCS: Final = Path(__file__).parents[2] / "docs"
FILES: Final = "/demo/files/"
"""The path under which the demo serves the attachments of the generated school."""

_FILE: Final = re.compile(r"[a-z]+-[0-9a-f]{8}\.([a-z]+)")
_GUARDS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


LETTERS: Final = 50
"""Letters that the page of a demo's mail shows at most."""


def routes(shown: Sequence[ShownViewer], *, default: Language, day: date, mail: Mailer | None) -> list[web.RouteDef]:
    """The addresses of a demo, which hand out tokens; *day* is the one that counts as today, *mail* sends its letters.

    `GET /demo/viewers` says the day in the header `Demo-Day`, because the clock of a browser is ahead of it.
    """
    body = orjson.dumps(list(shown))
    visible_to = _visible_to()
    documents = [document.file for document in DOCUMENTATION if (DOCS / document.file).is_file()]

    async def start(request: web.Request) -> web.Response:
        require_local_name(request)
        language = shell.language_of(request, default)
        page = DemoPage(shown, visible_to, language, f"http://{request.host}", day, documents)
        return shell.response(in_language(TITLE, language), page.main(), language)

    async def viewers(request: web.Request) -> web.Response:
        require_local_name(request)
        headers = {"Cache-Control": "no-store", "Demo-Day": day.isoformat()}
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def file(request: web.Request) -> web.Response:
        require_local_name(request)
        named = _FILE.fullmatch(request.match_info["name"])
        found = files().get(named[1]) if named else None
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.content, content_type=found.media_type, headers=_GUARDS)

    async def document(request: web.Request) -> web.Response:
        require_local_name(request)
        name = request.match_info["name"]
        if name not in documents:
            raise web.HTTPNotFound
        text = (DOCS / name).read_text()  # small, and for one reader
        return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=_GUARDS)

    async def letters(request: web.Request) -> web.Response:
        require_local_name(request)
        language = shell.language_of(request, default)
        found = await mail.latest(LETTERS) if isinstance(mail, MailDirectory) else []
        page = shell.response(in_language(demo_mail.TITLE, language), demo_mail.main(found, language), language)
        page.headers["Cache-Control"] = "no-store"
        return page

    return [
        web.get("/", start),
        web.get("/demo/mail", letters),
        web.get("/demo/viewers", viewers),
        web.get(FILES + "{name}", file),
        web.get("/demo/docs/{name}", document),
    ]


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


def _visible_to() -> VisibleTo:
    """The roles that may read each field of the page's table, as the schema says."""
    views = {role: View(graphql_schema(), role.value) for role in Role}
    fields = [row.field.split(".") for row in ROWS]
    return {
        f"{named}.{field}": [role for role, view in views.items() if view.shows(named, field)]
        for named, field in fields
    }
