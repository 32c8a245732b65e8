"""Calls of Redis whose answer is welcome and never needed: what is kept there can be had without it.

All users of a Redis share one of these. When Redis does not answer, that is noticed after one bounded wait, for all of
them: from then on they go on without it at once, and a ping in the background finds out when it is back. How long that
wait is follows what answers have taken, as TCP does before it sends again (RFC 6298): a Redis that answers within a
millisecond is not awaited for fifty.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from redis.exceptions import ResponseError

from connectors.breaker import BreakerRules, ProbedBreaker, State
from connectors.redis import Redis, RedisError
from connectors.time_limits import TimeLimits

T = TypeVar("T")
D = TypeVar("D")

TIMEOUT_S: Final = 0.05
LEAST_SHARE: Final = 0.2
"""An answer is awaited for this share of the timeout at least, however fast the others were."""
_TICK_S: Final = 0.005
_SPREADS: Final = 4
_WEIGHT: Final = 0.125
_WEIGHT_OF_SPREAD: Final = 0.25
_PING_S: Final = 0.25
AT_ONCE: Final = 32
"""Calls that run at once: each holds a connection."""
_RULES: Final = BreakerRules(failures=1, first_s=0.05, open_s=0.5)
_FAILURES: Final = (RedisError, OSError, TimeoutError)

_log = logging.getLogger(__name__)


class BestEffort:
    """A Redis that may take *timeout_s* for an answer at most; time in which the event loop was late does not count."""

    def __init__(self, redis: Redis, *, timeout_s: float = TIMEOUT_S) -> None:
        self.redis = redis
        self._timeout_s = timeout_s
        self._usual_s = timeout_s
        """How long an answer takes, smoothed; the whole timeout until that is known."""
        self._spread_s = 0.0
        """How far answers are from that, smoothed."""
        self._time_limits = TimeLimits(_TICK_S)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._breaker = ProbedBreaker(self._ping, _RULES, self._changed)
        self._by_timeout: dict[float, BestEffort] = {}

    def with_timeout(self, timeout_s: float) -> "BestEffort":
        """A view of this Redis for callers who wait *timeout_s* for an answer, which is closed with it."""
        if timeout_s not in self._by_timeout:
            self._by_timeout[timeout_s] = BestEffort(self.redis, timeout_s=timeout_s)
        return self._by_timeout[timeout_s]

    @property
    def patience_s(self) -> float:
        """How long the next answer is awaited."""
        likely_s = self._usual_s + _SPREADS * self._spread_s
        return min(self._timeout_s, max(LEAST_SHARE * self._timeout_s, likely_s))

    async def call(self, command: Callable[[], Awaitable[T]], otherwise: D) -> T | D:
        """Return what *command* answers, or *otherwise* where Redis gives no answer in time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._breaker.admits(now):
            return otherwise
        is_sent = False
        try:
            with self._time_limits.until(now + self._timeout_s) as limit:
                async with self._places:
                    if self._breaker.state is State.OPEN:  # others learned meanwhile that there is no answer
                        return otherwise
                    is_sent = True
                    now = loop.time()
                    limit.moment = now + self.patience_s
                    answer = await command()
        except ResponseError as error:  # an answer, though not the one that was hoped for: out of memory, say
            _log.warning("Redis refused a command: %s", type(error).__name__)
            self._breaker.succeeded(loop.time())
            return otherwise
        except _FAILURES:
            if is_sent:
                self._usual_s = self._timeout_s  # it may only have become slow
                self._breaker.failed(loop.time())
            else:  # there was no free place in time
                self._breaker.abandoned()
            return otherwise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._learn(loop.time() - now)
        self._breaker.succeeded(loop.time())
        return answer

    async def aclose(self) -> None:
        """Close the connections, after the pings that would open one again."""
        for own in (self, *self._by_timeout.values()):
            await own.end_ping()
        await self.redis.aclose()

    async def end_ping(self) -> None:
        """End a ping that is under way."""
        await self._breaker.aclose()

    def _learn(self, seconds: float) -> None:
        """Note how long an answer took."""
        self._spread_s += _WEIGHT_OF_SPREAD * (abs(seconds - self._usual_s) - self._spread_s)
        self._usual_s += _WEIGHT * (seconds - self._usual_s)

    async def _ping(self) -> None:
        with self._time_limits.until(asyncio.get_running_loop().time() + _PING_S):
            await self.redis.ping()

    def _changed(self, state: State) -> None:
        if state is State.OPEN:
            _log.warning("Redis does not answer; the gateway goes on without it")
        elif state is State.CLOSED:
            _log.warning("Redis answers again")
