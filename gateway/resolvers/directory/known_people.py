"""Whom a viewer knows by name: classmates, parents, staff; and who is responsible for a student.

A family knows its own classes with their teachers and parents, a teacher the students taught with their parents, a
class teacher the class led; both know the staff of their schools, an administrator everybody there.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from auth.viewer import ENUMERATED, FAMILY, Role
from connectors.directory import Class, PeopleFilter, Person, in_force
from connectors.vocabulary import ClassId, Day, Paging, PersonId, StudentId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.resolvers.directory.people import named
from gateway.resolvers.directory.scope import days_at
from gateway.resolvers.directory.teachers import staff_of_classes

RIGHT: Final = frozenset({"person_id", "valid_from", "valid_to", "data_access", "is_legal_representative"})


async def members(owners: Sequence[Class], info: Info) -> list[Any]:
    """Who learns in the class today, by name; `NotFound` where the class is not the viewer's own.

    Of a teacher's class these are the students taught: of a group's teacher, the members of the group.
    """
    columns = info.columns_of("Person") | {"_id", "student_id", "sort_name"}
    lists = await _members([own["_id"] for own in owners], info, columns)
    return [NotFound() if own is None else _by_name(own) for own in lists]


async def parents(owners: Sequence[Class], info: Info) -> list[Any]:
    """The parents of the `members` of the class, by name; guardians who are barred are nobody's parents here."""
    ids = [own["_id"] for own in owners]
    learning, days = await asyncio.gather(
        _members(ids, info, frozenset({"_id", "student_id"})),
        days_at(info, info.connectors.directory.classes_by_ids, ids),
    )
    students = [(member["student_id"], day) for own, day in zip(learning, days, strict=True) for member in own or ()]
    adults = iter(await _adults(students, info))
    people_ids = [list(dict.fromkeys(chain.from_iterable(next(adults) for _ in own or ()))) for own in learning]
    found = iter(await named(list(chain.from_iterable(people_ids)), info, "sort_name"))
    lists = [{person["_id"]: person for person in (next(found) for _ in own) if person} for own in people_ids]
    return [NotFound() if own is None else _by_name(those.values()) for own, those in zip(learning, lists, strict=True)]


async def _members(ids: Sequence[ClassId], info: Info, columns: frozenset[str]) -> list[list[Any] | None]:
    """The students of each class of the viewer's own, today; None for every other class."""
    viewer, directory = info.viewer, info.connectors.directory
    if viewer.role in FAMILY:
        wanted: list[ClassId | None] = [own if viewer.is_own_class(own) else None for own in ids]
    else:
        wanted = list(ids)
    days = await days_at(info, directory.classes_by_ids, ids)
    found: dict[tuple[ClassId | None, Day], list[Any] | None] = {}
    for day in dict.fromkeys(days):
        there = [own for own, today in zip(wanted, days, strict=True) if today == day]
        learning = await info.read(directory.students_in_classes, there, columns=columns, on=day)
        found.update(zip([(own, day) for own in there], learning, strict=True))
    lists = [found[own, day] for own, day in zip(wanted, days, strict=True)]
    if viewer.role in FAMILY or viewer.role not in ENUMERATED:
        return lists
    taught = [[m for m in own or () if m["student_id"] in viewer.student_ids] for own in lists]
    return [own if own or viewer.is_own_class(key) else None for key, own in zip(ids, taught, strict=True)]


def _by_name(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda person: (person["sort_name"], person["_id"]))


def is_barred(guardianship: Mapping[str, Any]) -> bool:
    """Whether a guardian may neither see the student's data nor represent the student (trap T11)."""
    return not guardianship["data_access"] and not guardianship["is_legal_representative"]


async def guardians_of(owners: Sequence[Person], info: Info) -> list[list[Any]]:
    """Who is responsible for the student today; to staff also who is barred, which the record then says."""
    read = info.connectors.directory.guardianships_of_students
    found = await info.read(
        read, [own["student_id"] for own in owners], columns=info.columns_of("Guardianship") | RIGHT
    )
    days = [info.today_at(own["school_id"]) for own in owners]
    lists = [_held(own, day) for own, day in zip(found, days, strict=True)]
    if info.viewer.role not in FAMILY:
        return lists
    return [[right for right in own if not is_barred(right)] for own in lists]


