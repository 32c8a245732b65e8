"""The pages on which people stop letters; they name nobody, and nothing that a letter was about."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.http.pages import shell
from gateway.languages import Language, Text, in_language

_TITLE: Final = Text("Letters of the school diary", "Письма школьного дневника")
_QUESTION: Final = Text(
    "Shall the school diary send no more letters to this address? What is new is still shown in the diary itself.",
    "Больше не отправлять письма школьного дневника на этот адрес? Новое по-прежнему видно в самом дневнике.",
)
_STOP: Final = Text("Send no more letters", "Не отправлять писем")
_STOPPED: Final = Text(
    "The school diary sends you no letters about what is new. In its settings you can choose them again.",
    "Школьный дневник не отправляет вам писем о новом. Снова включить их можно в настройках дневника.",
)
_UNKNOWN: Final = Text(
    "This address is not valid any more. In the settings of the school diary you choose which letters you get.",
    "Этот адрес больше не действует. Какие письма получать, выбирают в настройках школьного дневника.",
)
_UNAVAILABLE: Final = Text(
    "This does not work at the moment. Open the address again in a few minutes.",
    "Сейчас это не получается. Откройте адрес ещё раз через несколько минут.",
)
_FORM_SENDS_HERE: Final = shell.HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")


def question(language: Language) -> web.Response:
    """The page that asks, with the button that stops the letters."""
    form = f'<form method="post"><p><button class="open">{in_language(_STOP, language)}</button></p></form>'
    page = _page(_QUESTION, language, form)
    page.headers["Content-Security-Policy"] = _FORM_SENDS_HERE
    return page


def stopped(language: Language) -> web.Response:
    """The page that says that there are no more letters."""
    return _page(_STOPPED, language)


def unknown(language: Language) -> web.Response:
    """The page of an address that is none, or that has expired."""
    return _page(_UNKNOWN, language, status=HTTPStatus.NOT_FOUND)


def unavailable(language: Language) -> web.Response:
    """The page for the time while a database does not answer."""
    return _page(_UNAVAILABLE, language, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _page(text: Text, language: Language, more: str = "", *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    page = shell.response(in_language(_TITLE, language), f"<p>{in_language(text, language)}</p>{more}", language)
    page.set_status(status)
    page.headers["Cache-Control"] = "no-store"
    return page
