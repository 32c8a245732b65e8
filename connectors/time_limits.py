"""Time limits of many tasks, watched by one timer, which takes no time from a task while the event loop is late.

A process that has too much to do reads answers late that arrived in time. Time in which the event loop did not come
round to its timer is therefore added to every limit: the database that sent the answer is not to blame. Hardly any read
reaches its limit, and a timer of the event loop for each would also cost more than all else that guards a read.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Final, Self

TICK_S: Final = 0.02
"""How often the limits are looked at: a task may be interrupted that much too late."""
_LATE_SHARE: Final = 0.5
"""A timer that comes later than this share of a tick was held up by work of the process."""
_REMEMBERED: Final = 100


class TimeLimits:
    """Interrupts tasks of one event loop that do not leave their blocks in time, looking every *tick_s*."""

    def __init__(self, tick_s: float = TICK_S) -> None:
        self._tick_s = tick_s
        self._entered: dict[TimeLimit, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._delays: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        """When the timer fired late, in `loop.time()`, and by how many seconds."""

    def until(self, moment: float) -> "TimeLimit":
        """Return a block that is left with `TimeoutError` when it lasts beyond *moment* (`loop.time()`)."""
        return TimeLimit(self, moment)

    def late_s(self, since: float) -> float:
        """Return for how many seconds since a moment the event loop was late."""
        return sum(seconds for moment, seconds in self._delays if moment > since)

    def add(self, block: "TimeLimit") -> None:
        """Start to watch *block*."""
        self._entered[block] = None
        if self._timer is None:
            self._schedule(asyncio.get_running_loop())

    def remove(self, block: "TimeLimit") -> None:
        """Stop watching *block*."""
        del self._entered[block]

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + self._tick_s
        self._timer = loop.call_at(self._due, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        late_s = now - self._due
        if late_s > _LATE_SHARE * self._tick_s:
            self._delays.append((now, late_s))
            for block in self._entered:
                block.moment += late_s
        for block in [block for block in self._entered if block.moment <= now]:
            block.end()
        self._timer = None
        if self._entered:
            self._schedule(loop)


class TimeLimit:
    """A context manager like `asyncio.timeout_at`; its deadline *moment* may be changed inside the block."""

    __slots__ = ("_cancelling", "_is_over", "_task", "_time_limits", "moment")

    def __init__(self, time_limits: TimeLimits, moment: float) -> None:
        self.moment = moment
        self._time_limits = time_limits
        self._is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no task to interrupt")
        self._task = task
        self._cancelling = task.cancelling()
        self._time_limits.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._time_limits.remove(self)
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Interrupt the task, once."""
        if not self._is_over:
            self._is_over = True
            self._task.cancel()
