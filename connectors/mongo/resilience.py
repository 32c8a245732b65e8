"""Between a connector and its database: time limits, retries, a bound on what runs at once, and the circuit breaker.

A database is blamed for its own time alone. The time of a read begins when the read is sent; what it waited for a place
before, and what the event loop was late, is the process's doing.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bson.errors import BSONError
from prometheus_client import Histogram
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError

from connectors import metrics
from connectors.breaker import BreakerRules, ProbedBreaker, State
from connectors.errors import ConnectorError, Overloaded, SourceUnavailable
from connectors.mongo.concurrency_limit import ConcurrencyLimit
from connectors.mongo.read_log import Tally, tally_of
from connectors.time_limits import TimeLimit, TimeLimits

T = TypeVar("T")
Attempt = Callable[[float], Awaitable[T]]
"""Reads within the given number of seconds."""
Ping = Attempt[object]
"""Asks the source for any answer."""

GRACE_S: Final = 0.05
"""How much longer than its time a read is awaited: the server's own word that it took too long is to arrive."""
SLOW_S: Final = 0.5
"""A read that takes longer is slow, though it may be answered yet."""
PING_S: Final = 0.5
"""How long a source whose breaker is open may take to answer a ping."""
_BACKOFF_S: Final = 0.02
_LATE_WITHIN_S: Final = 2.0
_LATE_SHARE: Final = 0.1
_LEVELS: Final = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}
_FAILURES: Final = (PyMongoError, BSONError, TimeoutError, OSError)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GuardRules:
    """The limits on reads of one source: their time, their retries, and how many run at once."""

    timeout_s: float = 1.5
    """For one read, so that a source that hangs leaves its request some time for the others."""
    concurrency: int = 8
    """Reads that run at once: with motor each has a thread."""
    retries: int = 2
    """How often a read is sent again after its connection was lost."""
    breaker: BreakerRules = field(default_factory=BreakerRules)


