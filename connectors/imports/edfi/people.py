"""People, who they are to each other, and the names they sign in with."""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors import directory
from connectors.directory import name_tokens, sort_name
from connectors.imports.edfi.first_reading import grade_levels
from connectors.imports.edfi.keys import SCHOOL, STAFF, STUDENT, PersonKey, contact_named, section_key
from connectors.imports.edfi.records import Record, Unusable, word
from connectors.imports.edfi.run import Run, Write

ROLES: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")

ADMINISTRATORS: Final = frozenset(
    {
        "Assistant Principal",
        "Assistant Superintendent",
        "LEA Administrator",
        "LEA System Administrator",
        "Principal",
        "School Administrator",
        "Superintendent",
    }
)
"""Staff classifications of those who run a school's journal."""

PHONES: Final = ("Mobile", "Home", "Work", "Emergency 1", "Emergency 2", "Other")
"""Kinds of telephone number by which a person is reached, best first; a fax or an unlisted number is none."""


def student(run: Run, record: Record) -> Iterator[Write]:
    """A student with his classes and groups."""
    uid = record.need("StudentUniqueId")
    person = _person(run, record, PersonKey("student", uid))
    person["birth_date"] = record.day_or_none("BirthData/BirthDate")
    person["student_id"] = run.ids.student(uid)
    school = run.rosters.school_of(uid)
    if school is not None:
        person["school_id"] = run.ids.school(school)
    person["enrolments"] = _enrolments(run, uid)
    person["memberships"] = _memberships(run, uid)
    _count(run, person, inferred=school is not None and not run.rosters.is_seen(uid))
    yield Write("directory", "people", person)
    yield _external_id(run, PersonKey("student", uid))


def _count(run: Run, person: directory.Person, *, inferred: bool) -> None:
    findings = run.summary.findings
    findings["students whose school is inferred from the year of birth"] += inferred
    findings["students without a school"] += "school_id" not in person
    findings["students without a class"] += not person["enrolments"]
    findings["students without a study group"] += not person["memberships"]


def _enrolments(run: Run, uid: str) -> list[directory.Enrolment]:
    return [
        directory.Enrolment(
            class_id=run.ids.school_class(school, grade),
            starts_on=told.starts_on,
            ends_on=told.ends_on,
            is_primary=True,
        )
        for school, grade, told in run.rosters.enrolments_of(uid)
    ]


def _memberships(run: Run, uid: str) -> list[directory.Membership]:
    return [
        directory.Membership(group_id=run.ids.group(section), starts_on=first, ends_on=last)
        for section, first, last in run.rosters.rolls_of(uid)
    ]


def contact(run: Run, record: Record) -> Iterator[Write]:
    """A parent. A contact of no student has nothing to sign in for."""
    key = PersonKey("contact", record.need("ContactUniqueId"))
    if not run.survey.children.get(key.uid):
        raise Unusable("a contact of no known student")
    if key not in run.same:
        yield Write("directory", "people", _person(run, record, key))
    yield _external_id(run, key)


def staff(run: Run, record: Record) -> Iterator[Write]:
    """A member of staff with the roles that his posts and sections give him."""
    key = PersonKey("staff", record.need("StaffUniqueId"))
    if key not in run.same:
        person = _person(run, record, key)
        person["birth_date"] = record.day_or_none("BirthDate")
        run.summary.findings["staff without a role"] += not person["roles"]
        yield Write("directory", "people", person)
    yield _external_id(run, key)


def guardianship(run: Run, record: Record) -> Iterator[Write]:
    """What a contact may do for one student (trap T11). A restriction of any kind takes away the data."""
    uid, parent = run.known_student(record.need(STUDENT)), run.survey.contact_of(contact_named(record))
    school = run.rosters.school_of(uid)
    restricted, legal = bool(record.one("ContactRestrictions")), record.flag("LegalGuardian")
    run.summary.findings["student-contact links with LivesWith false"] += record.flag("LivesWith") is False
    run.summary.findings["student-contact links with contact restrictions"] += restricted
    if school is None:
        raise Unusable("the student has no known school")
    document = directory.Guardianship(
        _id=run.first(run.ids.of("Guardianship", parent, uid)),
        school_id=run.ids.school(school),
        person_id=run.ids.person(PersonKey("contact", parent)),
        student_id=run.ids.student(uid),
        relation=record.term("Relation"),
        is_legal_representative=record.term("Relation") in {"Mother", "Father"} if legal is None else legal,
        lives_with=record.flag("LivesWith"),
        data_access=not restricted,
        valid_from=None,
        valid_to=None,
    )
    yield Write("directory", "guardianships", document)


