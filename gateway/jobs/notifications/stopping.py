"""The addresses at which people stop letters without signing in (RFC 8058)."""

from typing import ClassVar, Final

from connectors.notifications import NotificationLetter
from gateway.signed_addresses import SignedAddresses

PATH: Final = "/letters/stop/"


class StopAddresses(SignedAddresses):
    """Addresses that name a letter; each can be used as long as the record of the letter is kept."""

    __slots__ = ()
    path: ClassVar[str] = PATH
    purpose: ClassVar[bytes] = b"addresses that stop letters"

    def of(self, letter: NotificationLetter) -> str:
        """The address that stands in a letter."""
        return self.address(letter["_id"], letter["expires_at"])
