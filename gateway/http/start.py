"""GET /: a sentence, and links to where things are."""

from typing import Final

from aiohttp import web

from gateway.http.pages import shell
from gateway.languages import Language, Text, in_language

_TITLE: Final = Text("School gateway", "Школьный шлюз")
_INTRODUCTION: Final = Text(
    "One GraphQL graph over a school's subsystems. Send queries by POST to",
    "Единый граф GraphQL над подсистемами школы. Отправляйте запросы методом POST на адрес",
)
_GRAPHIQL: Final = Text("GraphiQL: try queries in the browser", "GraphiQL: запросы прямо в браузере")
_LIVENESS: Final = Text("whether the process answers", "отвечает ли процесс")
_READINESS: Final = Text("whether it can answer requests", "готов ли он отвечать на запросы")


def routes(*, graphiql: bool, default: Language) -> list[web.RouteDef]:
    """The page at the root of a gateway that is no demo."""

    async def start(request: web.Request) -> web.Response:
        language = shell.language_of(request, default)

        def say(text: Text) -> str:
            return str(in_language(text, language))

        links = [f'<a href="/graphql">{say(_GRAPHIQL)}</a>'] if graphiql else []
        links += [
            f'<a href="/healthz">/healthz</a>: {say(_LIVENESS)}',
            f'<a href="/readyz">/readyz</a>: {say(_READINESS)}',
        ]
        items = "".join(f"<li>{link}</li>" for link in links)
        main = f'<p>{say(_INTRODUCTION)} <code>/graphql</code>.</p><ul class="links">{items}</ul>'
        return shell.response(say(_TITLE), main, language)

    return [web.get("/", start)]
