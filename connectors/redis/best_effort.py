"""Calls of Redis whose answer is welcome and never needed: what is kept there can be had without it.

All users of a Redis share one of these. When Redis does not answer, that is noticed after one bounded wait, for all of
them: from then on they go on without it at once, and a ping in the background finds out when it is back.
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
_PING_S: Final = 0.25
AT_ONCE: Final = 32
"""Calls that run at once: each holds a connection."""
_RULES: Final = BreakerRules(failures=1, first_s=0.05, open_s=0.5)
_FAILURES: Final = (RedisError, OSError, TimeoutError)

_log = logging.getLogger(__name__)


class BestEffort:
    """A Redis that may take *timeout_s* for an answer; time in which the event loop was late does not count."""

    def __init__(self, redis: Redis, *, timeout_s: float = TIMEOUT_S) -> None:
        self.redis = redis
        self._timeout_s = timeout_s
        self._time_limits = TimeLimits()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._breaker = ProbedBreaker(self._ping, _RULES, self._changed)

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
                    limit.moment = loop.time() + self._timeout_s
                    answer = await command()
        except ResponseError as error:  # an answer, though not the one that was hoped for: out of memory, say
            _log.warning("Redis refused a command: %s", type(error).__name__)
            self._breaker.succeeded(loop.time())
            return otherwise
        except _FAILURES:
            if is_sent:
                self._breaker.failed(loop.time())
            else:  # there was no free place in time
                self._breaker.abandoned()
            return otherwise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded(loop.time())
        return answer

    async def _ping(self) -> None:
        with self._time_limits.until(asyncio.get_running_loop().time() + _PING_S):
            await self.redis.ping()

    def _changed(self, state: State) -> None:
        if state is State.OPEN:
            _log.warning("Redis does not answer; the gateway goes on without it")
        elif state is State.CLOSED:
            _log.warning("Redis answers again")
