"""Chooses the people to sign in as: in every role, around students in whose diaries something happens."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from auth.viewer import Role
from connectors.assembly import Connectors
from connectors.demo.story import StoryPerson
from connectors.directory import AssignmentKind, class_on, in_force
from connectors.mongo import ALL, Source
from connectors.vocabulary import StudentId, mint

FAMILIES: Final = 6
STAFF: Final = 2
_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Child:
    """A student for whom somebody is or was a guardian."""

    name: str
    class_name: str | None
    may_read: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A person in one role; *subject* is the name to sign in under, *note* says in two languages what is unusual."""

    role: str
    name: str
    person_id: str
    subject: str
    student_ids: list[str] = field(default_factory=list)
    class_id: str | None = None
    class_name: str | None = None
    children: list[Child] = field(default_factory=list)
    note: Mapping[str, str] = field(default_factory=dict)


async def people_to_show(
    connectors: Connectors, students: Sequence[StudentId], *, issuer: str, today: str, story: Sequence[StoryPerson] = ()
) -> list[Shown]:
    """People whom a user of the demo may sign in as: *students*, their parents and teachers, administrators, analysts.

    The people of the *story* (a parent who is barred, a student who changed schools, and so on) come with them.
    """
    around = _Around(connectors.directory.source, issuer, today)
    found = await around.with_story(await around.people(students), story)
    found.sort(key=lambda shown: (list(Role).index(Role(shown.role)), -len(shown.student_ids)))
    return await around.with_names(found)


async def add_analyst(connectors: Connectors, *, issuer: str) -> None:
    """Give a data set that has none an analyst of all its schools, so that every role can be tried."""
    source = connectors.directory.source
    people = source.database["people"]
    if await people.count_documents({"roles": Role.ANALYST.value}, limit=1):
        return
    schools = await _documents(source, "schools", {})
    person = mint("Person", issuer, "demo-analyst")
    names = {"display_name": "Demo Analyst", "family_name": "Analyst", "given_name": "Demo", "patronymic": None}
    keys = {"sort_name": "analyst demo", "name_tokens": ["analyst", "demo"], "roles": [Role.ANALYST.value]}
    of_schools = {"school_ids": [school["_id"] for school in schools]}
    await people.replace_one({"_id": person}, {"_id": person, **names, **keys, **of_schools}, upsert=True)
    known = {"issuer": issuer, "subject": "demo-analyst", "person_id": person}
    external = mint("ExternalId", issuer, "demo-analyst")
    await source.database["external_ids"].replace_one({"_id": external}, {"_id": external, **known}, upsert=True)


