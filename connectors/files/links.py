"""Signed addresses of files: each is for one person in one role, and ends by itself."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode

from connectors.vocabulary import FileId, PersonId

PATH: Final = "/files/"
"""The path under which the gateway takes and gives files."""

THUMBNAIL: Final = "THUMBNAIL"
"""The purpose of a link in the place of its method, for GET of a small picture of a file."""

MOST_DIGITS: Final = 12
"""Digits of an end, at most: more than any time has."""


class Link(NamedTuple):
    """An address of a file: who may use it, in which role, and until when."""

    method: str
    """The HTTP method: PUT to upload the content, GET to download it; or `THUMBNAIL`."""
    file_id: FileId
    seen_in: str
    """The public id of the object in which the viewer saw the file; their right to it is checked at each use."""
    person_id: PersonId
    role: str
    until: int
    """The end, in seconds since 1970."""

    @classmethod
    def of_query(cls, method: str, file_id: str, query: Mapping[str, str]) -> Self | None:
        """The link that an address holds; None where the address is not one of a file."""
        until = query.get("until", "")
        if not until.isascii() or not until.isdecimal() or len(until) > MOST_DIGITS:
            return None
        person = PersonId(query.get("for", ""))
        return cls(method, FileId(file_id), query.get("in", ""), person, query.get("as", ""), int(until))

    def address(self, key: bytes, base: str) -> str:
        """The address, signed with *key*."""
        query = {"in": self.seen_in, "for": self.person_id, "as": self.role, "until": self.until}
        path = f"{base}{PATH}{self.file_id}{'/thumbnail' if self.method == THUMBNAIL else ''}"
        return f"{path}?{urlencode({**query, 'signature': self._signature(key)})}"

    def is_signed(self, signature: str, key: bytes) -> bool:
        """Whether *signature* is that of this link."""
        return hmac.compare_digest(signature.encode(), self._signature(key).encode())

    def _signature(self, key: bytes) -> str:
        signed = hmac.new(key, "\x1f".join(map(str, self)).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def end_of_download(lasts: timedelta) -> int:
    """The end of an address that is made now and is valid for *lasts* to twice as long.

    Addresses that are made within one such span end together, so that they are equal and can be cached.
    """
    span = int(lasts.total_seconds())
    return (int(time.time()) // span + 2) * span
