"""A generated region of several schools, and its statistics."""

from collections.abc import AsyncIterator

import pytest

from connectors import demo
from connectors.analytics import build
from connectors.demo.school import TODAY
from connectors.mongo.bulk_write import Sink
from tests.connectors.analytics.region import KEY, Region
from tests.databases import own_databases


@pytest.fixture(scope="session")
async def region(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Region]:
    """Six schools in two municipalities, with small classes: many cells are of few students."""
    folder = tmp_path_factory.mktemp("statistics")
    async with own_databases(mongo_uri, "region") as (connectors, _):
        databases = connectors.databases
        await demo.generate(Sink(databases, fresh=True), schools=6, students=480, today=TODAY)
        built = await build(databases, folder, key=KEY, today=TODAY.isoformat())
        yield Region(databases, folder, built)
