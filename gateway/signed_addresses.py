"""Addresses in letters at which somebody does one thing without signing in: signed, and valid for a time."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class SignedAddresses:
    """Signs the addresses of one kind, and reads them again; an address names a document, never a person."""

    path: ClassVar[str]
    """The beginning of all addresses of the kind, behind the origin."""
    purpose: ClassVar[bytes]
    """The purpose that is signed: an address of one kind is none of another."""

    origin: str
    """The origin under which people reach the gateway, such as https://diary.example."""
    key: bytes
    """The secret from which the key of the signatures is derived."""

    def address(self, own: str, expires_at: datetime) -> str:
        """The address that names the document *own*, and can be used until *expires_at*."""
        signed = f"{own}.{int(expires_at.timestamp())}"
        return f"{self.origin}{self.path}{signed}.{self._signature(signed)}"

    def id_of(self, token: str, now: datetime) -> str | None:
        """The document of what follows `path` in an address; None where it is not of ours, or its time is over."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        own, _, until = signed.rpartition(".")
        return own if until.isdigit() and len(until) <= _DIGITS and now.timestamp() < int(until) else None

    def _signature(self, signed: str) -> str:
        key = hmac.digest(self.key, self.purpose, hashlib.sha256)
        return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
