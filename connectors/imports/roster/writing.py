"""Makes the documents of a roster."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from connectors import directory
from connectors.directory import name_tokens, sort_name
from connectors.imports.errors import Unusable
from connectors.imports.roster.entries import PersonEntry
from connectors.imports.roster.links import schools_of_staff, spans
from connectors.imports.roster.roster import LAST_DAY, Account, Key, Roster, account_id
from connectors.imports.runs import ImportRun, Part, Write

ROLES: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")
"""The roles in the order in which a person has them."""

PART_OF: Final = frozenset(
    {
        "directory.academic_years",
        "directory.classes",
        "directory.groups",
        "directory.people",
        "directory.schools",
        "directory.subjects",
    }
)
"""The collections whose documents hold what records say that become none of their own."""

_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_NUMBER: Final = re.compile(r"\d+")


async def write_roster(roster: Roster, run: ImportRun) -> None:
    """Write the documents of a roster and account for its records."""
    for kind, entries, document in _KINDS:
        for key in sorted(entries(roster)):
            origin = roster.origins.get((kind, key))
            if origin is not None:
                # The document is made while the run takes it, so that an Unusable refuses the record.
                await run.account(*origin, (document(roster, one) for one in (key,)))
            else:
                with suppress(Unusable):
                    await run.put(document(roster, key))
    for origin, document_id in roster.parts:
        await run.account(*origin, [Part(document_id)])
    for origin, reason in roster.refused:
        run.refuse(*origin, reason)


def _school(roster: Roster, key: str) -> Write:
    school = roster.schools[key]
    document = directory.School(
        _id=roster.ids.school(key),
        name=school.name,
        short_name=school.short_name,
        time_zone=roster.time_zone,
        kind=directory.SchoolKind.SCHOOL,
        average_kind=directory.AverageKind.SIMPLE,
    )
    return Write("directory", "schools", document)


def _year(roster: Roster, key: Key) -> Write:
    year = roster.years[key]
    document = directory.AcademicYear(
        _id=roster.ids.of("AcademicYear", *key),
        school_id=roster.ids.school(year.school),
        name=year.name,
        starts_on=year.starts_on,
        ends_on=year.ends_on,
    )
    return Write("directory", "academic_years", document)


def _subject(roster: Roster, key: str) -> Write:
    subject = roster.subjects[key]
    document = directory.Subject(
        _id=roster.ids.subject(key),
        school_id=roster.ids.school(subject.school),
        name=subject.name,
        short_name=subject.short_name,
    )
    return Write("directory", "subjects", document)


def _class(roster: Roster, key: str) -> Write:
    one = roster.classes[key]
    document = directory.Class(
        _id=roster.ids.school_class(key),
        school_id=roster.ids.school(one.school),
        name=one.name,
        sort_name=sort_name(_NUMBER.sub(lambda number: number[0].zfill(2), one.name)),
        grade_level=one.grade_level,
    )
    return Write("directory", "classes", document)


def _group(roster: Roster, key: str) -> Write:
    group = roster.groups[key]
    document = directory.Group(
        _id=roster.ids.group(key),
        school_id=roster.ids.school(group.school),
        name=group.name,
        subject_id=roster.ids.subject(group.subject) if group.subject else None,
        class_ids=[roster.ids.school_class(one) for one in sorted(group.classes)],
    )
    return Write("directory", "groups", document)


def _person(roster: Roster, key: str) -> Write:
    person = roster.people[key]
    names = person.family_name, person.given_name, person.patronymic
    is_russian = bool(_CYRILLIC.search(person.family_name))
    shown = names if is_russian else (person.given_name, person.patronymic, person.family_name)
    own = spans(roster, person)
    document = directory.Person(
        _id=roster.ids.person(person.key),
        display_name=" ".join(filter(None, shown)),
        family_name=person.family_name,
        given_name=person.given_name,
        patronymic=person.patronymic if is_russian else None,
        sort_name=sort_name(*names),
        name_tokens=name_tokens(*names),
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
        roles=_roles(roster, person),
        school_ids=[roster.ids.school(key) for key in sorted(_schools(roster, person))],
    )
    if person.snils:
        document["snils"] = person.snils
    if own["posts"]:
        document["posts"] = own["posts"]
    if person.is_student:
        document["student_id"] = roster.ids.student(person.key)
        school = roster.school_of(person)
        if school is not None:
            document["school_id"] = roster.ids.school(school)
        document["enrolments"], document["memberships"] = own["enrolments"], own["memberships"]
    return Write("directory", "people", document)


def _roles(roster: Roster, person: PersonEntry) -> list[str]:
    own = {post.role for post in person.posts if (post.ends_on or LAST_DAY) >= roster.day}
    own |= {"STUDENT"} if person.is_student and person.left_on is None else set()
    own |= {"PARENT"} if person.is_parent else set()
    return sorted(own, key=ROLES.index)


def _schools(roster: Roster, person: PersonEntry) -> set[str]:
    if person.is_student:
        return {school} if (school := roster.school_of(person)) else set()
    children = (roster.school_of(roster.people[child]) for child in roster.children.get(person.key, ()))
    return schools_of_staff(roster, person) | {school for school in children if school}


def _guardianship(roster: Roster, key: Key) -> Write:
    adult, student = key
    entry = roster.guardianships[key]
    school = roster.school_of(roster.people[student])
    if school is None:
        raise Unusable("the student has no school")
    document = directory.Guardianship(
        _id=roster.ids.guardianship(adult, student),
        school_id=roster.ids.school(school),
        person_id=roster.ids.person(adult),
        student_id=roster.ids.student(student),
        relation=entry.relation,
        is_legal_representative=entry.is_legal_representative,
        lives_with=None,
        data_access=entry.data_access,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        source=roster.source,
    )
    return Write("directory", "guardianships", document)


def _assignment(roster: Roster, key: str) -> Write:
    entry = roster.assignments[key]
    document = directory.StaffAssignment(
        _id=roster.ids.of("StaffAssignment", key),
        school_id=roster.ids.school(entry.school),
        person_id=roster.ids.person(entry.person),
        kind=entry.kind,
        class_id=roster.ids.school_class(entry.class_key) if entry.class_key else None,
        group_id=roster.ids.group(entry.group_key) if entry.group_key else None,
        subject_id=roster.ids.subject(entry.subject) if entry.subject else None,
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
        source=roster.source,
    )
    return Write("directory", "staff_assignments", document)


def _account(roster: Roster, account: Account) -> Write:
    issuer, subject, person = account
    document = directory.ExternalId(
        _id=account_id(roster, account),
        issuer=issuer,
        subject=subject,
        person_id=roster.ids.person(person),
        source=roster.source,
    )
    return Write("directory", "external_ids", document)


_KINDS: Final[tuple[tuple[str, Callable[[Roster], Any], Callable[[Roster, Any], Write]], ...]] = (
    ("school", lambda roster: roster.schools, _school),
    ("year", lambda roster: roster.years, _year),
    ("subject", lambda roster: roster.subjects, _subject),
    ("class", lambda roster: roster.classes, _class),
    ("group", lambda roster: roster.groups, _group),
    ("person", lambda roster: roster.people, _person),
    ("guardianship", lambda roster: roster.guardianships, _guardianship),
    ("assignment", lambda roster: roster.assignments, _assignment),
    ("account", lambda roster: roster.accounts, _account),
)
"""Every kind of entry: its name, its entries in a roster by key, and what makes the document of a key."""
