"""Finds the media type of a content by its first bytes, whatever its name or its sender says."""

from codecs import getincrementaldecoder
from typing import Final

import filetype  # type: ignore[import-untyped] # it has no types

HEAD_BYTES: Final = 8_192
"""How much of a content is looked at."""
PLAIN: Final = "text/plain"
UNKNOWN: Final = "application/octet-stream"
_LINES: Final = frozenset("\t\n\r\f\ufeff")


def media_type_of(head: bytes) -> str:
    """The media type of a content that begins with *head*; `UNKNOWN` for markup such as HTML and SVG, too."""
    found = filetype.guess_mime(head)
    if found is not None:
        return str(found)
    return PLAIN if _is_plain(head) else UNKNOWN


def _is_plain(head: bytes) -> bool:
    """Whether the bytes are the beginning of a text in UTF-8 that is no markup."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(head)  # a character that is cut off at the end stays in the decoder
    except UnicodeDecodeError:
        return False
    return "<" not in text and all(character.isprintable() or character in _LINES for character in text)
