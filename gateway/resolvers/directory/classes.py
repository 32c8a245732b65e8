"""Classes, study groups and subjects, and which of them a student has."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

from connectors.directory import (
    Class,
    Enrolment,
    Group,
    Person,
    class_on,
    in_force,
)
from connectors.vocabulary import ClassId, GroupId, Paging, SubjectId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.orders import by_name


async def classes(ids: Sequence[ClassId | None], info: Info, *more: str) -> list[Any]:
    """The classes of the viewer's schools, by id."""
    columns = info.columns_of("Class") | {"_id", "school_id", *more}
    found = await info.read(info.connectors.directory.classes_by_ids, ids, columns=columns)
    return found_by_ids(ids, [own if own and own["school_id"] in info.viewer.school_ids else None for own in found])


async def groups(ids: Sequence[GroupId | None], info: Info, *more: str) -> list[Any]:
    """The study groups of the viewer's schools, by id."""
    columns = info.columns_of("Group") | {"_id", "school_id", *more}
    found = await info.read(info.connectors.directory.groups_by_ids, ids, columns=columns)
    return found_by_ids(ids, [own if own and own["school_id"] in info.viewer.school_ids else None for own in found])


def found_by_ids(ids: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    """For each id what was found, `NotFound` where nothing was; None for an id that is None."""
    return [None if wanted is None else own or NotFound() for wanted, own in zip(ids, found, strict=True)]


async def subjects(ids: Sequence[SubjectId | None], info: Info) -> list[Any]:
    """The subjects of ids that documents name."""
    return await info.read(info.connectors.directory.subjects_by_ids, ids, columns=info.columns_of("Subject"))


async def known_subjects(ids: Sequence[SubjectId], info: Info) -> list[Any]:
    """The subjects of the viewer's schools, by id."""
    columns = info.columns_of("Subject") | {"school_id"}
    found = await info.read(info.connectors.directory.subjects_by_ids, ids, columns=columns)
    return [own if own and own["school_id"] in info.viewer.school_ids else NotFound() for own in found]


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


async def class_of(owners: Sequence[Person], info: Info) -> list[Any]:
    """The class of today."""
    return await classes([class_on(own, info.today_at(own["school_id"])) for own in owners], info)


async def groups_of(owners: Sequence[Person], info: Info) -> list[list[Any]]:
    """For each person, the study groups of today, by name."""
    ids = []
    for own in owners:
        today = info.today_at(own["school_id"])
        memberships = own.get("memberships", [])
        ids.append([m["group_id"] for m in memberships if in_force(m["starts_on"], m["ends_on"], today)])
    found = iter(await groups(list(chain.from_iterable(ids)), info, "name"))
    lists = [[group for group in (next(found) for _ in own) if not isinstance(group, NotFound)] for own in ids]
    return [sorted(own, key=by_name) for own in lists]


async def class_of_groups(owners: Sequence[Group], info: Info) -> list[Any]:
    """The class whose part the group is; null for a group of several classes."""
    return await classes([own["class_ids"][0] if len(own["class_ids"]) == 1 else None for own in owners], info)


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
