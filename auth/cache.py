"""Viewers kept in Redis for a minute at most, and never past the day they were made on."""

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
from connectors.best_effort import BestEffort
from connectors.ids import Day

VERSION: Final = 2
"""To be raised when the shape or the meaning of what is kept changes."""
MAX_TTL_S: Final = 60.0
"""How long a right that was withdrawn may outlive its withdrawal."""

Today = Callable[[str], Day]
"""The day it is now in an IANA time zone."""

_HEADS: Final = TypeAdapter(tuple[str, float, dict[str, Day]])
"""The first line of a value: its own key, when the directory was read, and the days it stands on, by time zone.

The key, so that an answer that belongs to another question can never let somebody in as somebody else.
"""
_NO_ANSWER: Final = object()

_HIT, _MISSED, _FAILED = (metrics.VIEWERS.labels(outcome) for outcome in ("hit", "miss", "failure"))

_log = logging.getLogger(__name__)


class ViewerCache:
    """Whatever goes wrong in Redis, or is wrong in a value, is a miss; without Redis everything is.

    *place* names the directory that viewers follow from: several gateways may share a Redis.
    """

    def __init__(self, redis: BestEffort | None, place: str = "", *, ttl_s: float = MAX_TTL_S) -> None:
        if not 0 < ttl_s <= MAX_TTL_S:
            raise ValueError(f"viewers may be kept for {MAX_TTL_S} seconds at most")
        self._redis = redis
        self._place = place
        self._ttl_s = ttl_s

    async def get(self, claims: Claims, today: Today) -> Viewer | None:
        """Return the viewer kept for *claims*, if every day that the viewer was made on still is *today*."""
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
        """Keep *viewer*, who follows from what the directory said at *read_at* on these *days* of the time zones.

        The time to live counts from *read_at*: however long the reads took, no right outlives its withdrawal by more.
        """
        redis = self._redis
        if redis is None:
            return
        key = key_of(claims, self._place)
        text = orjson.dumps([key, read_at, days]) + b"\n" + viewer.to_json()
        await redis.call(lambda: redis.redis.set(key, text, px=int(self._ttl_s * 1000)), None)

    def _viewer(self, text: bytes, claims: Claims, today: Today) -> Viewer | None:
        head, _, body = text.partition(b"\n")
        try:
            key, read_at, days = _HEADS.validate_json(head, strict=True)
            is_fresh = abs(time.time() - read_at) <= self._ttl_s and all(today(zone) == days[zone] for zone in days)
            viewer = Viewer.from_json(body)
        except (ValueError, KeyError, OSError):  # the last two: a zone of that name does not exist
            _log.warning("A viewer kept in Redis is malformed and was not used")
            return None
        is_his = key == key_of(claims, self._place) and viewer.role is claims.role
        return viewer if is_his and is_fresh else None


def key_of(claims: Claims, place: str) -> str:
    """Where the viewer of *claims* in the directory *place* is kept; who he is cannot be read from it."""
    who = hashlib.blake2b(orjson.dumps([place, claims.issuer, claims.subject]), digest_size=16).hexdigest()
    return f"school-gateway:viewer:{VERSION}:{claims.role}:{who}"
