"""A letter to one address, as a message of RFC 5322."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import localtime, parseaddr
from enum import StrEnum
from typing import Final, Protocol


class _Unbroken(UnstructuredHeader, BaseHeader):
    """A header in one line: broken into several, an address would be encoded, and no mail program would find it."""

    def fold(self, *, policy: Policy) -> str:
        """The header as it is sent; RFC 5322 lets a line have 998 characters."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unbroken)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


class Sending(StrEnum):
    """The result of sending one letter."""

    SENT = "SENT"
    """The server has taken it."""

    REFUSED = "REFUSED"
    """The server will not take it, now or later: there is no such address, for example."""

    LATER = "LATER"
    """Not sent yet: the server cannot be reached, or has asked to wait; to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that a program writes to one address."""

    id: str
    """Names the letter, in ASCII letters, digits and hyphens: sent again it has the same `Message-ID`, by which mail
    programs show it once."""
    to: str
    """The address alone, without a name."""
    subject: str
    text: str
    unsubscribe: str | None = None
    """The https address at which a POST ends letters of this kind (RFC 8058); None where there is none."""


class Mailer(Protocol):
    """Sends letters."""

    async def send(self, letters: Sequence[Letter]) -> list[Sending]:
        """Send all *letters*; the results are in their order. What goes wrong is a result, never an exception."""


class NotDeliverable(ValueError):
    """The address of a letter is none that mail can be sent to."""


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The message of a letter from *sender*, such as `School <diary@school.example>`.

    Raises `NotDeliverable`.
    """
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(sender)
    author = _address(address, name)
    message["From"] = author
    message["To"] = _address(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = localtime()
    message["Message-ID"] = f"<{letter.id}@{author.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="base64")  # lines of any length and any letters pass every server
    return message


def is_sender(text: str) -> bool:
    """Whether letters can come from this address, which may have a name before it."""
    name, address = parseaddr(text)
    try:
        _address(address, name)
    except NotDeliverable:
        return False
    return True


def _address(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    if not user or not domain or not address.isprintable() or " " in address:
        raise NotDeliverable("no address")
    try:
        return Address(name, user, domain if domain.isascii() else domain.encode("idna").decode())
    except (ValueError, IndexError) as error:  # the standard library's parser raises both
        raise NotDeliverable("no address") from error
