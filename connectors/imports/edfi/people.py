"""People, who they are to each other, and the names they sign in with."""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors import directory
from connectors.directory import name_tokens, sort_name
from connectors.imports.edfi import posts
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import (
    SCHOOL,
    STAFF,
    STUDENT,
    PersonKey,
    contact_named,
    post_key,
    section_key,
    staff_school_key,
)
from connectors.imports.edfi.records import Record, word
from connectors.imports.errors import Unusable
from connectors.imports.runs import Part, Write

ROLES: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")

PHONES: Final = ("Mobile", "Home", "Work", "Emergency 1", "Emergency 2", "Other")
"""Kinds of telephone number by which a person is reached, best first; a fax or an unlisted number is none."""


def student(context: Context, record: Record) -> Iterator[Write]:
    """A student with their classes and groups."""
    uid = record.need("StudentUniqueId")
    context.survey.take(record, "student", uid)
    person = _person(context, record, PersonKey("student", uid))
    person["birth_date"] = record.day_or_none("BirthData/BirthDate")
    person["student_id"] = context.ids.student(uid)
    school = context.rosters.school_of(uid)
    if school is not None:
        person["school_id"] = context.ids.school(school)
    person["enrolments"] = enrolments(context, uid)
    person["memberships"] = memberships(context, uid)
    _count(context, person, inferred=school is not None and not context.rosters.is_seen(uid))
    yield Write("directory", "people", person)
    yield _external_id(context, PersonKey("student", uid))


def _count(context: Context, person: directory.Person, *, inferred: bool) -> None:
    findings = context.summary.findings
    findings["students whose school is inferred from the year of birth"] += inferred
    findings["students without a school"] += "school_id" not in person
    findings["students without a class"] += not person["enrolments"]
    findings["students without a study group"] += not person["memberships"]


def enrolments(context: Context, uid: str) -> list[directory.Enrolment]:
    """A student's classes."""
    return [
        directory.Enrolment(
            class_id=context.ids.school_class(school, grade),
            starts_on=schooling.starts_on,
            ends_on=schooling.ends_on,
            is_primary=True,
            source=context.options.issuer,
        )
        for school, grade, schooling in context.rosters.enrolments_of(uid)
    ]


def memberships(context: Context, uid: str) -> list[directory.Membership]:
    """A student's study groups; there may be several spans in one."""
    return [
        directory.Membership(
            group_id=context.ids.group(section), starts_on=first, ends_on=last, source=context.options.issuer
        )
        for section, first, last in context.rosters.placements_of(uid)
    ]


def contact(context: Context, record: Record) -> Iterator[Write]:
    """A parent. A contact of no student has nothing to sign in for."""
    key = PersonKey("contact", record.need("ContactUniqueId"))
    if not context.survey.children.get(key.uid):
        raise Unusable("a contact of no known student")
    context.survey.take(record, *key)
    if key not in context.same:
        yield Write("directory", "people", _person(context, record, key))
    yield _external_id(context, key)


def staff(context: Context, record: Record) -> Iterator[Write]:
    """A member of staff with the roles that their posts and sections give them."""
    key = PersonKey("staff", record.need("StaffUniqueId"))
    context.survey.take(record, *key)
    if key not in context.same:
        person = _person(context, record, key)
        person["birth_date"] = record.day_or_none("BirthDate")
        context.summary.findings["staff without a role"] += not person["roles"]
        yield Write("directory", "people", person)
    yield _external_id(context, key)


def guardianship(context: Context, record: Record) -> Iterator[Write]:
    """The rights of a contact for one student (trap T11). A restriction of any kind takes away access to data."""
    uid, parent = context.known_student(record.need(STUDENT)), context.survey.contact_of(contact_named(record))
    school = context.rosters.guarded_at(uid)
    context.survey.take(record, parent, uid)
    restricted, legal = bool(record.one("ContactRestrictions")), record.flag("LegalGuardian")
    context.summary.findings["student-contact links with LivesWith false"] += record.flag("LivesWith") is False
    context.summary.findings["student-contact links with contact restrictions"] += restricted
    valid_from, valid_to = record.open_span("BeginDate", "EndDate")
    document = directory.Guardianship(
        _id=guardianship_id(context, parent, uid),
        school_id=context.ids.school(school),
        person_id=context.ids.person(PersonKey("contact", parent)),
        student_id=context.ids.student(uid),
        relation=record.term("Relation"),
        is_legal_representative=record.term("Relation") in {"Mother", "Father"} if legal is None else legal,
        lives_with=record.flag("LivesWith"),
        data_access=not restricted,
        valid_from=valid_from,
        valid_to=valid_to,
        source=context.options.issuer,
    )
    yield Write("directory", "guardianships", document)


def guardianship_id(context: Context, parent: str, student: str) -> str:
    """The id of what links a contact with a student."""
    return context.ids.of("Guardianship", parent, student)


