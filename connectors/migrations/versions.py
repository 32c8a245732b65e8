"""The schema version of the databases: each has one of its own, so that one alone may be restored or moved."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from pymongo.errors import PyMongoError

from connectors.migrations.migration import Databases
from connectors.migrations.numbered import LATEST
from connectors.mongo import Database

COLLECTION: Final = "schema_version"
"""The collection with one document, which says the version."""
BEFORE_VERSIONS: Final = 0
"""The version of data that was stored before versions were recorded."""

_ID: Final = "schema"
_ANSWERS_WITHIN_S: Final = 2.0
_NO_DATA: Final = frozenset({COLLECTION, "generated_data", "leases"})
"""Collections that may be there though nothing of a school is."""


class WrongVersion(Exception):
    """Data is older or newer than this code; the message says what to do."""


async def version_of(database: Database) -> int | None:
    """The schema version of a database; None where nothing is stored yet."""
    found = await database[COLLECTION].find_one({"_id": _ID})
    if found is not None:
        return int(found["version"])
    for name in await database.list_collection_names():
        if name not in _NO_DATA and await database[name].find_one({}, {"_id": 1}):
            return BEFORE_VERSIONS
    return None


async def versions_of(databases: Databases) -> Mapping[str, int | None]:
    """The schema version of each database that answers; None where nothing is stored yet."""
    found = await asyncio.gather(*(_version_if_it_answers(database) for database in databases.values()))
    return {name: version for name, (answers, version) in zip(databases, found, strict=True) if answers}


async def record(database: Database, version: int) -> None:
    """Record that a database has *version* from now on."""
    now = {"_id": _ID, "version": version, "since": datetime.now(UTC)}
    await database[COLLECTION].replace_one({"_id": _ID}, now, upsert=True)


async def record_latest(databases: Iterable[Database]) -> None:
    """Record of databases that are about to be filled that their data is of the latest version."""
    await asyncio.gather(*(record(database, LATEST) for database in databases))


async def require_latest(databases: Databases) -> None:
    """Record the version of databases that are empty, and check it in the others that answer.

    Raises:
        WrongVersion: a database is older or newer than this code.
    """
    versions = await versions_of(databases)
    require_not_newer(versions)
    older = [name for name, version in versions.items() if version is not None and version < LATEST]
    if older:
        raise WrongVersion(
            f"The data of {_named(older)} is of an earlier version than this program (schema version {LATEST}). "
            "Stop the gateway, save a backup, and run `school-gateway migrate`; nothing was changed."
        )
    await record_latest(databases[name] for name, version in versions.items() if version is None)


def require_not_newer(versions: Mapping[str, int | None]) -> None:
    """Raises WrongVersion where a database is newer than this code."""
    newer = {name: version for name, version in versions.items() if (version or 0) > LATEST}
    if newer:
        highest = max(version or 0 for version in newer.values())
        raise WrongVersion(
            f"The data of {_named(newer)} is of schema version {highest}, which is newer than this program "
            f"(version {LATEST}). Install the school-gateway that migrated it, or restore the backup from before."
        )


def _named(subsystems: Iterable[str]) -> str:
    return ", ".join(sorted(subsystems))


async def _version_if_it_answers(database: Database) -> tuple[bool, int | None]:
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            return True, await version_of(database)
    except (PyMongoError, TimeoutError):
        return False, None