def _held(rights: Sequence[Any], day: Day) -> list[Any]:
    return [right for right in rights if in_force(right["valid_from"], right["valid_to"], day)]


async def _adults(students: Sequence[tuple[StudentId, Day]], info: Info) -> list[list[PersonId]]:
    """The guardians of each student on a day, without those who are barred from the student's data."""
    read = info.connectors.directory.guardianships_of_students
    found = await info.read(read, [student for student, _ in students], columns=RIGHT)
    return [
        [right["person_id"] for right in _held(own, day) if not is_barred(right)]
        for own, (_, day) in zip(found, students, strict=True)
    ]


async def people_of_viewer(
    roots: Sequence[object], info: Info, search: str | None = None, *, page: Paging
) -> list[Connection]:
    """Whom the viewer knows by name."""
    read = info.connectors.directory.people_in
    known = await _people_filter(info)
    return await info.page(read, [known] * len(roots), page, order=("sort_name", "_id"), search=search)


async def known_people(ids: Sequence[PersonId], info: Info) -> list[Any]:
    """The people of ids that a client names: the viewer, and those whom `people` would list."""
    viewer = info.viewer
    if viewer.role is Role.ANALYST:
        mine = await named([viewer.person_id if own == viewer.person_id else None for own in ids], info)
        return [person or NotFound() for person in mine]
    directory = info.connectors.directory
    found, known_filter = await asyncio.gather(
        info.check(directory.survivors_by_ids, ids, columns=frozenset({"_id"})), _people_filter(info)
    )
    # An id that nobody has is searched for as well: the searches must not tell whose ids there are.
    survivors = [person["_id"] if person else own for own, person in zip(ids, found, strict=True)]
    wanted = sorted({*survivors} - {viewer.person_id}) or [_NOBODY]
    [page] = await info.check(
        directory.people_in,
        [known_filter.among(wanted)],
        columns=frozenset({"_id"}),
        search=None,
        paging=Paging(len(wanted), None, looks_on=False),
    )
    known = {viewer.person_id, *(person["_id"] for person in page.nodes)}
    people_ = await named([own if own in known else None for own in survivors], info, check=True)
    return [person or NotFound() for person in people_]


_NOBODY: Final = PersonId("per_")
"""The id of no person: one search more must not tell whether there was anybody to search for."""


async def _people_filter(info: Info) -> PeopleFilter:
    viewer = info.viewer
    if viewer.role in FAMILY:
        return PeopleFilter(on=info.today, people=await _family(info))
    if viewer.role is Role.ADMINISTRATOR:
        return PeopleFilter(on=info.today, schools=viewer.school_ids)
    students = sorted(viewer.student_ids)
    days = await days_at(info, info.connectors.directory.students_by_ids, students)
    adults = await _adults(list(zip(students, days, strict=True)), info)
    parents_ = await _remaining(chain.from_iterable(adults), info)
    staff = tuple((school, info.today_at(school)) for school in viewer.school_ids)
    return PeopleFilter(on=info.today, people=parents_, students=tuple(students), staff_of=staff)


async def _family(info: Info) -> tuple[PersonId, ...]:
    own = sorted(info.viewer.class_ids)
    learning, staff, days = await asyncio.gather(
        _members(own, info, frozenset({"_id", "student_id"})),
        staff_of_classes(own, info),
        days_at(info, info.connectors.directory.classes_by_ids, own),
    )
    classmates = [(member, day) for those, day in zip(learning, days, strict=True) for member in those or ()]
    adults = await _adults([(member["student_id"], day) for member, day in classmates], info)
    return await _remaining([*(m["_id"] for m, _ in classmates), *staff, *chain.from_iterable(adults)], info)


async def _remaining(ids: Iterable[PersonId], info: Info) -> tuple[PersonId, ...]:
    """The people of *ids*, merged ones as whom they were merged into."""
    found = await named(sorted(set(ids)), info, bare=True)
    return tuple(sorted({person["_id"] for person in found if person}))
