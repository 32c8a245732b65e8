"""When a part does not answer: the rest of the answer stands, and nothing internal is told."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from connectors.embedded import Server, mongod, redis_server
from tests.gateway.generated import Generated, generated

DEADLINE_S: Final = 5.0
"""What all reads of a request have together, so that those of parts that answer are in time on a busy machine too."""
TIMES: Final = {"timeout_s": DEADLINE_S, "read_timeout_s": DEADLINE_S - 1}
QUERY: Final = """query ($s: ID!) { student(id: $s) { displayName
  marks(first: 5) { nodes { value work { title } } totalCount }
  finalGrades { value }
  comments { nodes { text } } remarks { totalCount }
  diary { days { date lessons { topic marks { value } homework { text } attendance { status } } } } } }"""
OF_DIARY: Final = {"comments", "remarks", "homework", "attendance"}
INTERNAL: Final = re.compile(
    r"mongodb|127\.0\.0\.1|localhost|:\d{4,5}\b|Traceback|pymongo|motor|generated_|File \"|redis"
)


def _states(pid: int) -> list[str]:
    """The states of the threads of a process, `T` for stopped."""
    if not Path("/proc").is_dir():
        return []
    return [stat.read_text().rpartition(") ")[2][0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]


async def _until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Return when it *holds*, looking again and again for a minute."""
    for _ in range(600):
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not come to that within a minute")


class Parts:
    """The gateway, and the servers that it can be left without."""

    def __init__(self, school: Generated, servers: dict[str, Server]) -> None:
        self.school = school
        self.servers = servers

    @asynccontextmanager
    async def stopped(self, name: str) -> AsyncIterator[None]:
        """That server does not answer any more, though it takes connections."""
        pid = self.servers[name].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await _until(lambda: all(state == "T" for state in _states(pid)))
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def readiness(self) -> tuple[int, dict[str, Any]]:
        async with self.school.served.client.get("/readyz") as response:
            return response.status, await response.json()

    async def _is_ready(self) -> bool:
        return bool((await self.readiness())[1]["status"] == "ok")

    async def ask(self, bearer: str, query: str = QUERY) -> tuple[int, float, dict[str, Any]]:
        """Status, seconds and the answer."""
        variables = {"s": self.school.student_id} if "$s" in query else {}
        headers = {"Authorization": f"Bearer {bearer}"}
        started = time.perf_counter()
        body = {"query": query, "variables": variables}
        async with self.school.served.client.post("/graphql", json=body, headers=headers) as response:
            answer = await response.json()
        return response.status, time.perf_counter() - started, answer

    async def recovered(self) -> None:
        """Return when everything is ready and the answer is whole again."""
        await _until(self._is_ready)
        assert "errors" not in (await self.ask(self.school.own(Role.PARENT)))[2]


@pytest.fixture(scope="module")
async def parts(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    directory = Path(tmp_path_factory.mktemp("parts"))
    servers = {
        "diary": mongod(directory / "diary"),
        "directory": mongod(directory / "directory"),
        "curriculum": mongod(directory / "curriculum"),
        "redis": redis_server(directory / "redis"),
    }
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(server) for server in servers.values()))
        uris = {name: servers[name].uri for name in ("diary", "directory", "curriculum")}
        breaker = {"open_s": 0.5}
        school = await stack.enter_async_context(
            generated(mongo_uri, servers["redis"].uri, uris=uris, times=TIMES, breaker=breaker, http={"readiness_s": 0})
        )
        yield Parts(school, servers)


def nothing_internal(answer: dict[str, Any]) -> None:
    for error in answer["errors"]:
        shown = orjson.dumps({key: value for key, value in error.items() if key != "locations"}).decode()
        assert not INTERNAL.search(shown.replace(error["extensions"]["timestamp"], ""))
        assert re.fullmatch(r"[0-9a-f]{32}", error["extensions"]["requestId"])
        assert datetime.fromisoformat(error["extensions"]["timestamp"]).tzinfo is not None


async def test_marks_are_answered_in_time_while_the_diary_is_stopped(parts: Parts) -> None:
    own = parts.school.own(Role.PARENT)
    _, _, whole = await parts.ask(own)
    assert "errors" not in whole
    async with parts.stopped("diary"):
        status, seconds, answer = await parts.ask(own)
    assert status == 200
    assert seconds < 2 * DEADLINE_S, "not one deadline after the other"
    student, before = answer["data"]["student"], whole["data"]["student"]
    for name in ("displayName", "marks", "finalGrades"):
        assert student[name] == before[name]
    lessons = [lesson for day in student["diary"]["days"] for lesson in day["lessons"]]
    assert [(lesson["topic"], lesson["marks"]) for lesson in lessons] == [
        (lesson["topic"], lesson["marks"]) for day in before["diary"]["days"] for lesson in day["lessons"]
    ]
    for missing in (student["comments"], student["remarks"], *(lesson["homework"] for lesson in lessons)):
        assert missing is None, "null, never an empty list that looks like none"
    assert sorted(error["path"][-1] for error in answer["errors"]) == sorted(OF_DIARY), "one for each field, not row"
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "SOURCE_UNAVAILABLE"
        assert error["extensions"]["connector"] == "diary"
    nothing_internal(answer)
    await parts.recovered()


