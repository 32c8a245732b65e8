"""SMTP servers on this machine (aiosmtpd), with what they were sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd import smtp as server
from aiosmtpd.smtp import Envelope, Session

from connectors.mail import Security, Smtp, SmtpRules

SENDER: Final = "Дневник <diary@school.example>"


class Inbox:
    """Takes letters; refuses addresses that begin with `nobody`, and asks to wait for those that begin with `full`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.connections = 0

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, smtpd: server.SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del smtpd, envelope
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - likewise
        self, smtpd: server.SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del smtpd, session, options
        if address.startswith("nobody"):
            return "550 no such user"
        if address.startswith("full"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtpd: server.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        del smtpd, session
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 not wanted"
        if envelope.rcpt_tos[0].startswith("gone"):
            return "421 going down"
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@asynccontextmanager
async def smtp_server(inbox: Inbox, **options: Any) -> AsyncIterator[int]:
    """A server on a free port, which it yields."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: server.SMTP(inbox, hostname="mail.example", enable_SMTPUTF8=True, loop=loop, **options), "127.0.0.1", 0
    )
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def smtp(
    port: int, *, security: Security = Security.NONE, user: str | None = None, password: str | None = None
) -> Smtp:
    return Smtp(
        SmtpRules(
            host="127.0.0.1",
            port=port,
            security=security,
            user=user,
            password=password,
            sender=SENDER,
            timeout_s=10,
        )
    )
