"""Finds the commands for which MongoDB read a whole collection, since no index fitted them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.assembly import SUBSYSTEMS


@asynccontextmanager
async def scans_of(client: Any, prefix: str) -> AsyncIterator[list[Any]]:
    """Within the block commands are watched; after it the list has those that scanned a collection of a subsystem."""
    databases = [client[f"{prefix}_{name}"] for name in SUBSYSTEMS]
    for database in databases:
        await database.command("profile", 2)
    found: list[Any] = []
    try:
        yield found
    finally:
        for database in databases:
            await database.command("profile", 0)
            scanned = {"planSummary": "COLLSCAN", "ns": {"$not": re.compile(r"\.system\.")}}
            found += [own["command"] for own in await database["system.profile"].find(scanned).to_list(None)]
            await database["system.profile"].drop()
