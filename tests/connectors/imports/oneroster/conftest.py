"""Databases of a test's own for a OneRoster delivery."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.imports.oneroster.delivery import Delivery, small_school
from tests.databases import own_databases


@pytest.fixture(params=["11", "12"])
async def delivery(request: pytest.FixtureRequest, tmp_path: Path, mongo_uri: str) -> AsyncIterator[Delivery]:
    """A small school, in each version of the standard."""
    async with own_databases(mongo_uri, "oneroster") as (connectors, _):
        yield small_school(Delivery(tmp_path, connectors, request.param))
