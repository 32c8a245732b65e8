"""Public messages in English and Russian."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self


class Language(StrEnum):
    """A language of public messages, by its language tag (RFC 5646)."""

    ENGLISH = "en"
    RUSSIAN = "ru"


class Text(str):
    """A public message: an English string that carries its Russian translation.

    `Text("{value} is too much", "{value} — слишком много").format(value=7)` is a `Text` again. Code that knows nothing
    of languages, such as a log, treats it as the English string.
    """

    __slots__ = ("russian",)
    russian: str

    def __new__(cls, english: str, russian: str) -> Self:
        text = super().__new__(cls, english)
        text.russian = russian
        return text

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override] # what copying and pickling create it with
        return str(self), self.russian

    def format(self, **parameters: object) -> "Text":  # type: ignore[override] # parameters are named in both languages
        """The message with *parameters* inserted, in both languages; a parameter that is a `Text` is translated too."""
        russian = {name: in_language(value, Language.RUSSIAN) for name, value in parameters.items()}
        return Text(super().format(**parameters), self.russian.format(**russian))


def in_language(value: Any, language: Language) -> Any:
    """A copy of the JSON value in which every `Text` is replaced by its text in *language*."""
    if isinstance(value, Text):
        return value.russian if language is Language.RUSSIAN else str(value)
    if isinstance(value, Mapping):
        return {key: in_language(inner, language) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_language(inner, language) for inner in value]
    return value
