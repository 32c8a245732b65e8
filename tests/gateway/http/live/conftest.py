"""A school written by hand, for tests that change it while somebody listens."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway.http.live.listening import settled
from tests.gateway.writing.acting import Acting, acting


@pytest.fixture(scope="session")
async def _changed(mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    prefix = f"live_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with acting(mongo_uri, redis_uri, prefix, live={"person_connections": 3, "subscriptions": 5}) as served:
        yield served


@pytest.fixture
async def acts(_changed: Acting) -> Acting:
    """The school as it was written; no event of that is still to come."""
    await _changed.restore()
    await settled(_changed)
    return _changed
