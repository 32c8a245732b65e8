"""The viewer, his schools and classes, and the people, subjects and groups around students."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypedDict

from auth.viewer import Role
from connectors.directory import (
    AcademicYear,
    AssignmentKind,
    Circle,
    Class,
    Group,
    Person,
    School,
    class_on,
    in_force,
    school_year_on,
)
from connectors.ids import ClassId, GroupId, Paging, PersonId, SchoolId, StudentId, SubjectId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.resolvers.directory.scope import MERGED, ViewerDocument, _survivors


class TeacherOfSubject(TypedDict):
    """A teacher with a subject he teaches."""

    person_id: PersonId
    subject_id: SubjectId


async def viewer(roots: Sequence[object], info: Info) -> list[ViewerDocument]:
    """Who asks, and in which role."""
    school = next(iter(info.viewer.school_ids), None)
    return [ViewerDocument(role=info.viewer.role, person_id=info.viewer.person_id, school_id=school)] * len(roots)


async def email(viewers: Sequence[ViewerDocument], info: Info) -> list[str | None]:
    """The viewer's own address, shown to nobody else."""
    return await _own(viewers, info, "email")


async def phone(viewers: Sequence[ViewerDocument], info: Info) -> list[str | None]:
    """The viewer's own number, shown to nobody else."""
    return await _own(viewers, info, "phone")


async def _own(viewers: Sequence[ViewerDocument], info: Info, column: str) -> list[str | None]:
    read = info.connectors.directory.people_by_ids
    found = await info.read(read, [v["person_id"] for v in viewers], columns=frozenset({"email", "phone"}))
    return [person.get(column) if person else None for person in found]


async def viewer_classes(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Class]]:
    """The classes the viewer teaches or leads."""
    return [_sorted(await classes(sorted(info.viewer.class_ids), info, "sort_name"))] * len(viewers)


async def viewer_groups(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Group]]:
    """The study groups the viewer teaches."""
    own = await groups(sorted(info.viewer.group_ids), info, "name")
    return [sorted((g for g in own if not isinstance(g, NotFound)), key=lambda g: (g["name"], g["_id"]))] * len(viewers)


def _sorted(found: Iterable[Any]) -> list[Any]:
    return sorted((c for c in found if not isinstance(c, NotFound)), key=lambda c: (c["sort_name"], c["_id"]))


async def schools(ids: Sequence[SchoolId | None], info: Info) -> list[Any]:
    """The viewer's schools, by id."""
    own = [school if school in info.viewer.school_ids else None for school in ids]
    found = await info.read(info.connectors.directory.schools_by_ids, own, columns=info.columns_of("School"))
    return _found(ids, found)


async def classes(ids: Sequence[ClassId | None], info: Info, *more: str) -> list[Any]:
    """The classes of the viewer's schools, by id."""
    columns = info.columns_of("Class") | {"_id", "school_id", *more}
    found = await info.read(info.connectors.directory.classes_by_ids, ids, columns=columns)
    return _found(ids, [own if own and own["school_id"] in info.viewer.school_ids else None for own in found])


async def groups(ids: Sequence[GroupId | None], info: Info, *more: str) -> list[Any]:
    """The study groups of the viewer's schools, by id."""
    columns = info.columns_of("Group") | {"_id", "school_id", *more}
    found = await info.read(info.connectors.directory.groups_by_ids, ids, columns=columns)
    return _found(ids, [own if own and own["school_id"] in info.viewer.school_ids else None for own in found])


async def subjects(ids: Sequence[SubjectId | None], info: Info) -> list[Any]:
    """The subjects of ids that documents name."""
    return await info.read(info.connectors.directory.subjects_by_ids, ids, columns=info.columns_of("Subject"))


async def known_subjects(ids: Sequence[SubjectId], info: Info) -> list[Any]:
    """The subjects of the viewer's schools, by id."""
    columns = info.columns_of("Subject") | {"school_id"}
    found = await info.read(info.connectors.directory.subjects_by_ids, ids, columns=columns)
    return [own if own and own["school_id"] in info.viewer.school_ids else NotFound() for own in found]


async def people(ids: Sequence[PersonId | None], info: Info) -> list[Any]:
    """The people of ids that documents name: id and name, merged ones as whom they were merged into (trap T20)."""
    return await _named(ids, info)


async def _named(ids: Sequence[PersonId | None], info: Info, *more: str) -> list[Any]:
    columns = info.columns_of("Person") | {"_id", *more}
    found = await info.read(info.connectors.directory.people_by_ids, ids, columns=columns | MERGED)
    return await _survivors(found, info, columns)


