"""E-mail addresses of people: a code or a link of a letter confirms one (F24), and some must differ (F12)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.directory.email_confirmations import confirms, give_address, is_taken, new_confirmation
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.directory.attempts import check_attempts, count_attempt
from gateway.resolvers.directory.scope import ViewerDocument
from gateway.writing import Outcome, Problems, UserErrorCode, digest, fact

OTHER_EMAIL: Final = Text(
    "This e-mail address cannot be used: choose another one.", "Этот адрес использовать нельзя: укажите другой."
)
_NO_CODE: Final = Text(
    "There is no such code, or it is older than a day: enter the address again, and a new letter comes.",
    "Такого кода нет, или ему больше суток: укажите адрес ещё раз, и придёт новое письмо.",
)
_TOO_MANY: Final = Text(
    "You have had {limit} letters sent today: try again tomorrow.",
    "Сегодня вам уже отправлено писем: {limit}. Попробуйте завтра.",
)
_EMAIL: Final = re.compile(r'[^\s@<>(),;:"\\\[\]]{1,64}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]')
MAX_EMAIL: Final = 254
"""Characters of an e-mail address that can be delivered to (RFC 5321, 4.5.3.1.3)."""
_PERSON: Final = frozenset({"_id", "email", "roles", "student_id", "school_ids"})
_CONFIRMATION: Final = frozenset({"_id", "email", "expires_at"})


def is_email(text: str) -> bool:
    """Whether *text* has the form of an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_confirmed_by_letters(info: Info) -> bool:
    """Whether the gateway sends letters by which people confirm their addresses."""
    return info.connectors.directory.sends_letters


async def check_email(email: str, person: Mapping[str, Any], transaction: Transaction, problems: Problems) -> None:
    """Note a problem where a student has the address, or a parent whose equal a student must not be (F12).

    The problem does not say that the address is taken, nor by whom.
    """
    if await is_taken(email, person, transaction):
        problems.add(UserErrorCode.INVALID_INPUT, OTHER_EMAIL, "email")


async def request_confirmation(email: str, info: Info, transaction: Transaction, problems: Problems) -> None:
    """Have a letter with a code sent to an address, in the place of one that waits for its code.

    Nobody can have more letters sent than a few a day. An address that had so many, from whomever, gets no more: the
    request looks the same, for nobody is to learn from it what others do.
    """
    most, person = info.writing.rules.confirmation_letters_a_day, info.viewer.person_id
    if await _count(f"confirmEmail:{person}", info, transaction) > most:
        tomorrow = info.start_of(info.today, None, days_later=1)
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "email", limit=most, retry_at=tomorrow)
        return
    hashed = hashlib.sha256(email.casefold().encode()).hexdigest()[:32]
    is_full = await _count(f"confirmEmailAt:{hashed}", info, transaction) > most
    await transaction.delete("email_confirmations", {"person_id": person})
    await transaction.insert(
        "email_confirmations", [new_confirmation(person, email, datetime.now(UTC), is_sent=is_full)]
    )


async def _count(key: str, info: Info, transaction: Transaction) -> int:
    """Count one more letter of today under *key*, and return how many there are."""
    counted = await transaction.find_one("daily_changes", {"_id": key}, columns=frozenset({"day", "changes"}))
    changes = counted["changes"] + 1 if counted and counted["day"] == info.today else 1
    change = {"$set": {"day": info.today, "changes": changes}}
    await transaction.update("daily_changes", {"_id": key}, change, upsert=True)
    return int(changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEmail:
    """The code of the letter that the viewer got at a new address."""

    code: str
    """The code, in small or capital letters, with or without the hyphen."""


async def confirm_email(input: ConfirmEmail, info: Info, transaction: Transaction) -> Outcome:
    """Make the address to which the letter went the viewer's own; a wrong code counts as an attempt."""
    problems, ids = Problems(), {"person_id": info.viewer.person_id}
    await check_attempts(info, transaction, problems)
    problems.check(**ids)
    own = {"person_id": info.viewer.person_id}
    pending = await transaction.find_one("email_confirmations", own, columns=_CONFIRMATION)
    key = info.connectors.directory.confirmation_key
    if pending is None or not key or not confirms(input.code, pending, key, datetime.now(UTC)):
        problems.add(UserErrorCode.NOT_FOUND, _NO_CODE, "code")
        await count_attempt(info, transaction)
        return Outcome(ids, problems=problems.found)
    person: Any = await transaction.find_one("people", {"_id": info.viewer.person_id}, columns=_PERSON)
    email = pending["email"]
    await check_email(email, person, transaction, problems)
    if problems.found:
        problems.found[0]["field"] = ["code"]
    problems.check(**ids)
    await give_address(email, person["_id"], transaction)
    done = fact(
        info,
        "confirmEmail",
        person["_id"],
        next(iter(person["school_ids"]), SchoolId("")),
        student_id=person.get("student_id"),
        before={"email": digest(info, person.get("email"))},
        after={"email": digest(info, email)},
    )
    return Outcome(ids, [done])


async def email_to_confirm(viewers: Sequence[ViewerDocument], info: Info) -> list[str | None]:
    """The address that the viewer has yet to confirm."""
    read = info.connectors.directory.email_confirmations_of
    found = await info.read(read, [own["person_id"] for own in viewers], columns=frozenset({"email", "expires_at"}))
    now = datetime.now(UTC)
    return [own["email"] if own and own["expires_at"] > now else None for own in found]
