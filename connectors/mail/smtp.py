"""Letters by an SMTP server (RFC 5321), over one connection for all that are sent at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from connectors.mail.letters import Letter, NotDeliverable, Sending, message_of

_PERMANENT_FAILURE: Final = 500
"""The lowest SMTP reply code of a permanent failure (RFC 5321, 4.2.1): sending the letter again would not help."""
_log = logging.getLogger(__name__)


class Security(StrEnum):
    """How the connection to the mail server is protected; the server's certificate is verified."""

    STARTTLS = "starttls"
    """The connection starts in clear and changes to TLS before anything is sent; usually port 587."""

    TLS = "tls"
    """The connection uses TLS from the beginning; usually port 465."""

    NONE = "none"
    """Without encryption: for a server on the same machine or in the same private network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRules:
    """Which server sends letters, and from whom they are."""

    host: str
    port: int
    security: Security
    user: str | None
    password: str | None
    sender: str
    timeout_s: float


class Smtp:
    """Sends letters by an SMTP server."""

    def __init__(self, rules: SmtpRules) -> None:
        self._rules = rules

    async def send(self, letters: Sequence[Letter]) -> list[Sending]:
        """Send all *letters* over one connection; what is left when it breaks is for later."""
        results: list[Sending] = []
        if not letters:
            return results
        try:
            async with self._client() as client:
                for letter in letters:
                    results.append(await self._send(client, letter))  # noqa: PERF401 - what was sent counts where the next fails
        except (SMTPException, OSError) as error:
            _log.warning("%d letters were not sent: %r", len(letters) - len(results), error)
        return [*results, *[Sending.LATER] * (len(letters) - len(results))]

    async def answers(self) -> bool:
        """Whether the server lets the gateway in."""
        try:
            async with self._client() as client:
                await client.noop()
        except (SMTPException, OSError):
            return False
        return True

    def _client(self) -> SMTP:
        rules = self._rules
        return SMTP(
            hostname=rules.host,
            port=rules.port,
            username=rules.user,
            password=rules.password,
            timeout=rules.timeout_s,
            use_tls=rules.security is Security.TLS,
            start_tls=rules.security is Security.STARTTLS,
        )

    async def _send(self, client: SMTP, letter: Letter) -> Sending:
        """Send one letter. Raises `SMTPException` where the next ones would not be sent either."""
        try:
            await client.send_message(message_of(letter, self._rules.sender))
        except (NotDeliverable, SMTPNotSupported):
            return Sending.REFUSED
        except SMTPRecipientsRefused as error:
            return _result(error.recipients[0].code)
        except (SMTPSenderRefused, SMTPServerDisconnected):
            raise
        except SMTPResponseException as error:
            return _result(error.code)
        return Sending.SENT


def _result(code: int) -> Sending:
    return Sending.REFUSED if code >= _PERMANENT_FAILURE else Sending.LATER
