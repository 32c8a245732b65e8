import os
from collections.abc import Mapping

import pytest

from tests.gateway.cli.running import run
from tests.gateway.served import SECRET


@pytest.fixture(scope="session")
async def seeded(mongo_uri: str) -> Mapping[str, str]:
    """The environment of a gateway whose databases were filled by `seed`."""
    prefix = f"cli_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"  # workers share the server
    environment = {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": prefix, "GATEWAY_TODAY": "2026-11-18"}
    environment |= {"GATEWAY_AUTH__DEVELOPER_SECRET": SECRET}
    said = await run("seed", "--students", "60", "--yes", **environment)
    assert said.code == 0, said.err
    assert "directory.people" in said.err
    return environment
