"""Limits how often /auth/… is asked for in a minute: by one address, and for one account."""

import hashlib
import math
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from connectors.redis.rate_limiter import Bucket, RateLimiter
from gateway.http.errors import Refused
from gateway.languages import Text

_WINDOW_S: Final = 60
_TOO_MANY: Final = Text(
    "There were too many attempts: try again in {wait} s.",
    "Слишком много попыток: повторите через {wait} с.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLimits:
    """How many requests a minute may take, counted in Redis for all processes."""

    limiter: RateLimiter
    per_address: int
    per_account: int
    address_header: str | None
    """The header in which a proxy names the client's address; None where there is no proxy."""

    async def check_address(self, request: web.Request) -> None:
        """Count a request of an address. Raises `Refused` where it sent too many."""
        await self._take("address", self._address(request), self.per_address)

    async def check_account(self, issuer: str, subject: str) -> None:
        """Count one more use of an account, from whatever address. Raises `Refused` where there were too many."""
        await self._take("account", f"{issuer} {subject}", self.per_account)

    def _address(self, request: web.Request) -> str:
        """The address of the client: what stands last in the header was written by the nearest proxy."""
        named = request.headers.getall(self.address_header, []) if self.address_header else []
        return (named[-1] if named else "").rpartition(",")[2].strip() or request.remote or ""

    async def _take(self, kind: str, whom: str, most: int) -> None:
        hashed = hashlib.blake2b(whom.encode(), digest_size=12).hexdigest()
        taken = await self.limiter.take([Bucket(f"{kind}:{hashed}", most, _WINDOW_S)], 1)
        if taken is not None and taken.short is not None:
            wait = max(1, math.ceil(taken.wait_s))
            headers = {"Retry-After": str(wait)}
            raise Refused(429, _TOO_MANY.format(wait=wait), code="RATE_LIMITED", headers=headers)
