"""The viewer, his schools and classes, and the people, subjects and groups around students."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any, TypedDict

from connectors.directory import (
    AcademicYear,
    AssignmentKind,
    Class,
    Enrolment,
    Group,
    Person,
    School,
    class_on,
    in_force,
    school_year_on,
)
from connectors.vocabulary import ClassId, GroupId, Paging, PersonId, SchoolId, SubjectId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.orders import alphabetical, by_name
from gateway.resolvers.directory.scope import MERGED, ViewerDocument, days_at, survivors


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


async def email_of_people(people_: Sequence[Person], info: Info) -> list[str | None]:
    """The e-mail addresses of people of an administrator's schools."""
    return await _contacts(people_, info, "email")


async def phone_of_people(people_: Sequence[Person], info: Info) -> list[str | None]:
    """The telephone numbers of people of an administrator's schools."""
    return await _contacts(people_, info, "phone")


async def _contacts(people_: Sequence[Person], info: Info, column: str) -> list[str | None]:
    read = info.connectors.directory.people_by_ids
    columns = frozenset({"email", "phone", "student_id", "school_id", "school_ids"})
    found = await info.read(read, [own["_id"] for own in people_], columns=columns)
    return [person.get(column) if person and _is_of_schools(person, info) else None for person in found]


def _is_of_schools(person: Person, info: Info) -> bool:
    """Whether a person belongs to a school of the viewer: a student by the school of today."""
    if "student_id" in person:
        return person.get("school_id") in info.viewer.school_ids
    return not set(info.viewer.school_ids).isdisjoint(person["school_ids"])


async def viewer_classes(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Class]]:
    """The classes the viewer teaches or leads."""
    return [_sorted(await classes(sorted(info.viewer.class_ids), info, "sort_name"))] * len(viewers)


async def viewer_groups(viewers: Sequence[ViewerDocument], info: Info) -> list[list[Group]]:
    """The study groups the viewer teaches."""
    own = await groups(sorted(info.viewer.group_ids), info, "name")
    return [sorted((g for g in own if not isinstance(g, NotFound)), key=by_name)] * len(viewers)


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
    return await named(ids, info)


async def named(
    ids: Sequence[PersonId | None], info: Info, *more: str, bare: bool = False, check: bool = False
) -> list[Any]:
    """The people of *ids* with the columns that the operation needs, or (*bare*) no others than the id.

    Merged people are whom they were merged into. Reads for the row rule (*check*) are not explained.
    """
    columns = frozenset({"_id"}) if bare else info.columns_of("Person") | {"_id", *more}
    read = info.check if check else info.read
    return await survivors(
        await read(info.connectors.directory.people_by_ids, ids, columns=columns | MERGED), info, columns
    )


