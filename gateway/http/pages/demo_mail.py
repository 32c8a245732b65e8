"""The letters of a demo, which are written into its directory and never sent."""

from collections.abc import Sequence
from html import escape
from typing import Final

from connectors.mail.directory import StoredLetter
from gateway.languages import Language, Text, in_language

TITLE: Final = Text("Letters that the demo has sent", "Письма, отправленные демонстрацией")
NOTE: Final = Text(
    "The latest first. A demo sends nothing: its letters stay in its own directory.",
    "Сначала последние. Демонстрация ничего не отправляет: её письма остаются в её собственном каталоге.",
)
NONE_YET: Final = Text("There are none yet.", "Пока нет ни одного.")
_TO: Final = Text("To {to}, {time}", "Кому: {to}, {time}")


def main(letters: Sequence[StoredLetter], language: Language) -> str:
    """The content of the page as HTML, without the shell around it."""
    note = f'<p class="soft">{in_language(NOTE, language)}</p>'
    if not letters:
        return f"{note}<p>{in_language(NONE_YET, language)}</p>"
    return note + "".join(f"<section>{_shown(letter, language)}</section>" for letter in letters)


def _shown(letter: StoredLetter, language: Language) -> str:
    to = in_language(_TO.format(to=letter.to, time=f"{letter.at:%d.%m.%Y %H:%M}"), language)
    return f'<h2>{escape(letter.subject)}</h2><p class="soft">{escape(to)}</p><pre>{escape(letter.text)}</pre>'
