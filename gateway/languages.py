"""The languages of public messages: each message is written in English, with its Russian translation beside it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self


class Language(StrEnum):
    """A language in which clients can have messages, by its tag (RFC 5646)."""

    ENGLISH = "en"
    RUSSIAN = "ru"


class Text(str):
    """A public message: the English string, which carries its Russian translation.

    `Text("{value} is too much", "{value} — слишком много").format(value=7)` is again a `Text`. Whoever knows nothing of
    languages (a log, an exception's text) sees the English string.
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
        """The message with *parameters* filled in, in both languages; one that is a `Text` itself, in its language."""
        russian = {name: in_language(value, Language.RUSSIAN) for name, value in parameters.items()}
        return Text(super().format(**parameters), self.russian.format(**russian))


def in_language(value: Any, language: Language) -> Any:
    """The JSON value *value* with every `Text` in it in *language*."""
    if isinstance(value, Text):
        return value.russian if language is Language.RUSSIAN else str(value)
    if isinstance(value, Mapping):
        return {key: in_language(inner, language) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_language(inner, language) for inner in value]
    return value
