"""Databases of a test's own for the tables of a school."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.imports.tables.workbooks import Tables
from tests.databases import own_databases


@pytest.fixture
async def tables(tmp_path: Path, mongo_uri: str) -> AsyncIterator[Tables]:
    """The tables of a small school."""
    async with own_databases(mongo_uri, "tables") as (connectors, _):
        yield Tables(tmp_path, connectors)
