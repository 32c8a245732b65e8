"""The headers with which files of people are given: nothing in them can act in the gateway's name."""

import unicodedata
from typing import Any, Final
from urllib.parse import quote

from gateway.http.writing.response import ASKED_AGAIN

PDF: Final = "application/pdf"
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", PDF})
_SHOWN_KINDS: Final = ("audio/", "video/")
_UNKNOWN: Final = "application/octet-stream"
_ALONE: Final = "default-src 'none'; frame-ancestors 'none'"
_PLAIN_NAME: Final = frozenset(" !#$&+-.^_`|~()[]{}@,=")
"""The characters, beside ASCII letters and digits, that the simple form of a name shows as they are."""


def file_headers(name: str, media_type: str | None, sha256: str) -> dict[str, str]:
    """The headers of a file with this *name*; *media_type* was found in its content."""
    kind = media_type or _UNKNOWN
    is_shown = kind in _SHOWN or kind.startswith(_SHOWN_KINDS)
    return {
        "Content-Type": kind,
        "Content-Disposition": disposition(name, is_shown=is_shown),
        # The viewers of browsers that show PDF documents do not work in a sandbox, and have one of their own.
        "Content-Security-Policy": _ALONE if kind == PDF else f"{_ALONE}; sandbox",
        "Cross-Origin-Resource-Policy": "same-site",
        "Cache-Control": ASKED_AGAIN,
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
    }


def disposition(name: str, *, is_shown: bool) -> str:
    """The header Content-Disposition (RFC 6266), with the name as RFC 8187 writes it where it is not plain ASCII."""
    simple = "".join(map(_simple, unicodedata.normalize("NFC", name)))
    extended = "" if simple == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{"inline" if is_shown else "attachment"}; filename="{simple}"{extended}'


def _simple(character: str) -> str:
    is_plain = character.isascii() and (character.isalnum() or character in _PLAIN_NAME)
    return character if is_plain else "_"


def part_of(wanted: slice, size: int) -> tuple[int, int] | None:
    """The first and the last byte of the part of *size* bytes that a header Range asks for; None where it has none."""
    first: Any = wanted.start or 0
    first = max(0, size + first) if first < 0 else first
    last = size - 1 if wanted.stop is None else min(wanted.stop, size) - 1
    return (first, last) if first <= last else None
