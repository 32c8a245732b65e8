"""The generated school as differential tests see it: viewers of every role, arguments that find something, failures."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from random import Random
from typing import Any, Final
from zlib import crc32

from graphql import ConstValueNode, GraphQLSchema, StringValueNode, parse_const_value

from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role, Viewer
from connectors import demo
from connectors.assembly import MODULES, Clients, Connectors
from connectors.bulk import Sink
from connectors.demo.school import ISSUER, TODAY
from connectors.errors import SourceUnavailable
from connectors.ids import Day, StudentId, of_student
from connectors.mongo import Document, Source
from gateway.context import Clock, RequestContext
from gateway.engine import stock
from gateway.engine.document import prepare
from gateway.engine.reads import Reads
from gateway.engine.visibility import View
from gateway.schema.query import graphql_schema

STUDENTS: Final = 24
NOW: Final = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
FOREVER: Final = float("inf")

KINDS: Final[Mapping[str, str]] = {
    "School": "directory.schools",
    "Class": "directory.classes",
    "Group": "directory.groups",
    "Subject": "directory.subjects",
    "Person": "directory.people",
    "Lesson": "schedule.lessons",
    "Homework": "diary.homework",
    "Remark": "diary.remarks",
    "TeacherComment": "diary.comments",
    "AbsenceNotice": "diary.absence_notices",
    "Mark": "grades.marks",
    "Work": "grades.works",
    "FinalGrade": "grades.final_grades",
    "AttestationPeriod": "grades.attestation_periods",
    "WorkKind": "grades.work_kinds",
    "Curriculum": "curriculum.curricula",
    "WorkProgramme": "curriculum.work_programmes",
    "ModuleCourse": "curriculum.module_courses",
    "Achievement": "portfolio.achievements",
    "AchievementType": "portfolio.achievement_types",
    "Test": "assessments.tests",
}
SHARED: Final = {"Lesson", "Homework", "ModuleCourse", "Test"}
"""What students have of them has ids that hold the student."""

IDS: Final[Mapping[str, str]] = {
    "student.id": "Student",
    "class.id": "Class",
    "subjectId": "Subject",
    "periodId": "AttestationPeriod",
    "kindId": "WorkKind",
    "typeId": "AchievementType",
    "classId": "Class",
    "groupId": "Group",
}
"""Which ids an argument takes, by its name or by its field's and its own."""

_PAGED: Final = "first: 3) { edges { cursor } }"
_LISTS: Final = {
    Role.ADMINISTRATOR: f"{{ students({_PAGED} classes({_PAGED} people({_PAGED} }}",
    Role.PARENT: f"""{{ viewer {{ children {{
        homework({_PAGED} remarks({_PAGED} comments({_PAGED} attendance({_PAGED} missedLessons({_PAGED}
        absenceNotices({_PAGED} marks({_PAGED} portfolio {{ achievements({_PAGED} }} }} }} }}""",
}
"""What holds cursors of every list."""


class StandingClock(Clock):
    """It is the same moment whoever asks, and when."""

    def now(self, zone: tzinfo = UTC) -> datetime:
        return NOW.astimezone(zone)


class Worn(Source):
    """A source that does not answer for *silent* collections; of *torn* ones some documents lack some values."""

    def __init__(self, source: Source, silent: frozenset[str], torn: frozenset[str]) -> None:
        super().__init__(source.name, source.database)
        self._silent = silent
        self._torn = torn

    async def find(self, collection: str, *arguments: Any, **options: Any) -> list[Document]:
        await self._answers(collection)
        return self._as_is(collection, await super().find(collection, *arguments, **options))

    async def aggregate(self, collection: str, *arguments: Any, **options: Any) -> list[Document]:
        await self._answers(collection)
        return self._as_is(collection, await super().aggregate(collection, *arguments, **options))

    async def _answers(self, collection: str) -> None:
        if collection in self._silent:
            await asyncio.sleep(0)
            raise SourceUnavailable(self.name)

    def _as_is(self, collection: str, documents: list[Document]) -> list[Document]:
        if collection in self._torn:
            for document in documents:
                for key in document.keys() & TORN:
                    if crc32(f"{key}{document.get('_id')}".encode()) % 5 == 0:
                        document[key] = None
        return documents


TORN: Final = {"value", "text", "name", "display_name", "title", "status", "weight", "room", "kind", "family_name"}
"""Keys whose values are shown as they are, so that nothing but their own field misses them."""


