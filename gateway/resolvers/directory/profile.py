"""Changes of a person's own data: names, e-mail address, telephone number (F26, F27)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.directory import name_tokens, sort_name
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import SchoolId
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.directory.emails import (
    MAX_EMAIL,
    check_email,
    is_confirmed_by_letters,
    is_email,
    request_confirmation,
)
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, digest, fact

_NOBODY: Final = Text("There is no such person.", "Нет такого человека.")
_BY_THE_SCHOOL: Final = Text("Names of students are entered by the school.", "Имя ученика вносит школа.")
_NO_NAME: Final = Text("This is not a name.", "Это не имя.")
_NO_EMAIL: Final = Text("This is not an e-mail address.", "Это не адрес электронной почты.")
_NO_PHONE: Final = Text(
    "This is not a telephone number: write it with all its digits, such as +7 900 123-45-67.",
    "Это не номер телефона: укажите его полностью, например +7 900 123-45-67.",
)

_NAMES: Final = ("family_name", "given_name", "patronymic")
_COLUMNS: Final = frozenset(
    {"_id", "display_name", *_NAMES, "email", "phone", "roles", "student_id", "school_ids", "version"}
)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ().-]*")
DIGITS: Final = range(10, 16)
"""Digits of a telephone number with its area; E.164 allows fifteen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMyProfile:
    """The changes of the viewer's own data. What is not sent stays as it is."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Viewer.version`); null overwrites whatever is there."""

    family_name: str | None = None
    """The family name (фамилия); not of a student."""

    given_name: str | None = None
    """The given name (имя); not of a student."""

    patronymic: str | Absent | None = ABSENT
    """The patronymic (отчество), null for none; not of a student."""

    email: str | Absent | None = ABSENT
    """The e-mail address; null takes it away. That of a student is nobody else's among students and parents. Where the
    gateway sends letters, the address before stays until the code of the letter is entered by `confirmEmail`."""

    phone: str | Absent | None = ABSENT
    """The telephone number with all its digits; null takes it away."""


async def update_my_profile(input: UpdateMyProfile, info: Info, transaction: Transaction) -> Outcome:
    """Change the viewer's own names and contacts; of a student the contacts alone."""
    problems = Problems()
    ids = {"person_id": info.viewer.person_id}
    person: Any = await transaction.find_one("people", {"_id": info.viewer.person_id}, columns=_COLUMNS)
    problems.require_version(input.version)
    if person is None:  # deleted since the viewer was recognised
        problems.reject(UserErrorCode.NOT_FOUND, _NOBODY, **ids)
    sent: dict[str, Any] = {
        name: value
        for name in (*_NAMES, "email", "phone")
        if not isinstance(value := getattr(input, name), Absent) and (value is not None or name not in _REQUIRED)
    }
    wanted = {name: _checked(name, value, person, info, problems) for name, value in sent.items()}
    changed = {name: value for name, value in wanted.items() if value != person.get(name)}
    email, confirms = changed.get("email"), is_confirmed_by_letters(info)
    if email is not None and is_email(email) and not confirms:
        await check_email(email, person, transaction, problems)
    problems.check(**ids)
    if not changed:
        return Outcome(ids, is_new=False)
    problems.is_stale(input.version, person)
    problems.check(**ids)
    if email is not None and confirms:
        await request_confirmation(email, info, transaction, problems)
        problems.check(**ids)
    elif "email" in changed:
        await transaction.delete("email_confirmations", {"person_id": person["_id"]})
    stored = {name: value for name, value in changed.items() if name != "email" or not (email and confirms)}
    if email is not None and not confirms:
        stored["unconfirmed_email"] = email
    update = {"$set": {**stored, **_derived(changed, person)}, "$inc": {"version": 1}}
    await transaction.update("people", {"_id": person["_id"]}, _without_empty(update))
    done = fact(
        info,
        "updateMyProfile",
        person["_id"],
        next(iter(person["school_ids"]), SchoolId("")),
        student_id=person.get("student_id"),
        before={name: _shown(name, person.get(name), info) for name in changed},
        after={name: _shown(name, value, info) for name, value in changed.items()},
    )
    return Outcome(ids, [done])


_REQUIRED: Final = frozenset({"family_name", "given_name"})


def _checked(name: str, sent: str | None, person: Mapping[str, Any], info: Info, problems: Problems) -> str | None:
    """The value as it is stored; what is wrong with it is noted."""
    path = _PATHS.get(name, name)
    if name in _NAMES and person.get("student_id"):
        problems.add(UserErrorCode.NOT_ALLOWED, _BY_THE_SCHOOL, path)
        return sent
    if sent is None:
        return None
    before = len(problems.found)
    most = MAX_EMAIL if name == "email" else info.writing.rules.name_characters
    text = " ".join(checked_text(sent, problems, path, most=most).split())
    if len(problems.found) == before and not _FORMS[name](text):
        problems.add(UserErrorCode.INVALID_INPUT, _REASONS[name], path)
    return text


_PATHS: Final = {"family_name": "familyName", "given_name": "givenName"}


def _is_name(text: str) -> bool:
    return any(map(str.isalpha, text)) and not any(map(str.isdigit, text))


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and sum(map(str.isdigit, text)) in DIGITS


_FORMS: Final = {**dict.fromkeys(_NAMES, _is_name), "email": is_email, "phone": _is_phone}
_REASONS: Final = {**dict.fromkeys(_NAMES, _NO_NAME), "email": _NO_EMAIL, "phone": _NO_PHONE}


def _without_empty(update: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The update without operators that change nothing, which MongoDB refuses."""
    return {operator: values for operator, values in update.items() if values}


def _derived(changed: Mapping[str, Any], person: Mapping[str, Any]) -> dict[str, Any]:
    """The values derived from a person's names, where one of them changed; the name shown keeps its order."""
    if changed.keys().isdisjoint(_NAMES):
        return {}
    family, given_name, patronymic = ({**person, **changed}.get(name) for name in _NAMES)
    is_family_first = person["display_name"].startswith(person["family_name"])
    shown = (family, given_name, patronymic) if is_family_first else (given_name, patronymic, family)
    return {
        "display_name": " ".join(name for name in shown if name),
        "sort_name": sort_name(family, given_name, patronymic),
        "name_tokens": name_tokens(family, given_name, patronymic),
    }


def _shown(name: str, value: str | None, info: Info) -> Any:
    """The values of a fact: names as they are, contacts as digests, for facts outlive them."""
    return value if name in _NAMES else digest(info, value)
