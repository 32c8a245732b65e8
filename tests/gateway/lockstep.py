"""Answers the reads of a request in rounds, so that no number of commands depends on which answer arrives first."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import count
from typing import Any, Final

import pytest

from gateway.engine import reads
from gateway.engine.plan import run

_TURNS: Final = 200
"""Turns of the event loop after which whoever waits for no answer has sent the next read: some ten are needed."""


class _Rounds:
    """Holds every answer until each read that was sent has one and no more are sent; then all go on, in that order."""

    def __init__(self) -> None:
        self._numbers = count()
        self._last = -1
        self._running = 0
        self._held: dict[int, asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def in_rounds(self, read: reads.Read) -> reads.Read:
        """Return *read* with its answer held."""

        @wraps(read)
        async def held(*arguments: Any, **named: Any) -> Any:
            number = self._last = next(self._numbers)
            self._running += 1
            try:
                return await read(*arguments, **named)
            finally:
                self._running -= 1
                await self._held_until_all_answered(number)

        return held

    async def _held_until_all_answered(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        mine = self._held[number] = loop.create_future()
        if not self._running:
            # By a task of its own: this one would go on a turn before the others.
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(loop.create_task(self._release_when_no_more_are_sent(self._last)))
        await mine

    async def _release_when_no_more_are_sent(self, last: int) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if not self._running and self._last == last:  # else another answer comes, and is the last
            held, self._held = self._held, {}
            for _, future in sorted(held.items()):
                if not future.done():
                    future.set_result(None)


@contextmanager
def in_lockstep() -> Iterator[None]:
    """All reads of all requests in rounds, one request at a time."""
    rounds = _Rounds()
    original: Callable[..., Any] = reads._KeyedRead

    class InRounds(original):  # type: ignore[misc,valid-type] # the class as it is now
        __slots__ = ()

        def __init__(self, read: Callable[..., Awaitable[Any]], *more: Any) -> None:
            super().__init__(rounds.in_rounds(read), *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reads, "_KeyedRead", InRounds)
        patch.setattr(run, "TURN_S", float("inf"))  # how much is computed in a turn depends on the machine
        yield
