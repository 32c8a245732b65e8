"""The demo, run as a user runs it."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.generated import Generated, generated

START_S = 120
PATIENT = {"GATEWAY_MONGO__TIMEOUT_S": "30", "GATEWAY_MONGO__READ_TIMEOUT_S": "25"}
"""A busy machine is slow, not down."""


@pytest.fixture(scope="session")
async def demo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of `school-gateway demo` on a free port, with the generated data."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--port", str(port)),
        *("--dir", str(tmp_path_factory.mktemp("demo"))),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "COLUMNS": "200", **PATIENT},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(START_S):
        async for line in process.stdout:
            said.append(line.decode())
            if "Listening on" in said[-1]:
                break
        else:
            pytest.fail("the demo did not start:\n" + "".join(said))
    drained = asyncio.create_task(process.stdout.read())
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    await process.wait()
    await drained


@pytest.fixture(scope="session")
async def school(mongo_uri: str, redis_uri: str) -> AsyncIterator[Generated]:
    """The generated data, served, for tests that leave it as they found it."""
    async with generated(mongo_uri, redis_uri) as running:
        yield running
