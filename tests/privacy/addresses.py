"""Addresses beside the graph: saved queries, calendar feeds, and the files that an answer named.

The secrets of feeds and keys are known here, because the worlds hold nothing but their digests.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from connectors.downloads import hash_of
from connectors.vocabulary import mint
from gateway.exports import calendar
from gateway.exports.saved_queries import SavedQuery, load
from tests.privacy.questions import Question
from tests.privacy.values import Values
from tests.privacy.worlds import Document, Person, World

QUERIES: Final[Mapping[str, SavedQuery]] = load(None)
"""The saved queries that come with the gateway."""
FEEDS: Final = "downloads.calendar_feeds"
KEYS: Final = "downloads.query_keys"
KINDS: Final = ("csv", "csv", "json", "json", "xlsx", "pdf", "ics", "txt")
_COORDINATES: Final = {
    "student": "studentId",
    "class": "classId",
    "group": "groupId",
    "subject": "subjectId",
    "school": "schoolId",
    "year": "academicYear",
}
"""What a parameter of a saved query takes, as arguments of the graph are named."""


def secret_of(*what: str) -> str:
    """The secret of an address that stands in both worlds."""
    return f"secret-{'-'.join(what)}"


def add_addresses(world: World) -> None:
    """Give a world the calendar feeds and keys of the people who ask.

    Each has a feed of every student for whom they could have made one, also of children whom they may no longer read,
    and a key of every saved query, of which one was revoked.
    """
    schools = {one.get("student_id"): one.get("school_id") for one in world["directory.people"].values()}
    feeds = [_feed(own, student, schools.get(student)) for own in world.people for student in _students(world, own)]
    keys = [_key(own, name) for own in world.people for name in sorted(QUERIES)]
    for place, some in ((FEEDS, feeds), (KEYS, keys)):
        world.documents[place] = {one["_id"]: one for one in some}


def _students(world: World, person: Person) -> list[str]:
    if person.role == "STUDENT":
        return [world["directory.people"][person.id]["student_id"]]
    if person.role != "PARENT":
        return []
    rights = world["directory.guardianships"].values()
    return sorted({right["student_id"] for right in rights if right["person_id"] == person.id})


_MADE: Final = datetime(2026, 9, 1, 6, tzinfo=UTC)


def _feed(person: Person, student: str, school: str | None) -> Document:
    own = mint("CalendarFeed", person.id, person.role, student)
    return {
        **_address(own, person, secret_of(person.id, student)),
        "school_id": school or "",
        "student_id": student,
        "digest": None,
        "changed_at": _MADE,
    }


def _key(person: Person, name: str) -> Document:
    own = mint("QueryKey", person.id, person.role, name)
    found = _address(own, person, secret_of(person.id, person.role, name))
    revoked_at = _MADE + timedelta(days=3) if name == min(QUERIES) else None
    return {**found, "query": name, "expires_at": datetime(2099, 1, 1, tzinfo=UTC), "revoked_at": revoked_at}


def _address(own: str, person: Person, secret: str) -> Document:
    return {
        "_id": own,
        "person_id": person.id,
        "role": person.role,
        "secret_hash": hash_of(secret),
        "created_at": _MADE,
        "revoked_at": None,
        "last_used_at": None,
    }


class Addresses:
    """The addresses that one person knows: paths, and the documents that the gateway runs for each."""

    def __init__(self, person: Person, world: World, values: Values, random: Random) -> None:
        self._person = person
        self._students = _students(world, person)
        self._values = values
        self._random = random

    def feed(self) -> tuple[str, Sequence[str]]:
        """The calendar of a student whose address the person has made; of nobody where there is none."""
        student = self._random.choice(self._students or ["nobody"])
        return f"/calendar/{quote(secret_of(self._person.id, student))}.ics", [calendar.DOCUMENT]

    def saved_query(self) -> tuple[str, Sequence[str], bool]:
        """A saved query as a file, or their list; and whether the address has a key, so that it needs no token."""
        random = self._random
        if random.random() < 0.1:
            return "/q", [], False
        query = QUERIES[random.choice(sorted(QUERIES))]
        parameters = list(self._parameters(query))
        has_key = random.random() < 0.4
        if has_key:
            parameters.append(("key", secret_of(self._person.id, self._person.role, query.name)))
        if random.random() < 0.3:
            parameters.append(("lang", random.choice(("en", "ru"))))
        path = f"/q/{query.name}.{random.choice(KINDS)}"
        return f"{path}?{urlencode(parameters)}" if parameters else path, [query.document], has_key

    def file(self) -> str | None:
        """A signed address of a file that an answer has named; None where none has."""
        return self._random.choice(self._values.files[-20:]) if self._values.files else None

    def _parameters(self, query: SavedQuery) -> Iterator[tuple[str, str]]:
        variables = {name: (_COORDINATES.get(name, name), own.type) for name, own in query.parameters.items()}
        for name, value in self._values.of(Question(query.document, variables)).items():
            if query.parameters[name].type.endswith("!") or self._random.random() < 0.5:
                for one in value if isinstance(value, list) else [value]:
                    yield name, _text(one)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
