"""The search terms of a text: its words in lower case with ё as е, and their Russian stems."""

import re
from functools import lru_cache
from typing import Any, Final

import snowballstemmer

MOST_TERMS: Final = 500
"""Terms of one message that are searchable: more words than a long letter has."""
LONGEST: Final = 40
"""Characters of a word that are compared."""
MOST_WORDS: Final = 5
"""Words of one search."""
_WORD: Final = re.compile(r"\w+")
_STEMMER: Final = snowballstemmer.stemmer("russian")


def terms_of(text: str) -> list[str]:
    """The distinct terms of a text, for the index: each word, and its stem where that is another."""
    words = _words(text)
    return list(dict.fromkeys([term for word in words for term in (word, _stem(word))]))[:MOST_TERMS]


def search_condition(search: str) -> dict[str, Any] | None:
    """The condition that a message has each word of *search*: in another form, or beginning like it; None: no words."""
    words = list(dict.fromkeys(_words(search)))[:MOST_WORDS]
    if not words:
        return None
    return {"$and": [{"terms": {"$in": [_stem(word), re.compile("^" + re.escape(word))]}} for word in words]}


def _words(text: str) -> list[str]:
    return [word[:LONGEST] for word in _WORD.findall(text.lower().replace("ё", "е"))]


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str:
    """The Snowball stem of a word, which other words pass through unchanged."""
    return str(_STEMMER.stemWord(word))