def staff_section(run: Run, record: Record) -> Iterator[Write]:
    """Who teaches which group which subject."""
    uid, key = record.need(STAFF), section_key(record)
    run.known_staff(uid)
    run.known_section(key)
    document = directory.StaffAssignment(
        _id=run.first(run.ids.of("StaffAssignment", "section", uid, *key)),
        school_id=run.ids.school(key.school),
        person_id=run.ids.person(PersonKey("staff", uid)),
        kind=directory.AssignmentKind.TEACHER,
        class_id=None,
        group_id=run.ids.group(key),
        subject_id=run.ids.subject(key.school, run.survey.course_of(key)),
        starts_on=record.day_or_none("BeginDate"),
        ends_on=record.day_or_none("EndDate"),
    )
    yield Write("directory", "staff_assignments", document)


def staff_post(run: Run, record: Record) -> Iterator[Write]:
    """A post, or a school, is kept as the role and the schools of the person who has it."""
    run.known_staff(record.need(STAFF))
    yield from ()


def schooling(run: Run, record: Record) -> Iterator[Write]:
    """An enrolment is kept with its student."""
    run.known_student(record.need(STUDENT))
    school = run.known_school(record.need(SCHOOL))
    if any(grade not in run.survey.schools[school].grades for grade in grade_levels(record, "EntryGradeLevel")):
        raise Unusable("a grade that the school does not have")
    yield from ()


def roll(run: Run, record: Record) -> Iterator[Write]:
    """A place in a section is kept with its student."""
    run.known_student(record.need(STUDENT))
    run.known_section(section_key(record))
    yield from ()


def _person(run: Run, record: Record, key: PersonKey) -> directory.Person:
    given, family = record.need("Name/FirstName"), record.need("Name/LastSurname")
    middle, suffix = record.one("Name/MiddleName"), record.one("Name/GenerationCodeSuffix")
    same = [key, *run.others(key)]
    return directory.Person(
        _id=run.first(run.ids.person(key)),
        display_name=" ".join(part for part in (given, middle, family, suffix) if part),
        family_name=family,
        given_name=given,
        patronymic=None,
        sort_name=sort_name(family, given, middle),
        name_tokens=name_tokens(family, given, middle),
        email=record.one("ElectronicMail/ElectronicMailAddress"),
        phone=_phone(record),
        roles=sorted({role for one in same for role in _roles(run, one)}, key=ROLES.index),
        school_ids=[run.ids.school(uid) for uid in sorted({uid for one in same for uid in _schools(run, one)})],
    )


def _phone(record: Record) -> str | None:
    kinds, numbers = record.every("Telephone/TelephoneNumberType"), record.every("Telephone/TelephoneNumber")
    by_kind = dict(zip(map(word, kinds), numbers, strict=False))
    return next((by_kind[kind] for kind in PHONES if kind in by_kind), None)


def _external_id(run: Run, key: PersonKey) -> Write:
    subject = f"{key.kind}/{key.uid}"
    document = directory.ExternalId(
        _id=run.first(run.ids.of("ExternalId", subject)),
        issuer=run.issuer,
        subject=subject,
        person_id=run.ids.person(key),
    )
    return Write("directory", "external_ids", document)


def _roles(run: Run, key: PersonKey) -> Iterator[str]:
    if key.kind == "student":
        yield "STUDENT"
    elif key.kind == "contact":
        yield from ("PARENT",) if run.survey.children.get(key.uid) else ()
    else:
        classifications = {post.classification for post in run.survey.posts.get(key.uid, [])}
        if "Teacher" in classifications or key.uid in run.teachers:
            yield "TEACHER"
        if key.uid in run.leading:
            yield "CLASS_TEACHER"
        if not ADMINISTRATORS.isdisjoint(classifications):
            yield "ADMINISTRATOR"


def _schools(run: Run, key: PersonKey) -> Iterable[str]:
    if key.kind == "student":
        return _known([run.rosters.school_of(key.uid)])
    if key.kind == "contact":
        return _known(map(run.rosters.school_of, run.survey.children.get(key.uid, [])))
    posts = {post.organization for post in run.survey.posts.get(key.uid, [])}
    of_district = (uid for uid, known in run.survey.schools.items() if run.survey.district_of(known) in posts)
    taught = (section.school for section in run.teachers.get(key.uid, ()))
    return (uid for uid in {*posts, *of_district, *taught} if uid in run.survey.schools)


def _known(schools: Iterable[str | None]) -> Iterator[str]:
    return (uid for uid in schools if uid is not None)
