"""Which requests the process takes on: as many as it answers in time, person by person in turn; it refuses the others.

How much is too much cannot be said by a number: fifty requests that wait for a slow database cost nothing, fifty large
answers hold the event loop for half a second. The number of requests that run at once therefore follows what is
measured: it shrinks while the event loop is late, or while reads wait for their turn at a database that answers, and it
grows while neither is so. A request beyond it waits for its turn, and is refused at once if its turn would come too
late. Persons take turns, and a few places are left for those of whom nothing runs, so that many requests of one person
do not delay the first of another.

To refuse costs time too. What a busy process already knows of a token is looked at before the body is read or the
token verified, and a connection whose request was refused is read again a little later, so that clients which do not
wait for `Retry-After` cannot use up the processor.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from gateway.observability import metrics
from gateway.operations.errors import Refused, overloaded

TICK_S: Final = 0.025
"""How often the event loop's lag is measured."""
FIRST_LIMIT: Final = 4
"""How many requests run at once until something is measured."""
LEAST_LIMIT: Final = 2
"""How many may always run at once: while one waits for a database, another uses the processor."""
RESERVED: Final = 2
"""How many places beyond the limit are left for persons of whom nothing runs."""
REFUSALS_PER_S: Final = 200
"""After so many refusals a second, connections are read later; each costs a seventh of a millisecond."""
CALM_S: Final = 2.0
"""After how long without a refusal an overload is over."""
LONGEST_PAUSE_S: Final = 2.0
"""How much later at most."""
_SHRINKS_MOST: Final = 0.5
_GROWS: Final = 1.25
_GROWS_AFTER: Final = 2
"""Ticks without lag before the limit grows: what was let in last has come to its heavy part by then."""
_RETURNS: Final = 0.97
_FIRST_INTERVAL_S: Final = 0.002
_WEIGHT: Final = 0.2


@dataclass(frozen=True)
class AdmissionRules:
    """When requests wait, and when they are refused."""

    concurrency: int = 500
    """Requests that run or wait at most."""
    queue_s: float = 1
    """How long a request may wait for its turn."""
    lag_s: float = 0.05
    """How late the event loop may be, or a read may wait for its turn, before fewer requests run at once."""
    person_share: float = 0.5
    """The share of *concurrency* that one person may take up."""
    address_share: float = 1
    """The share of *concurrency* that one address may take up."""
    retry_after_s: int = 10
    """How long a client whose request is refused is asked to wait at most."""


@dataclass(slots=True, eq=False)
class _Person:
    """A person whose requests run or wait."""

    key: str
    requests: int = 0
    running: int = 0
    waiting: deque["_Waiter"] = field(default_factory=deque)
    tokens: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Waiter:
    future: asyncio.Future[bool]
    since: float


@dataclass(slots=True, eq=False)
class Slot:
    """The place of one request among those that run."""

    admission: "Admission"
    person: _Person
    address: str

    def release(self, queued_s: float) -> None:
        """Give the place to the next request; *queued_s* is how long reads of this one waited for a database."""
        self.admission.released(self.person, self.address, queued_s)


