"""The pages of signing in: by which provider, and what to do where it did not succeed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from auth.sign_in.providers import Provider
from gateway.http.pages import shell
from gateway.languages import Language, Text, in_language

_TITLE: Final = Text("Sign in", "Вход")
_CHOOSE: Final = Text("Sign in with:", "Войти через:")
_FAILED: Final = Text("You are not signed in", "Вход не выполнен")
_AGAIN: Final = Text("Begin again", "Начать вход заново")
_SUPPORT: Final = Text(
    "For support: error {code}, request {request}, {time}.", "Для поддержки: ошибка {code}, запрос {request}, {time}."
)
_SHARED: Final = Text(
    "On a computer that others use too, sign out of the sign-in service as well before somebody else signs in.",
    "Если компьютером пользуются несколько человек, перед входом другого человека выйдите и из службы входа.",
)


def login_url(provider: Provider, return_to: str) -> str:
    """Where signing in by *provider* begins."""
    return "/auth/login?" + urlencode({"provider": provider.rules.name, "return": return_to})


def choice(providers: Iterable[Provider], return_to: str, language: Language) -> web.Response:
    """The page that asks by which provider one signs in."""
    links = "".join(
        f'<li><a class="open" href="{escape(login_url(one, return_to))}">{escape(one.rules.title)}</a></li>'
        for one in providers
    )
    main = (
        f'<p>{in_language(_CHOOSE, language)}</p><ul class="cards">{links}</ul>'
        f'<p class="soft">{in_language(_SHARED, language)}</p>'
    )
    return shell.response(str(in_language(_TITLE, language)), main, language)


def failure(message: Text, code: str, status: int, request_id: str, language: Language) -> web.Response:
    """The page that says why nobody was signed in, and what to do next."""
    support = _SUPPORT.format(code=code, request=request_id, time=datetime.now(UTC).isoformat(timespec="seconds"))
    main = (
        f"<p>{escape(in_language(message, language))}</p>"
        f'<p><a class="open" href="/auth/login">{in_language(_AGAIN, language)}</a></p>'
        f'<p class="soft">{in_language(_SHARED, language)}</p>'
        f'<p class="soft">{escape(in_language(support, language))}</p>'
    )
    page = shell.response(str(in_language(_FAILED, language)), main, language)
    page.set_status(status)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Request-Id"] = request_id
    return page
