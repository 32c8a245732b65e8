"""Work that is done again and again beside the requests, and once more at the end of a process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def repeated(call: Callable[[], Awaitable[None]], pause_s: float) -> AsyncIterator[None]:
    """Await *call* within the block, again after each pause, and once more at the block's end."""
    task = asyncio.create_task(_for_ever(call, pause_s))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await call()


async def _for_ever(call: Callable[[], Awaitable[None]], pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        await call()
