"""Whole answers of a collection, of either driver.

An answer is wanted whole and at once here. A command brings it in one message, and costs a driver less than a cursor
does, which is opened only where one message cannot hold the answer. Motor would go to a thread and back for each batch,
and then take it apart document by document: one thread reads it to the end, by the very PyMongo that motor runs on.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pymongo
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import PyMongoError

from connectors.mongo.thread_pool import ThreadPool

Documents = list[dict[str, Any]]


async def read_all(database: Any, command: Mapping[str, Any], threads: ThreadPool) -> Documents:
    """All documents of a `find` or `aggregate` command; with motor they are read in *threads*."""
    if isinstance(database, AsyncIOMotorDatabase):
        return await threads.run(lambda: _read_all(database.delegate, command))
    complete = _with_read_concern(database, command)
    cursor = (await database.command(dict(complete), **_as_set(database)))["cursor"]
    if cursor["id"]:
        with suppress(PyMongoError):
            await database.command(_killing(cursor))
        return [document async for document in await database.cursor_command(dict(complete), **_as_set(database))]
    documents: Documents = cursor["firstBatch"]
    return documents


async def ping(database: Any, within_s: float, threads: ThreadPool) -> None:
    """Return when the server of a database answers; raise PyMongoError where it does not within *within_s*.

    The time limit is the driver's, so that no thread and no connection is left waiting for a server that hangs.
    """
    if isinstance(database, AsyncIOMotorDatabase):
        await threads.run(lambda: _ping(database.delegate, within_s))
    else:
        with pymongo.timeout(within_s):
            await database.command("ping", read_preference=database.read_preference)


def _ping(database: Any, within_s: float) -> None:
    with pymongo.timeout(within_s):
        database.command("ping", read_preference=database.read_preference)


def _read_all(database: Any, command: Mapping[str, Any]) -> Documents:
    """All documents of a command, read by the blocking driver in a thread."""
    complete = _with_read_concern(database, command)
    cursor = database.command(dict(complete), **_as_set(database))["cursor"]
    if cursor["id"]:
        with suppress(PyMongoError):
            database.command(_killing(cursor))
        return list(database.cursor_command(dict(complete), **_as_set(database)))
    documents: Documents = cursor["firstBatch"]
    return documents


def _with_read_concern(database: Any, command: Mapping[str, Any]) -> Mapping[str, Any]:
    concern = database.read_concern.document
    return {**command, "readConcern": concern} if concern else command


def _as_set(database: Any) -> dict[str, Any]:
    """The options that a driver does not take over from the database into a command."""
    return {"read_preference": database.read_preference, "codec_options": database.codec_options}


def _killing(cursor: Mapping[str, Any]) -> dict[str, Any]:
    return {"killCursors": cursor["ns"].partition(".")[2], "cursors": [cursor["id"]]}
