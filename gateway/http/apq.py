"""Automatic persisted queries: texts that clients sent once and name by their SHA-256 from then on.

They save bytes and are no list of what is allowed: everyone may add to them. What is kept in Redis serves all
instances; the latest are kept here too.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from typing import Final

from connectors.redis import Redis, RedisError

KEY: Final = "school-gateway:apq:1:"
_SILENCE_S: Final = 1.0
"""For how long Redis is left alone after it failed, so that a slow one does not hold up every request."""

_log = logging.getLogger(__name__)


class AutomaticQueries:
    """Whatever goes wrong in Redis is a miss, and then the client sends the text again."""

    def __init__(self, redis: Redis | None, *, size: int, ttl_s: int, timeout_s: float) -> None:
        self._redis = redis
        self._size = size
        self._ttl_s = ttl_s
        self._timeout_s = timeout_s
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._silent_until = float("-inf")

    async def get(self, key: str) -> str | None:
        """The text whose SHA-256 is *key*."""
        text = self._kept.get(key)
        if text is not None:
            self._kept.move_to_end(key)
            return text
        text = await self._shared(key)
        if text is not None:
            self._keep(key, text)
        return text

    async def put(self, key: str, text: str) -> None:
        """Keep *text*, which is known to be valid, under its SHA-256."""
        if self._kept.get(key) == text:
            return
        self._keep(key, text)
        redis = self._available()
        if redis is not None:
            try:
                async with asyncio.timeout(self._timeout_s):
                    await redis.set(KEY + key, text.encode(), ex=self._ttl_s)
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(error)

    def _keep(self, key: str, text: str) -> None:
        self._kept[key] = text
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    async def _shared(self, key: str) -> str | None:
        redis = self._available()
        if redis is None:
            return None
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await redis.get(KEY + key)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return None
        # What does not have this hash was not put there by a gateway.
        return found.decode() if isinstance(found, bytes) and hashlib.sha256(found).hexdigest() == key else None

    def _available(self) -> Redis | None:
        return self._redis if asyncio.get_running_loop().time() >= self._silent_until else None

    def _failed(self, error: Exception) -> None:
        self._silent_until = asyncio.get_running_loop().time() + _SILENCE_S
        _log.warning("Redis keeps no persisted queries for now: %r", error)