def staff_section(context: Context, record: Record) -> Iterator[Write]:
    """Who teaches which group which subject, and when."""
    uid, key = record.need(STAFF), section_key(record)
    context.known_staff(uid)
    context.known_section(key)
    begins_on, ends_on = record.open_span("BeginDate", "EndDate")
    context.survey.take(record, uid, *key, begins_on or "")
    begins = [teaching.begins_on for teaching in context.survey.teachings_of(key) if teaching.staff == uid]
    document = directory.StaffAssignment(
        _id=posts.teaching_id(context, uid, key, begins.index(begins_on)),
        school_id=context.ids.school(key.school),
        person_id=context.ids.person(PersonKey("staff", uid)),
        kind=directory.AssignmentKind.TEACHER,
        class_id=None,
        group_id=context.ids.group(key),
        subject_id=context.ids.subject(key.school, context.survey.course_of(key)),
        starts_on=begins_on,
        ends_on=ends_on,
        source=context.options.issuer,
    )
    yield Write("directory", "staff_assignments", document)


def staff_post(context: Context, record: Record) -> Iterator[Part]:
    """A post is kept as a dated role and the schools of the person who has it."""
    uid, key = context.known_staff(record.need(STAFF)), post_key(record)
    if not context.schools_of(key[0]):
        raise Unusable("unknown school or district")
    context.survey.take(record, uid, *key)
    yield Part(context.ids.person(PersonKey("staff", uid)))


def staff_school(context: Context, record: Record) -> Iterator[Part]:
    """An association with a school is kept as a school of the person."""
    key = staff_school_key(record)
    context.known_staff(key[0])
    context.known_school(key[1])
    context.survey.take(record, *key)
    yield Part(context.ids.person(PersonKey("staff", key[0])))


def schooling(context: Context, record: Record) -> Iterator[Part]:
    """An enrolment is kept with its student."""
    uid = context.known_student(record.need(STUDENT))
    school, starts_on = context.known_school(record.need(SCHOOL)), record.day("EntryDate")
    context.survey.take(record, uid, school, starts_on)
    placed = context.survey.schoolings[uid][school, starts_on]
    if placed.grade is not None and placed.grade not in context.survey.schools[school].grades:
        raise Unusable("a grade that the school does not have")
    if not context.rosters.leads_into_a_class(uid, school, starts_on) and context.rosters.school_of(uid) != school:
        raise Unusable("no grade is named or can be inferred")
    yield Part(context.ids.person(PersonKey("student", uid)))


def placement(context: Context, record: Record) -> Iterator[Part]:
    """A place in a section is kept with its student."""
    uid, key = context.known_student(record.need(STUDENT)), section_key(record)
    context.known_section(key)
    context.survey.take(record, uid, *key, record.day("BeginDate"))
    yield Part(context.ids.person(PersonKey("student", uid)))


def _person(context: Context, record: Record, key: PersonKey) -> directory.Person:
    given_name, family = record.need("Name/FirstName"), record.need("Name/LastSurname")
    middle, suffix = record.one("Name/MiddleName"), record.one("Name/GenerationCodeSuffix")
    same = [key, *context.others(key)]
    of_staff = sorted((post for one in same for post in posts.posts_of(context, one)), key=posts.order)
    person = directory.Person(
        _id=context.ids.person(key),
        display_name=" ".join(part for part in (given_name, middle, family, suffix) if part),
        family_name=family,
        given_name=given_name,
        patronymic=None,
        sort_name=sort_name(family, given_name, middle),
        name_tokens=name_tokens(family, given_name, middle),
        email=record.one("ElectronicMail/ElectronicMailAddress"),
        phone=_phone(record),
        roles=sorted({role for one in same for role in _roles(context, one)}, key=ROLES.index),
        school_ids=[context.ids.school(uid) for uid in sorted({uid for one in same for uid in _schools(context, one)})],
    )
    if of_staff or any(one.kind == "staff" for one in same):
        person["posts"] = of_staff
    return person


def _phone(record: Record) -> str | None:
    kinds, numbers = record.every("Telephone/TelephoneNumberType"), record.every("Telephone/TelephoneNumber")
    by_kind = dict(zip(map(word, kinds), numbers, strict=False))
    return next((by_kind[kind] for kind in PHONES if kind in by_kind), None)


def _external_id(context: Context, key: PersonKey) -> Write:
    subject = f"{key.kind}/{key.uid}"
    document = directory.ExternalId(
        _id=context.ids.of("ExternalId", subject),
        issuer=context.options.issuer,
        subject=subject,
        person_id=context.ids.person(key),
    )
    return Write("directory", "external_ids", document)


def _roles(context: Context, key: PersonKey) -> Iterable[str]:
    match key.kind:
        case "student":
            return ("STUDENT",)
        case "contact":
            return ("PARENT",) if context.survey.children.get(key.uid) else ()
        case _:
            own = posts.posts_of(context, key)
            return {post["role"] for post in own if (post["ends_on"] or context.roles_since) >= context.roles_since}


def _schools(context: Context, key: PersonKey) -> Iterable[str]:
    match key.kind:
        case "student":
            return _known([context.rosters.school_of(key.uid)])
        case "contact":
            return _known(map(context.rosters.school_of, context.survey.children.get(key.uid, [])))
        case _:
            return posts.schools_of(context, key.uid)


def _known(schools: Iterable[str | None]) -> Iterator[str]:
    return (uid for uid in schools if uid is not None)
