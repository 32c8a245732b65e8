"""Work with DuckDB in a thread that ends when the task that waits for it is cancelled."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import duckdb

T = TypeVar("T")

_AGAIN_S: Final = 0.05
"""The pause between interruptions: one that comes between two statements has no effect."""


async def run_in_thread(work: duckdb.DuckDBPyConnection, function: Callable[..., T], *arguments: Any) -> T:
    """Run *function*, which uses the connection *work*, in a thread.

    When this is cancelled, the statement that runs is interrupted, and the thread has ended before the cancellation
    goes on: whoever closes the connection or removes its files then does so under nobody's hands.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            work.interrupt()
            await asyncio.wait([running], timeout=_AGAIN_S)
        if not running.cancelled():
            running.exception()  # it was interrupted, and nobody waits for what it says
        raise
