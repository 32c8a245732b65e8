"""The pages on which people confirm an e-mail address; they name nobody, and no address."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.http.pages import letters, shell
from gateway.languages import Language, Text
from gateway.resolvers.directory.emails import OTHER_EMAIL

_TITLE: Final = Text("E-mail address in the school diary", "Адрес электронной почты в школьном дневнике")
_QUESTION: Final = Text(
    "Did you enter the address at which this letter came in the school diary yourself? Then confirm it. If it was not "
    "you, close this page: without the button the address is not used.",
    "Вы сами указали в школьном дневнике адрес, на который пришло это письмо? Тогда подтвердите его. Если это были не "
    "вы, закройте страницу: без кнопки адрес не будет использован.",
)
_CONFIRM: Final = Text("Confirm the address", "Подтвердить адрес")
_CONFIRMED: Final = Text(
    "The address is confirmed. You can close this page.", "Адрес подтверждён. Страницу можно закрыть."
)
_UNKNOWN: Final = Text(
    "This link is of no use: the address was confirmed already or entered anew, the link is older than a day, or it is "
    "not complete. If the diary still asks you to confirm the address, enter it there again, and a new letter comes.",
    "Эта ссылка не действует: адрес уже подтверждён или указан заново, ссылке больше суток или она неполная. Если "
    "дневник всё ещё просит подтвердить адрес, укажите его там ещё раз, и придёт новое письмо.",
)


def question(language: Language) -> web.Response:
    """The page that asks, with the button that confirms the address."""
    return shell.note(_TITLE, _QUESTION, language, button=_CONFIRM)


def confirmed(language: Language) -> web.Response:
    """The page that says that the address is used from now on."""
    return shell.note(_TITLE, _CONFIRMED, language)


def not_usable(language: Language) -> web.Response:
    """The page of an address that the person must not have, beside somebody else who has it."""
    return shell.note(_TITLE, OTHER_EMAIL, language, status=HTTPStatus.CONFLICT)


def unknown(language: Language) -> web.Response:
    """The page of a link that was used or has expired, or that is none of ours: it is not said which."""
    return shell.note(_TITLE, _UNKNOWN, language, status=HTTPStatus.NOT_FOUND)


def too_many(message: Text, language: Language) -> web.Response:
    """The page for whoever asks too often."""
    return shell.note(_TITLE, message, language, status=HTTPStatus.TOO_MANY_REQUESTS)


def unavailable(language: Language) -> web.Response:
    """The page for the time while a database does not answer."""
    return shell.note(_TITLE, letters.UNAVAILABLE, language, status=HTTPStatus.SERVICE_UNAVAILABLE)