@dataclass(slots=True)
class Seeded:
    """The schema, the generated school, and who asks."""

    schema: GraphQLSchema
    connectors: Connectors
    viewers: Mapping[Role, Sequence[Viewer]]
    views: Mapping[Role, View]
    ids: Mapping[str, Sequence[str]]
    cursors: dict[str, list[str]] = field(default_factory=dict)

    def context(self, viewer: Viewer, connectors: Connectors | None = None) -> RequestContext:
        """What one request carries."""
        return RequestContext(viewer, connectors or self.connectors, Reads(FOREVER), "test", StandingClock(TODAY))

    def worn(self, random: Random) -> tuple[str, Connectors]:
        """The connectors, as often as not all sound; and what is wrong with them."""
        silent: frozenset[str] = frozenset()
        torn: frozenset[str] = frozenset()
        name = random.choice(list(MODULES))
        collections = sorted(MODULES[name].INDEXES)
        match random.randrange(6):
            case 0:
                silent = frozenset(collections)
            case 1:
                silent = frozenset({random.choice(collections)})
            case 2:
                torn = frozenset(collections)
            case _:
                return "", self.connectors
        sound = getattr(self.connectors, name)
        connectors = replace(self.connectors, **{name: type(sound)(Worn(sound.source, silent, torn))})
        return f"{name}: silent {sorted(silent)}, torn {sorted(torn)}", connectors

    def values(self, viewer: Viewer) -> dict[str, Sequence[ConstValueNode]]:
        """What arguments may be, by their name or their field's and their own; most of it leads somewhere."""
        own = sorted(viewer.student_ids) or self.ids["Student"][:2]
        values: dict[str, Sequence[ConstValueNode]] = {
            name: _strings([*self.ids[kind], "unknown", self.ids["Person"][0]]) for name, kind in IDS.items()
        }
        values["student.id"] = _strings([*own * 4, *self.ids["Student"][:3], "stu_unknown"])
        values["class.id"] = _strings([*sorted(viewer.class_ids) * 4, *self.ids["Class"]])
        values["node.id"] = _strings(of_kind for ids in self.ids.values() for of_kind in ids[:2])
        days = ('{first: "2026-09-01", last: "2026-11-18"}', '{first: "2026-11-16", last: "2026-11-16"}')
        said: dict[str, Sequence[str]] = {
            "week": ('"2026-11-16"', '"2026-11-22"', '"2026-10-28"'),
            "on": ('"2026-11-18"', '"2026-11-04"'),
            "days": (*days, '{first: "2026-11-18", last: "2026-09-01"}'),
            "first": ("1", "2", "3", "5", "0", "101"),
            "gradeLevel": ("7", "1"),
            "minValue": ('"3"', '"4.5"', "2"),
            "maxValue": ('"5"', '"3.5"'),
            "orderBy": ("DATE_ASC", "DATE_DESC", "SUBJECT", "KIND"),
            "statuses": ("[ABSENT, EXCUSED]", "[]", "LATE"),
            "state": ("OPEN", "CLOSED"),
            "status": ("CONFIRMED", "UNCONFIRMED"),
            "academicYear": ('"2026/27"', '"2025/26"', '"never"'),
            "search": ('"а"', '"гуляев"', '""'),
        }
        values |= {name: [parse_const_value(one) for one in texts] for name, texts in said.items()}
        every = [cursor for cursors in self.cursors.values() for cursor in cursors[:1]]
        values["after"] = _strings([*every[:2], "no cursor"])
        return values | {f"{name}.after": _strings([*own * 3, every[0]]) for name, own in self.cursors.items()}


def _strings(texts: Iterator[str] | Sequence[str]) -> list[ConstValueNode]:
    return [StringValueNode(value=text) for text in texts]


@asynccontextmanager
async def seeded(mongo_uri: str) -> AsyncIterator[Seeded]:
    """Generate a small school and a small college; the databases are dropped at the end."""
    prefix = f"seeded_{uuid.uuid4().hex[:8]}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        summary = await demo.generate(Sink(connectors.databases, fresh=True), students=STUDENTS, today=TODAY)
        await connectors.create_indexes()
        schema = graphql_schema()
        found = Seeded(
            schema,
            connectors,
            await _viewers(connectors, summary),
            {role: View(schema, role.value) for role in Role},
            await _ids(connectors),
        )
        for role, text in _LISTS.items():
            operation = prepare(text, None, found.views[role])
            result = await stock.run(schema, operation, found.context(found.viewers[role][0]), {})
            assert result.errors is None
            _cursors(result.data, found.cursors)
        yield found
        for database in connectors.databases.values():
            await database.client.drop_database(database.name)  # type: ignore[attr-defined] # motor's


async def _viewers(connectors: Connectors, summary: demo.Summary) -> dict[Role, list[Viewer]]:
    """Of each role the first who has students, and one more."""
    people = connectors.databases["directory"]["external_ids"]
    known = {one["person_id"]: one["subject"] async for one in people.find({})}
    making = Viewers(connectors.directory, None)
    viewers: dict[Role, list[Viewer]] = {role: [] for role in Role}
    for person in sorted(summary.story, key=lambda person: -len(person.student_ids)):
        role = Role(person.role)
        if len(viewers[role]) < 2:
            claims = Claims(ISSUER, known[person.person_id], role, None, 0)
            today = Day(TODAY.isoformat())
            viewers[role].append(await making.viewer(claims, today=lambda _, day=today: day, deadline=FOREVER))
    return viewers


async def _ids(connectors: Connectors) -> dict[str, list[str]]:
    people = connectors.databases["directory"]["people"].find({"student_id": {"$exists": True}}).sort("_id", 1)
    students = [StudentId(one["student_id"]) async for one in people]
    ids: dict[str, list[str]] = {"Student": list(students)}
    for kind, name in KINDS.items():
        subsystem, collection = name.split(".")
        documents = connectors.databases[subsystem][collection].find({}).sort("_id", 1).limit(12)
        shared = [one["_id"] async for one in documents]
        ids[kind] = [of_student(one, key) for one in shared[:4] for key in students[::8]] if kind in SHARED else shared
    return ids


def _cursors(data: Any, into: dict[str, list[str]]) -> None:
    if isinstance(data, list):
        for one in data:
            _cursors(one, into)
    elif isinstance(data, dict):
        for name, one in data.items():
            if isinstance(one, dict) and "edges" in one:
                into.setdefault(name, []).extend(edge["cursor"] for edge in one["edges"])
            _cursors(one, into)
