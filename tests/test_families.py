"""The promise to families, on the generated school and on the Ed-Fi sample, signed in from /demo/viewers."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from graphql import build_client_schema, build_schema, get_introspection_query
from pydantic import SecretStr

from auth.viewer import Role
from connectors.assembly import Clients, Connectors
from connectors.demo.school import TODAY
from connectors.vocabulary import StudentId
from gateway.cli.demo_state import viewers_with_tokens
from gateway.cli.demo_viewers import add_analyst, people_to_show
from gateway.cli.load import Loaded, load_demo, load_edfi
from gateway.cli.schema import DIRECTORY
from gateway.settings import AuthSettings, Settings
from tests.databases import drop
from tests.gateway.served import ISSUER, SECRET, Served, served
from tests.requiring import NEEDS_SAMPLE, SAMPLE

DIARY: Final = """query ($s: ID!) { student(id: $s) { id displayName
  diary { startsOn days { date lessons { number subject { name } marks { value } remarks { text } } } }
  remarks(first: 100) { nodes { text madeOn } totalCount } } }"""
TESTS: Final = "query ($s: ID!) { student(id: $s) { id displayName tests { title attempts { number } } } }"


@dataclass(frozen=True, slots=True)
class Family:
    """A student, and a parent with all his children."""

    student: Mapping[str, Any]
    parent: Mapping[str, Any]

    @property
    def child(self) -> str:
        return str(self.student["studentIds"][0])


@dataclass(frozen=True, slots=True)
class Data:
    """A data set that is served, with the viewers that its demo shows."""

    name: str
    served: Served
    connectors: Connectors
    viewers: list[Mapping[str, Any]]

    @property
    def families(self) -> list[Family]:
        """The families in which a student and a parent can be signed in as."""
        students = [viewer for viewer in self.viewers if viewer["role"] == "STUDENT"]
        parents = [viewer for viewer in self.viewers if viewer["role"] == "PARENT"]
        found = [(own, [p for p in parents if own["studentIds"][0] in p["studentIds"]]) for own in students]
        return [Family(own, his[0]) for own, his in found if his]

    def token(self, role: Role) -> str:
        return str(next(viewer["token"] for viewer in self.viewers if viewer["role"] == role))

    async def remarks_of(self, student: str) -> int:
        """How many remarks there are about a student, straight from the database."""
        count: int = await self.connectors.databases["diary"]["remarks"].count_documents({"student_id": student})
        return count


async def _load(name: str, connectors: Connectors) -> Loaded:
    if name == "generated":
        _, loaded = await load_demo(connectors, seed=1, schools=2, students=120, today=TODAY, issuer=ISSUER)
    else:
        _, loaded = await load_edfi(connectors, SAMPLE, issuer=ISSUER)
        await add_analyst(connectors, issuer=ISSUER)
    return loaded


@asynccontextmanager
async def _serving(name: str, mongo_uri: str, redis_uri: str) -> AsyncIterator[Data]:
    prefix = f"families_{uuid.uuid4().hex[:8]}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        loaded = await _load(name, connectors)
        today = (loaded.today or TODAY).isoformat()
        students: list[StudentId] = list(loaded.students)
        people = await people_to_show(connectors, students, issuer=ISSUER, today=today)
        shown = viewers_with_tokens(people, Settings(auth=AuthSettings(developer_secret=SecretStr(SECRET))))
        async with served(mongo_uri, redis_uri, prefix=prefix, today=loaded.today, shown=shown) as running:
            async with running.client.get("/demo/viewers") as response:
                viewers = await response.json()
            yield Data(name, running, connectors, viewers)
        await drop(connectors)


@pytest.fixture(scope="module", params=["generated", pytest.param("Ed-Fi", marks=NEEDS_SAMPLE)])
async def data(request: pytest.FixtureRequest, mongo_uri: str, redis_uri: str) -> AsyncIterator[Data]:
    async with _serving(request.param, mongo_uri, redis_uri) as running:
        yield running


def denied(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    """Who may read each path that was denied; every error must be such a one."""
    errors = answer.get("errors", [])
    assert {error["extensions"]["code"] for error in errors} <= {"UNAUTHORIZED_FIELD_OR_TYPE"}
    return {"/".join(error["path"]): error["extensions"]["visibleTo"] for error in errors}


def test_viewers_of_every_role_and_of_three_families_at_least_are_shown(data: Data) -> None:
    assert {viewer["role"] for viewer in data.viewers} == set(Role)
    assert len({family.parent["personId"] for family in data.families}) >= 3
    if data.name == "generated":
        assert any(len(family.parent["studentIds"]) > 1 for family in data.families)


async def test_a_parent_reads_the_diary_and_the_remarks_of_each_own_child(data: Data) -> None:
    lessons = remarks = 0
    for family in data.families:
        for child in family.parent["studentIds"]:
            student = (await data.served.data(family.parent["token"], DIARY, {"s": child}))["student"]
            assert student["id"] == child
            assert student["remarks"]["totalCount"] == await data.remarks_of(child)
            lessons += sum(len(day["lessons"]) for day in student["diary"]["days"])
            remarks += len(student["remarks"]["nodes"])
    assert lessons > 0
    assert remarks > 0


async def test_a_student_is_denied_remarks_and_none_are_fetched(data: Data) -> None:
    for family in data.families:
        answer = await data.served.ask(family.student["token"], DIARY, {"s": family.child})
        student = answer["data"]["student"]
        assert denied(answer) == {"student/remarks": ["PARENT"], "student/diary/days/lessons/remarks": ["PARENT"]}
        assert student["remarks"] is None
        assert all(lesson["remarks"] is None for day in student["diary"]["days"] for lesson in day["lessons"])
        assert student["displayName"] == family.student["name"]
        assert data.served.recorder.touched("diary", "remarks") == 0


async def test_a_student_reads_his_tests(data: Data) -> None:
    for family in data.families:
        student = (await data.served.data(family.student["token"], TESTS, {"s": family.child}))["student"]
        assert student["tests"] is not None
        assert len(student["tests"]) > 0 or data.name == "Ed-Fi", "the sample has no tests"
        assert data.served.recorder.touched("assessments", "assignments") > 0


async def test_a_parent_is_denied_tests_and_none_are_fetched(data: Data) -> None:
    for family in data.families:
        answer = await data.served.ask(family.parent["token"], TESTS, {"s": family.child})
        assert denied(answer) == {"student/tests": ["STUDENT"]}
        assert answer["data"]["student"]["tests"] is None
        assert [command for command in data.served.recorder.commands if command[0].endswith("_assessments")] == []


async def test_the_child_of_another_family_is_not_found(data: Data) -> None:
    ask = "query ($s: ID!) { student(id: $s) { id displayName diary { days { lessons { number } } } } }"
    for family in data.families:
        others = [other.child for other in data.families if other.child not in family.parent["studentIds"]]
        assert others
        for viewer in (family.parent, family.student):
            for child in others:
                answer = await data.served.ask(viewer["token"], ask, {"s": child})
                assert answer["data"] == {"student": None}
                assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize("role", Role)
async def test_introspection_is_that_of_the_role(data: Data, role: Role) -> None:
    own_schema = build_client_schema(await data.served.data(data.token(role), get_introspection_query()))  # type: ignore[arg-type] # it checks what it is given
    printed = build_schema((DIRECTORY / f"schema.{role.lower()}.graphql").read_text())
    own = {name for name in own_schema.type_map if not name.startswith("__")} - {
        "Boolean",
        "Float",
        "Int",
        "String",
        "ID",
    }
    assert own <= printed.type_map.keys()
    for name in own:
        shown = getattr(own_schema.type_map[name], "fields", {})
        assert set(shown) == set(getattr(printed.type_map[name], "fields", {}))
    assert ("Remark" in own_schema.type_map) == (role is Role.PARENT)
    assert ("Test" in own_schema.type_map) == (role is Role.STUDENT)