def _found(ids: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    return [None if wanted is None else own or NotFound() for wanted, own in zip(ids, found, strict=True)]


async def schools_of_viewer(viewers: Sequence[ViewerDocument], info: Info) -> list[list[School]]:
    """All schools of the viewer, by name."""
    columns = info.columns_of("School") | {"_id", "name"}
    found = await info.read(info.connectors.directory.schools_by_ids, info.viewer.school_ids, columns=columns)
    own = sorted((one for one in found if one), key=lambda one: (one["name"], one["_id"]))
    return [own] * len(viewers)


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
    staff = await _staff_of_classes([own["_id"] for own in owners], info)
    leading = [_first(own, AssignmentKind.CLASS_TEACHER) for own in staff]
    return await people(leading, info)


def _first(assignments: Sequence[Mapping[str, Any]], kind: AssignmentKind) -> PersonId | None:
    return next((a["person_id"] for a in assignments if a["kind"] == kind), None)


async def _staff_of_classes(ids: Sequence[ClassId], info: Info) -> list[list[Mapping[str, Any]]]:
    directory = info.connectors.directory
    found, days = await asyncio.gather(
        info.read(directory.assignments_of_classes, ids, columns=_STAFF), days_at(info, directory.classes_by_ids, ids)
    )
    return [_current(own, day) for own, day in zip(found, days, strict=True)]


_STAFF = frozenset({"person_id", "kind", "subject_id", "group_id", "starts_on", "ends_on"})


def _current(assignments: Sequence[Any], today: str) -> list[Mapping[str, Any]]:
    return [a for a in assignments if in_force(a["starts_on"], a["ends_on"], today)]


async def _staff_of_groups(ids: Sequence[GroupId], info: Info) -> list[list[Mapping[str, Any]]]:
    directory = info.connectors.directory
    found, days = await asyncio.gather(
        info.read(directory.assignments_of_groups, ids, columns=_STAFF), days_at(info, directory.groups_by_ids, ids)
    )
    return [_current(own, day) for own, day in zip(found, days, strict=True)]


async def teachers_of_classes(owners: Sequence[Class], info: Info) -> list[list[TeacherOfSubject]]:
    """Who teaches which subject to the class or to a group of it, by the names of subjects, then of teachers."""
    taught = await _teachers([own["_id"] for own in owners], info)
    every = list(chain.from_iterable(taught))
    directory = info.connectors.directory
    subjects_, people_ = list({own["subject_id"] for own in every}), list({own["person_id"] for own in every})
    named, known = await asyncio.gather(
        info.read(directory.subjects_by_ids, subjects_, columns=frozenset({"name"})),
        info.read(directory.people_by_ids, people_, columns=frozenset({"sort_name"})),
    )
    names = {key: alphabetical(own["name"]) if own else "" for key, own in zip(subjects_, named, strict=True)}
    sort_names = {key: own["sort_name"] if own else "" for key, own in zip(people_, known, strict=True)}

    def place(own: TeacherOfSubject) -> tuple[str, str, str, str]:
        subject, person = own["subject_id"], own["person_id"]
        return names[subject], sort_names[person], subject, person

    return [sorted(own, key=place) for own in taught]


async def _teachers(ids: Sequence[ClassId], info: Info) -> list[list[TeacherOfSubject]]:
    whole, parts = await asyncio.gather(
        _staff_of_classes(ids, info),
        info.read(info.connectors.directory.groups_of_classes, ids, columns=frozenset({"_id"})),
    )
    of_groups = list(dict.fromkeys(group["_id"] for group in chain.from_iterable(parts)))
    staff = dict(zip(of_groups, await _staff_of_groups(of_groups, info), strict=True))
    taught: list[list[TeacherOfSubject]] = []
    for own, groups_ in zip(whole, parts, strict=True):
        pairs = {
            (a["subject_id"], a["person_id"])
            for a in chain(own, chain.from_iterable(staff[group["_id"]] for group in groups_))
            if a["kind"] == AssignmentKind.TEACHER and a["subject_id"]
        }
        taught.append([TeacherOfSubject(subject_id=subject, person_id=person) for subject, person in pairs])
    return taught


async def staff_around(ids: Sequence[ClassId], info: Info) -> set[PersonId]:
    """Everybody who leads or teaches one of the classes, or a group of it."""
    staff, teaching = await asyncio.gather(_staff_of_classes(ids, info), _teachers(ids, info))
    return {a["person_id"] for a in chain.from_iterable(staff)} | {
        taught["person_id"] for taught in chain.from_iterable(teaching)
    }


async def class_of_groups(owners: Sequence[Group], info: Info) -> list[Any]:
    """The class whose part the group is; null for a group of several classes."""
    return await classes([own["class_ids"][0] if len(own["class_ids"]) == 1 else None for own in owners], info)


async def teachers_of_groups(owners: Sequence[Group], info: Info) -> list[list[Any]]:
    """Who teaches the study group."""
    found = await _staff_of_groups([own["_id"] for own in owners], info)
    ids = [list(dict.fromkeys(a["person_id"] for a in own)) for own in found]
    named = iter(await people(list(chain.from_iterable(ids)), info))
    return [[person for person in (next(named) for _ in own) if person] for own in ids]


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
    return [sorted(own, key=by_name) for own in lists]


class NamedEnrolment(Enrolment):
    """A student's place in a class for as long as the class had one name."""

    class_name: str | None


async def enrolments_of(owners: Sequence[Person], info: Info) -> list[list[NamedEnrolment]]:
    """The classes the student is or was in, the first first, under the names they had then (trap T13)."""
    lists = [own.get("enrolments", []) for own in owners]
    ids = [enrolment["class_id"] for enrolment in chain.from_iterable(lists)]
    columns = frozenset({"name", "former_names"})
    found = iter(await info.read(info.connectors.directory.classes_by_ids, ids, columns=columns))
    return [
        sorted(
            chain.from_iterable(_under_names(enrolment, next(found)) for enrolment in own),
            key=lambda enrolment: enrolment["starts_on"],
        )
        for own in lists
    ]


def _under_names(enrolment: Enrolment, of_class: Class | None) -> Iterable[NamedEnrolment]:
    """The *enrolment*, cut on the days on which the class took another name."""
    first, last = enrolment["starts_on"], enrolment["ends_on"]
    for former in of_class.get("former_names", ()) if of_class else ():
        until = former["ends_on"]
        if until < first:
            continue
        if last is not None and last <= until:
            yield _named_enrolment(enrolment, first, last, former["name"])
            return
        yield _named_enrolment(enrolment, first, until, former["name"])
        first = (date.fromisoformat(until) + timedelta(days=1)).isoformat()
    yield _named_enrolment(enrolment, first, last, of_class["name"] if of_class else None)


def _named_enrolment(enrolment: Enrolment, first: str, last: str | None, name: str | None) -> NamedEnrolment:
    return NamedEnrolment(
        class_id=enrolment["class_id"],
        starts_on=first,
        ends_on=last,
        is_primary=enrolment["is_primary"],
        class_name=name,
    )
