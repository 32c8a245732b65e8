"""Generates the directory: schools, years, classes, groups, people, and the sign-in names of people."""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors.demo.calendar import SchoolYear
from connectors.demo.chance import chance
from connectors.demo.families import Family, Guardian, Student
from connectors.demo.names import Name, Sex, adult
from connectors.demo.plan import ZONE, ClassPlan, Load, SchoolPlan, SharedGroup, Teacher
from connectors.demo.planning import school_id
from connectors.demo.register import Register
from connectors.directory import (
    AcademicYear,
    AssignmentKind,
    AverageKind,
    Class,
    ExternalId,
    FormerName,
    Group,
    Guardianship,
    Person,
    School,
    SchoolKind,
    StaffAssignment,
    Subject,
    name_tokens,
    sort_name,
)
from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, SubjectId, mint

AMBIGUOUS: Final = "ambiguous"
"""The sign-in name that two people of a school share, to show the error AMBIGUOUS_USER."""

ADMINISTRATORS: Final = ("director", "deputy")
_FEMALE_SHARE: Final = 0.7


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The documents that are made once for a school, by collection; those made class by class are not among them."""
    namesakes = _namesakes(plan)
    duplicate = _duplicate(plan)
    staff = [*_teachers(plan), *_administrators(plan)]
    return {
        "schools": [_school(plan)],
        "academic_years": [_year(plan, year) for year in (plan.last_year, plan.year)],
        "classes": [_class(plan, one) for one in plan.classes],
        "groups": [*_halves(plan), *(_shared_group(plan, group) for group in plan.shared_groups)],
        "subjects": [_subject(plan, name, subject_id) for name, subject_id in plan.subjects.items()],
        "staff_assignments": list(_assignments(plan)),
        "people": [*staff, *namesakes, duplicate],
        "external_ids": [
            *(external_id_of(plan.issuer, person["_id"]) for person in (*staff, *namesakes, duplicate)),
            *(external_id_of(plan.issuer, person["_id"], f"{AMBIGUOUS}-{plan.index}") for person in namesakes),
        ],
    }


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The students of the class with their parents, guardianships and sign-in names, by collection."""
    plan, students = register.plan, register.students
    people: list[Person] = []
    guardianships: list[Guardianship] = []
    for student in students:
        if student.has_left:
            continue
        people.append(_student(plan, student))
        guardianships.extend(_guardianship(plan, student, guardian) for guardian in student.family.guardians)
        if student.family.is_first:
            people.extend(
                _parent(student.family, guardian) for guardian in student.family.guardians if not guardian.is_staff
            )
    return {
        "people": people,
        "guardianships": guardianships,
        "external_ids": [external_id_of(plan.issuer, person["_id"]) for person in people],
    }


def analyst(seed: int, schools: int, issuer: str) -> tuple[Person, ExternalId]:
    """The analyst of the region, who belongs to every school and reads no data of persons."""
    name = adult(chance(seed, "analyst"), Sex.FEMALE)
    person_id = PersonId(mint("Person", "demo", seed, "analyst"))
    person = _person(person_id, name, ["ANALYST"], [school_id(seed, index) for index in range(schools)])
    return _with_contacts(person), external_id_of(issuer, person_id)


def external_id_of(issuer: str, person_id: PersonId, subject: str | None = None) -> ExternalId:
    """The sign-in name of a person; without a *subject*, the part of the person's id after its prefix."""
    subject = subject or person_id.partition("_")[2]
    return {
        "_id": mint("ExternalId", issuer, subject, person_id),
        "issuer": issuer,
        "subject": subject,
        "person_id": person_id,
    }


def administrator(plan: SchoolPlan, post: str) -> tuple[PersonId, Name]:
    """The id and name of the administrator with that *post*."""
    rng = plan.chance("administrator", post)
    name = adult(rng, Sex.FEMALE if rng.random() < _FEMALE_SHARE else Sex.MALE)
    return PersonId(plan.mint("Person", "administrator", post)), name


def duplicate_of(plan: SchoolPlan) -> tuple[PersonId, PersonId]:
    """The surplus id of a person who was entered twice, and the id they were merged into."""
    return PersonId(plan.mint("Person", "duplicate")), plan.story_class.leader.person_id


