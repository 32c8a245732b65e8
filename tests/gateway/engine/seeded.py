"""The generated school as differential tests see it: viewers of every role, arguments that find something, failures."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from random import Random
from typing import Any, Final
from zlib import crc32

from graphql import ConstValueNode, ExecutionResult, GraphQLSchema, StringValueNode, parse_const_value

from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role, Viewer
from connectors import demo
from connectors.assembly import SUBSYSTEMS, Clients, Connectors
from connectors.demo.school import ISSUER, TODAY
from connectors.errors import SourceUnavailable
from connectors.migrations import versions
from connectors.mongo import Document, Source
from connectors.mongo.bulk_write import Sink
from connectors.mongo.resilience import GuardRules
from connectors.vocabulary import Day, PersonId, StudentId, of_student
from gateway.context import Clock, RequestContext
from gateway.engine import reference_executor
from gateway.engine.documents import Documents, PreparedOperation
from gateway.engine.prepare.limits import Limits
from gateway.engine.prepare.operation import Operation
from gateway.engine.prepare.visibility import View
from gateway.observability.operation_names import OperationNames
from gateway.operations.demand import Demand, DemandMode
from gateway.operations.manifests import TrustedDocuments
from gateway.operations.persisted import PersistedDocuments, Step
from gateway.operations.rate_limits import RateLimits
from gateway.operations.request import OperationRequest
from gateway.operations.service import Execute, OperationService
from gateway.schema.query import graphql_schema
from tests.databases import drop
from tests.gateway.engine.differential import Answer

STUDENTS: Final = 24
NOW: Final = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
FOREVER: Final = float("inf")
PATIENT: Final = GuardRules(timeout_s=60)
"""However busy the machine is: no source but a silent one fails."""

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
IDS: Final[Mapping[str, str]] = {
    "student.id": "Student",
    "class.id": "Class",
    "assignedHomework.id": "Homework",
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
        super().__init__(source.name, source.database, PATIENT)
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


_RARELY_READ: Final = frozenset({"notifications"})
"""Subsystems that two fields read: silent, they would leave too few operations in which a source fails."""


@dataclass(slots=True)
class Seeded:
    """The schema, the generated school, and who asks."""

    schema: GraphQLSchema
    connectors: Connectors
    viewers: Mapping[Role, Sequence[Viewer]]
    views: Mapping[Role, View]
    documents: Mapping[str, Sequence[Document]]
    service: OperationService
    cursors: dict[str, list[str]] = field(default_factory=dict)
    _ids: dict[tuple[PersonId, Role], dict[str, list[str]]] = field(default_factory=dict)

    def answering(self, viewer: Viewer, connectors: Connectors, execute: Execute, text: str) -> Answer:
        """Answers the operation of *text* by the service, as for clients, before errors are made public."""

        async def answer(operation: Operation | None, variables: Mapping[str, Any]) -> ExecutionResult:
            results = []

            async def keep(
                found: PreparedOperation, context: RequestContext, sent: Mapping[str, Any]
            ) -> ExecutionResult:
                changed = found if operation is None else PreparedOperation(operation)
                results.append(await execute(changed, context, sent))
                return results[0]

            service = replace(self.service, connectors=connectors, execute=keep)
            answered = await service.run(viewer, OperationRequest(query=text, variables=variables), FOREVER)
            assert results, answered.answer
            return results[0]

        return answer

    async def execute_reference(
        self, prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]
    ) -> ExecutionResult:
        """Run an operation by graphql-core's executor."""
        return await reference_executor.run(self.schema, prepared.operation, context, variables)

    def worn(self, random: Random) -> tuple[str, Connectors]:
        """The connectors, some of them silent or torn as often as not; and what is wrong with them."""
        deadlines, worn = [], {}
        for name in random.sample(sorted(SUBSYSTEMS.keys() - _RARELY_READ), random.choice((0, 0, 2, 4))):
            collections = sorted(collection.name for collection in SUBSYSTEMS[name].collections)
            some = frozenset(random.sample(collections, random.randint(1, len(collections))))
            silent, torn = (some, frozenset[str]()) if random.random() < 0.6 else (frozenset[str](), some)
            sound = getattr(self.connectors, name)
            worn[name] = type(sound)(Worn(sound.source, silent, torn))
            deadlines.append(f"{name}: silent {sorted(silent)}, torn {sorted(torn)}")
        return "; ".join(deadlines), replace(self.connectors, **worn)

    def ids(self, viewer: Viewer) -> dict[str, list[str]]:
        """Ids of each kind, most of which the viewer finds something by."""
        ids = self._ids.get((viewer.person_id, viewer.role))
        if ids is None:
            ids = {kind: _ids_of(kind, documents, viewer) for kind, documents in self.documents.items()}
            self._ids[viewer.person_id, viewer.role] = ids
        return ids

    def values(self, viewer: Viewer) -> dict[str, Sequence[ConstValueNode]]:
        """What arguments may be, by their name or their field's and their own; most of it leads somewhere."""
        ids = self.ids(viewer)
        values: dict[str, Sequence[ConstValueNode]] = {
            name: _strings([*ids[kind], "unknown", ids["Person"][0]]) for name, kind in IDS.items()
        }
        values["student.id"] = _strings([*ids["Student"] * 2, "stu_unknown"])
        values["file.id"] = _strings(["fil_unknown"])
        values["node.id"] = _strings(one for ids_of_kind in ids.values() for one in ids_of_kind[:2])
        days = ('{first: "2026-09-01", last: "2026-11-18"}', '{first: "2026-11-16", last: "2026-11-16"}')
        said: dict[str, Sequence[str]] = {
            "week": ('"2026-11-16"', '"2026-11-22"', '"2026-10-28"'),
            "on": ('"2026-11-18"', '"2026-11-04"'),
            "days": (*days, '{first: "2026-11-18", last: "2026-09-01"}'),
            "first": ("1", "2", "3", "5", "0", "101"),
            "gradeLevel": ("7", "1"),
            "minValue": ('"3"', '"4.5"', "2"),
            "maxValue": ('"5"', '"3.5"'),
            "statuses": ("[ABSENT, EXCUSED]", "[]", "LATE"),
            "absenceNotices.state": ("SENT", "CONFIRMED"),
            "status": ("CONFIRMED", "UNCONFIRMED"),
            "academicYear": ('"2026/27"', '"2025/26"', '"never"'),
            "search": ('"а"', '"гуляев"', '""'),
        }
        values |= {name: [parse_const_value(one) for one in texts] for name, texts in said.items()}
        every = [cursor for cursors in self.cursors.values() for cursor in cursors[:1]]
        values["after"] = _strings([*every[:2], "no cursor"])
        return values | {f"{name}.after": _strings([*own * 3, every[0]]) for name, own in self.cursors.items()}


