"""A world is all documents of all subsystems; two worlds differ by changes that can be made and taken back."""

import copy
import itertools
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from pymongo import DeleteOne, InsertOne

from connectors.demo.school import TODAY
from connectors.vocabulary import mint
from tests.connectors.demo.generated import generated
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.served import ISSUER
from tests.requiring import SAMPLE

Document = dict[str, Any]
Documents = dict[str, dict[str, Document]]
"""The documents of each `subsystem.collection` by their ids."""

STUDENTS: Final = 64
"""Of the generated school and college together: two classes and three, with pages that end within them."""


class Change(NamedTuple):
    """One document that is added (*before* None), removed (*after* None) or changed."""

    place: str
    id: str
    before: Document | None
    after: Document | None

    @property
    def inverse(self) -> "Change":
        """The change that takes this one back."""
        return Change(self.place, self.id, self.after, self.before)

    def __str__(self) -> str:
        if self.before is None:
            return f"add {self.place} {self.after}"
        if self.after is None:
            return f"remove {self.place} {self.before}"
        keys = sorted(k for k in {*self.before, *self.after} if self.before.get(k) != self.after.get(k))
        changed = {key: (self.before.get(key), self.after.get(key)) for key in keys}
        return f"change {self.place} {self.id}: {changed}"


Mutation = tuple[Change, ...]
"""Changes that belong together, such as a document under another id."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in: their id, their role, and the name by which the issuer of tokens knows them."""

    id: str
    role: str
    subject: str

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


@dataclass(slots=True)
class World:
    """The documents of one data set, the people who ask, and the day that is today."""

    name: str
    documents: Documents
    people: Sequence[Person]
    today: date

    def copy(self) -> "World":
        """A world of its own; the documents themselves are shared, and never changed in place."""
        return World(self.name, {place: dict(own) for place, own in self.documents.items()}, self.people, self.today)

    def apply(self, changes: Iterable[Change]) -> None:
        """Make changes in memory."""
        for change in changes:
            own = self.documents.setdefault(change.place, {})
            if change.after is None:
                own.pop(change.id, None)
            else:
                own[change.id] = change.after

    def __getitem__(self, place: str) -> Mapping[str, Document]:
        return self.documents.get(place, {})


def inverse(mutations: Sequence[Mutation]) -> list[Mutation]:
    """The mutations that take these back, in the opposite order."""
    return [tuple(change.inverse for change in reversed(mutation)) for mutation in reversed(mutations)]


async def write(databases: Mapping[str, Any], mutations: Iterable[Mutation]) -> None:
    """Make the changes in databases; of several changes of one document the last counts."""
    last = {(change.place, change.id): change.after for mutation in mutations for change in mutation}
    writes: dict[str, list[Any]] = defaultdict(list)
    for place, own_id in last:
        writes[place].append(DeleteOne({"_id": own_id}))
    for (place, _), after in last.items():
        if after is not None:
            writes[place].append(InsertOne(after))
    for place, operations in writes.items():
        subsystem, collection = place.split(".", 1)
        await databases[subsystem][collection].bulk_write(operations)


async def load(databases: Mapping[str, Any], world: World, places: Iterable[str] | None = None) -> None:
    """Have the collections of the databases hold what the world holds, and nothing else."""
    for place in world.documents if places is None else places:
        subsystem, collection = place.split(".", 1)
        target = databases[subsystem][collection]
        await target.delete_many({})
        if world[place]:
            await target.bulk_write([InsertOne(document) for document in world[place].values()], ordered=False)


def _by_id(documents: Mapping[str, Iterable[Mapping[str, Any]]]) -> Documents:
    return {place: {one["_id"]: dict(one) for one in own} for place, own in documents.items()}


def of_documents(
    name: str, documents: Mapping[str, Iterable[Mapping[str, Any]]], people: Sequence[Person], today: date
) -> World:
    """A world of these documents, and some events of the audit."""
    return World(name, _with_audit(_by_id(documents), today), list(dict.fromkeys(people)), today)


async def of_generator() -> World:
    """A generated school and college."""
    found = await generated(students=STUDENTS, today=TODAY, weeks_back=3, weeks_ahead=1, issuer=ISSUER)
    documents = _by_id(found.documents)
    for person in documents["directory.people"].values():
        person.setdefault("email", f"{person['_id']}@example.test")
        person.setdefault("phone", f"+7342{person['_id'][-6:]}")
    subjects = {one["person_id"]: one["subject"] for one in documents["directory.external_ids"].values()}
    people = [Person(one.person_id, one.role, subjects[one.person_id]) for one in found.summary.story]
    return World("generated", _with_audit(documents, TODAY), list(dict.fromkeys(people)), TODAY)


SPACE: Final = "privacy"
"""What the ids of the school written by hand are made of, beside their keys."""
WRITTEN: Final = {
    "ivan": "STUDENT",
    "petr": "STUDENT",
    "timofey": "STUDENT",
    "maria": "STUDENT",
    "anna": "STUDENT",
    "olga": "PARENT",
    "igor": "PARENT",
    "pavel": "PARENT",
    "granny": "PARENT",
    "barred": "PARENT",
    "smirnov": "TEACHER",
    "anglin": "TEACHER",
    "rusova": "TEACHER",
    "zamenin": "TEACHER",
    "kuznetsova": "CLASS_TEACHER",
    "admin": "ADMINISTRATOR",
    "analyst": "ANALYST",
}
"""The people of the school written by hand who ask, each in a role."""


