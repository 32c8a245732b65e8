"""The pages of signing in: by which provider, and what to do where it did not succeed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from auth.sign_in.invited import Refusal
from auth.sign_in.providers import Provider
from connectors.directory.invitation_codes import MOST_CODES
from connectors.directory.registration_numbers import shown_number
from gateway.http.pages import shell
from gateway.languages import Language, Text, in_language

LONGEST: Final = 30
"""Characters of a code as people write it, at most."""
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


_INVITED: Final = Text(
    "Have you got an invitation code from the school? Enter it here; for several children all codes, each on a line of "
    "its own.",
    "Школа дала вам код приглашения? Введите его здесь; если детей несколько — все коды, каждый с новой строки.",
)
_REGISTER: Final = Text("Register", "Зарегистрироваться")
_UNKNOWN_YET: Final = Text(
    "The school does not know you under this account yet.", "Под этой учётной записью школа вас пока не знает."
)
_NOT_REGISTERED: Final = Text("You are not registered", "Регистрация не выполнена")
_REGISTERED: Final = Text("You are registered", "Регистрация выполнена")
_NOW_SIGN_IN: Final = Text(
    "The school knows you under this account from now on.", "Теперь школа знает вас под этой учётной записью."
)
_SIGN_IN: Final = Text("Sign in", "Войти")
_REFUSALS: Final[Mapping[Refusal, Text]] = {
    Refusal.NO_CODE: Text(
        f"Enter the code from the invitation; at most {MOST_CODES} at once.",
        f"Введите код из приглашения; за один раз — не более {MOST_CODES}.",
    ),
    Refusal.UNKNOWN: Text(
        "There is no such code, or it was used already, or it has expired, or it is for somebody else. Nobody was "
        "registered: look at the code again, or ask the school for a new one.",
        "Такого кода нет, он уже использован, срок его действия истёк, или он выдан не вам. Никто не зарегистрирован: "
        "проверьте код или попросите у школы новый.",
    ),
    Refusal.ATTEMPTS: Text(
        "You have tried {limit} codes today that do not exist: try again tomorrow.",
        "Сегодня вы ввели несуществующих кодов: {limit}. Попробуйте завтра.",
    ),
    Refusal.MIXED: Text(
        "A code for a student is entered alone: parents and students have codes of their own.",
        "Код для ученика вводят отдельно: у родителей и учеников свои коды.",
    ),
    Refusal.NO_NAME: Text(
        "The sign-in service does not say your family name and given name, so that you cannot be registered by a code: "
        "give your registration number to the class teacher.",
        "Служба входа не сообщает вашу фамилию и имя, поэтому по коду вас не зарегистрировать: сообщите "
        "регистрационный номер классному руководителю.",
    ),
}


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


def failure(message: Text, status: int, support: Support, language: Language, proof: str | None = None) -> web.Response:
    """The page that says why nobody was signed in, and what to do next; with a *proof* it asks for invitation codes."""
    number = support.registration_number
    shown = _NUMBER.format(number=shown_number(number)) if number else ""
    facts = _SUPPORT.format(
        code=support.code, request=support.request_id, time=datetime.now(UTC).isoformat(timespec="seconds")
    )
    main = (
        f"<p>{escape(in_language(message, language))}</p>"
        + (f"<p><strong>{escape(in_language(shown, language))}</strong></p>" if shown else "")
        + f'<p><a class="open" href="/auth/login">{in_language(_AGAIN, language)}</a></p>'
        + (_form(proof, language) if proof else "")
        + f'<p class="soft">{in_language(_SHARED, language)}</p>'
        f'<p class="soft">{escape(in_language(facts, language))}</p>'
    )
    page = shell.response(str(in_language(_FAILED, language)), main, language)
    page.set_status(status)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Request-Id"] = support.request_id
    return _with_form(page) if proof else page


def invitation(proof: str, language: Language) -> web.Response:
    """The page that asks for the codes, for whoever loads it anew or in another language."""
    return _with_form(shell.note(_REGISTER, _UNKNOWN_YET, language, more=_form(proof, language)))


def not_registered(refusal: Refusal, proof: str, attempts: int, language: Language) -> web.Response:
    """The page that says why the codes registered nobody, and asks again."""
    is_over = refusal is Refusal.ATTEMPTS
    message = _REFUSALS[refusal].format(limit=attempts) if is_over else _REFUSALS[refusal]
    page = shell.note(
        _NOT_REGISTERED,
        message,
        language,
        more="" if is_over else _form(proof, language),
        status=HTTPStatus.TOO_MANY_REQUESTS if is_over else HTTPStatus.BAD_REQUEST,
    )
    return page if is_over else _with_form(page)


def registered(provider: Provider, return_to: str, language: Language) -> web.Response:
    """The page that says that the codes were taken, and leads to the sign-in."""
    link = (
        f'<p><a class="open" href="{escape(login_url(provider, return_to))}">{in_language(_SIGN_IN, language)}</a></p>'
    )
    return shell.note(_REGISTERED, _NOW_SIGN_IN, language, more=link)


def _form(proof: str, language: Language) -> str:
    return (
        f'<form method="post" action="/auth/register">'
        f'<p><label for="codes">{in_language(_INVITED, language)}</label></p>'
        f'<p><textarea id="codes" name="codes" rows="3" cols="24" maxlength="{MOST_CODES * LONGEST}" required '
        f'autocapitalize="characters" autocomplete="off" spellcheck="false"></textarea></p>'
        f'<input type="hidden" name="proof" value="{escape(proof)}">'
        f'<p><button class="open">{in_language(_REGISTER, language)}</button></p></form>'
    )


def _with_form(page: web.Response) -> web.Response:
    """*page* with the headers that let its form be sent, and have the browser say where it came from."""
    page.headers["Content-Security-Policy"] = shell.FORM_SENDS_HERE
    page.headers["Referrer-Policy"] = "same-origin"
    return page
