"""Limits how much may be used in a time, counted in Redis for all instances together: the generic cell rate algorithm.

Of each bucket Redis keeps one number, the moment at which it will be full again. What is taken moves it on, time brings
it nearer; a bucket that is full is no key at all. One script call takes from all buckets of a request or from none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import NoScriptError

from connectors import metrics
from connectors.redis.best_effort import BestEffort

MICROSECONDS: Final = 1_000_000

_TOLD_EVERY_S: Final = 10.0
_FLUSH_S: Final = 0.5
"""How long what is given back may wait for the next taking, which brings it along."""

# Of each bucket: microseconds per unit, units it holds, units to take, units given back. The time is Redis's own.
_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local full, short, wait = {}, 0, 0
for i, key in ipairs(KEYS) do
  local each, size = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local back = math.max((tonumber(redis.call('GET', key)) or now) - ARGV[4 * i] * each, now)
  local over = back + ARGV[4 * i - 1] * each - now - size * each
  full[i] = back
  if over > 0 and over > wait then
    short, wait = i, over
  end
end
local answer = {short, math.ceil(wait)}
for i, key in ipairs(KEYS) do
  local each, size = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local at = full[i]
  if short == 0 then
    at = at + ARGV[4 * i - 1] * each
  end
  local left = at - now
  if left > 0 then
    redis.call('SET', key, string.format('%.0f', at), 'PX', math.ceil(left / 1000))
  else
    redis.call('DEL', key)
  end
  answer[2 * i + 1] = math.floor(size - left / each + 0.000001)
  answer[2 * i + 2] = math.ceil(left)
end
return answer
"""

_log = logging.getLogger(__name__)
_TAKEN, _SHORT, _FAILURE = (metrics.RATES.labels(outcome) for outcome in ("taken", "short", "failure"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds *size* units, and is full again *window_s* after it was empty."""

    key: str
    size: int
    window_s: float = 60

    @property
    def each(self) -> float:
        """Microseconds in which one unit comes back."""
        return self.window_s * MICROSECONDS / self.size


@dataclass(frozen=True, slots=True)
class Level:
    """The content of a token bucket, and the number of seconds until it is full."""

    remaining: int
    full_in_s: float


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of an attempt to take from a quota."""

    levels: Sequence[Level]
    short: int | None
    """The bucket that held too little, by its place; nothing was taken then."""
    wait_s: float
    """In how many seconds it will hold enough."""


class RateLimiter:
    """Buckets in Redis. Without an answer of Redis nothing is limited, and that is logged from time to time."""

    def __init__(self, redis: BestEffort, *, prefix: str) -> None:
        self._redis = redis
        self._execute: Callable[..., Awaitable[list[int]]] = redis.redis.execute_command
        self._prefix = prefix
        self._sha = ""
        self._given_back: dict[Bucket, int] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._told_at = float("-inf")
        self._unlimited = 0

    async def take(self, buckets: Sequence[Bucket], units: int) -> Taken | None:
        """Take *units* from each of *buckets*, or from none. None: Redis gave no answer.

        Raises `ValueError` where a bucket is smaller than that: it will never hold enough.
        """
        if any(units > bucket.size for bucket in buckets):
            message = f"{units} units are more than the bucket holds"
            raise ValueError(message)
        answer = await self._call(dict.fromkeys(buckets, units))
        if answer is None:
            self._unlimited += 1
            _FAILURE.inc()
            return None
        short, wait, *levels = answer
        (_SHORT if short else _TAKEN).inc()
        return Taken(
            [Level(max(0, levels[i]), levels[i + 1] / MICROSECONDS) for i in range(0, len(levels), 2)],
            short - 1 if short else None,
            wait / MICROSECONDS,
        )

    def give_back(self, buckets: Sequence[Bucket], units: int) -> None:
        """Give back *units* that were taken and not used; at the next taking, or a moment later."""
        for bucket in buckets:
            self._given_back[bucket] = self._given_back.get(bucket, 0) + units
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(_FLUSH_S, self._begin_flush)

    async def aclose(self) -> None:
        """Bring back what is still to be given back."""
        if self._flush is not None:
            self._flush.cancel()
        if self._flushing is not None:
            await self._flushing
        await self._bring_back()

    def _begin_flush(self) -> None:
        self._flush = None
        self._flushing = asyncio.get_running_loop().create_task(self._bring_back())

    async def _bring_back(self) -> None:
        if self._given_back:
            await self._call(dict.fromkeys(self._given_back, 0))

    async def _call(self, takings: Mapping[Bucket, int]) -> list[int] | None:
        arguments: list[Any] = [len(takings), *(f"{self._prefix}:{bucket.key}" for bucket in takings)]
        for bucket, units in takings.items():
            arguments += [bucket.each, bucket.size, units, self._given_back.pop(bucket, 0)]
        answer = await self._redis.call(lambda: self._evaluated(arguments), None)
        if answer is None:
            self._failed(asyncio.get_running_loop().time())
        return answer

    async def _evaluated(self, arguments: Sequence[Any]) -> list[int]:
        try:
            return await self._execute("EVALSHA", self._sha, *arguments)
        except NoScriptError:
            self._sha = await self._redis.redis.script_load(_SCRIPT)
            return await self._execute("EVALSHA", self._sha, *arguments)

    def _failed(self, now: float) -> None:
        if now >= self._told_at + _TOLD_EVERY_S:
            self._told_at = now
            _log.warning("Redis limits no rates for now; %d requests before this went unlimited", self._unlimited)
