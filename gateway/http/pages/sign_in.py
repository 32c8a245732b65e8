"""The pages of signing in: by which provider, and what to do where it did not succeed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from auth.sign_in.providers import Provider
from connectors.directory.registration_numbers import shown_number
from gateway.http.pages import shell
from gateway.languages import Language, Text, in_language

_TITLE: Final = Text("Sign in", "Вход")
_CHOOSE: Final = Text("Sign in with:", "Войти через:")
_FAILED: Final = Text("You are not signed in", "Вход не выполнен")
_AGAIN: Final = Text("Begin again", "Начать вход заново")
_NUMBER: Final = Text(
    "Your registration number: {number}. Give it to the class teacher of any of your children, or as a student to your "
    "own: once it is entered, you can sign in. It is valid for 30 days.",
    "Ваш регистрационный номер: {number}. Сообщите его классному руководителю любого из ваших детей (ученик — своему): "
    "после того как номер введут, вы сможете войти. Номер действует 30 дней.",
)
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


@dataclass(frozen=True, slots=True)
class Support:
    """The facts that a person tells the school or the support."""

    code: str
    request_id: str
    registration_number: str | None


def failure(message: Text, status: int, support: Support, language: Language) -> web.Response:
    """The page that says why nobody was signed in, and what to do next."""
    number = support.registration_number
    shown = _NUMBER.format(number=shown_number(number)) if number else ""
    facts = _SUPPORT.format(
        code=support.code, request=support.request_id, time=datetime.now(UTC).isoformat(timespec="seconds")
    )
    main = (
        f"<p>{escape(in_language(message, language))}</p>"
        + (f"<p><strong>{escape(in_language(shown, language))}</strong></p>" if shown else "")
        + f'<p><a class="open" href="/auth/login">{in_language(_AGAIN, language)}</a></p>'
        f'<p class="soft">{in_language(_SHARED, language)}</p>'
        f'<p class="soft">{escape(in_language(facts, language))}</p>'
    )
    page = shell.response(str(in_language(_FAILED, language)), main, language)
    page.set_status(status)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Request-Id"] = support.request_id
    return page