def _strings(texts: Iterable[str]) -> list[ConstValueNode]:
    return [StringValueNode(value=text) for text in texts]


@asynccontextmanager
async def seeded(mongo_uri: str) -> AsyncIterator[Seeded]:
    """Generate a small school and a small college; the databases are dropped at the end."""
    prefix = f"seeded_{uuid.uuid4().hex[:8]}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=60, guard=PATIENT) as clients:
        connectors = clients.connectors
        await versions.record_latest(connectors.databases.values())
        summary = await demo.generate(Sink(connectors.databases, fresh=True), students=STUDENTS, today=TODAY)
        await connectors.create_indexes()
        schema = graphql_schema()
        found = Seeded(
            schema,
            connectors,
            await _viewers(connectors, summary),
            {role: View(schema, role.value) for role in Role},
            await _documents(connectors),
            _service(connectors, schema),
        )
        for role, text in _LISTS.items():
            answer = found.answering(found.viewers[role][0], connectors, found.execute_reference, text)
            result = await answer(None, {})
            assert result.errors is None
            _cursors(result.data, found.cursors)
        yield found
        await drop(connectors)


def _service(connectors: Connectors, schema: GraphQLSchema) -> OperationService:
    """A service that refuses nothing for what it costs."""
    limits = Limits().model_copy(update=dict.fromkeys(Limits.model_fields, 10**9))
    return OperationService(
        connectors=connectors,
        documents=Documents(schema, [role.value for role in Role], limits=limits),
        persisted=PersistedDocuments(TrustedDocuments({}, frozenset()), None, Step.OPEN, {}),
        limits=limits,
        demand=Demand(DemandMode.MEASURE, dict.fromkeys(Role, 10**9), counts=False),
        rate_limits=RateLimits(None, {}, {}),
        names=OperationNames(0, uses=1),
        clock=StandingClock(TODAY),
    )


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
            viewers[role].append(await making.viewer(claims, today=_today, deadline=FOREVER))
    return viewers


def _today(_: str) -> Day:
    return Day(TODAY.isoformat())


async def _documents(connectors: Connectors) -> dict[str, list[Document]]:
    """Of each kind some documents, as far as they say whose they are."""
    wanted = dict.fromkeys(("school_id", "student_id", "class_ids", "class_id", "group_id", "test_id"), 1)
    documents: dict[str, list[Document]] = {}
    for kind, name in {**KINDS, "Student": "directory.people", "Test": "assessments.assignments"}.items():
        subsystem, collection = name.split(".")
        where = {"student_id": {"$exists": True}} if kind == "Student" else {}
        found = connectors.databases[subsystem][collection].find(where, wanted).sort("_id", 1).limit(500)
        documents[kind] = [one async for one in found]
    return documents


def _is_of(document: Document, viewer: Viewer) -> bool:
    """Whether a document is about the viewer's students, classes or groups; true where it is about nobody."""
    if document.get("school_id", viewer.school_ids[0]) not in viewer.school_ids:
        return False
    if viewer.role in {Role.ADMINISTRATOR, Role.ANALYST}:
        return True
    student, group = document.get("student_id"), document.get("group_id")
    classes = document.get("class_ids") or [one for one in (document.get("class_id"),) if one]
    if student is not None:
        return student in viewer.student_ids
    if group is not None:
        return group in viewer.group_ids
    return not classes or not viewer.class_ids.isdisjoint(classes)


def _ids_of(kind: str, documents: Sequence[Document], viewer: Viewer) -> list[str]:
    """What the viewer may find of a *kind*, and something that he may not."""
    own = ([one for one in documents if _is_of(one, viewer)] * 8)[:8]
    others = [one for one in documents if not _is_of(one, viewer)][:1]
    students = [*sorted(viewer.student_ids)[:2]] or [StudentId("stu_nobody")]
    match kind:
        case "Student":
            return [one["student_id"] for one in own + others]
        case "Test":
            return [of_student(one["test_id"], one["student_id"]) for one in own + others]
        case "Lesson" | "Homework" | "ModuleCourse":
            return [of_student(one["_id"], student) for one in own + others for student in students]
        case _:
            return [one["_id"] for one in own + others]


def _cursors(data: Any, into: dict[str, list[str]]) -> None:
    if isinstance(data, list):
        for one in data:
            _cursors(one, into)
    elif isinstance(data, dict):
        for name, one in data.items():
            if isinstance(one, dict) and "edges" in one:
                into.setdefault(name, []).extend(edge["cursor"] for edge in one["edges"])
            _cursors(one, into)
