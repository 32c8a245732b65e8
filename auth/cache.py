"""Caches viewers in Redis for at most a minute, and only while the school day they were computed on lasts."""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

import orjson
from pydantic import TypeAdapter

from auth.tokens import Claims
from auth.viewer import Viewer
from connectors import metrics
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import Day

VERSION: Final = 3
"""The version of the cached format. Raise it when the shape or the meaning of a cached viewer changes."""
MAX_TTL_S: Final = 60
"""The longest time for which a cached viewer may keep a right that has been withdrawn."""

Today = Callable[[str], Day]
"""Returns today's date in an IANA time zone."""

_HEADER: Final = TypeAdapter(tuple[str, float, dict[str, Day]])
"""The first line of a cached value: its key, when the directory was read, and the school day in each time zone.

The key is repeated in the value so that a value stored under another key can never sign somebody in as another person.
"""
_NO_ANSWER: Final = object()

_HIT, _MISSED, _FAILED = (metrics.VIEWERS.labels(outcome) for outcome in ("hit", "miss", "failure"))

_log = logging.getLogger(__name__)


class ViewerCache:
    """A cache of viewers in Redis.

    An error of Redis and a malformed value count as a miss; without Redis every lookup is a miss. *place* names the
    directory's database, because several gateways may share a Redis.
    """

    def __init__(self, redis: BestEffort | None, place: str = "", *, ttl_s: float = MAX_TTL_S) -> None:
        if not 0 < ttl_s <= MAX_TTL_S:
            raise ValueError(f"viewers may be kept for {MAX_TTL_S} seconds at most")
        self._redis = redis
        self._place = place
        self._ttl_s = ttl_s

    async def get(self, claims: Claims, today: Today) -> Viewer | None:
        """The cached viewer for *claims*; None where there is none, or where a school day it depends on is over."""
        redis = self._redis
        if redis is None:
            return None
        text = await redis.call(lambda: redis.redis.get(key_of(claims, self._place)), _NO_ANSWER)
        if text is _NO_ANSWER:
            _FAILED.inc()
            return None
        viewer = self._viewer(text, claims, today) if isinstance(text, bytes) else None
        (_MISSED if viewer is None else _HIT).inc()
        return viewer

    async def put(self, claims: Claims, viewer: Viewer, days: Mapping[str, Day], read_at: float) -> None:
        """Cache *viewer*, which was computed from the directory as read at *read_at*, seconds since 1970.

        *days* holds the school day used for each time zone. A viewer expires by its age since *read_at*, not since it
        was written, so that slow reads do not prolong a withdrawn right.
        """
        redis = self._redis
        if redis is None:
            return
        key = key_of(claims, self._place)
        text = orjson.dumps([key, read_at, days]) + b"\n" + viewer.to_json()
        await redis.call(lambda: redis.redis.set(key, text, px=int(self._ttl_s * 1000)), None)

    async def forget(self, claims: Claims) -> None:
        """Have the viewer for *claims* computed anew: their rights have just changed."""
        redis = self._redis
        if redis is not None:
            await redis.call(lambda: redis.redis.delete(key_of(claims, self._place)), None)

    def _viewer(self, text: bytes, claims: Claims, today: Today) -> Viewer | None:
        header, _, body = text.partition(b"\n")
        try:
            key, read_at, days = _HEADER.validate_json(header, strict=True)
            is_fresh = abs(time.time() - read_at) <= self._ttl_s and all(today(zone) == days[zone] for zone in days)
            viewer = Viewer.from_json(body)
        except (ValueError, KeyError, OSError):  # KeyError, OSError: there is no time zone of that name
            _log.warning("A viewer kept in Redis is malformed and was not used")
            return None
        is_same_viewer = key == key_of(claims, self._place) and viewer.role is claims.role
        return viewer if is_same_viewer and is_fresh else None


def key_of(claims: Claims, place: str) -> str:
    """The Redis key of the viewer for *claims* in the directory *place*; the person cannot be derived from it."""
    digest = hashlib.blake2b(orjson.dumps([place, claims.issuer, claims.subject]), digest_size=16).hexdigest()
    return f"school-gateway:viewer:{VERSION}:{claims.role}:{digest}"
