"""Whole answers of a collection, of either driver.

Motor goes to a thread and back for each batch of a cursor, and then takes it apart document by document. Answers are
wanted whole here: one thread reads them to the end, by the very PyMongo that motor runs on.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorCollection

THREADS: Final = 64
"""So many reads may run at once, of all sources together; motor's own pool has five threads a core."""

_POOL: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="mongodb")


async def find_all(collection: Any, where: Any, **options: Any) -> list[dict[str, Any]]:
    """The documents that match; *options* are those of PyMongo's `find`."""
    if isinstance(collection, AsyncIOMotorCollection):
        return await _threaded(lambda: collection.delegate.find(where, **options).to_list())
    documents: list[dict[str, Any]] = await collection.find(where, **options).to_list(length=None)
    return documents


async def aggregate_all(collection: Any, pipeline: list[Any], **options: Any) -> list[dict[str, Any]]:
    """What the *pipeline* yields; *options* are those of PyMongo's `aggregate`."""
    if isinstance(collection, AsyncIOMotorCollection):
        return await _threaded(lambda: collection.delegate.aggregate(pipeline, **options).to_list())
    rows: list[dict[str, Any]] = await (await collection.aggregate(pipeline, **options)).to_list(length=None)
    return rows


async def _threaded(read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    # With the context: it holds the deadline of `pymongo.timeout`.
    return await asyncio.get_running_loop().run_in_executor(_POOL, copy_context().run, read)
