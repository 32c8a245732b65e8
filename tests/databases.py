"""Databases that a test has for itself."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.assembly import Clients, Connectors


@asynccontextmanager
async def own_databases(mongo_uri: str, name: str) -> AsyncIterator[tuple[Connectors, str]]:
    """The connectors of empty databases, which are dropped at the end, and their prefix: it begins with *name*."""
    prefix = f"{name}_{uuid.uuid4().hex[:8]}"
    async with Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients:
        yield clients.connectors, prefix
        await drop(clients.connectors)


async def drop(connectors: Connectors) -> None:
    """Drop the databases of all subsystems."""
    for database in connectors.databases.values():
        driver: Any = database  # which knows its client, whichever of the two drivers it is
        await driver.client.drop_database(driver.name)
