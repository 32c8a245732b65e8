"""The job that sends the letters by which people confirm their e-mail addresses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from connectors.directory import EmailConfirmation
from connectors.directory.email_confirmations import code_of
from connectors.mail import Letter, Mailer, Sending
from connectors.mongo import Database
from gateway.jobs.job import Job
from gateway.signed_addresses import SignedAddresses

SEND: Final = "mail-confirmations"
AT_ONCE: Final = 50
"""Letters that one run sends over one connection."""
_LOOK_S: Final = 5.0
_SUBJECT: Final = "Подтверждение адреса электронной почты / Confirm your e-mail address"
_TEXT: Final = """Код для подтверждения адреса {email} в электронном дневнике: {code}

Введите его в дневнике в течение суток. Если вы не указывали этот адрес, ничего не делайте: он не будет использован.
{link_ru}
The code that confirms the address {email} in the school diary: {code}

Enter it in the diary within a day. If you did not enter this address, do nothing: it is not used then.
{link_en}"""
_LINK_RU: Final = "\nВместо этого можно открыть страницу и нажать на ней кнопку: {address}\n"
_LINK_EN: Final = "\nYou can open a page and press its button instead: {address}\n"


class ConfirmAddresses(SignedAddresses):
    """Addresses that name a request to confirm an e-mail address; each is valid as long as the code of the letter."""

    __slots__ = ()
    path: ClassVar[str] = "/letters/confirm/"
    purpose: ClassVar[bytes] = b"addresses that confirm e-mail addresses"

    def of(self, own: EmailConfirmation) -> str:
        """The address that stands in a letter."""
        return self.address(own["_id"], own["expires_at"])


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Sends the letters that wait, of which the requests lie in the *directory*'s database."""

    directory: Database
    mailer: Mailer
    key: bytes
    addresses: ConfirmAddresses | None = None
    """The addresses at which a button does what the code does; None where nobody would reach them."""

    async def send(self) -> bool:
        """Send letters that wait, the oldest first; returns whether there may be more that can be sent."""
        place, now = self.directory["email_confirmations"], datetime.now(UTC)
        found = place.find({"sent_at": None, "expires_at": {"$gt": now}}).sort("requested_at").limit(AT_ONCE)
        waiting: list[Any] = await found.to_list(AT_ONCE)
        results = await self.mailer.send([self._letter(own) for own in waiting])
        for own, result in zip(waiting, results, strict=True):
            if result is not Sending.LATER:
                done = {"sent_at": now, "is_refused": result is Sending.REFUSED}
                await place.update_one({"_id": own["_id"]}, {"$set": done})
        return len(waiting) == AT_ONCE and Sending.LATER not in results

    def _letter(self, own: EmailConfirmation) -> Letter:
        link_ru = link_en = ""
        if self.addresses is not None:
            address = self.addresses.of(own)
            link_ru, link_en = _LINK_RU.format(address=address), _LINK_EN.format(address=address)
        code = code_of(own, self.key)
        text = _TEXT.format(email=own["email"], code=code, link_ru=link_ru, link_en=link_en)
        return Letter(id=own["_id"], to=own["email"], subject=_SUBJECT, text=text)


def confirmation_jobs(confirmations: Confirmations) -> list[Job]:
    """The job that sends the letters."""
    return [Job(name=SEND, run=confirmations.send, period_s=_LOOK_S, deadline_s=120)]
