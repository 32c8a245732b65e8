"""Codes and links by which people confirm their e-mail addresses (F24).

A code follows from a secret key and the request that it belongs to, so that it is stored nowhere: who reads the
database cannot confirm anything, and the job that sends the letter knows it nevertheless.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from connectors.directory.documents import IGNORES_CASE, EmailConfirmation
from connectors.directory.invitation_codes import ALPHABET, LENGTH, read_code
from connectors.directory.mandatory import must_differ
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId, mint

LASTS: Final = timedelta(hours=24)
"""How long a code can be used: a letter may take half an hour, and is read in the evening."""


def new_confirmation(person: PersonId, email: str, now: datetime, *, is_sent: bool = False) -> EmailConfirmation:
    """A request to confirm an address; *is_sent* says that no letter goes out for it."""
    return EmailConfirmation(
        _id=mint("EmailConfirmation", uuid4().hex),
        person_id=person,
        email=email,
        requested_at=now,
        expires_at=now + LASTS,
        sent_at=now if is_sent else None,
        is_refused=False,
    )


def code_of(confirmation: Any, key: bytes) -> str:
    """The code that confirms the address, in two groups as letters show it."""
    signed = f"{confirmation['_id']} {confirmation['email']}".encode()
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:LENGTH])
    return f"{letters[:5]}-{letters[5:]}"


def confirms(text: str, confirmation: Any, key: bytes, now: datetime) -> bool:
    """Whether *text*, as a person wrote it, is the code of a request that has not expired."""
    code = read_code(text)
    expected = read_code(code_of(confirmation, key))
    is_equal = code is not None and expected is not None and hmac.compare_digest(code, expected)
    return is_equal and bool(confirmation["expires_at"] > now)


async def is_taken(email: str, person: Mapping[str, Any], transaction: Transaction) -> bool:
    """Whether a student has the address, or a parent whose equal the student *person* must not be (F12).

    Of two people who enter one address at once, the later one sees the other.
    """
    await transaction.update("profile_locks", {"_id": "email"}, {"$inc": {"changes": 1}}, upsert=True)
    same = {"email": {"$eq": email, "$type": "string"}, "_id": {"$ne": person["_id"]}, "merged_to": None}
    columns = frozenset({"student_id", "roles"})
    found = await transaction.find("people", same, columns=columns, collation=IGNORES_CASE)
    return any(must_differ(person, other) for other in found)


async def give_address(email: str, person: PersonId, transaction: Transaction) -> None:
    """Make a confirmed address that of a person, and end the request for it."""
    change = {"$set": {"email": email}, "$unset": {"unconfirmed_email": ""}, "$inc": {"version": 1}}
    await transaction.update("people", {"_id": person}, change)
    await transaction.delete("email_confirmations", {"person_id": person})
