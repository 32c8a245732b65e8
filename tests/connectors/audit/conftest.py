"""Databases of its own for each worker, empty before each test."""

import os
from collections.abc import AsyncIterator

import pytest

from connectors.assembly import Clients
from tests.connectors.audit.sealing import Sealing


@pytest.fixture(scope="session")
async def _databases(mongo_uri: str) -> AsyncIterator[Sealing]:
    prefix = f"audit_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        connectors = clients.connectors
        await connectors.audit.create_indexes()
        await connectors.diary.create_indexes()
        yield Sealing(connectors)


@pytest.fixture
async def sealing(_databases: Sealing) -> Sealing:
    await _databases.clear()
    return _databases
