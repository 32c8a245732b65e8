"""Collects the entries of a roster and checks what they refer to."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Final, NamedTuple, TypeVar

from connectors.imports.errors import Unusable
from connectors.imports.roster.entries import (
    AssignmentEntry,
    ClassEntry,
    GroupEntry,
    GuardianshipEntry,
    Origin,
    PersonEntry,
    SchoolEntry,
    Stay,
    SubjectEntry,
    YearEntry,
)
from connectors.vocabulary import ClassId, Day, GroupId, PersonId, SchoolId, StudentId, SubjectId, mint

Entry = TypeVar("Entry")
Key = tuple[str, str]
"""The key of an entry that links two things: a school and its year, an adult and a student."""

_CACHED_IDS: Final = 16_384
"""Ids of classes, subjects and students stand in the rows of many marks and lessons."""

FIRST_DAY: Final = Day("0000-00-00")
LAST_DAY: Final = Day("9999-99-99")
"""Before and after every day, where a span has no bounds."""


class Ids:
    """Mints ids of a source's keys: the same key gives the same id in every run, another source's another id."""

    def __init__(self, source: str) -> None:
        self._minted = lru_cache(maxsize=_CACHED_IDS, typed=True)(lambda kind, *key: mint(kind, source, *key))

    def of(self, kind: str, *key: object) -> str:
        """The id of any kind of object."""
        return self._minted(kind, *key)

    def school(self, key: str) -> SchoolId:
        """The id of a school."""
        return SchoolId(self.of("School", key))

    def subject(self, key: str) -> SubjectId:
        """The id of a subject."""
        return SubjectId(self.of("Subject", key))

    def school_class(self, key: str) -> ClassId:
        """The id of a class."""
        return ClassId(self.of("Class", key))

    def group(self, key: str) -> GroupId:
        """The id of a study group."""
        return GroupId(self.of("Group", key))

    def person(self, key: str) -> PersonId:
        """The id of a person."""
        return PersonId(self.of("Person", key))

    def student(self, key: str) -> StudentId:
        """The id of a person as a student."""
        return StudentId(self.of("Student", key))

    def guardianship(self, adult: str, student: str) -> str:
        """The id of what links an adult with a student."""
        return self.of("Guardianship", adult, student)


class Account(NamedTuple):
    """A name by which a person signs in. Two people may share one by mistake: then neither can sign in."""

    issuer: str
    subject: str
    person: str


def account_id(roster: "Roster", account: Account) -> str:
    """The id of an account."""
    return roster.ids.of("ExternalId", *account)


class Roster:
    """The people, classes and links of one source, with the record that each comes from."""

    def __init__(self, source: str, time_zone: str, day: Day) -> None:
        self.source = source
        self.time_zone = time_zone
        self.day = day
        self.ids = Ids(source)
        self.complete: set[str] = set()
        """The kinds of links of which the files name all."""
        self.schools: dict[str, SchoolEntry] = {}
        self.years: dict[Key, YearEntry] = {}
        self.subjects: dict[str, SubjectEntry] = {}
        self.classes: dict[str, ClassEntry] = {}
        self.groups: dict[str, GroupEntry] = {}
        self.people: dict[str, PersonEntry] = {}
        self.guardianships: dict[Key, GuardianshipEntry] = {}
        self.assignments: dict[str, AssignmentEntry] = {}
        self.accounts: set[Account] = set()
        self.origins: dict[tuple[str, str | Key], Origin] = {}
        """The record of each entry, by the kind and the key of the entry."""
        self.parts: list[tuple[Origin, str]] = []
        """Records that are kept in a document of an entry, with the id of that document."""
        self.refused: list[tuple[Origin, str]] = []
        """Records that cannot be used, with the reason."""
        self.children: dict[str, set[str]] = defaultdict(set)
        """The students of each adult."""

    @contextmanager
    def record(self, origin: Origin) -> Iterator[None]:
        """Refuse the record *origin* if what is done with it raises Unusable."""
        try:
            yield
        except Unusable as reason:
            self.refused.append((origin, str(reason)))

    def school(self, key: str) -> SchoolEntry:
        """The school *key*; raises Unusable if there is none."""
        return _known(self.schools, key, "school")

    def subject(self, key: str) -> SubjectEntry:
        """The subject *key*; raises Unusable if there is none."""
        return _known(self.subjects, key, "subject")

    def person(self, key: str) -> PersonEntry:
        """The person *key*; raises Unusable if there is none."""
        return _known(self.people, key, "person")

    def student(self, key: str) -> PersonEntry:
        """The student *key*; raises Unusable if there is no such person, or they are not a student."""
        person = self.person(key)
        if not person.is_student:
            raise Unusable("the person is not a student")
        return person

    def add_guardianship(self, entry: GuardianshipEntry) -> bool:
        """Add the right of an adult over a student; false if the two are linked already: the lesser right stands."""
        self.student(entry.student)
        adult = self.person(entry.adult)
        key = entry.adult, entry.student
        before = self.guardianships.get(key)
        if before is not None:
            before.data_access &= entry.data_access
            before.is_legal_representative &= entry.is_legal_representative
            before.valid_to = min(filter(None, (before.valid_to, entry.valid_to)), default=None)
            return False
        self.guardianships[key] = entry
        adult.is_parent = True
        self.children[entry.adult].add(entry.student)
        return True

    def class_on(self, student: str, day: str) -> str | None:
        """The class that a student is in on a day: the first they entered, if there are several."""
        person = self.people.get(student)
        stays = sorted(person.enrolments, key=lambda stay: stay.starts_on) if person else []
        return next((s.place for s in stays if s.starts_on <= day <= (s.ends_on or LAST_DAY)), None)

    def school_of(self, student: PersonEntry) -> str | None:
        """The school of a student: that of their class today, of the latest class, or the one that a record names."""
        stays = sorted(student.enrolments, key=lambda stay: (self._is_today(stay), stay.starts_on), reverse=True)
        for stay in stays:
            return self.classes[stay.place].school
        places = sorted(student.memberships, key=lambda stay: (self._is_today(stay), stay.starts_on), reverse=True)
        for place in places:
            return self.groups[place.place].school
        return min(student.schools, default=None)

    def _is_today(self, stay: Stay) -> bool:
        return stay.starts_on <= self.day <= (stay.ends_on or LAST_DAY)

    @cached_property
    def people_by_id(self) -> dict[str, PersonEntry]:
        """The people by the ids of their documents; computed once, when all people were added."""
        return {self.ids.person(key): person for key, person in self.people.items()}

    @cached_property
    def schools_taught(self) -> dict[str, set[str]]:
        """The schools at which each person teaches or leads a class; computed once, when all assignments were added."""
        taught: dict[str, set[str]] = defaultdict(set)
        for assignment in self.assignments.values():
            taught[assignment.person].add(assignment.school)
        return taught


def _known(entries: dict[str, Entry], key: str, kind: str) -> Entry:
    found = entries.get(key)
    if found is None:
        raise Unusable(f"unknown {kind} {key!r}")
    return found
