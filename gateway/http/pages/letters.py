"""The pages on which people stop letters; they name nobody, and nothing that a letter was about."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.http.pages import shell
from gateway.languages import Language, Text

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
UNAVAILABLE: Final = Text(
    "This does not work at the moment. Open the address again in a few minutes.",
    "Сейчас это не получается. Откройте адрес ещё раз через несколько минут.",
)


def question(language: Language) -> web.Response:
    """The page that asks, with the button that stops the letters."""
    return shell.note(_TITLE, _QUESTION, language, button=_STOP)


def stopped(language: Language) -> web.Response:
    """The page that says that there are no more letters."""
    return shell.note(_TITLE, _STOPPED, language)


def unknown(language: Language) -> web.Response:
    """The page of an address that is none, or that has expired."""
    return shell.note(_TITLE, _UNKNOWN, language, status=HTTPStatus.NOT_FOUND)


def unavailable(language: Language) -> web.Response:
    """The page for the time while a database does not answer."""
    return shell.note(_TITLE, UNAVAILABLE, language, status=HTTPStatus.SERVICE_UNAVAILABLE)
