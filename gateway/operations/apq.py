"""Automatic persisted queries: texts that clients sent once and name by their SHA-256 from then on.

They save bytes and are no list of what is allowed: everyone may add to them, so what each person and all together may
add is bounded. Redis keeps a text for minutes until its second use and for a day from then on, for all instances; the
texts used last are kept in the process too.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.redis.best_effort import BestEffort
from connectors.redis.rate_limiter import Bucket, RateLimiter
from gateway.engine.document_store import DocumentStore

KEY: Final = "school-gateway:apq:1:"
HOUR_S: Final = 3_600
QUOTA: Final = "school-gateway:apq:quota:1"


@dataclass(frozen=True, kw_only=True)
class AutomaticQueryRules:
    """The limits on registered texts: how many, how long, and how much by one person."""

    size: int = 512
    characters: int = 2_000_000
    new_ttl_s: int = 300
    """How long Redis keeps a text that was used once."""
    ttl_s: int = 86_400
    """How long Redis keeps it from its second use on."""
    person_bytes: int = 500_000
    """Bytes of texts that one person may register in an hour."""
    total_bytes: int = 32_000_000
    """Bytes of texts that Redis may take in a `ttl_s`; of texts used once, a quarter of it in a `new_ttl_s`."""


@dataclass(slots=True, eq=False)
class _Text:
    text: str
    is_new: bool = field(default=True)
    """Whether Redis keeps it for a short time only."""


class AutomaticQueries:
    """Whatever goes wrong in Redis is a miss, and then the client sends the text again."""

    def __init__(self, redis: BestEffort | None, rules: AutomaticQueryRules) -> None:
        self._redis = redis
        self._limiter = None if redis is None else RateLimiter(redis, prefix=QUOTA)
        self._rules = rules
        self._texts: DocumentStore[str, _Text] = DocumentStore(rules.size, rules.characters)

    async def get(self, key: str, person: str) -> str | None:
        """The text whose SHA-256 is *key*; this use of it makes it last."""
        entry = self._texts.get(key, person)
        if entry is None:
            text = await self._shared(key)
            if text is None:
                return None
            entry = self._texts.put(key, _Text(text), person, length=len(text))
        if entry.is_new:
            entry.is_new = False
            await self._lengthen(key, entry.text)
        return entry.text

    async def put(self, key: str, text: str, person: str) -> None:
        """Keep *text*, which *person* sent and which is known to be valid, under its SHA-256."""
        if self._texts.get(key, person) is not None:
            return
        self._texts.put(key, _Text(text), person, length=len(text))
        redis, encoded, rules = self._redis, text.encode(), self._rules
        who = hashlib.blake2b(person.encode(), digest_size=12).hexdigest()
        buckets = [
            Bucket(f"person:{who}", rules.person_bytes, HOUR_S),
            Bucket("new", max(1, rules.total_bytes // 4), rules.new_ttl_s),
        ]
        if redis is not None and await self._may_add(buckets, len(encoded)):
            await redis.call(lambda: redis.redis.set(KEY + key, encoded, ex=rules.new_ttl_s), None)

    async def _lengthen(self, key: str, text: str) -> None:
        redis, rules = self._redis, self._rules
        used = Bucket("used", rules.total_bytes, rules.ttl_s)
        if redis is not None and await self._may_add([used], len(text.encode())):
            await redis.call(lambda: redis.redis.expire(KEY + key, rules.ttl_s), None)

    async def _may_add(self, buckets: list[Bucket], size: int) -> bool:
        if self._limiter is None or any(size > bucket.size for bucket in buckets):
            return False
        taken = await self._limiter.take(buckets, size)
        return taken is not None and taken.short is None

    async def _shared(self, key: str) -> str | None:
        redis = self._redis
        if redis is None:
            return None
        found: Any = await redis.call(lambda: redis.redis.get(KEY + key), None)
        # What does not have this hash was not put there by a gateway.
        return found.decode() if isinstance(found, bytes) and hashlib.sha256(found).hexdigest() == key else None