class Admission:
    """Takes on the requests of one process."""

    def __init__(
        self,
        rules: AdmissionRules,
        *,
        queued_s: Callable[[float], float] = lambda _now: 0.0,
        on_calm: Callable[[], None] = lambda: None,
    ) -> None:
        self._rules = rules
        self._queued_now_s = queued_s
        """How long a read has waited by a moment for its turn at a database that answers."""
        self._on_calm = on_calm
        """Called when nothing has been refused for a while after something was."""
        self._calm: asyncio.TimerHandle | None = None
        self._refused_at = 0.0
        self._first = min(float(FIRST_LIMIT), rules.concurrency)
        self._limit = self._first
        self._running = 0
        self._waiting = 0
        self._people: dict[str, _Person] = {}
        self._by_token: dict[str, _Person] = {}
        self._turns: deque[_Person] = deque()
        """The persons with requests that wait, the next one first."""
        self._addresses: Counter[str] = Counter()
        self._interval_s = _FIRST_INTERVAL_S
        """How much time passes, while requests wait, from the end of one to the end of the next."""
        self._released_at: float | None = None
        self._queued_s = 0.0
        self._calm_ticks = 0
        self._has_released = False
        """Whether a request has ended since the limit grew. Where none ends, it grows by one only: all may wait for a
        source that hangs, or for one that works on the first of them."""
        self._timer: asyncio.TimerHandle | None = None
        self._read_again_at = 0.0
        self._return_at: list[float] = []
        """A heap of the moments at which clients whose requests were refused may send them again."""

    @property
    def limit(self) -> int:
        """How many requests may run at once now."""
        return int(self._limit)

    def refuses(self, token: str) -> bool:
        """Return whether a request with this token is to be refused before anything else is known of it."""
        if self._running + self._waiting >= self._rules.concurrency:
            return True
        person = self._by_token.get(token)
        return person is not None and self._is_too_much(person)

    def refusal(self) -> Refused:
        """Return the error of a request that is refused.

        The more clients wait already to send theirs again, the longer this one is asked to wait: until they may be
        answered, if all of them return.
        """
        now = asyncio.get_running_loop().time()
        while self._return_at and self._return_at[0] <= now:
            heappop(self._return_at)
        refused = overloaded(min(self._rules.retry_after_s, len(self._return_at) * self._interval_s))
        heappush(self._return_at, now + (refused.retry_after_s or 0))
        return refused

    def admits(self, person: str, address: str) -> Callable[[], AbstractAsyncContextManager[None]]:
        """Blocks that wait for their turn among the requests of *person*, for operations that are no requests.

        Entering one raises `Refused` 503 where there is too much to do.
        """

        @asynccontextmanager
        async def admitted() -> AsyncIterator[None]:
            slot = await self.enter(person, address, person)
            try:
                yield
            finally:
                slot.release(0)

        return admitted

    async def enter(self, person: str, address: str, token: str) -> Slot:
        """Return a place for a request that has arrived whole, when it is its turn; raises `Refused` 503."""
        one = self._people.get(person) or _Person(person)
        is_too_much = self._running + self._waiting >= self._rules.concurrency or self._is_too_much(one)
        if is_too_much or self._addresses[address] >= self._rules.address_share * self._rules.concurrency:
            raise self.refusal()
        self._people[person] = self._by_token[token] = one
        one.tokens.add(token)
        one.requests += 1
        self._addresses[address] += 1
        if self._timer is None:
            self._schedule(asyncio.get_running_loop())
        if not one.waiting and self._may_begin(one) and (not one.running or not self._turns):
            self._begin(one)
        else:
            await self._turn(one, address)
        return Slot(self, one, address)

    def released(self, person: _Person, address: str, queued_s: float) -> None:
        """Note that a request ended."""
        now = asyncio.get_running_loop().time()
        if self._waiting and self._released_at is not None:
            self._interval_s += _WEIGHT * (now - self._released_at - self._interval_s)
        self._released_at = now if self._waiting else None
        self._queued_s = max(self._queued_s, queued_s)
        self._has_released = True
        self._running -= 1
        person.running -= 1
        metrics.RUNNING.dec()
        self._forget(person, address)
        self._next()

    def slow_down(self, transport: asyncio.BaseTransport | None) -> None:
        """Read the connection of a refused request again only when that fits into the rate of refusals."""
        metrics.OVERLOADED.inc()
        loop = asyncio.get_running_loop()
        now = self._refused_at = loop.time()
        if self._calm is None:
            self._calm = loop.call_at(now + CALM_S, self._calms_down, loop)
        self._read_again_at = min(max(self._read_again_at, now) + 1 / REFUSALS_PER_S, now + LONGEST_PAUSE_S)
        if isinstance(transport, asyncio.ReadTransport) and not transport.is_closing():
            transport.pause_reading()
            loop.call_at(self._read_again_at, _read_again, transport)

    def _calms_down(self, loop: asyncio.AbstractEventLoop) -> None:
        calm_at = self._refused_at + CALM_S
        if loop.time() < calm_at:
            self._calm = loop.call_at(calm_at, self._calms_down, loop)
        else:
            self._calm = None
            self._on_calm()

    def _is_too_much(self, person: _Person) -> bool:
        """Return whether one more request of a person would exceed a share, or come to its turn too late."""
        rules = self._rules
        if person.requests >= max(1, rules.person_share * rules.concurrency):
            return True
        before = min(self._waiting, len(person.waiting) * len(self._turns))
        return before * self._interval_s > rules.queue_s

    def _may_begin(self, person: _Person) -> bool:
        """Return whether there is a place; a few are left for persons of whom nothing runs."""
        return self._running < self._limit + (0 if person.running else RESERVED)

    def _begin(self, person: _Person) -> None:
        self._running += 1
        person.running += 1
        metrics.RUNNING.inc()

    async def _turn(self, person: _Person, address: str) -> None:
        """Return when it is a request's turn; raises `Refused` when that does not come in time."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), loop.time())
        if not person.waiting:
            self._turns.append(person)
        person.waiting.append(waiter)
        self._waiting += 1
        try:
            begins = await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.result():
                self.released(person, address, 0)
            else:
                self._forget(person, address)
            raise
        if not begins:
            self._forget(person, address)
            raise self.refusal()

    def _next(self) -> None:
        """Let in those whose turn it is."""
        while self._turns and self._running < self._limit + RESERVED:
            person = next(filter(self._may_begin, self._turns), None)
            if person is None:
                return
            self._turns.remove(person)
            waiter = person.waiting.popleft()
            self._waiting -= 1
            if person.waiting:
                self._turns.append(person)
            if not waiter.future.done():
                self._begin(person)
                waiter.future.set_result(True)

    def _expire(self, since: float) -> None:
        """Refuse those who have waited since a moment or longer."""
        for person in list(self._turns):
            while person.waiting and person.waiting[0].since <= since:
                waiter = person.waiting.popleft()
                self._waiting -= 1
                if not waiter.future.done():
                    waiter.future.set_result(False)
            if not person.waiting:
                self._turns.remove(person)

    def _forget(self, person: _Person, address: str) -> None:
        person.requests -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]
        if not person.requests:
            self._people.pop(person.key, None)
            for token in person.tokens:
                self._by_token.pop(token, None)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + TICK_S
        self._timer = loop.call_at(due, self._measure, loop, due)

    def _measure(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Follow what was measured, let in whom that allows, and refuse who has waited too long."""
        now = loop.time()
        self._adapt(max(now - due, self._queued_s, self._queued_now_s(now)))
        self._queued_s = 0.0
        self._expire(now - self._rules.queue_s)
        self._next()
        if not self._waiting:
            self._interval_s = max(_FIRST_INTERVAL_S, self._interval_s * _RETURNS)
        self._timer = None
        if self._running or self._waiting:
            self._schedule(loop)
        else:
            self._limit = self._first
            self._interval_s = _FIRST_INTERVAL_S

    def _adapt(self, lag_s: float) -> None:
        self._calm_ticks = self._calm_ticks + 1 if lag_s < self._rules.lag_s / 2 else 0
        if lag_s > self._rules.lag_s:
            shrinks = max(self._rules.lag_s / lag_s, _SHRINKS_MOST)
            self._limit = max(min(LEAST_LIMIT, self._rules.concurrency), self._limit * shrinks)
        elif self._running >= int(self._limit):
            if self._calm_ticks >= _GROWS_AFTER:
                grown = self._limit * _GROWS if self._has_released else 0.0
                self._limit = min(self._rules.concurrency, max(grown, self._limit + 1))
                self._has_released = False
        elif self._limit > self._first:
            self._limit = max(self._first, self._limit * _RETURNS)


def _read_again(transport: asyncio.ReadTransport) -> None:
    if not transport.is_closing():
        transport.resume_reading()
