"""A school written by hand, for tests that change it."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway.generated import ROOMY
from tests.gateway.writing.acting import LETTERS_KEY, VOLUNTARY, Acting, acting


@pytest.fixture(scope="session")
async def _changed(mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    prefix = f"writing_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with acting(mongo_uri, redis_uri, prefix, mail={"key": LETTERS_KEY}, consents=VOLUNTARY) as served:
        yield served


@pytest.fixture
async def acts(_changed: Acting) -> Acting:
    """The school as it was written; the test may change `WRITTEN` and `RESTORED`."""
    await _changed.restore()
    return _changed


@pytest.fixture(scope="session")
async def _with_queries(
    mongo_uri: str, redis_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Acting]:
    folder = tmp_path_factory.mktemp("queries")
    title = '[title]\nen = "Own"\nru = "Своё"\n'
    marks = "query($student: ID!) { student(id: $student) { displayName marks(first: 5) { nodes { value } } } }"
    (folder / "own-marks.toml").write_text(f'document = "{marks}"\n{title}')
    (folder / "own-name.toml").write_text(f'document = "{{ viewer {{ person {{ displayName }} }} }}"\n{title}')
    prefix = f"queries_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with acting(mongo_uri, redis_uri, prefix, exports={"queries": folder}) as served:
        yield served


@pytest.fixture
async def queries(_with_queries: Acting) -> Acting:
    """The gateway and school of `acts`, and a directory with saved queries that the school has written."""
    await _with_queries.restore()
    return _with_queries


@pytest.fixture
async def wide(acts: Acting, mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    """The school through a gateway that answers documents of any size."""
    async with acting(mongo_uri, redis_uri, acts.prefix, **ROOMY) as one:
        await one.restore()
        yield one
