"""Limits how many reads of a source run at once: fewer while it is too slow, more again while it answers in time."""

import asyncio
from collections import deque
from typing import Final, NamedTuple

_PAUSE_S: Final = 0.25
"""The limit falls once for reads that time out together: those after it are to show whether that was enough."""
_RISES: Final = 0.1


class _Waiter(NamedTuple):
    place: asyncio.Future[None]
    since: float


class ConcurrencyLimit:
    """A semaphore of *most* places, some of which are taken away while reads time out; one always stays."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._limit = float(most)
        self._running = 0
        self._waiting: deque[_Waiter] = deque()
        self._fell_at = float("-inf")

    @property
    def is_least(self) -> bool:
        """Whether reads run one by one."""
        return self._limit < 2  # noqa: PLR2004 - two at once

    @property
    def waiting_since(self) -> float | None:
        """Since when the read waits that has waited longest; None: no read waits."""
        while self._waiting and self._waiting[0].place.done():
            self._waiting.popleft()
        return self._waiting[0].since if self._waiting else None

    def rise(self) -> None:
        """Note that a read was answered in time."""
        if self._limit < self._most:
            self._limit = min(self._most, self._limit + _RISES)

    def fall(self, now: float) -> None:
        """Note that a read timed out though the source answers."""
        if now - self._fell_at >= _PAUSE_S:
            self._fell_at = now
            self._limit = max(1.0, self._limit / 2)

    async def __aenter__(self) -> None:
        if self._running < int(self._limit) and not self._waiting:
            self._running += 1
            return
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        self._waiting.append(_Waiter(place, loop.time()))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was given a place that it has no use for
                self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self._running -= 1
        while self._waiting and self._running < int(self._limit):
            place = self._waiting.popleft().place
            if not place.done():
                self._running += 1
                place.set_result(None)
