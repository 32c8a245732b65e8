"""Accounts under their registration numbers, and invitations under the hashes of their codes."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.directory.invitation_codes import hash_of
from tests.gateway.writing.acting import Acting

NUMBER: Final = "123456782"
"""From the right, every second digit is doubled and its digits added: (8 → 7) + 7 + (6 → 3) + 5 + (4 → 8) + 3 + (2 → 4)
+ 1 is 38, and 2 is missing to 40."""


def registration(number: str, subject: str = "account", **changes: Any) -> dict[str, Any]:
    """A pending registration."""
    return {
        "_id": number,
        "issuer": "https://id.example",
        "subject": subject,
        "display_name": "Иванова Ольга",
        "birth_date": "1985-03-08",
        "expires_at": datetime.now(UTC) + timedelta(days=30),
        **changes,
    }


def invitation(acts: Acting, student: str, code: str, school: str = "perm", **changes: Any) -> dict[str, Any]:
    """A code that was issued for a student and not used."""
    return {
        "_id": acts.id("Invitation", student),
        "code_hash": hash_of(code),
        "school_id": acts.id("School", school),
        "student_id": acts.id("Student", student),
        "relation": "мачеха",
        "is_legal_representative": False,
        "expires_at": datetime.now(UTC) + timedelta(days=60),
        **changes,
    }
