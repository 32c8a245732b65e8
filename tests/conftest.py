"""One real MongoDB and one real Redis for the whole run, whether in one process or in several."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.embedded import mongod, redis_server

_URIS: Final = pytest.StashKey[Mapping[str, str]]()


@asynccontextmanager
async def _servers() -> AsyncIterator[Mapping[str, str]]:
    with tempfile.TemporaryDirectory(prefix="school-gateway-") as directory:
        async with mongod(Path(directory, "mongo")) as mongo, redis_server(Path(directory, "redis")) as redis:
            yield {"mongo": mongo, "redis": redis}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start the servers in the process that outlives every worker, and tell the worker where they are."""
    config: pytest.Config = node.config
    if _URIS not in config.stash:
        runner = asyncio.Runner()
        servers = _servers()
        config.stash[_URIS] = runner.run(servers.__aenter__())

        def stop() -> None:
            with runner:
                runner.run(servers.__aexit__(None, None, None))

        config.add_cleanup(stop)
    node.workerinput["uris"] = config.stash[_URIS]


@pytest.fixture(scope="session")
async def _uris(pytestconfig: pytest.Config) -> AsyncIterator[Mapping[str, str]]:
    workerinput = getattr(pytestconfig, "workerinput", None)
    if workerinput is not None:
        yield workerinput["uris"]
    else:
        async with _servers() as uris:
            yield uris


@pytest.fixture(scope="session")
def mongo_uri(_uris: Mapping[str, str]) -> str:
    """The MongoDB of this run, shared by all workers: write into databases of your own name only."""
    return _uris["mongo"]


@pytest.fixture(scope="session")
def redis_uri(_uris: Mapping[str, str]) -> str:
    """The Redis of this run, shared by all workers: write under keys of your own only."""
    return _uris["redis"]
