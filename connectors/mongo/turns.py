"""Lets transactions of this process that lost a conflict over the same documents try again one after the other.

MongoDB lets whichever transaction writes a document first go on, and ends all others. Where many write the same one, as
many who send into one conversation do, nearly all attempts would be in vain.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """One queue for each set of documents that transactions wait to write."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, documents: str, deadline: float) -> AsyncIterator[None]:
        """A block that one transaction at a time enters, in the order of asking.

        Raises:
            TimeoutError: its turn did not come before the deadline.
        """
        lock = self._locks.setdefault(documents, asyncio.Lock())
        async with asyncio.timeout_at(deadline):
            await lock.acquire()
        try:
            yield
        finally:
            lock.release()