class _Around:
    def __init__(self, source: Source, issuer: str, today: str) -> None:
        self._source = source
        self._issuer = issuer
        self._today = today

    async def people(self, students: Sequence[StudentId]) -> list[Shown]:
        learning = await self._students(students)
        classes = list(dict.fromkeys(own for p in learning if (own := class_on(p, self._today))))
        schools = sorted({person["school_id"] for person in learning})
        lists = await asyncio.gather(
            self._shown(Role.STUDENT, [(p, [p["student_id"]], class_on(p, self._today)) for p in learning]),
            self._parents(learning),
            self._staff(AssignmentKind.CLASS_TEACHER, classes, learning),
            self._staff(AssignmentKind.TEACHER, classes, learning),
            self._office(Role.ADMINISTRATOR, schools),
            self._office(Role.ANALYST, schools),
        )
        return list(chain.from_iterable(lists))

    async def with_story(self, found: Sequence[Shown], story: Sequence[StoryPerson]) -> list[Shown]:
        """*found* with the notes of the story, and with the first person for each note that nobody of them has."""
        by_role: dict[tuple[str, str], StoryPerson] = {(person.person_id, person.role): person for person in story}
        shown = [
            replace(one, note=_note(by_role[one.person_id, one.role])) if (one.person_id, one.role) in by_role else one
            for one in found
        ]
        noted = {(one.role, one.note.get("en")) for one in shown}
        for person in story:
            if (person.role, person.note) not in noted:
                noted.add((person.role, person.note))
                document = {"_id": person.person_id, "display_name": person.name}
                own: list[str] = list(person.student_ids) if person.role in {Role.STUDENT, Role.PARENT} else []
                added = await self._shown(Role(person.role), [(document, own, person.class_id)])
                shown += [replace(one, note=_note(person)) for one in added]
        return shown

    async def with_names(self, shown: Sequence[Shown]) -> list[Shown]:
        """*shown* with the names of classes, and with the children of every parent, readable or not."""
        parents = [one.person_id for one in shown if one.role == Role.PARENT]
        rights = await _documents(self._source, "guardianships", {"person_id": {"$in": parents}})
        ids = list(dict.fromkeys(right["student_id"] for right in rights))
        students = {s["student_id"]: s for s in await _documents(self._source, "people", {"student_id": {"$in": ids}})}
        classes = {one["_id"]: one["name"] for one in await _documents(self._source, "classes", {})}

        def child(student_id: str, reader: Shown) -> Child:
            student = students[student_id]
            class_name = classes.get(class_on(student, self._today) or "")
            return Child(student["display_name"], class_name, student_id in reader.student_ids)

        def children(one: Shown) -> list[Child]:
            own = [r["student_id"] for r in rights if r["person_id"] == one.person_id and r["student_id"] in students]
            return [child(student_id, one) for student_id in dict.fromkeys(own)] if one.role == Role.PARENT else []

        return [
            replace(
                one,
                class_name=classes.get(one.class_id or "") if one.role in {Role.STUDENT, Role.CLASS_TEACHER} else None,
                children=children(one),
            )
            for one in shown
        ]

    async def _students(self, students: Sequence[StudentId]) -> list[Any]:
        found = await _documents(self._source, "people", {"student_id": {"$in": list(students)}})
        found.sort(key=lambda person: students.index(person["student_id"]))
        return found[:FAMILIES]

    async def _parents(self, learning: Sequence[Mapping[str, Any]]) -> list[Shown]:
        first = await self._guardianships({"student_id": {"$in": [p["student_id"] for p in learning]}})
        adults = list(dict.fromkeys(g["person_id"] for g in first))
        own = await self._guardianships({"person_id": {"$in": adults}})
        people = {p["_id"]: p for p in await _documents(self._source, "people", {"_id": {"$in": adults}})}
        rows: list[tuple[Any, list[str], str | None]] = [
            (people[adult], sorted(g["student_id"] for g in own if g["person_id"] == adult), None)
            for adult in adults
            if adult in people
        ]
        rows.sort(key=lambda row: -len(row[1]))
        return await self._shown(Role.PARENT, rows)

    async def _guardianships(self, where: Mapping[str, Any]) -> list[Any]:
        found = await _documents(self._source, "guardianships", where)
        return [g for g in found if g["data_access"] and in_force(g["valid_from"], g["valid_to"], self._today)]

    async def _staff(
        self, kind: AssignmentKind, classes: Sequence[str], learning: Sequence[Mapping[str, Any]]
    ) -> list[Shown]:
        groups = [m["group_id"] for person in learning for m in person.get("memberships", [])]
        where = {"kind": kind.value, "$or": [{"class_id": {"$in": list(classes)}}, {"group_id": {"$in": groups}}]}
        found = await _documents(self._source, "staff_assignments", where)
        current = [a for a in found if in_force(a["starts_on"], a["ends_on"], self._today)]
        current.sort(key=lambda a: (a["class_id"] not in classes, a["_id"]))
        leads = {a["person_id"]: a["class_id"] for a in reversed(current)}
        chosen = list(dict.fromkeys(a["person_id"] for a in current))[: STAFF * 2]
        people = {p["_id"]: p for p in await _documents(self._source, "people", {"_id": {"$in": chosen}})}
        held = [own for own in chosen if kind.value in people[own]["roles"]][:STAFF]
        return await self._shown(Role(kind.value), [(people[own], [], leads[own]) for own in held])

    async def _office(self, role: Role, schools: Sequence[str]) -> list[Shown]:
        where = {"roles": role.value, "school_ids": {"$in": list(schools)}}
        found = await _documents(self._source, "people", where)
        if not found:
            found = await _documents(self._source, "people", {"roles": role.value})
        found.sort(key=lambda person: person["_id"])
        return await self._shown(role, [(person, [], None) for person in found[:STAFF]])

    async def _shown(self, role: Role, rows: Sequence[tuple[Any, list[str], str | None]]) -> list[Shown]:
        ids = [person["_id"] for person, _, _ in rows]
        where = {"issuer": self._issuer, "person_id": {"$in": ids}}
        known = {e["person_id"]: e["subject"] for e in await _documents(self._source, "external_ids", where)}
        return [
            Shown(role.value, person["display_name"], person["_id"], known[person["_id"]], students, own)
            for person, students, own in rows
            if person["_id"] in known
        ]


def _note(person: StoryPerson) -> dict[str, str]:
    return {"en": person.note, "ru": person.note_ru}


async def _documents(source: Source, collection: str, where: Mapping[str, Any]) -> list[Any]:
    deadline = asyncio.get_running_loop().time() + _TIMEOUT_S
    return await source.find(collection, where, columns=ALL, deadline=deadline)
