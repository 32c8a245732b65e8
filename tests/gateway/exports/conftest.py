"""The tiny school, served for the tests of files."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served


@pytest.fixture(scope="session")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"files_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    built = school.build(prefix)
    await built.write(mongo_uri, prefix)
    rules = {"rows": 40}
    async with served(mongo_uri, redis_uri, prefix=prefix, today=school.TODAY, exports=rules) as gateway:
        yield TinySchool(gateway, built)
