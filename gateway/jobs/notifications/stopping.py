"""The addresses at which people stop letters without signing in (RFC 8058)."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.notifications import NotificationLetter

PATH: Final = "/letters/stop/"
_PURPOSE: Final = b"addresses that stop letters"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class StopAddresses:
    """Signs the addresses, and reads them again; an address names a letter, never the person whom it went to."""

    origin: str
    """The origin under which people reach the gateway, such as https://diary.example."""
    key: bytes
    """The secret from which the key of the signatures is derived."""

    def of(self, letter: NotificationLetter) -> str:
        """The address that stands in a letter; it can be used as long as the record of the letter is kept."""
        signed = f"{letter['_id']}.{int(letter['expires_at'].timestamp())}"
        return f"{self.origin}{PATH}{signed}.{self._signature(signed)}"

    def letter_id(self, token: str, now: datetime) -> str | None:
        """The letter of what follows `PATH` in an address; None where it is not of ours, or its time is over."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        own, _, until = signed.rpartition(".")
        return own if until.isdigit() and len(until) <= _DIGITS and now.timestamp() < int(until) else None

    def _signature(self, signed: str) -> str:
        key = hmac.digest(self.key, _PURPOSE, hashlib.sha256)
        return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
