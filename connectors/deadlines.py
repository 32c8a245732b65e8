"""Deadlines of many tasks, kept by one timer.

Hardly any read comes to its deadline, and a timer of the event loop for each costs more than all else that guards it.
"""

import asyncio
from types import TracebackType
from typing import Final, Self

TICK_S: Final = 0.02
"""So much too late a task may be broken off."""


class Deadlines:
    """Breaks off tasks of one event loop that do not leave their blocks in time."""

    def __init__(self) -> None:
        self._entered: dict[Within, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def until(self, moment: float) -> "Within":
        """A block that is left with `TimeoutError` when it lasts longer than until *moment* (`loop.time()`)."""
        return Within(self, moment)

    def add(self, block: "Within") -> None:
        """Watch over *block*."""
        self._entered[block] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._sweep)

    def remove(self, block: "Within") -> None:
        """Watch over *block* no longer."""
        del self._entered[block]

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for block in [block for block in self._entered if block.moment <= now]:
            block.end()
        self._timer = loop.call_later(TICK_S, self._sweep) if self._entered else None


class Within:
    """A block with a deadline; it behaves as that of `asyncio.timeout_at`."""

    __slots__ = ("_cancelling", "_deadlines", "_is_over", "_task", "moment")

    def __init__(self, deadlines: Deadlines, moment: float) -> None:
        self.moment = moment
        self._deadlines = deadlines
        self._is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no task to be broken off")
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._deadlines.remove(self)
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Break off the task; once is enough."""
        if not self._is_over:
            self._is_over = True
            self._task.cancel()