_SCHOOLS_TOGETHER: Final = 4
_MUNICIPALITIES: Final = (
    "Пермский городской округ",
    "Пермский муниципальный округ",
    "Березниковский муниципальный округ",
    "Кунгурский муниципальный округ",
    "Чайковский городской округ",
)


def _school(plan: SchoolPlan) -> School:
    if plan.kind is SchoolKind.SCHOOL:
        name, short = f"МАОУ «Средняя общеобразовательная школа № {plan.number}» г. Перми", f"Школа № {plan.number}"
    else:
        name, short = f"ГБПОУ «Пермский политехнический колледж № {plan.number}»", f"Колледж № {plan.number}"
    return {
        "_id": plan.school_id,
        "name": name,
        "short_name": short,
        "time_zone": ZONE.key,
        "kind": plan.kind,
        "region": "Пермский край",
        "municipality": _MUNICIPALITIES[plan.index // _SCHOOLS_TOGETHER % len(_MUNICIPALITIES)],
        "asks_for_ticks": plan.kind is SchoolKind.COLLEGE,
        "average_kind": AverageKind.WEIGHTED if plan.kind is SchoolKind.SCHOOL else AverageKind.SIMPLE,
    }


def _year(plan: SchoolPlan, year: SchoolYear) -> AcademicYear:
    return {
        "_id": plan.mint("AcademicYear", year.name),
        "school_id": plan.school_id,
        "name": year.name,
        "starts_on": year.first.isoformat(),
        "ends_on": year.last.isoformat(),
    }


def _class(plan: SchoolPlan, one: ClassPlan) -> Class:
    return {
        "_id": one.class_id,
        "school_id": plan.school_id,
        "name": one.name,
        "former_names": list(_former_names(plan, one)),
        "sort_name": one.sort_name,
        "grade_level": one.level,
    }


def _former_names(plan: SchoolPlan, one: ClassPlan) -> Iterator[FormerName]:
    """The former names of a class of a school, which changes its grade every summer; college groups have none."""
    if one.speciality is not None:
        return
    first = int(one.since[:4])
    for year in range(first, plan.year.first.year):
        level = one.level - (plan.year.first.year - year)
        yield {"name": f"{level}{one.name.removeprefix(str(one.level))}", "ends_on": f"{year + 1}-08-31"}


def _halves(plan: SchoolPlan) -> Iterator[Group]:
    for one in plan.classes:
        for load in one.loads:
            for half, group_id in enumerate(filter(None, load.groups), start=1):
                name = f"{one.name} {load.discipline.name.lower()}, {half}-я подгруппа"
                yield _group(plan, group_id, name, load.subject_id, [one.class_id])


def _shared_group(plan: SchoolPlan, group: SharedGroup) -> Group:
    class_ids = [plan.classes[index].class_id for index in group.classes]
    return _group(plan, group.group_id, group.name, group.load.subject_id, class_ids)


def _group(plan: SchoolPlan, group_id: GroupId, name: str, subject_id: SubjectId, class_ids: list[ClassId]) -> Group:
    return {
        "_id": group_id,
        "school_id": plan.school_id,
        "name": name,
        "subject_id": subject_id,
        "class_ids": class_ids,
    }


def _subject(plan: SchoolPlan, name: str, subject_id: SubjectId) -> Subject:
    return {
        "_id": subject_id,
        "school_id": plan.school_id,
        "name": name,
        "short_name": plan.disciplines[name].short,
    }


def _assignments(plan: SchoolPlan) -> Iterator[StaffAssignment]:
    for one in plan.classes:
        yield _assignment(plan, one.leader, AssignmentKind.CLASS_TEACHER, class_id=one.class_id)
        for load in one.loads:
            yield from _teaching(plan, load, one.class_id)
    for group in plan.shared_groups:
        yield from _teaching(plan, group.load, None)


def _teaching(plan: SchoolPlan, load: Load, class_id: ClassId | None) -> Iterator[StaffAssignment]:
    """The assignments of a load's teachers: to the class or, where *class_id* is None, to one of its groups."""
    for teacher, group_id in zip(load.teachers, load.groups, strict=True):
        yield _assignment(
            plan,
            teacher,
            AssignmentKind.TEACHER,
            class_id=None if group_id else class_id,
            group_id=group_id,
            subject_id=load.subject_id,
        )


def _assignment(
    plan: SchoolPlan,
    teacher: Teacher,
    kind: AssignmentKind,
    *,
    class_id: ClassId | None = None,
    group_id: GroupId | None = None,
    subject_id: SubjectId | None = None,
) -> StaffAssignment:
    return {
        "_id": plan.mint("StaffAssignment", teacher.number, kind, class_id, group_id, subject_id),
        "school_id": plan.school_id,
        "person_id": teacher.person_id,
        "kind": kind,
        "class_id": class_id,
        "group_id": group_id,
        "subject_id": subject_id,
        "starts_on": plan.year.first.isoformat(),
        "ends_on": None,
    }


def _teachers(plan: SchoolPlan) -> Iterator[Person]:
    for teacher in plan.teachers:
        roles = ["TEACHER"]
        if teacher.leads:
            roles.append("CLASS_TEACHER")
        if teacher.is_parent:
            roles.append("PARENT")
        yield _with_contacts(_person(teacher.person_id, teacher.name, roles, [plan.school_id]))


def _administrators(plan: SchoolPlan) -> Iterator[Person]:
    for post in ADMINISTRATORS:
        person_id, name = administrator(plan, post)
        yield _with_contacts(_person(person_id, name, ["ADMINISTRATOR"], [plan.school_id]))


def _namesakes(plan: SchoolPlan) -> list[Person]:
    """Two people with the same name and the same sign-in name."""
    name = adult(plan.chance("namesakes"), Sex.FEMALE)
    ids = [PersonId(plan.mint("Person", "namesake", number)) for number in range(2)]
    return [_with_contacts(_person(person_id, name, ["PARENT"], [plan.school_id])) for person_id in ids]


def _duplicate(plan: SchoolPlan) -> Person:
    surplus, original = duplicate_of(plan)
    person = _person(surplus, plan.story_class.leader.name, ["TEACHER", "CLASS_TEACHER"], [plan.school_id])
    person["merged_to"] = original
    return person


def _student(plan: SchoolPlan, student: Student) -> Person:
    person = _person(student.person_id, student.name, ["STUDENT"], [plan.school_id])
    person["birth_date"] = student.born
    person["student_id"] = student.student_id
    person["school_id"] = plan.school_id
    person["enrolments"] = student.enrolments
    person["memberships"] = student.memberships
    return person


def _parent(family: Family, guardian: Guardian) -> Person:
    return _with_contacts(_person(guardian.person_id, guardian.name, ["PARENT"], list(family.schools)))


def _guardianship(plan: SchoolPlan, student: Student, guardian: Guardian) -> Guardianship:
    return {
        "_id": mint("Guardianship", guardian.person_id, student.student_id),
        "school_id": plan.school_id,
        "person_id": guardian.person_id,
        "student_id": student.student_id,
        "relation": guardian.relation,
        "is_legal_representative": guardian.data_access,
        "lives_with": guardian.lives_with,
        "data_access": guardian.data_access,
        "valid_from": guardian.valid_from,
        "valid_to": guardian.valid_to,
    }


def _person(person_id: PersonId, name: Name, roles: list[str], school_ids: list[SchoolId]) -> Person:
    return {
        "_id": person_id,
        "display_name": name.display,
        "family_name": name.family,
        "given_name": name.given_name,
        "patronymic": name.patronymic,
        "sort_name": sort_name(name.family, name.given_name, name.patronymic),
        "name_tokens": name_tokens(name.family, name.given_name, name.patronymic),
        "roles": roles,
        "school_ids": school_ids,
    }


def _with_contacts(person: Person) -> Person:
    """The *person* with an e-mail address and a phone number that lead nowhere."""
    digits = int.from_bytes(person["_id"].encode()[-5:]) % 10_000_000
    person["email"] = f"{person['_id'].partition('_')[2]}@mail.example.test"
    person["phone"] = f"+7 000 {digits // 10_000:03}-{digits // 100 % 100:02}-{digits % 100:02}"
    return person
