"""A school written by hand, for tests that change it."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway.writing.acting import Acting, acting


@pytest.fixture(scope="session")
async def _changed(mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    prefix = f"writing_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with acting(mongo_uri, redis_uri, prefix) as served:
        yield served


@pytest.fixture
async def acts(_changed: Acting) -> Acting:
    """The school as it was written; the test may change `WRITTEN` and `RESTORED`."""
    await _changed.restore()
    return _changed