async def test_marks_stand_in_time_while_the_curriculum_that_orders_them_is_stopped(parts: Parts) -> None:
    query = """query ($s: ID!) { student(id: $s) { curriculum { name } finalGrades { id }
      marks(first: 100, orderBy: SUBJECT) { nodes { id } totalCount } performance { subject { id } markCount } } }"""
    own = parts.school.own(Role.PARENT)
    whole = (await parts.ask(own, query))[2]["data"]["student"]
    async with parts.stopped("curriculum"):
        status, seconds, answer = await parts.ask(own, query)
    assert status == 200
    assert seconds < DEADLINE_S + 0.5
    student = answer["data"]["student"]
    assert [(error["path"], error["extensions"]["connector"]) for error in answer["errors"]] == [
        (["student", "curriculum"], "curriculum")
    ]
    assert sorted(grade["id"] for grade in student["finalGrades"]) == sorted(
        grade["id"] for grade in whole["finalGrades"]
    )
    assert student["marks"]["totalCount"] == whole["marks"]["totalCount"]
    counts, counts_before = (
        {row["subject"]["id"]: row["markCount"] for row in of["performance"] if row["markCount"]}
        for of in (student, whole)
    )
    assert counts == counts_before
    await parts.recovered()


async def test_a_student_is_told_the_same_of_a_stopped_diary_with_and_without_denied_fields(parts: Parts) -> None:
    own = parts.school.own(Role.STUDENT)
    async with parts.stopped("diary"):
        _, _, answer = await parts.ask(
            own, "query ($s: ID!) { student(id: $s) { remarks { totalCount } displayName } }"
        )
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHORIZED_FIELD_OR_TYPE"]
    await parts.recovered()


async def test_readiness_names_the_part_that_does_not_answer(parts: Parts) -> None:
    async with parts.stopped("diary"):
        status, answer = await parts.readiness()
        assert (status, answer["status"]) == (200, "degraded")
        assert [name for name, state in answer["checks"].items() if state != "ok"] == ["mongo:diary"]
    await parts.recovered()
    async with parts.stopped("directory"):
        status, answer = await parts.readiness()
        assert (status, answer["status"]) == (503, "unavailable")
        assert [name for name, state in answer["checks"].items() if state != "ok"] == ["mongo:directory"]
        assert not INTERNAL.search(orjson.dumps({**answer, "checks": []}).decode())
    await parts.recovered()


async def test_nobody_is_let_in_while_the_directory_is_stopped(parts: Parts) -> None:
    stranger = parts.school.bearer(parts.school.story(Role.PARENT, "divorced").person_id, Role.PARENT)
    known = parts.school.own(Role.PARENT)
    await parts.ask(known)
    async with parts.stopped("directory"):
        status, seconds, answer = await parts.ask(stranger, "{ viewer { role } }")
        assert (status, set(answer)) == (503, {"errors"})
        assert seconds < 2 * DEADLINE_S, "not one deadline after the other"
        assert answer["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"
        assert answer["errors"][0]["extensions"]["connector"] == "directory"
        nothing_internal(answer)
        # Whose scope is still known, for a minute, reads what the directory is not asked for, and only of his children.
        names = "query ($s: ID!) { student(id: $s) { displayName marks { totalCount } } }"
        status, _, answer = await parts.ask(known, names)
        assert answer["data"]["student"] is None
        assert answer["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"
        ids = 'query ($s: ID!) { own: student(id: $s) { id } other: student(id: "stu_aaaaaaaaaaaaaaaa") { id } }'
        status, _, answer = await parts.ask(known, ids)
        assert answer["data"]["other"] is None
        nothing_internal(answer)
    await parts.recovered()


async def test_everything_is_answered_without_redis(parts: Parts) -> None:
    own = parts.school.own(Role.PARENT)
    os.kill(parts.servers["redis"].pid, signal.SIGKILL)
    try:
        for _ in range(3):
            status, seconds, answer = await parts.ask(own)
            assert (status, "errors" in answer) == (200, False)
            assert seconds < DEADLINE_S
        _, readiness = await parts.readiness()
        assert [name for name, state in readiness["checks"].items() if state != "ok"] == ["redis"]
    finally:
        await parts.servers["redis"].stop()
        await parts.servers["redis"].start()
    await parts.recovered()


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("{ nonsense", {"INVALID_INPUT"}),
        ("{ nonsense }", {"INVALID_INPUT"}),
        ('{ student(id: "mrk_x") { id } node(id: "$where") { id } }', {"INVALID_INPUT", "NOT_FOUND"}),
        ('query { class(id: "stu_x") { id } }', {"INVALID_INPUT"}),
        ('{ people(search: "\\u0000\\\\.*(", after: "x") { nodes { id } } }', {"INVALID_INPUT"}),
        ('{ people(search: "\\u0000\\\\.*(") { nodes { id } } }', set()),
        ('{ viewer { children { diary(week: "0001-01-01") { startsOn } } } }', None),
        ('{ viewer { children { marks(days: {first: "2026-09-02", last: "2026-09-01"}) { totalCount } } } }', None),
        ('{ viewer { children { marks(minValue: "999999999999.9") { totalCount } } } }', set()),
        ('{ viewer { children { diary(week: "9999-12-31") { days { date } } } } }', None),
    ],
)
async def test_no_input_brings_out_anything_internal(parts: Parts, query: str, codes: set[str] | None) -> None:
    _, _, answer = await parts.ask(parts.school.own(Role.PARENT), query)
    answer.setdefault("errors", [])
    shown = {error["extensions"]["code"] for error in answer["errors"]}
    assert shown == codes if codes is not None else shown <= {"INVALID_INPUT"}
    nothing_internal(answer)
