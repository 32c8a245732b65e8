"""Ends tasks that read from MongoDB without end."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_AGAIN_S: Final = 0.5


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until all of them have ended, however they do.

    PyMongo's asynchronous client takes a cancellation, now and then, for a connection that was lost, and goes on: a
    task that has not ended is cancelled again.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        ended, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
        for task in ended:
            if not task.cancelled():
                task.exception()  # which asyncio would log as one that nobody has looked at
