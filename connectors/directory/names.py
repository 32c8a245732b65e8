"""The keys made of names: what people are ordered by, and what a search matches."""

import unicodedata
from typing import Final

_DROPPED: Final = frozenset({"Cf", "Mn"})
"""Format characters (soft hyphen, zero-width space, marks of direction) and marks that no letter carries as its own."""

_SPACES: Final = frozenset({"Cc", "Cs"})
"""Control characters and lone surrogates: no name has them, and MongoDB takes neither NUL nor half a character."""

MAX_CHARACTERS: Final = 1_000
"""Characters of a text that are compared: no name is longer, and to order marks that combine takes time by the square
of their number."""


def normalized(text: str) -> str:
    """The *text* as it is compared: small letters, composed, with ё as е, without what cannot be seen.

    Decomposed «й» (и and a breve) is «й» here, «Ива\N{COMBINING ACUTE ACCENT}нов» is «иванов».
    """
    seen = "".join(letter for letter in text[:MAX_CHARACTERS] if unicodedata.category(letter) != "Cf")
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return "".join(map(_letter, composed)).replace("ё", "е")


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _DROPPED:
        return ""
    return " " if category in _SPACES else letter


def sort_name(*names: str | None) -> str:
    """The key that people and classes are ordered by: family, given, patronymic, each `normalized`."""
    return " ".join(normalized(name) for name in names if name)


def name_tokens(*names: str | None) -> list[str]:
    """The words a search matches the beginning of: a name with a hyphen has two."""
    key = sort_name(*names)
    return sorted(set("".join(" " if unicodedata.category(letter) == "Pd" else letter for letter in key).split()))