class Guard:
    """The guard of one source: it raises `SourceUnavailable` for whatever goes wrong in the source.

    While its breaker is open, only a *ping* in the background asks the source; requests are let through again once the
    ping is answered, so that no reader waits for a source that hangs.
    """

    def __init__(
        self, name: str, ping: Ping, rules: GuardRules | None = None, time_limits: TimeLimits | None = None
    ) -> None:
        self._name = name
        self._rules = rules or GuardRules()
        self._ping = ping
        self._places = ConcurrencyLimit(self._rules.concurrency)
        self._time_limits = time_limits or TimeLimits()
        self._answered: dict[str, float] = {}
        """When a read of each collection was answered last."""
        self._alive_at = float("-inf")
        """When the source answered anything last."""
        self.breaker = ProbedBreaker(self._probe_source, self._rules.breaker, self._changed)
        self._refused = metrics.REFUSED.labels(name)
        self._retried = metrics.RETRIES.labels(name)
        self._level = metrics.BREAKER.labels(name)
        self._level.set(0)
        self._histograms: dict[tuple[str, str], Histogram] = {}

    async def read(self, attempt: Attempt[T], deadline: float, collection: str) -> T:
        """Return what *attempt* answers by *deadline*; it is called again after a lost connection.

        Raises `SourceUnavailable`, also at once while the breaker is open, and `Overloaded` where this process was too
        slow to ask in time.
        """
        now = asyncio.get_running_loop().time()
        # A request that was let in is to be answered: the time in which the event loop was late is added to its own.
        until = deadline + self._time_limits.late_s(deadline - _LATE_WITHIN_S)
        if until <= now:
            raise self._too_late(now)
        if not self.breaker.admits(now):
            self._refused.inc()
            raise SourceUnavailable(self._name)
        return await self._judged(attempt, until, collection, tally_of(deadline))

    def queued_s(self, now: float) -> float:
        """Return how long a read has waited for a place while others were answered: none does where a source hangs."""
        since = self._places.waiting_since
        return now - since if since is not None and self._alive_at > since else 0.0

    async def probe(self, deadline: float) -> None:
        """Return when the source answers a ping, else raise `SourceUnavailable`; the breaker learns which."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            with self._time_limits.until(deadline):
                await self._ping(deadline - began)
        except _FAILURES as error:
            raise self._judged_error(error, "", began, began, loop.time()) from error
        self.breaker.succeeded(loop.time())

    async def _probe_source(self) -> None:
        """Ping a source whose breaker is open."""
        with self._time_limits.until(asyncio.get_running_loop().time() + PING_S):
            await self._ping(PING_S)

    async def _judged(self, attempt: Attempt[T], until: float, collection: str, tally: Tally | None) -> T:
        """Return what *attempt* answers in time, and tell the breaker how it ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent: float | None = None
        try:
            with self._time_limits.until(until) as limit:
                async with self._places:
                    sent = loop.time()
                    self._begins(tally, sent - began)
                    answer = await self._sent(attempt, limit, sent)
        except _FAILURES as error:
            now = loop.time()
            self._times(collection, "timeout" if _is_timeout(error) else "failure").observe(now - began)
            raise self._judged_error(error, collection, began, sent, now) from error
        except BaseException:
            self.breaker.abandoned()
            raise
        now = loop.time()
        if tally is not None:  # what takes longer than usual is like a queue: there is more to read than it can answer
            tally.queued_s = max(tally.queued_s, now - sent - SLOW_S)
        self._answered[collection] = self._alive_at = now
        self._places.rise()
        self.breaker.succeeded(now)
        self._times(collection, "success").observe(now - began)
        return answer

    def _begins(self, tally: Tally | None, queued_s: float) -> None:
        """Count a read that has a place; raise `SourceUnavailable` if the breaker opened while it waited."""
        if self.breaker.state is State.OPEN:
            self._refused.inc()
            raise SourceUnavailable(self._name)
        if tally is not None:
            tally.reads += 1
            tally.queued_s = max(tally.queued_s, queued_s)

    async def _sent(self, attempt: Attempt[T], limit: TimeLimit, now: float) -> T:
        """Return what *attempt* answers within its own time, which begins now."""
        left_s = min(limit.moment - now, self._rules.timeout_s)
        limit.moment = now + left_s + GRACE_S
        try:
            return await attempt(left_s)
        except (ConnectionFailure, OSError) as error:
            return await self._again(error, attempt, limit)

    async def _again(self, error: Exception, attempt: Attempt[T], limit: TimeLimit) -> T:
        """Return what *attempt* answers after its connection was lost, or raise the last *error*."""
        for number in range(self._rules.retries):
            if _is_timeout(error):
                break
            self._retried.inc()
            await asyncio.sleep(random.uniform(0, _BACKOFF_S * 2**number))  # noqa: S311 - spreads them, hides nothing
            try:
                return await attempt(limit.moment - asyncio.get_running_loop().time() - GRACE_S)
            except (ConnectionFailure, OSError) as again:
                error = again
        raise error

    def _judged_error(
        self, error: Exception, collection: str, began: float, sent: float | None, now: float
    ) -> ConnectorError:
        """Return what a failed read is answered with, and tell the breaker what the *error* says of the source.

        An answer that says no is an answer. A timeout is held against a source that had its share of the time and
        answered nothing meanwhile. One that does answer has more to read than it can: fewer reads run at once then, and
        only if they run one by one, and nobody else reads the collection with success, is it held against it after all.
        """
        if not _is_timeout(error):
            is_failure = isinstance(error, ConnectionFailure | OSError)
            (self.breaker.failed if is_failure else self.breaker.succeeded)(now)
            return SourceUnavailable(self._name)
        if isinstance(error, ExecutionTimeout):
            self._alive_at = now
        is_slow = self._alive_at > (began if sent is None else sent)
        if sent is not None and self._is_to_blame(collection, sent, now, is_slow=is_slow):
            self.breaker.failed(now)
            return SourceUnavailable(self._name)
        if sent is None:
            self._refused.inc()
        elif is_slow:
            self._places.fall(now)
        self.breaker.abandoned()
        is_alive = is_slow or self._alive_at > now - self._rules.timeout_s
        return Overloaded() if is_alive else self._too_late(now)

    def _is_to_blame(self, collection: str, sent: float, now: float, *, is_slow: bool) -> bool:
        own_s = now - sent - self._time_limits.late_s(sent)
        if own_s < self._rules.timeout_s / 2 or self._answered.get(collection, sent) > sent:
            return False
        return self._places.is_least or not is_slow

    def _too_late(self, now: float) -> ConnectorError:
        """Return the error of a read whose request has no time left: the process is to blame if it was late."""
        if self._time_limits.late_s(now - _LATE_WITHIN_S) > _LATE_SHARE * _LATE_WITHIN_S:
            return Overloaded()
        return SourceUnavailable(self._name)

    def _times(self, collection: str, outcome: str) -> Histogram:
        found = self._histograms.get((collection, outcome))
        if found is None:
            found = self._histograms[collection, outcome] = metrics.READS.labels(self._name, collection, outcome)
        return found

    def _changed(self, state: State) -> None:
        self._level.set(_LEVELS[state])
        metrics.BREAKER_CHANGES.labels(self._name, state.value).inc()
        _log.warning("The breaker of %s is %s", self._name, state.value)


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or (isinstance(error, PyMongoError) and error.timeout)
