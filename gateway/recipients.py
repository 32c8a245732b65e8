"""Decides to whom the viewer may write (F116 to F118): one function offers recipients and checks them on sending.

A family writes to the teachers of its classes, to the administration, and among themselves: students to classmates,
parents to parents, parents and children of one family to each other. Parents and students of different families write
to each other where the school lets them. Staff write to the students whom they may read, to the guardians of these,
and to their colleagues.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from auth.viewer import FAMILY, TEACHING, Role
from connectors.directory import PeopleFilter, in_force
from connectors.messages import ParticipantSide, owner_of
from connectors.vocabulary import ClassId, Paging, PersonId, SchoolId, StudentId
from gateway.context import Info
from gateway.merges import MERGED, survivors

NOBODY: Final = PersonId("per_")
SIDES: Final[Mapping[Role, ParticipantSide]] = {
    Role.STUDENT: ParticipantSide.STUDENT,
    Role.PARENT: ParticipantSide.PARENT,
    Role.TEACHER: ParticipantSide.STAFF,
    Role.CLASS_TEACHER: ParticipantSide.STAFF,
    Role.ADMINISTRATOR: ParticipantSide.STAFF,
}
"""On which side people take part in conversations, in each role."""

_STUDENT: Final = frozenset({"_id", "student_id", "school_id"})
_RIGHT: Final = frozenset({"person_id", "student_id", "school_id", "data_access", "valid_from", "valid_to"})
_STAFF: Final = frozenset({"person_id", "school_id", "starts_on", "ends_on"})


class RecipientCategory(StrEnum):
    """A kind of people to whom one writes."""

    STUDENTS = "STUDENTS"
    """Students (ученики)."""

    GUARDIANS = "GUARDIANS"
    """Parents and legal representatives (родители)."""

    TEACHERS = "TEACHERS"
    """Teachers and class teachers (учителя)."""

    ADMINISTRATION = "ADMINISTRATION"
    """Administrators of the school (администрация)."""


SIDE_OF: Final[Mapping[RecipientCategory, ParticipantSide]] = {
    RecipientCategory.STUDENTS: ParticipantSide.STUDENT,
    RecipientCategory.GUARDIANS: ParticipantSide.PARENT,
    RecipientCategory.TEACHERS: ParticipantSide.STAFF,
    RecipientCategory.ADMINISTRATION: ParticipantSide.STAFF,
}
"""The side on which the people of each category get what is written to them."""


def own_mailbox(info: Info) -> str:
    """The owner of the viewer's mailbox; of a role that writes to nobody, one that has none."""
    viewer = info.viewer
    return owner_of(viewer.person_id, SIDES[viewer.role]) if viewer.role in SIDES else ""


async def recipients(category: RecipientCategory, info: Info, among: Sequence[PersonId] | None = None) -> PeopleFilter:
    """The people of a category to whom the viewer may write today; of those *among* some people, where given."""
    nobody = PeopleFilter(on=info.today, people=())
    if info.viewer.role not in SIDES:
        return nobody
    is_by_school = category is RecipientCategory.GUARDIANS and info.viewer.role is Role.ADMINISTRATOR
    allowed = await (_guardians_at_schools(info, among) if is_by_school else _ALLOWED[category](info))
    allowed = allowed._replace(without=info.viewer.person_id)
    return allowed if among is None else allowed.among(among)


async def allowed_owners(wanted: Iterable[tuple[PersonId, ParticipantSide]], info: Info) -> set[str]:
    """Of *wanted* the owners of mailboxes to whom the viewer may write today.

    The number of commands does not depend on who there is, nor on how many are wanted.
    """
    pairs = set(wanted)
    people = sorted({person for person, _ in pairs}) or [NOBODY]
    allowed = await asyncio.gather(*(recipients(category, info, people) for category in RecipientCategory))
    pages = await info.check(
        info.connectors.directory.people_in,
        allowed,
        columns=frozenset({"_id"}),
        search=None,
        paging=Paging(len(people), None, looks_on=False),
    )
    return {
        owner_of(person["_id"], SIDE_OF[category])
        for category, page in zip(RecipientCategory, pages, strict=True)
        for person in page.nodes
        if (person["_id"], SIDE_OF[category]) in pairs
    }


async def guardians_of(students: Sequence[StudentId], info: Info) -> dict[StudentId, list[PersonId]]:
    """The guardians of each student who may read the student's data today; merged people as whom they are now."""
    read = info.connectors.directory.guardianships_of_students
    rights = [
        right
        for own in await info.check(read, students or [StudentId("stu_")], columns=_RIGHT)
        for right in own or ()
        if _is_held(right, info)
    ]
    people = await current_people([right["person_id"] for right in rights], info)
    found: dict[StudentId, list[PersonId]] = {student: [] for student in students}
    for right, person in zip(rights, people, strict=True):
        if person is not None:
            found[right["student_id"]].append(person)
    return found


async def current_people(ids: Sequence[PersonId], info: Info) -> list[PersonId | None]:
    """For each id the person it is now: of a merged one, whom they were merged into (trap T20).

    As many commands are sent where there are no ids: whether hidden people have a guardian must not be told by that.
    """
    columns = frozenset({"_id"})
    found = await info.check(info.connectors.directory.people_by_ids, ids or [NOBODY], columns=columns | MERGED)
    people = await survivors(found[: len(ids)], info, columns)
    return [person["_id"] if person and not person.get("merged_to") else None for person in people]


