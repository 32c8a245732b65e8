"""The demo, run as a user runs it."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gateway.generated import Generated, generated
from tests.gateway.lockstep import in_lockstep
from tests.requiring import built

START_S = 120
PATIENT = {"GATEWAY_MONGO__TIMEOUT_S": "30", "GATEWAY_MONGO__READ_TIMEOUT_S": "25"}
"""A busy machine is slow, not down."""
ELSEWHERE = {
    "GATEWAY_MONGO__URI": "mongodb://127.0.0.1:9",
    "GATEWAY_MONGO__URIS": '{"diary": "mongodb://127.0.0.1:9"}',
    "gateway_mongo__prefix": "elsewhere",
    "GATEWAY_REDIS": '{"uri": "redis://127.0.0.1:9"}',
    "GATEWAY_HTTP__HOST": "0.0.0.0",  # noqa: S104 - a demo must not listen there
    "GATEWAY_AUTH__JWKS": "http://127.0.0.1:9/keys",
}
"""An environment as operators have it; a demo must take nothing of it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `school-gateway demo`."""

    url: str
    directory: Path
    output: str
    pid: int


@pytest.fixture(scope="session")
def graphiql_page() -> None:
    """For tests that open GraphiQL: it is built."""
    built("gateway/graphiql/dist/index.html")


@pytest.fixture(scope="session")
def demo_url(demo: Demo) -> str:
    """The address of `school-gateway demo` on a free port, with the generated data."""
    return demo.url


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """`school-gateway demo` on a free port, with the generated data, in an environment that leads elsewhere."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tmp_path_factory.mktemp("demo")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--port", str(port)),
        *("--dir", str(directory)),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "COLUMNS": "200", **PATIENT, **ELSEWHERE},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(START_S):
        async for line in process.stdout:
            said.append(line.decode())
            if "Open this:" in said[-1]:
                break
        else:
            pytest.fail("the demo did not start:\n" + "".join(said))
    drained = asyncio.create_task(process.stdout.read())
    yield Demo(f"http://127.0.0.1:{port}", directory, "".join(said), process.pid)
    process.terminate()
    await process.wait()
    await drained


@pytest.fixture(scope="session")
async def school(mongo_uri: str, redis_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Generated]:
    """The generated data, served, for tests that leave it as they found it."""
    statistics = tmp_path_factory.mktemp("statistics")
    async with generated(mongo_uri, redis_uri, statistics=statistics) as running:
        yield running


@pytest.fixture
def lockstep() -> Iterator[None]:
    """Reads are answered in rounds: the number of commands does not depend on timing."""
    with in_lockstep():
        yield
