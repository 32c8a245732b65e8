"""Redis: the client, calls that may go unanswered, and rate limits."""

from connectors.redis.client import Redis, RedisError, connect

__all__ = ["Redis", "RedisError", "connect"]
