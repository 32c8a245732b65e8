"""Whose account it is that signs in for the first time: recognised by what its provider confirms, or registered.

The outcomes are those of docs/sign-in.md. An account is never linked by a name alone, nor where several people fit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from auth.errors import AmbiguousUser, UserNotFound
from connectors import facts
from connectors.directory import IGNORES_CASE, Directory, Evidence, ExternalId, Person, Registration, sort_name
from connectors.directory.registration_numbers import new_number
from connectors.facts import Actor, Change, Fact
from connectors.mongo import Where
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import SchoolId, mint

KEEP_REGISTRATIONS: Final = timedelta(days=30)
WITHIN_S: Final = 5.0
_SNILS_DIGITS: Final = 11
_BIRTH_DATE: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
_COLUMNS: Final = frozenset(
    {"_id", "family_name", "given_name", "patronymic", "birth_date", "roles", "school_ids", "school_id", "student_id"}
    | {"email", "unconfirmed_email"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The owner of an account, as a provider describes them."""

    name: str | None
    sort_name: str
    """The full name as it is compared; empty where the provider names no family name or no given name."""
    birth_date: str | None
    email: str | None
    """The e-mail address, if the provider has confirmed it."""
    snils: str | None
    are_confirmed: bool
    """Whether the provider has confirmed these data, by a passport for example."""
    family_name: str | None = None
    given_name: str | None = None
    patronymic: str | None = None

    @classmethod
    def of(cls, claims: Mapping[str, Any], *, are_confirmed: bool) -> "Attributes":
        """The attributes in the claims of an ID token (OpenID Connect Core 1.0, 5.1; `snils` as in ЕСИА)."""
        text = {name: value.strip() for name, value in claims.items() if isinstance(value, str)}
        family, given_name = text.get("family_name"), text.get("given_name")
        digits = re.sub(r"[ -]", "", text.get("snils", ""))
        is_snils = len(digits) == _SNILS_DIGITS and digits.isascii() and digits.isdigit()
        full = sort_name(family, given_name, text.get("middle_name")) if family and given_name else ""
        return cls(
            name=text.get("name") or " ".join(filter(None, (family, given_name, text.get("middle_name")))) or None,
            sort_name=full,
            birth_date=_day(text.get("birthdate", "")),
            email=text.get("email") if claims.get("email_verified") is True else None,
            snils=digits if is_snils else None,
            are_confirmed=are_confirmed,
            family_name=family or None,
            given_name=given_name or None,
            patronymic=text.get("middle_name") or None,
        )


class Accounts:
    """Links accounts to the people of *directory*."""

    def __init__(self, directory: Directory, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._source = directory.source
        self._clock = clock

    async def link(self, issuer: str, subject: str, attributes: Attributes) -> None:
        """Link an account that the school does not know, if its attributes fit one person and no other.

        Raises `UserNotFound` or `AmbiguousUser` otherwise, each with the registration number of the account, and
        `SourceUnavailable` where the directory does not answer.
        """

        async def body(transaction: Transaction) -> tuple[Sequence[Any], str | None]:
            known = {"issuer": issuer, "subject": subject}
            if await transaction.find_one("external_ids", known, columns=frozenset({"_id"})):
                return [], None  # another request was faster
            found, evidence = await _matching(attributes, transaction)
            if len(found) == 1 and evidence is not None:
                await link(issuer, subject, found[0], evidence, self._clock(), transaction)
                return found, None
            return found, await self._register(issuer, subject, attributes, transaction)

        found, number = (await transact(self._source, body, within_s=WITHIN_S)).result
        if number is not None:
            failure = AmbiguousUser if len(found) > 1 else UserNotFound
            raise failure("the account fits nobody, or several people", registration_number=number)

    async def _register(self, issuer: str, subject: str, attributes: Attributes, transaction: Transaction) -> str:
        """The registration number of the account: the one that it has, or a new one."""
        now = self._clock()
        account = {"issuer": issuer, "subject": subject}
        columns = frozenset({"_id", "expires_at"})
        pending = await transaction.find_one("registrations", account, columns=columns)
        if pending is not None and pending["expires_at"] > now:
            return str(pending["_id"])
        await transaction.delete("registrations", account)
        registration = Registration(
            _id=new_number(),
            issuer=issuer,
            subject=subject,
            display_name=attributes.name,
            birth_date=attributes.birth_date,
            expires_at=now + KEEP_REGISTRATIONS,
        )
        await transaction.insert("registrations", [registration])
        return registration["_id"]


async def link(
    issuer: str, subject: str, person: Mapping[str, Any], evidence: Evidence, at: datetime, transaction: Transaction
) -> None:
    """Make the account that of a person, with a fact; the number with which it waited is worth nothing any more."""
    own = ExternalId(
        _id=mint("ExternalId", issuer, subject),  # an account has one id, so that it is never linked twice
        issuer=issuer,
        subject=subject,
        person_id=person["_id"],
        linked_at=at,
        evidence=evidence,
    )
    await transaction.insert("external_ids", [own])
    await transaction.delete("registrations", {"issuer": issuer, "subject": subject})
    await transaction.insert(facts.COLLECTION, [_fact_of(person, evidence, at)])


async def _matching(attributes: Attributes, transaction: Transaction) -> tuple[Sequence[Person], Evidence | None]:
    """The people whom confirmed attributes fit, and by what; nobody where the provider confirms none."""
    if not attributes.are_confirmed:
        return [], None
    if attributes.snils is not None:
        where: Where = {"snils": {"$eq": attributes.snils, "$type": "string"}, "merged_to": None}
        found: Any = await transaction.find("people", where, columns=_COLUMNS)
        found = [one for one in found if may_be(one.get("birth_date"), attributes.birth_date)]
        if found:
            return found, Evidence.SNILS
    if not attributes.sort_name or attributes.birth_date is None or attributes.email is None:
        return [], None
    where = {"email": {"$eq": attributes.email, "$type": "string"}, "merged_to": None}
    found = await transaction.find("people", where, columns=_COLUMNS, collation=IGNORES_CASE)
    return [
        one
        for one in found
        if one.get("birth_date") == attributes.birth_date
        and one["email"] != one.get("unconfirmed_email")  # who enters an address need not own it
        and sort_name(one["family_name"], one["given_name"], one["patronymic"]) == attributes.sort_name
    ], Evidence.NAME_BIRTH_DATE_EMAIL


def may_be(stored: str | None, said: str | None) -> bool:
    """Whether two birth dates may be those of one person."""
    return stored is None or said is None or stored == said


def _day(text: str) -> str | None:
    """A provider's birth date (YYYY-MM-DD or DD.MM.YYYY) as an ISO day; None where it is neither."""
    found = _BIRTH_DATE.fullmatch(text)
    try:
        return date.fromisoformat(f"{found[3]}-{found[2]}-{found[1]}" if found else text).isoformat()
    except ValueError:
        return None


def _fact_of(person: Mapping[str, Any], evidence: Evidence, at: datetime) -> Fact:
    """The fact that somebody's account was recognised."""
    school = person.get("school_id") or next(iter(person["school_ids"]), SchoolId(""))
    return Fact(
        _id=facts.new_id(),
        school_id=school,
        at=at,
        actor=Actor(person_id=person["_id"], role=next(iter(person["roles"]), "")),
        action="linkAccount",
        object_id=person["_id"],
        student_id=person.get("student_id"),
        changes=[Change(field="evidence", before=None, after=evidence.value)],
        request_id="",
        client="",
    )
