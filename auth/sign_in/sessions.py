"""Sessions of browsers, kept in Redis under the hash of what the browser's cookie says, and encrypted there."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

import orjson
from pydantic import TypeAdapter

from auth.sign_in.encryption import Encryption
from auth.tokens import Claims
from auth.viewer import Role
from connectors.errors import SourceUnavailable
from connectors.redis.best_effort import BestEffort

SESSIONS: Final = "sessions"
"""The name of the source that `SourceUnavailable` says."""
LOCK_S: Final = 20
"""How long a process may take to renew a session: two requests to the provider."""
JTI_S: Final = 600
"""How long a logout token cannot be sent again; it is too old after half of that."""
EARLY_S: Final = 30.0
"""A session is renewed this long before its tokens expire."""
_POLL_S: Final = 0.05
_NO_ANSWER: Final = object()
_UNLOCK: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in from one browser, in one role."""

    login: str
    """Identifies the sign-in; it stays when the role is switched, and the cookie with it."""
    provider: str
    issuer: str
    subject: str
    sid: str | None
    """The session at the provider."""
    role: Role
    name: str | None
    csrf: str
    """A secret that requests repeat beside the cookie: only pages of this origin can read it."""
    ends_at: float
    """Seconds since 1970 after which the person has to sign in again, whatever they do."""
    fresh_until: float | None = None
    """Until when the provider vouches for the session; None where it gave no refresh token."""
    renew_at: float | None = None
    """When the provider is asked for new tokens; None likewise."""
    refresh_token: str | None = field(default=None, repr=False)

    @property
    def claims(self) -> Claims:
        """The claims that a token for the same person and role would have."""
        return Claims(self.issuer, self.subject, self.role, self.name, int(self.ends_at))

    def renewed(self, refresh_token: str | None, fresh_until: float) -> "Session":
        """The session with the tokens of a provider; without a new refresh token the old one goes on."""
        token = refresh_token or self.refresh_token
        return replace(self, refresh_token=token, fresh_until=fresh_until, renew_at=fresh_until - EARLY_S)

    def in_role(self, role: Role) -> "Session":
        """The session in another role."""
        return replace(self, role=role, csrf=secret())


_SESSION: Final = TypeAdapter(Session)


def secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """The sessions in *redis*; every method raises `SourceUnavailable` where Redis gives no answer.

    A session that is not used for *idle_s* is over. *place* names the directory's database, because several gateways
    may share a Redis.
    """

    def __init__(
        self,
        redis: BestEffort,
        encryption: Encryption,
        *,
        place: str,
        idle_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._redis = redis
        self._encryption = encryption
        self._prefix = f"school-gateway:session:1:{place}"
        self._idle_s = idle_s
        self.clock = clock

    async def start(self, session: Session) -> str:
        """Keep a new session; return what the cookie says."""
        cookie = secret()
        key = self._key(cookie)
        await self._write(key, session)
        for index in self._indexes(session):
            await self._call(lambda index=index: self._redis.redis.sadd(index, key))  # type: ignore[misc]
            await self._call(lambda index=index: self._redis.redis.expireat(index, int(session.ends_at) + 1))  # type: ignore[misc]
        return cookie

    async def find(self, cookie: str) -> Session | None:
        """The session of a cookie, which counts as used now; None where there is none."""
        key = self._key(cookie)
        text = await self._call(lambda: self._redis.redis.getex(key, px=int(self._idle_s * 1000)))
        opened = self._encryption.decrypt(text.decode(), key) if isinstance(text, bytes) else None
        session = None if opened is None else _SESSION.validate_json(opened)
        return None if session is None or self.clock() >= session.ends_at else session

    async def exists(self, cookie: str) -> bool:
        """Whether the session of a cookie goes on; it does not count as used."""
        key = self._key(cookie)
        return bool(await self._call(lambda: self._redis.redis.exists(key)))

    async def update(self, cookie: str, session: Session) -> None:
        """Write a session anew, unless it has ended meanwhile."""
        await self._write(self._key(cookie), session, only_existing=True)

    async def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        key = self._key(cookie)
        await self._call(lambda: self._redis.redis.delete(key))

    async def end_all(self, issuer: str, *, sid: str | None, subject: str | None) -> int:
        """End all sessions of one session at the provider or, without a *sid*, of one person; return how many.

        With both, sessions of the person whose provider did not say to which of its own they belong end too.
        """
        kinds = [("sub", subject)] if sid is None else [("sid", sid), ("sub without sid", subject)]
        indexes = [self._index(issuer, kind, value) for kind, value in kinds if value is not None]
        keys = await self._call(lambda: self._redis.redis.sunion(indexes))
        if not keys:
            return 0
        ended = await self._call(lambda: self._redis.redis.delete(*keys))
        await self._call(lambda: self._redis.redis.delete(*indexes))
        return int(ended)

    async def is_first(self, jti: str) -> bool:
        """Whether a token with this id comes for the first time."""
        key = f"{self._prefix}:jti:{_hash(jti)}"
        return bool(await self._call(lambda: self._redis.redis.set(key, b"1", nx=True, ex=JTI_S)))

    @asynccontextmanager
    async def locked(self, session: Session) -> AsyncIterator[None]:
        """Be the only one who changes the sign-in of *session* within the block; wait for others at most `LOCK_S`."""
        key, owner = f"{self._prefix}:lock:{session.login}", secret()
        loop = asyncio.get_running_loop()
        give_up = loop.time() + LOCK_S
        while not await self._call(lambda: self._redis.redis.set(key, owner, nx=True, ex=LOCK_S)):
            if loop.time() > give_up:
                raise SourceUnavailable(SESSIONS)
            await asyncio.sleep(_POLL_S)
        try:
            yield
        finally:
            await self._redis.call(lambda: self._redis.redis.eval(_UNLOCK, 1, key, owner), None)

    async def _write(self, key: str, session: Session, *, only_existing: bool = False) -> None:
        encrypted = self._encryption.encrypt(orjson.dumps(asdict(session)), key)
        await self._call(lambda: self._redis.redis.set(key, encrypted, px=int(self._idle_s * 1000), xx=only_existing))

    def _key(self, cookie: str) -> str:
        return f"{self._prefix}:{_hash(cookie)}"

    def _index(self, issuer: str, kind: str, value: str) -> str:
        return f"{self._prefix}:{kind}:{_hash(f'{issuer} {value}')}"

    def _indexes(self, session: Session) -> list[str]:
        kind, value = ("sub without sid", session.subject) if session.sid is None else ("sid", session.sid)
        return [self._index(session.issuer, "sub", session.subject), self._index(session.issuer, kind, value)]

    async def _call(self, command: Callable[[], Awaitable[T]]) -> T:
        answer: Any = await self._redis.call(command, _NO_ANSWER)
        if answer is _NO_ANSWER:
            raise SourceUnavailable(SESSIONS)
        return answer  # type: ignore[no-any-return] # it is what the command answers


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
