"""Workers on one port: they come and go under load, and no request is lost."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from auth.viewer import Role
from gateway.http.lifecycle import Stopping
from gateway.workers import Supervisor
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.load import Load, Program, program, until
from tests.gateway.served import token

PREFIX = "workers"
QUERY = "query Start { viewer { student { displayName marks(first: 5) { nodes { value givenOn } } } } }"


@pytest.fixture(scope="module")
async def built(mongo_uri: str) -> Builder:
    one = school.build(PREFIX)
    await one.write(mongo_uri, PREFIX)
    return one


@pytest.fixture(scope="module")
def environment(built: Builder, mongo_uri: str, redis_uri: str) -> Mapping[str, str]:
    assert built.documents, "there is a school to serve"
    return {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": PREFIX,
        "GATEWAY_REDIS__URI": redis_uri,
        "GATEWAY_TODAY": school.TODAY.isoformat(),
        "GATEWAY_HTTP__DRAIN_S": "1",
        "GATEWAY_RATE_LIMIT__ENABLED": "false",
        "GATEWAY_HTTP__QUEUE_S": "30",  # a busy machine is slow, not overloaded
        "GATEWAY_HTTP__LAG_S": "5",
    }


@pytest.fixture(scope="module")
async def two(environment: Mapping[str, str]) -> AsyncIterator[Program]:
    """A gateway of two workers."""
    async with program("--workers", "2", **environment) as running:
        yield running


def load_on(running: Program, built: Builder) -> Load:
    return Load(running.url, token(built.subject_of_token("ivan"), Role.STUDENT), QUERY, clients=8, pause_s=0.01)


async def until_replaced(running: Program, old: list[int]) -> None:
    """Return when both workers run, and none of the *old* ones."""
    await until(lambda: len(running.children()) == 2 and not set(running.children()) & set(old))


async def loaded(load: Load, change: asyncio.Task[None]) -> None:
    """Keep up the load as long as the *change* takes, and a little longer."""
    while not change.done():
        await load.run(0.5)
    await change
    await load.run(0.5)


async def test_no_request_is_lost_when_the_workers_are_told_to_end_one_after_the_other(
    two: Program, built: Builder
) -> None:
    async def end_each() -> None:
        for worker in two.children():
            os.kill(worker, signal.SIGTERM)
            await until_replaced(two, [worker])

    load = load_on(two, built)
    await loaded(load, asyncio.create_task(end_each()))
    assert load.failures == []
    assert load.codes == set()
    assert len(load.times_ms) > 100


async def test_no_request_is_lost_when_all_are_replaced_by_sighup(two: Program, built: Builder) -> None:
    old = two.children()
    load = load_on(two, built)
    os.kill(two.pid, signal.SIGHUP)
    await loaded(load, asyncio.create_task(until_replaced(two, old)))
    assert load.failures == []


async def test_a_worker_is_started_again_when_it_was_killed(two: Program, built: Builder) -> None:
    old = two.children()
    os.kill(old[0], signal.SIGKILL)
    await until_replaced(two, old[:1])
    assert old[1] in two.children()
    load = load_on(two, built)
    await load.run(1)
    assert load.failures == []


async def test_a_request_that_runs_is_answered_when_its_only_process_is_told_to_end(
    environment: Mapping[str, str], built: Builder
) -> None:
    async with program(**environment) as running:
        load = load_on(running, built)
        asking = asyncio.create_task(load.run(1.5))
        await asyncio.sleep(1)
        os.kill(running.pid, signal.SIGTERM)
        status = await running.ended()
        await asking
    lost = [failure for failure in load.failures if not failure.startswith("ClientConnectorError")]
    assert (status, lost) == (0, [])
    assert load.times_ms


def test_a_port_is_not_shared_when_somebody_else_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Supervisor(2, "127.0.0.1", taken.getsockname()[1], command=lambda *_: [], stopping=Stopping(0, 0, 1))


async def metrics_of(running: Program) -> str:
    async with aiohttp.ClientSession() as session, session.get(running.url.replace("/graphql", "/metrics")) as response:
        return await response.text()


def requests_counted(metrics: str) -> float:
    """The GraphQL requests of all operations: a name is a label of its own only once it is used often."""
    counts = re.findall(r"^gateway_request_seconds_count\{.*\} (\S+)$", metrics, re.MULTILINE)
    return sum(map(float, counts))


async def test_metrics_are_of_all_workers_when_one_is_asked(two: Program, built: Builder) -> None:
    before = requests_counted(await metrics_of(two))
    load = load_on(two, built)
    load.query = "query Several { viewer { role } }"
    await load.run(0.3)
    metrics = await metrics_of(two)
    assert requests_counted(metrics) - before == len(load.times_ms) > 0
    assert metrics.count("gateway_process_resident_bytes{") == 2


async def test_workers_end_when_their_parent_was_killed(two: Program) -> None:
    """The last one: it ends the gateway of the others."""
    workers = two.children()
    two.process.kill()
    await two.ended()
    await until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
