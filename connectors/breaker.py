"""A circuit breaker: a source that keeps failing is left alone for a while, and nobody waits for it meanwhile."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Closed lets everything through, open nothing, half-open one trial at a time."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens, and when it tries again."""

    window_s: float = 10.0
    """Over how long failures are counted."""
    failures: int = 5
    """So many of them in a row open it: a source that hangs fails so seldom that what it did before outweighs that."""
    share: float = 0.5
    """So do as many in the window, if they are this share of all that ended in it."""
    open_s: float = 5.0
    """How long it stays open before a trial."""


class Breaker:
    """The breaker of one source; *now* is the running event loop's clock, and never goes back."""

    def __init__(
        self, rules: BreakerRules = BreakerRules(), on_change: Callable[[State], None] = lambda _state: None
    ) -> None:
        self.state = State.CLOSED
        self._rules = rules
        self._on_change = on_change
        self._slot_s = rules.window_s / 10
        self._slots: deque[list[float]] = deque(maxlen=11)
        """Of each tenth of the window in which something ended: its number, successes and failures."""
        self._in_a_row = 0
        self._again_at = 0.0
        self._trying = False

    def admits(self, now: float) -> bool:
        """Whether a read may go ahead; `succeeded`, `failed` or `abandoned` must follow one that does."""
        if self.state is State.CLOSED:
            return True
        if self.state is State.OPEN and now >= self._again_at:
            self._become(State.HALF_OPEN)
        if self.state is State.OPEN or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self, now: float) -> None:
        """The source answered."""
        if self.state is State.CLOSED:
            self._in_a_row = 0
            self._slot(now)[1] += 1
        elif self.state is State.HALF_OPEN or now >= self._again_at:
            self._slots.clear()
            self._in_a_row = 0
            self._trying = False
            self._become(State.CLOSED)

    def failed(self, now: float) -> None:
        """The source did not answer."""
        if self.state is State.CLOSED:
            self._in_a_row += 1
            self._slot(now)[2] += 1
            if self._in_a_row >= self._rules.failures or self._is_too_much(now):
                self._open(now)
        elif self.state is State.HALF_OPEN:  # what was sent before it opened, and fails only now, says nothing new
            self._open(now)

    def abandoned(self) -> None:
        """Nobody waited for the answer: it says nothing of the source."""
        self._trying = False

    def retry_after_s(self, now: float) -> float:
        """How long it stays open yet."""
        return max(self._again_at - now, 0.0) if self.state is State.OPEN else 0.0

    def _open(self, now: float) -> None:
        self._again_at = now + self._rules.open_s
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