def _is_held(right: Any, info: Info) -> bool:
    """Whether a guardian may read the student's data today."""
    today = info.today_at(right["school_id"])
    return bool(right["data_access"]) and in_force(right["valid_from"], right["valid_to"], today)


async def students_of(places: Iterable[ClassId], info: Info) -> list[Any]:
    """The students of classes today."""
    directory = info.connectors.directory
    learning = await info.check(directory.students_in_classes, sorted(places), columns=_STUDENT, on=info.today)
    return [student for own in learning for student in own or ()]


async def _students(info: Info) -> PeopleFilter:
    viewer = info.viewer
    if viewer.role is Role.ADMINISTRATOR:
        return PeopleFilter(on=info.today, schools=viewer.school_ids, only_students=True)
    if viewer.role not in FAMILY:
        return PeopleFilter(on=info.today, students=tuple(sorted(viewer.student_ids)), only_students=True)
    mates = await students_of(viewer.class_ids, info)
    mixed = await _mixing_schools(info)
    is_student = viewer.role is Role.STUDENT
    known = {one["student_id"] for one in mates if is_student or one["school_id"] in mixed}
    own = set() if is_student else viewer.student_ids
    return PeopleFilter(on=info.today, students=tuple(sorted((known | own) - {viewer.student_id})), only_students=True)


async def _guardians(info: Info) -> PeopleFilter:
    viewer = info.viewer
    if viewer.role not in FAMILY:
        found = await guardians_of(sorted(viewer.student_ids), info)
        return _people(chain.from_iterable(found.values()), info)
    mates = await students_of(viewer.class_ids, info)
    mixed = await _mixing_schools(info)
    schools = {one["student_id"]: one["school_id"] for one in mates}
    found = await guardians_of(sorted(schools.keys() | viewer.student_ids), info)
    if viewer.role is Role.STUDENT:
        near = [s for s in found if s in viewer.student_ids or schools.get(s) in mixed]
        return _people(chain.from_iterable(found[student] for student in near), info)
    return _people(chain.from_iterable(found.values()), info)


async def _guardians_at_schools(info: Info, among: Sequence[PersonId] | None) -> PeopleFilter:
    """The guardians of the students at the schools of an administrator, *among* some people where given."""
    directory, schools = info.connectors.directory, info.viewer.school_ids
    read: Any = directory.guardianships_at if among is None else directory.guardianships_of_people
    found = await info.check(read, schools if among is None else among, columns=_RIGHT)
    rights = [right for own in found for right in own or () if right["school_id"] in schools and _is_held(right, info)]
    held = [right["person_id"] for right in rights]
    # A merged person's id is none to whom one writes; among given people no further read tells who has a right.
    people = await current_people(held, info) if among is None else held
    return _people([person for person in people if person], info)


async def _teachers(info: Info) -> PeopleFilter:
    viewer = info.viewer
    if viewer.role not in FAMILY:
        schools = tuple((school, info.today_at(school)) for school in viewer.school_ids)
        return PeopleFilter(on=info.today, staff_of=schools, staff_roles=tuple(sorted(TEACHING)))
    directory, classes = info.connectors.directory, sorted(viewer.class_ids)
    whole, groups = await asyncio.gather(
        info.check(directory.assignments_of_classes, classes, columns=_STAFF),
        info.check(directory.groups_of_classes, classes, columns=frozenset({"_id"})),
    )
    ids = list(dict.fromkeys(group["_id"] for own in groups for group in own or ()))
    parts = await info.check(directory.assignments_of_groups, ids or ["grp_"], columns=_STAFF)
    held = [
        one["person_id"]
        for own in (*whole, *parts)
        for one in own or ()
        if in_force(one["starts_on"], one["ends_on"], info.today_at(one["school_id"]))
    ]
    return _people([person for person in await current_people(held, info) if person], info)


async def _administration(info: Info) -> PeopleFilter:
    schools = tuple((school, info.today_at(school)) for school in info.viewer.school_ids)
    return PeopleFilter(on=info.today, staff_of=schools, staff_roles=("ADMINISTRATOR",))


_ALLOWED: Final[Mapping[RecipientCategory, Callable[[Info], Awaitable[PeopleFilter]]]] = {
    RecipientCategory.STUDENTS: _students,
    RecipientCategory.GUARDIANS: _guardians,
    RecipientCategory.TEACHERS: _teachers,
    RecipientCategory.ADMINISTRATION: _administration,
}


def _people(found: Iterable[PersonId], info: Info) -> PeopleFilter:
    return PeopleFilter(on=info.today, people=tuple(sorted(set(found))))


async def _mixing_schools(info: Info) -> set[SchoolId]:
    """The viewer's schools where parents and students of different families may write to each other."""
    columns = frozenset({"_id", "families_write_to_each_other"})
    found = await info.check(info.connectors.directory.schools_by_ids, info.viewer.school_ids, columns=columns)
    return {own["_id"] for own in found if own and own.get("families_write_to_each_other")}
