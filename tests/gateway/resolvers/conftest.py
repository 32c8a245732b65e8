"""The tiny school, served for all tests of the resolvers."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served


@pytest.fixture(scope="session")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    # Workers share the databases' servers: each has a school of its own.
    prefix = f"tiny_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    built = school.build(prefix)
    await built.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=school.TODAY) as gateway:
        yield TinySchool(gateway, built)
