import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors import redis
from connectors.embedded import redis_server
from connectors.redis import Redis
from connectors.redis.best_effort import BestEffort
from connectors.redis.rate_limiter import Bucket, RateLimiter, Taken


@pytest.fixture
async def client(redis_uri: str) -> AsyncIterator[Redis]:
    connected = redis.connect(redis_uri, timeout_s=10)
    yield connected
    await connected.aclose()


@pytest.fixture
def limiter(client: Redis) -> RateLimiter:
    return RateLimiter(BestEffort(client, timeout_s=10), prefix=f"test:{uuid.uuid4().hex}")


def bucket(key: str = "a", size: int = 100, window_s: float = 3600) -> Bucket:
    return Bucket(key, size, window_s)


async def taken(limiter: RateLimiter, *buckets: Bucket, units: int) -> Taken:
    answer = await limiter.take(buckets, units)
    assert answer is not None
    return answer


async def test_a_full_bucket_gives_all_it_holds_at_once_and_then_no_more(limiter: RateLimiter) -> None:
    first = await taken(limiter, bucket(), units=60)
    assert (first.short, first.levels[0].remaining) == (None, 40)
    second = await taken(limiter, bucket(), units=40)
    assert (second.short, second.levels[0].remaining) == (None, 0)
    third = await taken(limiter, bucket(), units=1)
    assert third.short == 0
    assert third.wait_s == pytest.approx(36, abs=10)  # less by the time that has passed since
    assert third.levels[0].full_in_s == pytest.approx(3600, abs=10)


async def test_what_was_refused_is_not_taken(limiter: RateLimiter) -> None:
    await taken(limiter, bucket(), units=90)
    assert (await taken(limiter, bucket(), units=20)).short == 0
    assert (await taken(limiter, bucket(), units=10)).short is None


async def test_units_come_back_evenly_with_time(limiter: RateLimiter) -> None:
    quick = bucket(size=100, window_s=5)
    await taken(limiter, quick, units=100)
    refused = await taken(limiter, quick, units=20)
    assert 0 < refused.wait_s <= 1
    await asyncio.sleep(refused.wait_s + 0.005)
    assert (await taken(limiter, quick, units=20)).short is None


async def test_a_bucket_that_is_full_again_is_no_key(limiter: RateLimiter, client: Redis) -> None:
    await taken(limiter, bucket(size=100, window_s=0.05), units=100)
    await asyncio.sleep(0.1)
    assert await client.keys(f"{limiter._prefix}:*") == []


async def test_nothing_is_taken_from_one_bucket_when_the_other_is_short(limiter: RateLimiter) -> None:
    mine, ours = bucket("mine"), bucket("ours", size=10)
    assert (await taken(limiter, mine, ours, units=10)).short is None
    refused = await taken(limiter, mine, ours, units=5)
    assert refused.short == 1
    assert [level.remaining for level in refused.levels] == [90, 0]


async def test_more_than_a_bucket_holds_is_never_taken(limiter: RateLimiter) -> None:
    with pytest.raises(ValueError, match="more than the bucket holds"):
        await limiter.take([bucket("large"), bucket("small", size=10)], 11)
    assert (await taken(limiter, bucket("large"), bucket("small", size=10), units=10)).short is None


async def test_one_bucket_does_not_know_of_another(limiter: RateLimiter) -> None:
    await taken(limiter, bucket("greedy"), units=100)
    assert (await taken(limiter, bucket("greedy"), units=1)).short == 0
    assert (await taken(limiter, bucket("modest"), units=1)).levels[0].remaining == 99


async def test_what_is_given_back_is_there_at_the_next_taking(limiter: RateLimiter) -> None:
    await taken(limiter, bucket(), units=100)
    limiter.give_back([bucket()], 70)
    limiter.give_back([bucket()], 10)
    assert (await taken(limiter, bucket(), units=80)).short is None


async def test_what_is_given_back_comes_back_for_other_instances_a_moment_later(
    limiter: RateLimiter, client: Redis
) -> None:
    await taken(limiter, bucket(), units=100)
    limiter.give_back([bucket()], 50)
    other = RateLimiter(BestEffort(client, timeout_s=10), prefix=limiter._prefix)
    assert (await taken(other, bucket(), units=50)).short == 0
    async with asyncio.timeout(30):
        while (await taken(other, bucket(), units=50)).short is not None:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.1)


async def test_closing_brings_back_what_was_not_yet(limiter: RateLimiter, client: Redis) -> None:
    await taken(limiter, bucket(), units=100)
    limiter.give_back([bucket()], 50)
    await limiter.aclose()
    other = RateLimiter(BestEffort(client, timeout_s=10), prefix=limiter._prefix)
    assert (await taken(other, bucket(), units=50)).short is None


async def test_no_more_comes_back_than_the_bucket_holds(limiter: RateLimiter) -> None:
    await taken(limiter, bucket(), units=10)
    limiter.give_back([bucket()], 500)
    assert (await taken(limiter, bucket(), units=0)).levels[0].remaining == 100


async def test_a_taking_is_one_command(limiter: RateLimiter, client: Redis) -> None:
    await taken(limiter, bucket(), units=1)

    async def calls() -> int:
        stats: Any = await client.info("commandstats")
        return sum(int(stats[name]["calls"]) for name in stats if name in {"cmdstat_evalsha", "cmdstat_script|load"})

    before = await calls()
    limiter.give_back([bucket()], 1)
    await taken(limiter, bucket(), bucket("b"), units=1)
    assert await calls() - before == 1


async def test_many_at_once_are_all_counted(limiter: RateLimiter) -> None:
    answers = await asyncio.gather(*(taken(limiter, bucket(), units=1) for _ in range(300)))
    assert sum(answer.short is None for answer in answers) == 100


async def test_the_script_is_loaded_again_when_redis_lost_it(limiter: RateLimiter, client: Redis) -> None:
    await taken(limiter, bucket(), units=60)
    await client.script_flush()
    assert (await taken(limiter, bucket(), units=60)).short == 0


async def test_nothing_is_limited_while_redis_is_down_and_that_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with redis_server(tmp_path) as uri:
        connected = redis.connect(uri, timeout_s=1)
        limiter = RateLimiter(BestEffort(connected), prefix="test")
        assert (await taken(limiter, bucket(), units=100)).short is None
        limiter.give_back([bucket()], 1)
    with caplog.at_level(logging.WARNING):
        assert [await limiter.take([bucket()], 100) for _ in range(50)] == [None] * 50
    messages = [record.getMessage() for record in caplog.records]
    assert len([message for message in messages if "limits no rates" in message]) == 1
    assert len([message for message in messages if "does not answer" in message]) == 1
    await limiter.aclose()
    await connected.aclose()


async def test_a_redis_that_hangs_holds_up_one_request_only() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connected = redis.connect(f"redis://127.0.0.1:{port}/0", timeout_s=5)
    limiter = RateLimiter(BestEffort(connected, timeout_s=0.5), prefix="test")
    began = asyncio.get_running_loop().time()
    assert [await limiter.take([bucket()], 1) for _ in range(20)] == [None] * 20
    assert asyncio.get_running_loop().time() - began < 5, "twenty waits of half a second are ten"
    await connected.aclose()
    server.close()
