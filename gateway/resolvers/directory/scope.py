"""Which students the viewer may read: a student document enters the graph here and nowhere else."""

from collections.abc import Sequence
from typing import Any, TypedDict

from auth.viewer import ENUMERATED, Role
from connectors.directory import (
    Class,
    PeopleFilter,
)
from connectors.vocabulary import ClassId, Day, GroupId, Paging, PersonId, SchoolId, StudentId
from gateway.context import Connection, Info
from gateway.engine.reads import Read
from gateway.errors import ChildLinkMissing, NotFound
from gateway.merges import MERGED, survivors


class ViewerDocument(TypedDict):
    """The viewer as the graph shows them."""

    role: Role
    person_id: PersonId
    school_id: SchoolId | None


async def students(ids: Sequence[StudentId], info: Info, *more: str) -> list[Any]:
    """The students whom the viewer may read, by id; `NotFound` in the place of every other."""
    columns = info.columns_of("Student") | {"student_id", "school_id", *more}
    viewer = info.viewer
    if viewer.role in ENUMERATED:
        allowed = await _allowed(ids, info)
        if columns <= {"student_id", "school_id"} and len(viewer.school_ids) == 1:
            # The viewer's own scope has all that is needed: the student exists, and at which school.
            found: list[Any] = [{"student_id": s, "school_id": viewer.school_ids[0]} if s else None for s in allowed]
        else:
            found = await _people_of_students(allowed, columns, info)
    else:
        # By one command whoever was merged: how many there are must not tell of students elsewhere.
        found = _present(await info.read(info.connectors.directory.survivors_of_students, ids, columns=columns))
        found = [p if p and viewer.may_read_student(p["student_id"], p.get("school_id")) else None for p in found]
    info.disclose("Student", [person["student_id"] for person in found if person])
    return [person or NotFound() for person in found]


async def _allowed(ids: Sequence[StudentId], info: Info) -> list[StudentId | None]:
    """The students among *ids* who are the viewer's, old ids too; of nobody else more is read than the pointer."""
    own = info.viewer.student_ids
    foreign = [student for student in ids if student not in own]
    if not foreign:
        return list(ids)
    read = info.connectors.directory.survivors_of_students
    people_ = _present(await info.check(read, foreign, columns=frozenset({"student_id"})))
    merged = {old: person["student_id"] for old, person in zip(foreign, people_, strict=True) if person}
    current = [merged.get(student, student) for student in ids]
    return [student if student in own else None for student in current]


async def _people_of_students(ids: Sequence[StudentId | None], columns: frozenset[str], info: Info) -> list[Any]:
    read = info.connectors.directory.students_by_ids
    return _present(await survivors(await info.read(read, ids, columns=columns | MERGED), info, columns))


def _present(found: Sequence[Any]) -> list[Any]:
    return [person if person and not person.get("merged_to") and "student_id" in person else None for person in found]


async def student(roots: Sequence[object], info: Info, id: StudentId) -> list[Any]:
    """One student. Someone else's student is not found, exactly as one who does not exist."""
    return list(await students([id], info)) * len(roots)


async def students_of_school(
    roots: Sequence[object],
    info: Info,
    class_id: ClassId | None = None,
    group_id: GroupId | None = None,
    search: str | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """The students whom the viewer may read, by name; of a class, of a study group, or whose names begin so."""
    on = info.today
    if class_id is not None:
        [on] = await days_at(info, info.connectors.directory.classes_by_ids, [class_id])
    elif group_id is not None:
        [on] = await days_at(info, info.connectors.directory.groups_by_ids, [group_id])
    own = _filter_of_students(
        info,
        on,
        classes=None if class_id is None else (class_id,),
        groups=None if group_id is None else (group_id,),
    )
    return await _students(info, [own] * len(roots), search, page)


async def students_of_classes(
    classes: Sequence[Class], info: Info, search: str | None = None, *, page: Paging
) -> list[Connection]:
    """The students of the class whom the viewer may read, by name."""
    days = await days_at(info, info.connectors.directory.classes_by_ids, [own["_id"] for own in classes])
    filters = [_filter_of_students(info, on, classes=(own["_id"],)) for own, on in zip(classes, days, strict=True)]
    return await _students(info, filters, search, page)


async def days_at(info: Info, read: Read, ids: Sequence[str]) -> list[Day]:
    """The school day it is today at the school of each of *ids*, which are of documents with a `school_id`.

    *read* finds them; it is called only where the viewer's schools have midnight between them.
    """
    days = {info.today_at(school) for school in info.viewer.school_ids} or {info.today}
    if len(days) == 1:
        return [*days] * len(ids)
    found = await info.check(read, ids, columns=frozenset({"school_id"}))
    return [info.today_at(own["school_id"] if own else None) for own in found]


def _filter_of_students(
    info: Info, on: Day, *, classes: tuple[ClassId, ...] | None = None, groups: tuple[GroupId, ...] | None = None
) -> PeopleFilter:
    viewer = info.viewer
    listed = viewer.role in ENUMERATED
    return PeopleFilter(
        on=on,
        schools=None if listed else viewer.school_ids,
        students=tuple(sorted(viewer.student_ids)) if listed else None,
        classes=classes,
        groups=groups,
        only_students=True,
    )


async def _students(info: Info, filters: Sequence[PeopleFilter], search: str | None, page: Paging) -> list[Connection]:
    read = info.connectors.directory.people_in
    return await info.page(read, filters, page, order=("sort_name", "_id"), discloses="Student", search=search)


async def viewer_student(viewers: Sequence[ViewerDocument], info: Info) -> list[Any]:
    """For each viewer the student that they are themselves; None for other roles."""
    own = info.viewer.student_id
    return list(await students([own], info)) * len(viewers) if own else [None] * len(viewers)


async def children(viewers: Sequence[ViewerDocument], info: Info) -> list[Any]:
    """For each viewer their children, by name (trap T12); `ChildLinkMissing` where there are none today."""
    found = await students(sorted(info.viewer.student_ids), info, "sort_name")
    own = [child for child in found if not isinstance(child, NotFound)]
    own.sort(key=lambda child: (child["sort_name"], child["student_id"]))
    return [own or ChildLinkMissing(await _last_link_ended_on(info))] * len(viewers)


async def _last_link_ended_on(info: Info) -> Day | None:
    """The day on which the viewer could last read a child; None where there was no such day."""
    columns = frozenset({"data_access", "valid_to"})
    [rights] = await info.read(
        info.connectors.directory.guardianships_of_people, [info.viewer.person_id], columns=columns
    )
    ended = [right["valid_to"] for right in rights or () if right["data_access"] and right["valid_to"]]
    return max((day for day in ended if day < info.today), default=None)
