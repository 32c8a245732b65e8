"""Somebody who signed in at a provider and has no account here registers by the invitation codes of the school (F16).

Between signing in and registering the browser keeps who they are, encrypted, for a few minutes.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final
from uuid import uuid4

from pydantic import TypeAdapter

from auth.sign_in.accounts import WITHIN_S, Attributes, link, may_be
from auth.sign_in.encryption import Encryption
from auth.sign_in.sessions import secret
from auth.viewer import Role
from connectors import facts
from connectors.directory import Directory, Evidence, Person, in_force, name_tokens
from connectors.directory.attempts import attempts_of, count_attempts
from connectors.directory.email_confirmations import is_taken
from connectors.directory.invitation_codes import (
    MOST_CODES,
    guardianship_of,
    hash_of,
    invitations_of,
    is_for_student,
)
from connectors.facts import Actor, Change, Fact
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import Day, PersonId, SchoolId, mint

NEWCOMER_LIFETIME_S: Final = 900
"""How long somebody may take to find the letter with the code."""
_PURPOSE: Final = "newcomers"
_STUDENT_COLUMNS: Final = frozenset(
    {"_id", "student_id", "school_id", "school_ids", "roles", "sort_name", "birth_date"}
)
_RIGHT_COLUMNS: Final = frozenset({"person_id", "data_access", "valid_from", "valid_to"})


class Refusal(Enum):
    """Why somebody was not registered."""

    NO_CODE = auto()
    """No code was sent, or too many at once."""
    UNKNOWN = auto()
    """A code does not exist, was used, is too old, or is not for this person: it is not said which."""
    ATTEMPTS = auto()
    """The account has tried too many such codes today."""
    MIXED = auto()
    """A code for a student came with others."""
    NO_NAME = auto()
    """The provider does not say the family name and the given name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody whom a provider knows and the school does not."""

    provider: str
    issuer: str
    subject: str
    attributes: Attributes
    return_to: str
    proof: str
    """A secret that the form says again, which only a page of this origin can read."""
    started_at: float


_NEWCOMER: Final = TypeAdapter(Newcomer)


class Newcomers:
    """Reads and writes the cookie in which a browser keeps who has signed in at a provider."""

    def __init__(self, encryption: Encryption, *, clock: Callable[[], float] = time.time) -> None:
        self._encryption = encryption
        self._clock = clock

    def begin(self, provider: str, issuer: str, subject: str, attributes: Attributes, return_to: str) -> Newcomer:
        """Somebody who has just come back from *provider*."""
        return Newcomer(
            provider=provider,
            issuer=issuer,
            subject=subject,
            attributes=replace(attributes, snils=None),  # a code says more than enough
            return_to=return_to,
            proof=secret(),
            started_at=self._clock(),
        )

    def write(self, newcomer: Newcomer) -> str:
        """The cookie that holds *newcomer*."""
        return self._encryption.encrypt(_NEWCOMER.dump_json(newcomer), _PURPOSE)

    def read(self, cookie: str | None) -> Newcomer | None:
        """Who is in a cookie; None where it is not ours or too old."""
        text = self._encryption.decrypt(cookie, _PURPOSE) if cookie else None
        newcomer = None if text is None else _NEWCOMER.validate_json(text)
        return newcomer if newcomer is not None and newcomer.started_at > self._clock() - NEWCOMER_LIFETIME_S else None


class Invited:
    """Registers newcomers by codes, of which an account may try *attempts_a_day* that do not exist."""

    def __init__(self, directory: Directory, *, day_in: Callable[[str], Day], attempts_a_day: int) -> None:
        self._source = directory.source
        self._day_in = day_in
        self.attempts_a_day = attempts_a_day

    async def register(self, newcomer: Newcomer, codes: Sequence[str]) -> Refusal | None:
        """Make *newcomer* the student of a code, or a new parent of the students of all of them; None: it is done.

        Raises `SourceUnavailable` where the directory does not answer.
        """
        sent = list(dict.fromkeys(codes))
        if not 0 < len(sent) <= MOST_CODES:
            return Refusal.NO_CODE

        async def body(transaction: Transaction) -> Refusal | None:
            return await self._register(newcomer, sent, transaction)

        refusal: Refusal | None = (await transact(self._source, body, within_s=WITHIN_S)).result
        return refusal

    async def _register(self, newcomer: Newcomer, codes: Sequence[str], transaction: Transaction) -> Refusal | None:
        account = {"issuer": newcomer.issuer, "subject": newcomer.subject}
        if await transaction.find_one("external_ids", account, columns=frozenset({"_id"})):
            return None  # the form was sent twice, or a class teacher was faster
        counter, today = _counter(newcomer), self._day_in("UTC")
        if await attempts_of(counter, today, transaction) >= self.attempts_a_day:
            return Refusal.ATTEMPTS
        hashes = [hash_of(code) for code in codes]
        invited = await invitations_of([one for one in hashes if one is not None], transaction)
        students = await self._students(list(invited.values()), transaction)
        usable = {
            own: one
            for own, one in invited.items()
            if one["student_id"] in students
            and await self._fits(newcomer.attributes, one, students[one["student_id"]], transaction)
        }
        unknown = sum(own not in usable for own in hashes)
        if unknown:
            await count_attempts(counter, today, unknown, transaction)
            return Refusal.UNKNOWN
        invitations = list(usable.values())
        if any(map(is_for_student, invitations)):
            if len(invitations) > 1:
                return Refusal.MIXED
            person = students[invitations[0]["student_id"]]
        elif not newcomer.attributes.sort_name:
            return Refusal.NO_NAME
        else:
            person = await self._insert_parent(newcomer.attributes, invitations, transaction)
        now = datetime.now(UTC)
        await link(newcomer.issuer, newcomer.subject, person, Evidence.INVITATION_CODE, now, transaction)
        await transaction.delete_all("invitations", {"_id": {"$in": [one["_id"] for one in invitations]}})
        await transaction.delete("attempts", {"_id": counter})
        return None

    async def _students(self, invitations: Sequence[Any], transaction: Transaction) -> dict[str, Any]:
        """The students of invitations; without those who were merged since the code was issued."""
        where = {"student_id": {"$in": [one["student_id"] for one in invitations]}, "merged_to": None}
        return {one["student_id"]: one for one in await transaction.find("people", where, columns=_STUDENT_COLUMNS)}

    async def _fits(
        self, attributes: Attributes, invitation: Any, student: Mapping[str, Any], transaction: Transaction
    ) -> bool:
        """Whether nothing that the provider says speaks against giving an invitation to the person."""
        if is_for_student(invitation):
            return may_be(student.get("birth_date"), attributes.birth_date)
        is_same_name = attributes.sort_name == student["sort_name"]
        if is_same_name and attributes.birth_date is not None and attributes.birth_date == student.get("birth_date"):
            return False  # the student alone, with the code for the parents
        return not await self._has_barred_namesake(attributes, invitation, transaction)

    async def _has_barred_namesake(self, attributes: Attributes, invitation: Any, transaction: Transaction) -> bool:
        """Whether the school has closed the diary to a guardian of this name, who would get in by a second record."""
        right = {"student_id": invitation["student_id"], "data_access": False}
        found = await transaction.find("guardianships", right, columns=_RIGHT_COLUMNS)
        today = await self._today_at(invitation["school_id"], transaction)
        barred = [one["person_id"] for one in found if in_force(one["valid_from"], one["valid_to"], today)]
        if not barred:
            return False
        same = {"_id": {"$in": barred}, "sort_name": attributes.sort_name}
        return await transaction.find_one("people", same, columns=frozenset({"_id"})) is not None

    async def _insert_parent(
        self,
        attributes: Attributes,
        invitations: Sequence[Any],
        transaction: Transaction,
    ) -> Mapping[str, Any]:
        """A new person, with the right over the students that the invitations give."""
        names = (attributes.family_name or "", attributes.given_name or "", attributes.patronymic)
        person = Person(
            _id=PersonId(mint("Person", uuid4().hex)),
            display_name=" ".join(filter(None, names)),
            family_name=names[0],
            given_name=names[1],
            patronymic=names[2],
            sort_name=attributes.sort_name,
            name_tokens=name_tokens(*names),
            birth_date=attributes.birth_date,
            email=None,
            phone=None,
            roles=[Role.PARENT.value],
            school_ids=sorted({one["school_id"] for one in invitations}),
        )
        if attributes.email is not None and not await is_taken(attributes.email, person, transaction):
            person["email"] = attributes.email
        rights = [
            guardianship_of(one, person["_id"], await self._today_at(one["school_id"], transaction))
            for one in invitations
        ]
        await transaction.insert("people", [person])
        await transaction.insert("guardianships", rights)
        now = datetime.now(UTC)
        await transaction.insert(facts.COLLECTION, [_added(one, person["_id"], now) for one in rights])
        return person

    async def _today_at(self, school: SchoolId, transaction: Transaction) -> Day:
        found = await transaction.find_one("schools", {"_id": school}, columns=frozenset({"time_zone"}))
        return self._day_in(found["time_zone"] if found else "UTC")


def _counter(newcomer: Newcomer) -> str:
    """The name under which the attempts of an account are counted: nobody reads the account from it."""
    return "acc_" + hashlib.sha256(f"{newcomer.issuer} {newcomer.subject}".encode()).hexdigest()[:32]


def _added(right: Mapping[str, Any], person: PersonId, at: datetime) -> Fact:
    """The fact that a code gave the new parent a right, as `addChildByCode` leaves it."""
    after = {"relation": right["relation"], "valid_from": right["valid_from"]}
    return Fact(
        _id=facts.new_id(),
        school_id=right["school_id"],
        at=at,
        actor=Actor(person_id=person, role=Role.PARENT.value),
        action="addChildByCode",
        object_id=right["_id"],
        student_id=right["student_id"],
        changes=[Change(field=name, before=None, after=value) for name, value in after.items() if value is not None],
        request_id="",
        client="",
        awaits_notifications=True,
    )