def _found(ids: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    return [None if wanted is None else own or NotFound() for wanted, own in zip(ids, found, strict=True)]


async def school(roots: Sequence[object], info: Info) -> list[Any]:
    """The viewer's school; of a parent whose children are at several, the first."""
    return list(await schools([next(iter(info.viewer.school_ids), None)], info)) * len(roots)


async def class_by_id(roots: Sequence[object], info: Info, id: ClassId) -> list[Any]:
    """One class of the viewer's schools."""
    return list(await classes([id], info)) * len(roots)


async def classes_of_school(
    roots: Sequence[object], info: Info, grade_level: int | None = None, *, page: Paging
) -> list[Connection]:
    """The classes of the viewer's schools, by grade level and letter."""
    read = info.connectors.directory.classes_in
    key = info.viewer.school_ids
    return await info.page(read, [key] * len(roots), page, order=("sort_name", "_id"), grade_level=grade_level)


async def academic_years(owners: Sequence[School], info: Info) -> list[list[AcademicYear]]:
    """The academic years of the school, the latest first."""
    return await info.read(info.connectors.directory.years_of, [own["_id"] for own in owners])


async def current_year(owners: Sequence[School], info: Info) -> list[AcademicYear | None]:
    """The academic year that today belongs to, the summer after its lessons included."""
    years = await info.read(info.connectors.directory.years_of, [own["_id"] for own in owners])
    return [
        school_year_on(own, info.today_at(school["_id"])).document for school, own in zip(owners, years, strict=True)
    ]


async def class_teacher(owners: Sequence[Class], info: Info) -> list[Person | None]:
    """Who leads the class (in a college: the curator of the group)."""
    leading = [_first(own, AssignmentKind.CLASS_TEACHER) for own in await _staff_of_classes(owners, info)]
    return await people(leading, info)


def _first(assignments: Sequence[Mapping[str, Any]], kind: AssignmentKind) -> PersonId | None:
    return next((a["person_id"] for a in assignments if a["kind"] == kind), None)


async def _staff_of_classes(owners: Sequence[Class], info: Info) -> list[list[Mapping[str, Any]]]:
    read = info.connectors.directory.assignments_of_classes
    found = await info.read(read, [own["_id"] for own in owners], columns=_STAFF)
    return [_current(own, info.today) for own in found]


_STAFF = frozenset({"person_id", "kind", "subject_id", "group_id", "starts_on", "ends_on"})


def _current(assignments: Sequence[Any], today: str) -> list[Mapping[str, Any]]:
    return [a for a in assignments if in_force(a["starts_on"], a["ends_on"], today)]


async def teachers_of_classes(owners: Sequence[Class], info: Info) -> list[list[Mapping[str, Any]]]:
    """Who teaches which subject to the class or to a group of it."""
    whole, groups_ = await asyncio.gather(
        _staff_of_classes(owners, info),
        info.read(
            info.connectors.directory.groups_of_classes, [own["_id"] for own in owners], columns=frozenset({"_id"})
        ),
    )
    ids = [group["_id"] for group in chain.from_iterable(groups_)]
    staff = dict(
        zip(ids, await info.read(info.connectors.directory.assignments_of_groups, ids, columns=_STAFF), strict=True)
    )
    taught: list[list[Mapping[str, Any]]] = []
    for own, parts in zip(whole, groups_, strict=True):
        of_groups = chain.from_iterable(_current(staff[part["_id"]] or [], info.today) for part in parts)
        pairs = {
            (a["subject_id"], a["person_id"])
            for a in chain(own, of_groups)
            if a["kind"] == AssignmentKind.TEACHER and a["subject_id"]
        }
        taught.append([{"subject_id": subject, "person_id": person} for subject, person in sorted(pairs)])
    return taught


async def class_of_groups(owners: Sequence[Group], info: Info) -> list[Any]:
    """The class whose part the group is; null for a group of several classes."""
    return await classes([own["class_ids"][0] if len(own["class_ids"]) == 1 else None for own in owners], info)


async def teachers_of_groups(owners: Sequence[Group], info: Info) -> list[list[Any]]:
    """Who teaches the study group."""
    read = info.connectors.directory.assignments_of_groups
    found = await info.read(read, [own["_id"] for own in owners], columns=_STAFF)
    ids = [list(dict.fromkeys(a["person_id"] for a in _current(own, info.today))) for own in found]
    named = iter(await people(list(chain.from_iterable(ids)), info))
    return [[person for person in (next(named) for _ in own) if person] for own in ids]


async def members(owners: Sequence[Class], info: Info) -> list[Any]:
    """Who learns in the class: names only, and for families of their own class only."""
    columns = info.columns_of("Person") | {"_id", "student_id", "sort_name"}
    lists = await _members(owners, info, columns)
    return [own if isinstance(own, NotFound) else _by_name(own) for own in lists]


async def parents(owners: Sequence[Class], info: Info) -> list[Any]:
    """The parents of those who learn in the class: names only, and for families of their own class only."""
    learning = await _members(owners, info, frozenset({"_id", "student_id"}))
    ids = [[] if isinstance(own, NotFound) else [member["student_id"] for member in own] for own in learning]
    adults = iter(await _guardians(list(chain.from_iterable(ids)), info))
    people_ids = [list(dict.fromkeys(chain.from_iterable(next(adults) for _ in own))) for own in ids]
    named = iter(await _named(list(chain.from_iterable(people_ids)), info, "sort_name"))
    lists = [{person["_id"]: person for person in (next(named) for _ in own) if person} for own in people_ids]
    return [
        own if isinstance(own, NotFound) else _by_name(found.values())
        for own, found in zip(learning, lists, strict=True)
    ]


async def _guardians(ids: Sequence[StudentId], info: Info) -> list[list[PersonId]]:
    read = info.connectors.directory.guardianships_of_students
    columns = frozenset({"person_id", "valid_from", "valid_to"})
    found = await info.read(read, ids, columns=columns)
    today = info.today
    return [[g["person_id"] for g in own if in_force(g["valid_from"], g["valid_to"], today)] for own in found]


async def _members(owners: Sequence[Class], info: Info, columns: frozenset[str]) -> list[Any]:
    family = info.viewer.role in {Role.STUDENT, Role.PARENT}
    ids = [None if family and not info.viewer.is_own_class(own["_id"]) else own["_id"] for own in owners]
    read = info.connectors.directory.students_in_classes
    found = await info.read(read, ids, columns=columns, on=info.today)
    return [NotFound() if wanted is None else own for wanted, own in zip(ids, found, strict=True)]


def _by_name(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda person: (person["sort_name"], person["_id"]))


async def people_of_viewer(
    roots: Sequence[object], info: Info, search: str | None = None, *, page: Paging
) -> list[Connection]:
    """Whom the viewer may know by name: a family its own classes with their parents and teachers, staff the school."""
    if info.viewer.role in {Role.STUDENT, Role.PARENT}:
        circle = Circle(on=info.today, people=await _around(info))
    else:
        circle = Circle(on=info.today, schools=info.viewer.school_ids)
    read = info.connectors.directory.people_in
    return await info.page(read, [circle] * len(roots), page, order=("sort_name", "_id"), search=search)


async def _around(info: Info) -> tuple[PersonId, ...]:
    own: list[Any] = [{"_id": class_id} for class_id in sorted(info.viewer.class_ids)]
    learning, staff, teaching = await asyncio.gather(
        _members(own, info, frozenset({"_id", "student_id"})),
        _staff_of_classes(own, info),
        teachers_of_classes(own, info),
    )
    adults = await _guardians([m["student_id"] for m in chain.from_iterable(learning)], info)
    named = {
        *(m["_id"] for m in chain.from_iterable(learning)),
        *(a["person_id"] for a in chain.from_iterable(staff)),
        *(t["person_id"] for t in chain.from_iterable(teaching)),
        *chain.from_iterable(adults),
    }
    read, columns = info.connectors.directory.people_by_ids, frozenset({"_id"})
    found = await _survivors(await info.read(read, sorted(named), columns=columns | MERGED), info, columns)
    return tuple(sorted({person["_id"] for person in found if person}))


async def known_people(ids: Sequence[PersonId], info: Info) -> list[Any]:
    """The people of ids that a client names: those whom `people` would list."""
    viewer = info.viewer
    found = await _named(ids, info, "school_ids")
    around: set[PersonId] = {viewer.person_id}
    if viewer.role in {Role.STUDENT, Role.PARENT}:
        around |= set(await _around(info))
        known = [person if person and person["_id"] in around else None for person in found]
    elif viewer.role is Role.ANALYST:
        known = [person if person and person["_id"] in around else None for person in found]
    else:
        schools_ = set(viewer.school_ids)
        known = [p if p and (schools_ & set(p["school_ids"]) or p["_id"] in around) else None for p in found]
    return [person or NotFound() for person in known]


async def class_of(owners: Sequence[Person], info: Info) -> list[Any]:
    """The class of today."""
    return await classes([class_on(own, info.today_at(own["school_id"])) for own in owners], info)


async def groups_of(owners: Sequence[Person], info: Info) -> list[list[Any]]:
    """The study groups of today."""
    ids = []
    for own in owners:
        today = info.today_at(own["school_id"])
        memberships = own.get("memberships", [])
        ids.append([m["group_id"] for m in memberships if in_force(m["starts_on"], m["ends_on"], today)])
    found = iter(await groups(list(chain.from_iterable(ids)), info, "name"))
    lists = [[group for group in (next(found) for _ in own) if not isinstance(group, NotFound)] for own in ids]
    return [sorted(own, key=lambda group: (group["name"], group["_id"])) for own in lists]


def enrolments_of(owners: Sequence[Person], info: Info) -> list[list[Any]]:
    """The classes the student is or was in, the first first (trap T13)."""
    return [sorted(own.get("enrolments", []), key=lambda enrolment: enrolment["starts_on"]) for own in owners]


async def guardians_of(owners: Sequence[Person], info: Info) -> list[list[Any]]:
    """Who is responsible for the student today (trap T11)."""
    read = info.connectors.directory.guardianships_of_students
    columns = info.columns_of("Guardianship") | {"valid_from", "valid_to"}
    found = await info.read(read, [own["student_id"] for own in owners], columns=columns)
    days = [info.today_at(own["school_id"]) for own in owners]
    return [
        [g for g in own if in_force(g["valid_from"], g["valid_to"], today)]
        for own, today in zip(found, days, strict=True)
    ]
