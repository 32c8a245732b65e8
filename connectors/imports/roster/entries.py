"""The entries of a roster. Keys are those of the source; a reference is the key of another entry."""

from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.directory import AssignmentKind
from connectors.imports.summary import Place
from connectors.vocabulary import Day


class Origin(NamedTuple):
    """The record that an entry comes from: its kind, where it stands, and how a summary names it."""

    entity: str
    place: Place
    label: str


class Stay(NamedTuple):
    """From and to which day, inclusive, somebody is somewhere; *place* is the key of a class or a group."""

    place: str
    starts_on: Day
    ends_on: Day | None


class PostEntry(NamedTuple):
    """A role of a member of staff at a school."""

    role: str
    school: str
    starts_on: Day | None
    ends_on: Day | None


@dataclass(slots=True)
class SchoolEntry:
    """A school."""

    key: str
    name: str
    short_name: str | None = None


@dataclass(slots=True)
class YearEntry:
    """A school year of one school."""

    school: str
    name: str
    starts_on: Day
    ends_on: Day


@dataclass(slots=True)
class SubjectEntry:
    """A subject of one school."""

    key: str
    school: str
    name: str
    short_name: str | None = None


@dataclass(slots=True)
class ClassEntry:
    """A class of one school, with its grade."""

    key: str
    school: str
    name: str
    grade_level: int | None


@dataclass(slots=True)
class GroupEntry:
    """A study group of one school; *classes* are those whose students it has."""

    key: str
    school: str
    name: str
    subject: str | None
    classes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class PersonEntry:
    """A person with all that the files say of them."""

    key: str
    family_name: str
    given_name: str
    patronymic: str | None = None
    birth_date: Day | None = None
    email: str | None = None
    phone: str | None = None
    snils: str | None = None
    is_student: bool = False
    left_on: Day | None = None
    """The last day on which a former student was one; their marks stay, while they are nowhere any more."""
    is_parent: bool = False
    schools: set[str] = field(default_factory=set)
    """Schools that a record of the person names, whatever their posts and classes say."""
    enrolments: list[Stay] = field(default_factory=list)
    memberships: list[Stay] = field(default_factory=list)
    posts: list[PostEntry] = field(default_factory=list)


@dataclass(slots=True)
class GuardianshipEntry:
    """The right of an adult over a student."""

    adult: str
    student: str
    relation: str | None
    is_legal_representative: bool
    data_access: bool
    valid_from: Day | None = None
    valid_to: Day | None = None


@dataclass(slots=True)
class AssignmentEntry:
    """Who teaches a class or a group, or leads a class."""

    key: str
    person: str
    kind: AssignmentKind
    school: str
    class_key: str | None
    group_key: str | None
    subject: str | None
    starts_on: Day | None
    ends_on: Day | None
