"""A circuit breaker: a source that keeps failing is left alone for a while, and nobody waits for it meanwhile."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field


class State(StrEnum):
    """Closed lets everything through, open nothing, half-open one trial at a time."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


class BreakerRules(BaseModel):
    """When a source that keeps failing is left alone: its fields are answered with SOURCE_UNAVAILABLE at once."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    window_s: Annotated[float, Field(gt=0, le=600)] = 10
    """Over how long failures are counted."""
    failures: Annotated[int, Field(gt=0)] = 5
    """This many failures in a row open the breaker of a source."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """That many failures within the window open it too, if they are this share of all reads."""
    first_s: Annotated[float, Field(gt=0, le=60)] = 0.05
    """How long it stays open before the source is tried again; the time doubles with each try that fails."""
    open_s: Annotated[float, Field(gt=0, le=600)] = 0.5
    """How long it stays open at most before the next try."""


DEFAULT_RULES: Final = BreakerRules()


class Breaker:
    """The breaker of one source; *now* is the running event loop's clock, which never goes back."""

    def __init__(
        self, rules: BreakerRules = DEFAULT_RULES, on_change: Callable[[State], None] = lambda _state: None
    ) -> None:
        self.state = State.CLOSED
        self._rules = rules
        self._on_change = on_change
        self._slot_s = rules.window_s / 10
        self._slots: deque[list[float]] = deque(maxlen=11)
        """For each tenth of the window in which a read ended: its number, successes and failures."""
        self._in_a_row = 0
        self._pause_s = rules.first_s
        self._closed_at = float("-inf")
        self._again_at = 0.0
        self._trying = False

    def admits(self, now: float) -> bool:
        """Return whether a read may go ahead; then `succeeded`, `failed` or `abandoned` must follow."""
        if self.state is State.CLOSED:
            return True
        if self.is_due(now):
            self._become(State.HALF_OPEN)
        if self.state is State.OPEN or self._trying:
            return False
        self._trying = True
        return True

    def is_due(self, now: float) -> bool:
        """Return whether an open breaker has waited long enough for the next trial."""
        return self.state is State.OPEN and now >= self._again_at

    def succeeded(self, now: float) -> None:
        """Note that the source answered: what is open may be tried, what is tried is closed."""
        if self.state is State.CLOSED:
            self._in_a_row = 0
            self._slot(now)[1] += 1
        elif self.state is State.HALF_OPEN:
            self._slots.clear()
            self._in_a_row = 0
            self._trying = False
            self._closed_at = now
            self._become(State.CLOSED)
        elif now >= self._again_at:
            self._become(State.HALF_OPEN)

    def failed(self, now: float) -> None:
        """Note that the source did not answer."""
        if self.state is State.CLOSED:
            self._in_a_row += 1
            self._slot(now)[2] += 1
            if self._in_a_row >= self._rules.failures or self._is_too_much(now):
                if now - self._closed_at > self._rules.window_s:
                    self._pause_s = self._rules.first_s
                self._open(now)
        elif self.state is State.HALF_OPEN or now >= self._again_at:  # a read sent before it opened says nothing new
            self._open(now)

    def abandoned(self) -> None:
        """Note that nobody waited for the answer, which therefore says nothing about the source."""
        self._trying = False

    def _open(self, now: float) -> None:
        self._again_at = now + min(self._pause_s, self._rules.open_s)
        self._pause_s = min(self._pause_s * 2, self._rules.open_s)
        self._trying = False
        self._become(State.OPEN)

    def _become(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._on_change(state)

    def _slot(self, now: float) -> list[float]:
        number = now // self._slot_s
        if not self._slots or self._slots[-1][0] != number:
            self._slots.append([number, 0, 0])
        return self._slots[-1]

    def _is_too_much(self, now: float) -> bool:
        first = now // self._slot_s - 10
        recent = [slot for slot in self._slots if slot[0] > first]
        failures = sum(slot[2] for slot in recent)
        ended = failures + sum(slot[1] for slot in recent)
        return failures >= self._rules.failures and failures >= self._rules.share * ended


class ProbedBreaker(Breaker):
    """A breaker that tries an open source by *ping* in the background first, so that nobody waits for one that hangs.

    Only when a ping was answered does it let one read through as a trial. A ping that fails raises an exception.
    """

    def __init__(
        self,
        ping: Callable[[], Awaitable[object]],
        rules: BreakerRules = DEFAULT_RULES,
        on_change: Callable[[State], None] = lambda _state: None,
    ) -> None:
        super().__init__(rules, on_change)
        self._ping = ping
        self._pinging: asyncio.Task[None] | None = None

    def admits(self, now: float) -> bool:
        """Return whether a read may go ahead, as `Breaker.admits`; begin to ping if it is time to."""
        if self.state is State.CLOSED:
            return True
        if self.is_due(now) and (self._pinging is None or self._pinging.done()):
            self._pinging = asyncio.ensure_future(self._probe())
        return self.state is State.HALF_OPEN and super().admits(now)

    async def aclose(self) -> None:
        """End a ping that is under way: it would open a connection again that is about to be closed."""
        if self._pinging is not None:
            self._pinging.cancel()
            await asyncio.wait([self._pinging])

    async def _probe(self) -> None:
        try:
            await self._ping()
        except Exception:  # noqa: BLE001 - whatever it was, there is no answer
            self.failed(asyncio.get_running_loop().time())
        else:
            self.succeeded(asyncio.get_running_loop().time())
