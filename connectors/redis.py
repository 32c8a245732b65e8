"""The Redis client and its errors: the one place that knows the driver."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

__all__ = ["Redis", "RedisError", "connect"]


def connect(uri: str, *, timeout_s: float) -> Redis:
    """A client that waits *timeout_s* at most for a connection or an answer; keys and values are bytes.

    It raises `RedisError` then. Only a lost connection is tried once more, and at once: the driver's own retries
    would hold a request for seconds.
    """
    return Redis.from_url(
        uri,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        client_name="school-gateway",
    )
