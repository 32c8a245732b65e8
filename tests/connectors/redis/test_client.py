import asyncio
import socket

import pytest

from connectors import redis


async def test_an_error_is_raised_in_time_when_the_server_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = redis.connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout_s=0.1)
        async with asyncio.timeout(30):
            with pytest.raises(redis.RedisError):
                await client.ping()
        await client.aclose()


async def test_an_error_is_raised_at_once_when_there_is_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    client = redis.connect(f"redis://127.0.0.1:{port}/0", timeout_s=60)
    async with asyncio.timeout(30):
        with pytest.raises(redis.RedisError):
            await client.ping()
    await client.aclose()
