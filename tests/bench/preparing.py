"""What a document costs before anything is read: a new one, and one whose plan is there."""

import asyncio
from collections.abc import Iterator
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any, Final

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from auth.viewer import Role, Viewer
from connectors.assembly import Clients
from connectors.vocabulary import PersonId, SchoolId, StudentId
from gateway.context import Clock, RequestContext
from gateway.engine.documents import Documents
from gateway.engine.reads import Reads
from gateway.schema.query import graphql_schema
from tests.bench.school import Question

FIELDS: Final = 100
_TIMES: Final = 40
_HITS: Final = 400


async def new_document_ms() -> float:
    """The median time to parse, prune, validate and compile a document of 100 fields that was never seen."""
    documents = Documents(graphql_schema(), [role.value for role in Role])
    text = _document(documents.views[Role.PARENT.value].schema)
    times = []
    for number in range(_TIMES):
        fresh = text.replace("Hundred", f"Hundred{number}")
        started = perf_counter()
        _ = (await documents.operation(fresh, None, Role.PARENT)).plan
        times.append(perf_counter() - started)
    return median(times[5:]) * 1000


def _document(schema: GraphQLSchema) -> str:
    """The first 100 fields of a student, breadth before depth, leaves and the objects they hang on."""
    student = schema.type_map["Student"]
    assert isinstance(student, GraphQLObjectType)
    numbers = count(FIELDS - 2, -1)  # `student` itself is one
    return f'query Hundred {{ student(id: "stu_x") {{ {" ".join(_selection(schema, student, numbers, 4))} }} }}'


def _selection(schema: GraphQLSchema, named: GraphQLObjectType, left: Iterator[int], depth: int) -> list[str]:
    selected = []
    for name, field in named.fields.items():
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            if next(left) < 0:
                break
            selected.append(name)
        elif isinstance(inner, GraphQLObjectType) and depth and next(left) > 0:
            below = _selection(schema, inner, left, depth - 1)
            selected.append(f"{name} {{ {' '.join(below) or '__typename'} }}")
    return selected


class _Reached(Exception):
    """The first read."""


async def plan_hit_ms(clients: Clients, question: Question) -> float:
    """The median time from a document's text to its first read, when the plan is there."""
    documents = Documents(graphql_schema(), [role.value for role in Role])
    viewer = Viewer(
        role=Role.STUDENT,
        person_id=PersonId("per_x"),
        school_ids=(SchoolId("sch_x"),),
        zones={SchoolId("sch_x"): "Asia/Yekaterinburg"},
        student_ids=frozenset({StudentId(str(question.variables["student"]))}),
        student_id=StudentId(str(question.variables["student"])),
    )
    connectors = clients.connectors
    moment = asyncio.get_running_loop().time
    text, times = question.text, []
    for _ in range(_HITS):
        reads = _Timed(moment() + 60)
        context = RequestContext(viewer, connectors, reads, "bench", Clock())
        started = perf_counter()
        plan = (await documents.operation(text, None, viewer.role)).plan
        await plan.run(context, question.variables)
        times.append(reads.at - started)
    return median(times[10:]) * 1000


class _Timed(Reads):
    at = 0.0

    async def read(self, *_: Any, **__: Any) -> list[Any]:
        self.at = self.at or perf_counter()
        raise _Reached
