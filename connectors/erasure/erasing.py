"""Erases a person from all databases, by the rules of each collection; safe to repeat after it was broken off.

A document is changed last: before it, its files are let go and what its import source said of it is emptied, so that a
run which is repeated finds whatever is left. What was imported of the person is not written again.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from connectors import attachments, facts
from connectors.declarations import Connector
from connectors.directory.merges import MAX_MERGES
from connectors.directory.names import sort_name
from connectors.directory.posts import STAFF_ROLES
from connectors.erasure.rules import Fate, Rule, Who, rules_of
from connectors.facts import Actor, Change, Fact
from connectors.mongo import Database, Document
from connectors.mongo.transactions import Transaction, transact
from connectors.snapshots import SNAPSHOTS, id_of
from connectors.vocabulary import PersonId, SchoolId

ACTION: Final = "erasePerson"
NAME: Final = "Данные удалены"
"""The name of a person who was erased."""
CHUNK: Final = 1_000
"""Documents that are changed at once: flat memory."""
PEOPLE: Final = "people"

_RECORD_S: Final = 10.0
_DETAILS: Final = ("birth_date", "email", "phone", "snils")
"""The personal details of a person, beside the name."""
_LONG_AGO: Final = timedelta(days=1)
"""How long ago the time of the person's files ended, so that the next sweep takes them."""


class NotFound(Exception):
    """There is no such person."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The person who is erased: all their records, also those that were merged."""

    people: Sequence[str]
    students: Sequence[str]
    schools: Sequence[str]
    is_staff: bool
    """Whether they ever worked at a school."""
    places: Sequence[str]
    """The classes and posts that they still have."""

    def ids(self, who: Who) -> Sequence[str]:
        """The ids by which documents name them."""
        return {Who.PERSON: self.people, Who.STUDENT: self.students}[who]


class Outcome(NamedTuple):
    """The outcome of one rule: how many documents of a collection are deleted, cleared or left."""

    collection: str
    fate: Fate
    documents: int
    why: str


async def subject_of(directory: Database, named: str, today: str) -> Subject:
    """Find a person by their id, or a student by theirs.

    Raises:
        NotFound: there is none.
    """
    people = directory[PEOPLE]
    person = await people.find_one({"$or": [{"_id": named}, {"student_id": named}]})
    for _ in range(MAX_MERGES):
        into = await people.find_one({"_id": person["merged_to"]}) if person and person.get("merged_to") else None
        person = into or person
    if person is None:
        raise NotFound(f"There is no person {named}.")
    records = [person]
    for _ in range(MAX_MERGES):
        known = [one["_id"] for one in records]
        records += await people.find({"merged_to": {"$in": known}, "_id": {"$nin": known}}).to_list(None)
    schools = {school for one in records for school in (*one["school_ids"], one.get("school_id")) if school}
    roles = {role for one in records for role in (*one["roles"], *(post["role"] for post in one.get("posts", ())))}
    return Subject(
        people=[one["_id"] for one in records],
        students=[one["student_id"] for one in records if one.get("student_id")],
        schools=sorted(schools),
        is_staff=not roles.isdisjoint(STAFF_ROLES),
        places=[place for one in records for place in _places(one, today)],
    )


async def outcomes(connectors: Mapping[str, Connector], subject: Subject) -> list[Outcome]:
    """Count what would become of the documents that name the person; nothing is changed."""
    found = []
    for subsystem, collection, rule in _rules(connectors):
        if documents := await connectors[subsystem].source.database[collection].count_documents(_where(rule, subject)):
            found.append(Outcome(f"{subsystem}.{collection}", rule.fate, documents, rule.why))
    return found


async def erase(connectors: Mapping[str, Connector], subject: Subject, today: str) -> list[Outcome]:
    """Delete and clear what the rules say; return what was done, and what was kept."""
    done = await outcomes(connectors, subject)
    if any(one.fate is not Fate.KEPT for one in done):
        await _record(connectors["directory"], subject)  # first: no erasure is without its record
    for subsystem, collection, rule in _rules(connectors):
        if rule.fate is not Fate.KEPT:
            await _carry_out(connectors[subsystem], collection, rule, subject, today)
    ended = datetime.now(UTC) - _LONG_AGO
    files = connectors["files"].source.database["files"]
    await files.update_many(
        {"person_id": {"$in": list(subject.people)}, "removed_at": None},
        {"$set": {"removed_at": ended, "expires_at": ended}},  # those that a document still has are kept by the sweep
    )
    return done


