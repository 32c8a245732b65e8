"""Which fields of a person must not be empty, and which e-mail addresses two people must not share."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class MandatoryField(StrEnum):
    """A field of a person that must not be empty (обязательное поле)."""

    BIRTH_DATE = "BIRTH_DATE"
    """The birth date of a student: without it nobody's account is recognised."""

    EMAIL = "EMAIL"
    """The e-mail address of a parent."""

    PHONE = "PHONE"
    """The telephone number of a parent."""


MANDATORY_COLUMNS: Final = ("student_id", "roles", "birth_date", "email", "phone")
"""The columns that the rules of this module need."""
_PARENT: Final = "PARENT"


def missing_fields(person: Mapping[str, Any]) -> list[MandatoryField]:
    """The mandatory fields that are empty: the birth date of students, the contacts of parents (F19)."""
    wanted: tuple[MandatoryField, ...] = ()
    if person.get("student_id"):
        wanted = (MandatoryField.BIRTH_DATE,)
    elif _PARENT in person.get("roles", ()):
        wanted = (MandatoryField.EMAIL, MandatoryField.PHONE)
    return [field for field in wanted if not person.get(field.value.lower())]


def must_differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two people must not share an e-mail address: two students, or a student and a parent (F12)."""
    are_students = [bool(person.get("student_id")) for person in (one, other)]
    are_family = [bool(person.get("student_id")) or _PARENT in person["roles"] for person in (one, other)]
    return any(are_students) and all(are_family)
