"""A gateway under load while Redis, or the MongoDB of a connector, dies or hangs: others do not notice."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from auth.viewer import Role
from connectors.embedded import Server, mongod, redis_server
from gateway.app import create_app
from gateway.settings import AuthSettings, HttpSettings, MongoSettings, RedisSettings, Settings
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.load import Load, program
from tests.gateway.served import SECRET, served, token

PREFIX = "resilience"
WITHOUT = "query Marks { viewer { student { displayName marks(first: 5) { nodes { value givenOn } } } } }"
TOUCHING = (
    "query Portfolio { viewer { student { displayName portfolio { achievements(first: 3) { nodes { id } } } } } }"
)


@pytest.fixture(scope="module")
async def built(mongo_uri: str) -> Builder:
    one = school.build(PREFIX)
    await one.write(mongo_uri, PREFIX)
    return one


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[Server]:
    server = redis_server(tmp_path / "redis")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def own_mongo(tmp_path: Path) -> AsyncIterator[Server]:
    """The MongoDB of the portfolio alone."""
    server = mongod(tmp_path / "mongo")
    await server.start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    await server.stop()


def environment(mongo_uri: str, redis_uri: str, **more: str) -> dict[str, str]:
    return {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": PREFIX,
        "GATEWAY_REDIS__URI": redis_uri,
        "GATEWAY_TODAY": school.TODAY.isoformat(),
        "GATEWAY_HTTP__DRAIN_S": "0.2",
        "GATEWAY_HTTP__READINESS_S": "0",
        "GATEWAY_RATE_LIMIT__ENABLED": "false",
        # A busy machine is slow, not down.
        "GATEWAY_MONGO__TIMEOUT_S": "30",
        "GATEWAY_MONGO__READ_TIMEOUT_S": "25",
        "GATEWAY_HTTP__QUEUE_S": "30",
        "GATEWAY_HTTP__LAG_S": "5",
        **more,
    }


@pytest.fixture
def apart(mongo_uri: str, redis_uri: str, own_mongo: Server) -> dict[str, str]:
    """A gateway that reads the portfolio from a server of its own, and gives it up soon."""
    return environment(
        mongo_uri,
        redis_uri,
        GATEWAY_MONGO__URIS=orjson.dumps({"portfolio": own_mongo.uri}).decode(),
        GATEWAY_MONGO__READ_TIMEOUT_S="2",
        GATEWAY_BREAKER__OPEN_S="1",
    )


def bearer(built: Builder) -> str:
    return token(built.subject_of_token("ivan"), Role.STUDENT)


async def readiness(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(url.replace("/graphql", "/readyz")) as response:
        return {"http": response.status, **(await response.json())}


async def test_no_request_fails_when_redis_is_killed_and_comes_back(
    mongo_uri: str, built: Builder, own_redis: Server
) -> None:
    async def kill_and_start() -> None:
        await asyncio.sleep(1)
        os.kill(own_redis.pid, signal.SIGKILL)
        await asyncio.sleep(1)
        assert (await readiness(running.url))["status"] == "degraded"
        await own_redis.stop()
        await own_redis.start()

    async with program(**environment(mongo_uri, own_redis.uri)) as running:
        load = Load(running.url, bearer(built), WITHOUT, clients=4, pause_s=0.01)
        change = asyncio.create_task(kill_and_start())
        while not change.done():
            await load.run(0.5)
        await change
        async with asyncio.timeout(60):
            while (await readiness(running.url))["status"] != "ok":  # a breaker tries it again in half a second at most
                await load.run(0.1)
    assert (load.failures, load.codes) == ([], set())
    assert load.times_ms


async def test_others_keep_their_times_when_the_mongodb_of_one_connector_hangs(
    apart: dict[str, str], built: Builder, own_mongo: Server
) -> None:

    def loads() -> tuple[Load, Load]:
        others = Load(running.url, bearer(built), WITHOUT, clients=3, pause_s=0.02)
        return others, Load(running.url, bearer(built), TOUCHING, clients=12, pause_s=0.02)

    async with program(**apart) as running:
        before, touching_before = loads()
        await asyncio.gather(before.run(2), touching_before.run(2))
        os.kill(own_mongo.pid, signal.SIGSTOP)
        during, touching = loads()
        await asyncio.gather(during.run(4), touching.run(4))
        state = await readiness(running.url)
        waited = await _timed_out(running.url, "portfolio")
        os.kill(own_mongo.pid, signal.SIGCONT)
        async with asyncio.timeout(60):
            while (await readiness(running.url))["status"] != "ok":  # noqa: ASYNC110 - another process signals nothing
                await asyncio.sleep(0.2)
        _, touching_after = loads()
        await touching_after.run(0.5)
    assert (before.codes, before.failures, during.codes, during.failures) == (set(), [], set(), [])
    assert (touching_before.codes, touching.codes, touching_after.codes) == (set(), {"SOURCE_UNAVAILABLE"}, set())
    assert (state["http"], state["status"], state["breakers"]["portfolio"]) == (200, "degraded", "open")
    assert {name for name, breaker in state["breakers"].items() if breaker != "closed"} == {"portfolio"}
    assert during.percentile(0.5) < before.percentile(0.5) + 1_000, "half of what a wait for the source would cost"
    assert 0 < waited <= 12 < len(touching.times_ms), "each client waited once at most, and then nobody did"


async def test_a_breaker_opens_and_closes_by_itself_when_the_mongodb_of_one_connector_is_killed_and_comes_back(
    apart: dict[str, str], built: Builder, own_mongo: Server
) -> None:
    async with program(**apart) as running:
        others = Load(running.url, bearer(built), WITHOUT, clients=2, pause_s=0.02)
        before, touching, after = (Load(running.url, bearer(built), TOUCHING, clients=8, pause_s=0.02) for _ in "123")
        await before.run(0.5)
        os.kill(own_mongo.pid, signal.SIGKILL)
        await own_mongo.stop()
        await asyncio.gather(others.run(2), touching.run(2))
        state = await _breaker(running.url, "portfolio")
        await own_mongo.start()
        async with asyncio.timeout(60):
            while await _breaker(running.url, "portfolio"):  # readiness is not asked: it would try the source itself
                await Load(running.url, bearer(built), TOUCHING, clients=1).run(0.2)
        await after.run(0.5)
    assert (others.codes, others.failures, touching.failures) == (set(), [], [])
    assert (before.codes, touching.codes, after.codes) == (set(), {"SOURCE_UNAVAILABLE"}, set())
    assert state in {1, 2}, "open, or just being tried"


async def _breaker(url: str, connector: str) -> int:
    """What /metrics says of a breaker: 0 closed, 1 half-open, 2 open."""
    [state] = re.findall(rf'gateway_breaker_state{{connector="{connector}"}} (\d)', await _metrics(url))
    return int(state)


async def _timed_out(url: str, connector: str) -> int:
    """How many reads of a connector were given up because no answer came."""
    name = rf'^\w+_count{{.*connector="{connector}".*outcome="timeout".*}} (\d+)'
    return sum(int(count) for count in re.findall(name, await _metrics(url), re.MULTILINE))


async def _metrics(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url.replace("/graphql", "/metrics")) as response:
        return await response.text()


async def test_more_requests_than_the_limit_are_refused_at_once_when_all_are_busy(
    mongo_uri: str, built: Builder, own_mongo: Server
) -> None:
    settings = {
        "GATEWAY_HTTP__CONCURRENCY": "2",
        "GATEWAY_HTTP__PERSON_SHARE": "1",
    }
    uris = orjson.dumps({"portfolio": own_mongo.uri}).decode()
    async with (
        program(**environment(mongo_uri, "redis://127.0.0.1:9/0", GATEWAY_MONGO__URIS=uris, **settings)) as running,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {bearer(built)}"}) as session,
    ):
        os.kill(own_mongo.pid, signal.SIGSTOP)
        busy = [asyncio.create_task(_answer(session, running.url, TOUCHING)) for _ in range(2)]
        async with asyncio.timeout(30):
            while "gateway_requests_running 2.0" not in await _metrics(running.url):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        status, headers, answer = await _answer(session, running.url, WITHOUT)
        os.kill(own_mongo.pid, signal.SIGCONT)
        await asyncio.gather(*busy)
        again, _, _ = await _answer(session, running.url, WITHOUT)
    assert (status, again) == (503, 200)
    assert headers["Retry-After"] in {"1", "2", "3"}
    assert answer["errors"][0]["extensions"]["code"] == "OVERLOADED"


async def _answer(session: aiohttp.ClientSession, url: str, query: str) -> tuple[int, Any, Any]:
    async with session.post(url, json={"query": query}) as response:
        return response.status, response.headers, await response.json()


async def test_the_gateway_starts_when_a_connector_is_away(mongo_uri: str, built: Builder, own_mongo: Server) -> None:
    uris = orjson.dumps({"portfolio": own_mongo.uri}).decode()
    await own_mongo.stop()
    settings = environment(mongo_uri, "redis://127.0.0.1:9/0", GATEWAY_MONGO__URIS=uris, GATEWAY_MONGO__TIMEOUT_S="0.5")
    async with program(**settings) as running:
        load = Load(running.url, bearer(built), WITHOUT, clients=1)
        await load.run(0.3)
        await own_mongo.start()
    assert (load.failures, load.codes) == ([], set())


@pytest.mark.usefixtures("built")
async def test_many_probes_at_once_share_one_look_at_the_databases(mongo_uri: str, redis_uri: str) -> None:
    pings = Pings()
    settings = Settings(
        mongo=MongoSettings(uri=SecretStr(mongo_uri), prefix=PREFIX, timeout_s=30, read_timeout_s=25),
        redis=RedisSettings(uri=SecretStr(redis_uri), timeout_s=5),
        auth=AuthSettings(developer_secret=SecretStr(SECRET)),
        http=HttpSettings(readiness_s=60),
    )
    async with TestClient(TestServer(create_app(settings, listeners=[pings]))) as client:
        pings.count = 0
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(900)))
        assert {answer.status for answer in answers} == {200}
        assert pings.count == len((await answers[0].json())["breakers"])


class Pings(CommandListener):
    """How many pings were sent to MongoDB."""

    count = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.count += event.command_name == "ping"

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Only starts are counted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Only starts are counted."""


@pytest.mark.usefixtures("built")
async def test_every_breaker_is_closed_when_all_databases_answer(mongo_uri: str) -> None:
    async with served(mongo_uri, None, prefix=PREFIX, today=school.TODAY) as gateway:
        response = await gateway.client.get("/readyz")
        answer = await response.json()
    assert (response.status, answer["status"], set(answer["breakers"].values())) == (200, "ok", {"closed"})