async def of_hand() -> World:
    """The school written by hand: every rule has a case in it."""
    built = school.build(SPACE)
    documents = _by_id({".".join(place): own for place, own in copy.deepcopy(built.documents).items()})
    people = [Person(built.id("Person", key), role, built.subject_of_token(key)) for key, role in WRITTEN.items()]
    people.append(_also_a_parent(documents, built))
    for key in ("igor", "pavel"):
        _join_later(documents, built.id("Person", key))
    return World("written", _with_audit(documents, school.TODAY), people, school.TODAY)


async def of_sample() -> World:
    """A part of the Ed-Fi sample."""
    from tests.privacy.edfi import of_edfi  # noqa: PLC0415 - which is made of what stands here

    return await of_edfi()


DATA_SETS: Final[Mapping[str, Callable[[], Coroutine[Any, Any, World]]]] = {
    "written": of_hand,
    "generated": of_generator,
    **({"edfi": of_sample} if SAMPLE.is_dir() else {}),
}
"""The worlds by name; the Ed-Fi sample is no part of the project, and there only where it is."""


def _also_a_parent(documents: Documents, built: Builder) -> Person:
    """A teacher who is a parent, too, and may act in one role at a time."""
    teacher, child = built.id("Person", "anglin"), built.id("Student", "yakov")
    documents["directory.people"][teacher]["roles"] = ["TEACHER", "PARENT"]
    right = next(iter(documents["directory.guardianships"].values()))
    own = mint("Guardianship", "privacy", "anglin", "yakov")
    documents["directory.guardianships"][own] = {**right, "_id": own, "person_id": teacher, "student_id": child}
    return Person(teacher, "PARENT", built.subject_of_token("anglin"))


def _join_later(documents: Documents, person: str) -> None:
    """Have a person read of their group conversation the last message alone."""
    [row] = [
        one
        for one in documents["messages.participants"].values()
        if one["person_id"] == person and one["kind"] == "GROUP"
    ]
    row |= {"joined_seq": row["last_seq"] - 1, "unread": 1}


def _with_audit(documents: Documents, day: date) -> Documents:
    """The documents with some events of the audit of each school, which only administrators of the school read.

    Beside these they have the journal of who read data of students.
    """
    people = sorted(documents["directory.people"])
    students = sorted(one["student_id"] for one in documents["directory.people"].values() if "student_id" in one)
    documents["audit.disclosures"] = dict(_disclosures(documents, students, day))
    events = documents.setdefault("audit.events", {})
    for school_id in sorted(documents["directory.schools"]):
        for number in range(1, 9):
            own = mint("AuditEvent", school_id, number)
            moment = datetime(day.year, day.month, day.day, 6, number, tzinfo=UTC)
            before, after = ("4", "5") if number % 2 else ("SENT", "CONFIRMED")
            events[own] = {
                "_id": own,
                "school_id": school_id,
                "number": number,
                "at": moment,
                "sealed_at": moment,
                "action": "changeMark" if number % 2 else "confirmAbsenceNotice",
                "role": "TEACHER" if number % 2 else "CLASS_TEACHER",
                "source": "grades" if number % 2 else "diary",
                "fact_id": f"fct_{number}",
                "details_hash": "",
                "previous": "",
                "hash": "",
                "key_id": None,
                "signature": None,
                "actor_id": people[number % len(people)],
                "student_id": students[number % len(students)],
                "object_id": mint("Mark" if number % 2 else "AbsenceNotice", number),
                "changes": [{"field": "value" if number % 2 else "state", "before": before, "after": after}],
                "request_id": "",
                "client": "campaign",
                "salt": "",
            }
    return documents


def _disclosures(documents: Documents, students: Sequence[str], day: date) -> Iterator[tuple[str, Document]]:
    """Some rows of the journal: of each student of teachers and a class teacher, who also read what they alone do."""
    staff = [own for own, one in sorted(documents["directory.people"].items()) if "TEACHER" in one["roles"]][:3]
    for number, (student, person) in enumerate(itertools.product(students, staff)):
        read = (day - timedelta(days=number % 4)).isoformat()
        role, own_kinds = ("CLASS_TEACHER", []) if number % 3 == 0 else ("TEACHER", ["MARKS"])
        row = f"{read}|{student}|{person}|{role}"
        kinds, own_count = [*own_kinds, *(["ABSENCE_NOTICES"] if role == "CLASS_TEACHER" else [])], len(own_kinds)
        named = {"_id": row, "student_id": student, "day": read, "person_id": person, "role": role}
        expires_at = datetime(day.year + 50, 1, 1, tzinfo=UTC)
        counted = {"kinds": kinds, "count": number % 5 + 1, "own_kinds": own_kinds, "own_count": own_count}
        yield row, {**named, **counted, "expires_at": expires_at}


def new_id(kind: str, *key: object) -> str:
    """The id of an object that only the second world has."""
    return mint(kind, "another world", *key)
