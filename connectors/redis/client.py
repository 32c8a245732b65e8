"""The Redis client and its errors: the one place that knows the driver."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

__all__ = ["Redis", "RedisError", "connect"]


Around = Callable[[str], AbstractContextManager[Any]]
"""Wraps every command: called with its name, returns a context manager around it."""


def connect(uri: str, *, timeout_s: float = 1.0, around: Around | None = None) -> Redis:
    """A client that waits *timeout_s* at most for a connection or an answer; keys and values are bytes.

    It raises `RedisError` then; `BestEffort` is for those who cannot wait so long. Only a lost connection is tried once
    more, and at once: the driver's own retries would hold a request for seconds.
    """
    client: Redis = Redis.from_url(
        uri,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        client_name="school-gateway",
    )
    if around is not None:
        plain: Callable[..., Awaitable[Any]] = client.execute_command

        async def surrounded(*command: Any, **options: Any) -> Any:
            with around(str(command[0])):
                return await plain(*command, **options)

        client.execute_command = surrounded  # type: ignore[method-assign] # every method of the client goes through it
    return client
