"""Invitation codes: ten characters that nobody confuses, as a school prints them for a family (F16).

They are read here for those who use them: parents who add a child, and people who have no account yet.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from connectors.directory.documents import Guardianship, Invitation, InvitationAudience
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day, PersonId, mint

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
LENGTH: Final = 10
"""Fifty random bits: with ten attempts a day nobody meets one of a million codes in a billion years."""
MOST_CODES: Final = 20
"""Codes that a parent enters at once: more than any family has children."""
_ALIKE: Final = str.maketrans("OIL", "011")


def new_code() -> str:
    """A random code, in two groups as it is printed."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def read_code(text: str) -> str | None:
    """The letters of the code that somebody wrote, in whatever letters and groups; None where it can be none."""
    code = "".join(filter(str.isalnum, text.upper())).translate(_ALIKE)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def hash_of(text: str) -> str | None:
    """The hash of the code that somebody wrote, in whatever letters and groups; None where it can be none.

    A code has too many random bits to be found from its hash, so that the hash needs no salt.
    """
    code = read_code(text)
    return None if code is None else hashlib.sha256(code.encode()).hexdigest()


async def invitations_of(hashes: Sequence[str], transaction: Transaction) -> dict[str, Any]:
    """The invitations whose codes have these hashes, and that are not too old."""
    where = {"code_hash": {"$in": list(hashes)}, "expires_at": {"$gt": datetime.now(UTC)}}
    columns = frozenset(Invitation.__annotations__)
    return {one["code_hash"]: one for one in await transaction.find("invitations", where, columns=columns)}


def is_for_student(invitation: Any) -> bool:
    """Whether an invitation is for the student; those of earlier versions, which say nothing, are for parents."""
    return bool(invitation.get("audience") == InvitationAudience.STUDENT)


def guardianship_of(invitation: Any, person: PersonId, today: Day) -> Guardianship:
    """The right that an invitation for a parent gives to a person from *today*."""
    return Guardianship(
        _id=mint("Guardianship", uuid4().hex),
        school_id=invitation["school_id"],
        person_id=person,
        student_id=invitation["student_id"],
        relation=invitation["relation"],
        is_legal_representative=invitation["is_legal_representative"],
        lives_with=None,
        data_access=True,
        valid_from=today,
        valid_to=None,
    )
