"""Traces by the semantic conventions, and logs in which nobody can be found."""

import asyncio
import io
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import orjson
import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.sdk.trace import ReadableSpan
from pydantic import SecretStr

from auth.viewer import Role
from connectors.vocabulary import mint
from gateway.app import create_app
from gateway.observability.log_writer import LogWriter
from gateway.settings import AuthSettings, MongoSettings, ObserveSettings, RedisSettings, Settings
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.load import ROOT, Load, program
from tests.gateway.observability.spans import in_memory
from tests.gateway.served import SECRET, token
from tests.logs import FLUSH_S, configured

PREFIX = "telemetry"
QUERY = "query Traced($first: Int) { viewer { student { displayName marks(first: $first) { nodes { value } } } } }"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Traced(NamedTuple):
    spans: list[ReadableSpan]
    client: TestClient[Any, Any]
    school: Builder

    def named(self, name: str) -> ReadableSpan:
        return next(span for span in self.spans if span.name == name)


@pytest.fixture(scope="module")
async def built(mongo_uri: str) -> Builder:
    one = school.build(PREFIX)
    await one.write(mongo_uri, PREFIX)
    return one


@pytest.fixture(scope="module")
async def traced(mongo_uri: str, redis_uri: str, built: Builder) -> AsyncIterator[Traced]:
    """One request, and its spans."""
    exporter, tracing = in_memory()
    settings = Settings(
        mongo=MongoSettings(uri=SecretStr(mongo_uri), prefix=PREFIX),
        redis=RedisSettings(uri=SecretStr(redis_uri)),
        auth=AuthSettings(developer_secret=SecretStr(SECRET)),
        today=school.TODAY,
        observe=ObserveSettings(operation_uses=1),
    )
    async with TestClient(TestServer(create_app(settings, tracing=tracing))) as client:
        await client.post(
            "/graphql",
            json={"query": QUERY, "variables": {"first": 3}},
            headers={
                "Authorization": f"Bearer {token(built.subject_of_token('ivan'), Role.STUDENT)}",
                "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
            },
        )
        yield Traced(list(exporter.get_finished_spans()), client, built)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_the_request_continues_the_trace_of_its_caller_when_there_is_one(traced: Traced) -> None:
    span = traced.named("POST /graphql")
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert attributes(span)["http.request.method"] == "POST"
    assert attributes(span)["http.response.status_code"] == 200


async def test_the_operation_is_named_by_its_type_when_it_has_a_name(traced: Traced) -> None:
    span = traced.named("query")
    assert attributes(span)["graphql.operation.name"] == "Traced"
    assert attributes(span)["graphql.operation.type"] == "query"


async def test_every_command_of_mongodb_is_a_span_below_the_operation_when_it_reads(traced: Traced) -> None:
    operation, marks = traced.named("query"), traced.named("find marks")
    assert operation.context is not None
    assert marks.parent is not None
    assert marks.parent.span_id == operation.context.span_id
    log_text = attributes(marks)
    assert (log_text["db.system.name"], log_text["db.namespace"]) == ("mongodb", f"{PREFIX}_grades")
    assert (log_text["db.collection.name"], log_text["db.operation.name"]) == ("marks", "find")


async def test_every_command_of_redis_is_a_span_when_a_viewer_is_looked_up(traced: Traced) -> None:
    assert attributes(traced.named("GET"))["db.system.name"] == "redis"


async def test_no_span_holds_a_value_when_people_are_asked_about(traced: Traced) -> None:
    log_text = " ".join(str(span.to_json()) for span in traced.spans)
    person = traced.school.id("Person", "ivan")
    assert not any(secret in log_text for secret in (person, traced.school.id("Student", "ivan"), "Иванов", "Bearer"))


async def test_tracing_is_not_loaded_when_it_is_off() -> None:
    code = "import sys, gateway.app; sys.exit('gateway.observability.telemetry' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    assert await process.wait() == 0


@pytest.fixture
def lines() -> Iterator[io.BytesIO]:
    """What is logged, as JSON."""
    stream = Flushed()
    with configured(stream) as stream.writer:
        yield stream


class Flushed(io.BytesIO):
    """Holds every line that was logged by the time it is asked."""

    writer: LogWriter

    def getvalue(self) -> bytes:
        self.writer.flush(FLUSH_S)
        return super().getvalue()


def logged(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_ids_are_hashed_when_they_stand_anywhere_in_a_line(lines: io.BytesIO) -> None:
    person, lesson = mint("Person", "someone"), mint("Lesson", "one")
    structlog.get_logger().info("read", who=person, paths=[["node", f"{lesson}.{mint('Student', 'someone')}"]])
    structlog.get_logger().warning(f"{person} failed")
    first, second = logged(lines)
    assert person not in lines.getvalue().decode()
    assert lesson not in lines.getvalue().decode()
    assert first["who"].startswith("per#")
    assert second["event"] == f"{first['who']} failed"


def test_an_exception_is_told_with_its_causes_when_it_is_logged(lines: io.BytesIO) -> None:
    def look_up() -> None:
        names: dict[str, str] = {}
        try:
            names.pop(mint("Student", "someone"))
        except KeyError as error:
            raise ValueError("no such student") from error

    try:
        look_up()
    except ValueError as error:
        structlog.get_logger().error("internal error", exc_info=error)
    (line,) = logged(lines)
    assert [cause["type"] for cause in line["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_telemetry.py" in line["exception"][0]["at"][0]
    assert mint("Student", "someone") not in lines.getvalue().decode()


def test_of_a_line_of_a_library_only_the_place_is_logged(lines: io.BytesIO) -> None:
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "10.1.2.3")
    (line,) = logged(lines)
    assert (line["level"], line["logger"]) == ("error", "aiohttp.server")
    assert "test_telemetry.py" in line["at"]
    assert b"10.1.2.3" not in lines.getvalue()


async def test_every_request_has_a_line_without_personal_data_when_served(
    mongo_uri: str, redis_uri: str, built: Builder
) -> None:
    environment = {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": PREFIX,
        "GATEWAY_REDIS__URI": redis_uri,
        "GATEWAY_TODAY": school.TODAY.isoformat(),
        "GATEWAY_HTTP__DRAIN_S": "0.1",
        "GATEWAY_OBSERVE__OPERATION_USES": "1",
    }
    async with program(**environment) as running:
        query = "query Logged { viewer { student { id displayName } } }"
        await Load(running.url, token(built.subject_of_token("ivan"), Role.STUDENT), query, clients=1).run(0.1)
        os.kill(running.pid, 15)
        await running.ended()
    log_text = [orjson.loads(line) for line in running.lines if line.startswith("{")]
    line = next(line for line in log_text if line["event"] == "request")
    assert (line["operation"], line["role"], line["status"], line["errors"]) == ("Logged", "STUDENT", 200, [])
    assert line["reads"] >= 1
    assert len(line["request_id"]) == 32
    everything = "".join(running.lines)
    assert built.id("Person", "ivan") not in everything
    assert built.subject_of_token("ivan") not in everything
