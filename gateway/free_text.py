"""Checks the free text that people write into the inputs of mutations."""

import unicodedata
from typing import Final

from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

_EMPTY: Final = Text("Write a text here.", "Напишите здесь текст.")
_LONG: Final = Text(
    "The text has more than {limit} characters.", "Текст длиннее допустимого: не более {limit} символов."
)
_REFUSED: Final = Text(
    "The text has control characters or marks that change the direction of writing.",
    "В тексте есть управляющие символы или знаки, меняющие направление письма.",
)

_CONTROL: Final = frozenset({"Cc", "Cs"})
_LINES: Final = frozenset("\n\t")
_DIRECTIONS: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Marks that embed, override or isolate a direction: they can make a text look like another one."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and the Braille pattern without dots: letters and symbols by their category, blank to the eye."""

_MOST_COMPOSED: Final = 4
"""Characters that NFC can make into one; more than this times the limit are too many in any form."""


def checked_text(sent: str, problems: Problems, *path: str | int, most: int) -> str:
    """Return the text as it is stored: stripped, composed (NFC), with newlines as line ends.

    A text that nobody can see, that has more than *most* characters, or that has characters which a text has no use for
    is noted as a problem of the field at *path*.
    """
    lines = sent.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = unicodedata.normalize("NFC", lines[: most * _MOST_COMPOSED + 1])
    if any(map(_is_refused, text)):
        problems.add(UserErrorCode.INVALID_INPUT, _REFUSED, *path)
    elif len(text) > most:
        problems.add(UserErrorCode.TOO_LONG, _LONG.format(limit=most), *path, limit=most)
    elif not any(map(_is_visible, text)):
        problems.add(UserErrorCode.REQUIRED, _EMPTY, *path)
    return text


def _is_refused(character: str) -> bool:
    is_control = unicodedata.category(character) in _CONTROL and character not in _LINES
    return is_control or character in _DIRECTIONS


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE and character not in _BLANKS
