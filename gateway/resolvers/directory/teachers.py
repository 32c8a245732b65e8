"""Who leads and teaches classes and study groups."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, TypedDict

from connectors.directory import (
    AssignmentKind,
    Class,
    Group,
    Person,
    in_force,
)
from connectors.vocabulary import ClassId, GroupId, PersonId, SubjectId
from gateway.context import Info
from gateway.orders import alphabetical
from gateway.resolvers.directory.people import people
from gateway.resolvers.directory.scope import days_at


class TeacherOfSubject(TypedDict):
    """A teacher with a subject that they teach."""

    person_id: PersonId
    subject_id: SubjectId


async def class_teacher(owners: Sequence[Class], info: Info) -> list[Person | None]:
    """Who leads the class (in a college: the curator of the group)."""
    staff = await _staff_of_classes([own["_id"] for own in owners], info)
    leading = [_first_of_kind(own, AssignmentKind.CLASS_TEACHER) for own in staff]
    return await people(leading, info)


def _first_of_kind(assignments: Sequence[Mapping[str, Any]], kind: AssignmentKind) -> PersonId | None:
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


async def staff_of_classes(ids: Sequence[ClassId], info: Info) -> set[PersonId]:
    """Everybody who leads or teaches one of the classes, or a group of it."""
    staff, teaching = await asyncio.gather(_staff_of_classes(ids, info), _teachers(ids, info))
    return {a["person_id"] for a in chain.from_iterable(staff)} | {
        taught["person_id"] for taught in chain.from_iterable(teaching)
    }


async def teachers_of_groups(owners: Sequence[Group], info: Info) -> list[list[Any]]:
    """Who teaches the study group."""
    found = await _staff_of_groups([own["_id"] for own in owners], info)
    ids = [list(dict.fromkeys(a["person_id"] for a in own)) for own in found]
    named = iter(await people(list(chain.from_iterable(ids)), info))
    return [[person for person in (next(named) for _ in own) if person] for own in ids]
