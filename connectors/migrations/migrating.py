"""Migrates the databases: one process at a time, forwards only, and safe to repeat after it was broken off."""

import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors import leases
from connectors.migrations.migration import Databases, Migration, Rewrite
from connectors.migrations.numbered import LATEST, MIGRATIONS
from connectors.migrations.versions import record, require_not_newer, version_of
from connectors.mongo import Database, Document

LEASE: Final = "migrate"
CHUNK: Final = 1_000
"""Documents that are changed at once: flat memory, few round trips."""

OnProgress = Callable[["Step", int], None]
"""Takes a step and how many of its documents have been changed so far."""


class MigrationRuns(Exception):
    """Another process migrates the databases."""


@dataclass(frozen=True, slots=True)
class Step:
    """A migration that a database still needs."""

    number: int
    migration: Migration
    documents: int
    """How many documents it will change."""


async def pending(databases: Databases) -> list[Step]:
    """The migrations that the databases still need, in their order.

    Raises:
        WrongVersion: a database is newer than this code.
    """
    versions = {name: await version_of(database) for name, database in databases.items()}
    require_not_newer(versions)
    steps = []
    for number, migration in enumerate(MIGRATIONS, 1):
        version = versions[migration.subsystem]
        if version is not None and version < number:
            counts = [await _count(databases, migration, rewrite) for rewrite in migration.rewrites]
            steps.append(Step(number, migration, sum(counts)))
    return steps


async def migrate(databases: Databases, on_progress: OnProgress = lambda _step, _done: None) -> list[Step]:
    """Bring all databases to the latest version; return what was done.

    Raises:
        MigrationRuns: another process migrates them.
        WrongVersion: a database is newer than this code.
    """
    holder = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex}"
    try:
        async with leases.held(databases["directory"], LEASE, holder):
            steps = await pending(databases)
            for step in steps:
                await _carry_out(databases, step, on_progress)
                await record(databases[step.migration.subsystem], step.number)
            for database in databases.values():
                if await version_of(database) != LATEST:  # later migrations change other databases
                    await record(database, LATEST)
            return steps
    except leases.Unavailable as error:
        raise MigrationRuns("Another process migrates the data. Wait until it ends, then run this again.") from error


async def _carry_out(databases: Databases, step: Step, on_progress: OnProgress) -> None:
    done = 0
    on_progress(step, done)
    await _drop_indexes(databases[step.migration.subsystem], step.migration)
    for rewrite in step.migration.rewrites:
        collection = databases[step.migration.subsystem][rewrite.collection]
        async for some in _chunks(collection, rewrite):
            writes = await rewrite.changes(databases, some)
            if writes:
                await collection.bulk_write(list(writes), ordered=False)
            done += len(some)
            on_progress(step, done)


async def _drop_indexes(database: Database, migration: Migration) -> None:
    for name, indexes in migration.dropped_indexes.items():
        present = await database[name].index_information()
        for index in indexes:
            if index in present:
                await database[name].drop_index(index)


async def _count(databases: Databases, migration: Migration, rewrite: Rewrite) -> int:
    collection = databases[migration.subsystem][rewrite.collection]
    return int(await collection.count_documents(dict(rewrite.where)))


async def _chunks(collection: Any, rewrite: Rewrite) -> AsyncIterator[Sequence[Document]]:
    """The documents of the old shape, in chunks by id: one that cannot be changed is passed over once."""
    last: Document = {}
    while True:
        where = {"$and": [rewrite.where, last]} if last else rewrite.where
        some = await collection.find(where).sort("_id", 1).limit(CHUNK).to_list(None)
        if not some:
            return
        yield some
        last = {"_id": {"$gt": some[-1]["_id"]}}
