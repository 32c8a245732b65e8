"""A log call never raises and never waits; what is lost is counted."""

import asyncio
import io
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from aiohttp import ClientSession

from gateway.observability import logging as own
from gateway.observability.log_writer import LogWriter
from gateway.observability.repeats import MAX_CAUSES, WINDOW_S, RepeatLimit
from tests.gateway.load import ROOT
from tests.gateway.served import SECRET as DEVELOPER_SECRET
from tests.logs import FLUSH_S, configured


def log_an_exception() -> None:
    try:
        int("a secret")
    except ValueError:
        structlog.get_logger("gateway.test").exception("failed", connector="diary")


def lines_of(stream: io.BytesIO, writer: LogWriter) -> list[bytes]:
    writer.flush(FLUSH_S)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "console"])
def test_an_exception_is_logged_by_its_class_and_place_in_either_format(*, as_json: bool) -> None:
    stream = io.BytesIO()
    with configured(stream, as_json=as_json) as writer:
        log_an_exception()
        text = b"\n".join(lines_of(stream, writer)).decode()
    assert "builtins.ValueError" in text
    assert "observability/test_logging.py:" in text
    assert "a secret" not in text
    assert str(os.getpid()) in text


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "console"])
@pytest.mark.parametrize(
    "value",
    ["\ud800", 2**80, object(), {1: 2}, b"\xff", float("nan"), "a\nb"],
    ids=["half a character", "number", "object", "mapping", "bytes", "nan", "two lines"],
)
def test_a_line_is_written_whatever_its_values_are(value: Any, *, as_json: bool) -> None:
    stream = io.BytesIO()
    with configured(stream, as_json=as_json) as writer:
        structlog.get_logger("gateway.test").info("odd", value=value)
        (line,) = lines_of(stream, writer)
    assert b"odd" in line


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


def test_a_line_of_the_standard_library_is_written_when_its_arguments_do_not_fit() -> None:
    stream = io.BytesIO()
    with configured(stream) as writer:
        logging.getLogger("gateway.test").warning("%s and %s", "one")  # noqa: PLE1206 - the fault
        logging.getLogger("gateway.test").warning("it is %s", Unprintable())
        first, second = map(orjson.loads, lines_of(stream, writer))
    assert (first["event"], first["because"]) == (own.NOT_LOGGED, "TypeError")
    assert second["event"] == "it is [Unprintable]"


def test_a_log_call_returns_when_the_renderer_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_event: Any) -> bytes:
        raise RuntimeError("broken")

    monkeypatch.setattr(own, "console_line", broken)
    stream = io.BytesIO()
    with configured(stream, as_json=False) as writer:
        log_an_exception()
        (line,) = lines_of(stream, writer)
    assert orjson.loads(line)["event"] == own.NOT_LOGGED


def test_a_log_call_returns_when_the_stream_is_closed() -> None:
    stream = io.BytesIO()
    with configured(stream) as writer:
        structlog.get_logger("gateway.test").info("one")
        assert len(lines_of(stream, writer)) == 1
        stream.close()
        structlog.get_logger("gateway.test").info("two")
        writer.flush(FLUSH_S)
        structlog.get_logger("gateway.test").info("three")


def test_lines_are_dropped_and_counted_when_nobody_reads_the_pipe() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream, configured(stream, queue_lines=500, repeated_lines=10_000) as writer:
        for number in range(3_000):  # the pipe holds some two hundred of them, a batch half as many more
            structlog.get_logger("gateway.test").info("x" * 200, number=number)
        read: list[bytes] = []

        def read_all() -> None:
            with os.fdopen(reading, "rb") as lines:
                read.extend(lines)

        reader = threading.Thread(target=read_all)
        reader.start()
        writer.flush(FLUSH_S)
        structlog.get_logger("gateway.test").info("last")  # the number of those dropped comes with a line
        writer.flush(FLUSH_S)
    reader.join(FLUSH_S)
    lines = [orjson.loads(line) for line in read]
    dropped = sum(line["count"] for line in lines if line["event"] == "log lines were dropped")
    assert dropped > 0
    assert sum("number" in line for line in lines) + dropped == 3_000


def test_a_cause_is_logged_a_bounded_number_of_times_and_the_rest_is_counted() -> None:
    stream, now = io.BytesIO(), [100.0]
    with configured(stream) as writer:
        limit = RepeatLimit(3, clock=lambda: now[0])
        processors = list(structlog.get_config()["processors"])
        structlog.configure(processors=[limit, *processors])
        log = structlog.get_logger("gateway.test")
        for _ in range(10):
            log.warning("source unavailable", connector="diary")
        log.warning("source unavailable", connector="grades")
        for _ in range(10):
            log.info("request")
        now[0] += WINDOW_S
        log.info("request")
        logged = [orjson.loads(line) for line in lines_of(stream, writer)]
    assert [line["connector"] for line in logged if line["event"] == "source unavailable"] == ["diary"] * 3 + ["grades"]
    assert sum(line["event"] == "request" for line in logged) == 11
    (suppressed,) = (line for line in logged if line["event"] == "repeated lines were suppressed")
    assert (suppressed["of"], suppressed["about"], suppressed["count"]) == ("source unavailable", "diary", 7)


def test_causes_are_bounded_when_there_are_many() -> None:
    limit = RepeatLimit(1, clock=lambda: 0.0)
    passed = 0
    for number in range(3 * MAX_CAUSES):
        try:
            limit(None, "", {"event": f"event {number}"})
            passed += 1
        except structlog.DropEvent:
            pass
    assert passed == MAX_CAUSES + 1


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_requests_are_answered_when_nobody_reads_the_log(mongo_uri: str, log_format: str, tmp_path: Path) -> None:
    """The pipes of a gateway are full for good: every request is one line and more."""
    port_file = tmp_path / "port"
    environment = {
        **os.environ,
        "GATEWAY_HTTP__PORT": "0",
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": "unread",
        "GATEWAY_AUTH__DEVELOPER_SECRET": DEVELOPER_SECRET,
        "GATEWAY_OBSERVE__LOG_FORMAT": log_format,
        "GATEWAY_OBSERVE__LOG_QUEUE_LINES": "10",
        "PORT_FILE": str(port_file),
    }
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVE), cwd=ROOT, env=environment, stdout=writing, stderr=writing
    )
    os.close(writing)
    try:
        async with asyncio.timeout(60):
            while not (port_file.exists() and port_file.read_text().endswith("\n")):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        url = f"http://127.0.0.1:{int(port_file.read_text())}/graphql"
        async with ClientSession() as session:
            for _ in range(600):  # some 200 bytes each, and a pipe holds 64 KiB
                async with session.post(url, json={"query": "{ a }"}) as response:
                    assert response.status == 401
    finally:
        process.kill()
        await process.wait()
        os.close(reading)


SERVE = """
import asyncio, os, pathlib
from gateway.app import bound, create_app, connection_rules, stopping
from gateway.http.lifecycle import Life, serve
from gateway.observability.logging import configure
from gateway.settings import Settings

settings = Settings()
configure(as_json=settings.observe.log_format == "json", level="INFO", id_key=None,
          queue_lines=settings.observe.log_queue_lines, repeated_lines=10_000)

async def main():
    listening = bound("127.0.0.1", 0)
    life = Life()
    await serve(
        create_app(settings, life=life), listening, life, stopping(settings),
        rules=connection_rules(settings), keepalive_s=75,
        on_ready=lambda: pathlib.Path(os.environ["PORT_FILE"]).write_text(f"{listening.getsockname()[1]}\\n"),
    )

asyncio.run(main())
"""
