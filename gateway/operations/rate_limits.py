"""Charges operations to the quotas of the person and of the client program, which refill each minute.

An answer tells a person of their own quota alone: what is left of a client's says how busy others are, and is told only
to whom it refuses.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from auth.viewer import Role, Viewer
from connectors.redis.rate_limiter import Bucket, Level, RateLimiter, Taken
from gateway.languages import Text
from gateway.operations.errors import Refused
from gateway.operations.result import Quota

CODE: Final = "RATE_LIMITED"
TOO_COMPLEX: Final = "QUERY_TOO_COMPLEX"
WINDOW_S: Final = 60
LEAST: Final = 1
"""The least that a request is charged."""

_PERSON: Final = "person"
_CLIENT: Final = "client"

_OF_PERSON: Final = Text(
    "You have {remaining} left of a cost of {maximum} a minute, and this may cost {value}: "
    "send it again in {wait} s, or ask for less.",
    "У вас осталось {remaining} из {maximum} единиц стоимости в минуту, а этот запрос может стоить {value}: "
    "повторите его через {wait} с или запросите меньше.",
)
_OF_CLIENT: Final = Text(
    "This client has {remaining} left of a cost of {maximum} a minute, and this may cost {value}: "
    "send it again in {wait} s, or ask for less.",
    "У этого клиента осталось {remaining} из {maximum} единиц стоимости в минуту, а этот запрос может стоить {value}: "
    "повторите его через {wait} с или запросите меньше.",
)
_MORE_THAN_PERSON: Final = Text(
    "The request may cost {value}, and your quota is {maximum} a minute: ask for less at once.",
    "Запрос может стоить {value}, а ваша квота — {maximum} в минуту: запросите меньше за один раз.",
)
_MORE_THAN_CLIENT: Final = Text(
    "The request may cost {value}, and the quota of this client is {maximum} a minute: ask for less at once.",
    "Запрос может стоить {value}, а квота этого клиента — {maximum} в минуту: запросите меньше за один раз.",
)


@dataclass(frozen=True, slots=True)
class Charge:
    """The charge for one request."""

    quota: Quota | None
    """The rest of the person's quota."""
    limiter: RateLimiter | None = None
    buckets: Sequence[Bucket] = ()
    units: int = 0

    @property
    def refunds(self) -> bool:
        """Whether what is not used comes back."""
        return self.units > LEAST

    def settle(self, actual: int) -> None:
        """Give back what was charged and not used."""
        unused = self.units - max(LEAST, actual)
        if self.limiter is not None and unused > 0:
            self.limiter.give_back(self.buckets, unused)


NOTHING: Final = Charge(None)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The quotas of persons by their role and of clients by their name, in cost a minute; without a limiter none."""

    limiter: RateLimiter | None
    roles: Mapping[Role, int]
    clients: Mapping[str, int]

    async def charge(self, viewer: Viewer, client: str, estimated: int) -> Charge:
        """Charge what a request may cost.

        Raises `Refused`: 429 where too little is left of the quota of the person or of the client, 400 where the
        request may cost more than the whole quota, which no waiting changes.
        """
        if self.limiter is None:
            return NOTHING
        buckets = [Bucket(_key(viewer), self.roles[viewer.role], WINDOW_S)]
        if client in self.clients:
            buckets.append(Bucket(f"{_CLIENT}:{client}", self.clients[client], WINDOW_S))
        units = max(LEAST, estimated)
        for name, bucket in zip((_PERSON, _CLIENT), buckets, strict=False):
            if units > bucket.size:
                raise _never(name, bucket, units)
        taken = await self.limiter.take(buckets, units)
        if taken is None:
            return NOTHING
        if taken.short is not None:
            raise _refused(buckets, taken, units)
        return Charge(_quota(_PERSON, buckets[0], taken.levels[0]), self.limiter, buckets, units)

    async def aclose(self) -> None:
        """Give back what is still to be given back."""
        if self.limiter is not None:
            await self.limiter.aclose()


def _key(viewer: Viewer) -> str:
    """The person's bucket; who they are cannot be read from it."""
    who = hashlib.blake2b(viewer.person_id.encode(), digest_size=12).hexdigest()
    return f"{_PERSON}:{viewer.role}:{who}"


def _quota(name: str, bucket: Bucket, level: Level) -> Quota:
    return Quota(name, bucket.size, WINDOW_S, level.remaining, math.ceil(level.full_in_s))


def _never(name: str, bucket: Bucket, units: int) -> Refused:
    message = _MORE_THAN_PERSON if name == _PERSON else _MORE_THAN_CLIENT
    return Refused(
        HTTPStatus.BAD_REQUEST,
        message.format(value=units, maximum=bucket.size),
        code=TOO_COMPLEX,
        extensions={"limit": name, "value": units, "maximum": bucket.size},
    )


def _refused(buckets: Sequence[Bucket], taken: Taken, units: int) -> Refused:
    place = taken.short or 0
    name, bucket, level = (_PERSON, _CLIENT)[place], buckets[place], taken.levels[place]
    wait = max(1, math.ceil(taken.wait_s))
    message = _OF_PERSON if name == _PERSON else _OF_CLIENT
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        message.format(remaining=level.remaining, maximum=bucket.size, value=units, wait=wait),
        code=CODE,
        extensions={
            "limit": name,
            "value": units,
            "maximum": bucket.size,
            "remaining": level.remaining,
            "retryAfter": wait,
        },
        retry_after_s=wait,
        quota=_quota(name, bucket, level),
    )
