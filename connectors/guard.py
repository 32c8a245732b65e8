"""Between a connector and its database: deadlines, retries, a bound on what runs at once, and the circuit breaker."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bson.errors import BSONError
from prometheus_client import Histogram
from pymongo.errors import ConnectionFailure, PyMongoError

from connectors import metrics
from connectors.breaker import Breaker, BreakerRules, State
from connectors.commands import TALLY
from connectors.deadlines import Deadlines
from connectors.errors import SourceUnavailable

T = TypeVar("T")
Attempt = Callable[[float], Awaitable[T]]
"""A read that may take so many seconds."""

_BACKOFF_S: Final = 0.02
_LEVELS: Final = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}
_FAILURES: Final = (PyMongoError, BSONError, TimeoutError, OSError)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuardRules:
    """How long, how often and how many at once a source is asked."""

    timeout_s: float = 1.5
    """For one read, so that a source that hangs leaves its request some time for the others."""
    concurrency: int = 8
    """Reads that run at once: with motor each has a thread."""
    retries: int = 2
    """How often a read is sent again after its connection was lost."""
    breaker: BreakerRules = field(default_factory=BreakerRules)


class Guard:
    """The guard of one source; whatever goes wrong behind it is `SourceUnavailable`."""

    def __init__(self, name: str, rules: GuardRules | None = None) -> None:
        self._name = name
        self._rules = rules or GuardRules()
        self._places = asyncio.Semaphore(self._rules.concurrency)
        self._deadlines = Deadlines()
        self.breaker = Breaker(self._rules.breaker, self._changed)
        self._refused = metrics.REFUSED.labels(name)
        self._retried = metrics.RETRIES.labels(name)
        self._level = metrics.BREAKER.labels(name)
        self._level.set(0)
        self._kept: dict[tuple[str, str], Histogram] = {}

    async def read(self, attempt: Attempt[T], deadline: float, collection: str) -> T:
        """What *attempt* answers, unless the breaker is open; it is called again after a lost connection."""
        now = asyncio.get_running_loop().time()
        if deadline <= now:
            raise SourceUnavailable(self._name)
        if not self.breaker.admits(now):
            self._refused.inc()
            raise SourceUnavailable(self._name)
        tally = TALLY.get()
        if tally is not None:
            tally.reads += 1
        return await self._judged(attempt, min(deadline, now + self._rules.timeout_s), collection)

    async def probe(self, attempt: Attempt[T], deadline: float) -> T:
        """As `read`, whatever the breaker says: the answer tells it whether the source is back."""
        return await self._judged(attempt, deadline, "")

    async def _judged(self, attempt: Attempt[T], until: float, collection: str) -> T:
        """What *attempt* answers in time; the breaker learns how it ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent: float | None = None
        try:
            with self._deadlines.until(until):
                async with self._places:
                    sent = loop.time()
                    try:
                        answer = await attempt(until - sent)
                    except (ConnectionFailure, OSError) as error:
                        answer = await self._again(error, attempt, until)
        except _FAILURES as error:
            now = loop.time()
            self._judge(error, sent, now)
            self._times(collection, "timeout" if _is_timeout(error) else "failure").observe(now - began)
            raise SourceUnavailable(self._name) from error
        except BaseException:
            self.breaker.abandoned()
            raise
        now = loop.time()
        self.breaker.succeeded(now)
        self._times(collection, "success").observe(now - began)
        return answer

    async def _again(self, error: Exception, attempt: Attempt[T], until: float) -> T:
        """What *attempt* answers after its connection was lost once or several times; raises the last *error*."""
        for number in range(self._rules.retries):
            if _is_timeout(error):
                break
            self._retried.inc()
            await asyncio.sleep(random.uniform(0, _BACKOFF_S * 2**number))  # noqa: S311 - spreads them, hides nothing
            try:
                return await attempt(until - asyncio.get_running_loop().time())
            except (ConnectionFailure, OSError) as again:
                error = again
        raise error

    def _judge(self, error: Exception, sent: float | None, now: float) -> None:
        """An answer that says no is an answer; a timeout is held against a source that had its share of the time."""
        if sent is None:
            self._refused.inc()
            self.breaker.abandoned()
        elif _is_timeout(error) and now - sent < self._rules.timeout_s / 2:
            self.breaker.abandoned()
        elif _is_timeout(error) or isinstance(error, ConnectionFailure | OSError):
            self.breaker.failed(now)
        else:
            self.breaker.succeeded(now)

    def _times(self, collection: str, outcome: str) -> Histogram:
        kept = self._kept.get((collection, outcome))
        if kept is None:
            kept = self._kept[collection, outcome] = metrics.READS.labels(self._name, collection, outcome)
        return kept

    def _changed(self, state: State) -> None:
        self._level.set(_LEVELS[state])
        metrics.BREAKER_CHANGES.labels(self._name, state.value).inc()
        _log.warning("The breaker of %s is %s", self._name, state.value)


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or (isinstance(error, PyMongoError) and error.timeout)