def _rules(connectors: Mapping[str, Connector]) -> Iterator[tuple[str, str, Rule]]:
    """The rules of all collections; the directory's come first, with which rights end."""
    for subsystem, connector in connectors.items():
        for collection in connector.collections:
            for rule in rules_of(subsystem, collection.name) or ():
                yield subsystem, collection.name, rule


def _where(rule: Rule, subject: Subject) -> Document:
    """The documents that a rule is about and that are not as they are to be."""
    where: Document = {rule.key: {"$in": list(subject.ids(rule.who))}}
    if rule.fate is Fate.CLEARED and rule.values:
        where["$or"] = [{key: {"$exists": True, "$ne": value}} for key, value in rule.values.items()]
    elif rule.fate is Fate.CLEARED:  # a person, see `_nameless`
        where["erased_at"] = {"$exists": False}
    return where


async def _carry_out(connector: Connector, collection: str, rule: Rule, subject: Subject, today: str) -> None:
    database = connector.source.database
    has = {one.name for one in connector.collections}
    now = datetime.now(UTC)
    async for some in _chunks(database[collection], rule, subject):
        ids = [one["_id"] for one in some]
        if attachments.COLLECTION in has:
            owners = {"owner_id": {"$in": [one.get(rule.owner, one["_id"]) for one in some]}, "released_at": None}
            await database[attachments.COLLECTION].update_many(owners, {"$set": {"released_at": now}})
        if SNAPSHOTS.name in has:
            await _empty_snapshots(database, collection, ids, now)
        if rule.fate is Fate.DELETED:
            await database[collection].delete_many({"_id": {"$in": ids}})
        elif rule.values:
            await database[collection].update_many({"_id": {"$in": ids}}, {"$set": dict(rule.values)})
        else:
            for person in await database[collection].find({"_id": {"$in": ids}}).to_list(None):
                await database[collection].update_one({"_id": person["_id"]}, _nameless(person, today, now))


async def _chunks(collection: Any, rule: Rule, subject: Subject) -> AsyncIterator[Sequence[Document]]:
    while some := await collection.find(_where(rule, subject), {rule.owner: 1}).limit(CHUNK).to_list(None):
        yield some


async def _empty_snapshots(database: Database, collection: str, ids: Sequence[str], now: datetime) -> None:
    """Forget what the source said of documents, and have it not written again."""
    for own in ids:
        emptied = {"$set": {"document": {"_id": own}, "erased_at": now}}
        await database[SNAPSHOTS.name].update_one({"_id": id_of(collection, own)}, emptied)


def _nameless(person: Document, today: str, now: datetime) -> Document:
    """The change that leaves of a person where they learned and worked, without name, details and rights."""
    changed: Document = {
        "display_name": NAME,
        "family_name": NAME,
        "given_name": "",
        "patronymic": None,
        "sort_name": sort_name(NAME),
        "name_tokens": [],
        "roles": [],
        "erased_at": now,
    }
    for key in ("enrolments", "memberships", "posts"):
        if key in person:
            changed[key] = [{**one, "ends_on": _ended(one, today)} for one in person[key]]
    return {"$set": changed, "$unset": dict.fromkeys(_DETAILS, ""), "$inc": {"version": 1}}


def _ended(one: Mapping[str, Any], today: str) -> str:
    """The last day of a place or a post: today where it lasts."""
    return min(one["ends_on"] or today, max(today, one["starts_on"] or ""))


def _places(person: Mapping[str, Any], today: str) -> Iterator[str]:
    if "erased_at" in person:
        return
    for enrolment in person.get("enrolments", ()):
        if not enrolment["ends_on"] or enrolment["ends_on"] >= today:
            yield f"class {enrolment['class_id']}"
    if "posts" not in person and not set(STAFF_ROLES).isdisjoint(person["roles"]):
        yield f"{', '.join(person['roles'])} without dates"
    for post in person.get("posts", ()):
        if not post["ends_on"] or post["ends_on"] >= today:
            yield f"{post['role']} at {post['school_id']}"


async def _record(directory: Connector, subject: Subject) -> None:
    """Record that a person was erased, without saying who."""
    now = datetime.now(UTC)
    erasures = [
        Fact(
            _id=facts.new_id(),
            school_id=SchoolId(school),
            at=now,
            actor=Actor(person_id=PersonId(""), role=""),
            action=ACTION,
            object_id=school,
            student_id=None,
            changes=[Change(field="people", before=len(subject.people), after=0)],
            request_id="",
            client="school-gateway erase",
        )
        for school in subject.schools
    ]

    async def body(transaction: Transaction) -> None:
        await transaction.insert(facts.COLLECTION, erasures)

    if erasures:
        await transact(directory.source, body, within_s=_RECORD_S)
