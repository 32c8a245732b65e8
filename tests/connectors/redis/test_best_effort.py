"""Redis that answers, hangs and comes back, for callers who can do without it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors import redis
from connectors.embedded import Server, redis_server
from connectors.redis.best_effort import AT_ONCE, LEAST_SHARE, BestEffort

TIMEOUT_S = 5
"""Enough, and a fifth of it too, for an answer on a busy machine."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    own = redis_server(tmp_path)
    await own.start()
    yield own
    os.kill(own.pid, signal.SIGCONT)
    await own.stop()


@pytest.fixture
async def best_effort(server: Server) -> AsyncIterator[BestEffort]:
    client = redis.connect(server.uri, timeout_s=30)
    calls = BestEffort(client, timeout_s=TIMEOUT_S)
    yield calls
    await calls.aclose()


async def ping(calls: BestEffort) -> bool:
    return await calls.call(calls.redis.ping, otherwise=False)


async def test_few_callers_wait_together_when_redis_hangs_and_then_nobody_does(
    server: Server, best_effort: BestEffort
) -> None:
    call_counts = [0]

    async def counted() -> bool:
        call_counts[0] += 1
        return bool(await best_effort.redis.ping())

    assert await best_effort.call(counted, otherwise=False)
    os.kill(server.pid, signal.SIGSTOP)
    assert not any(await asyncio.gather(*(best_effort.call(counted, otherwise=False) for _ in range(1_000))))
    assert call_counts[0] <= 1 + AT_ONCE
    call_counts[0] = 0
    for _ in range(30):
        assert not any([await best_effort.call(counted, otherwise=False) for _ in range(100)])
        await asyncio.sleep(0.05)
    assert call_counts == [0], "in three thousand calls, over more than a second, only pings tried it"


async def test_redis_is_asked_again_soon_after_it_is_back(server: Server, best_effort: BestEffort) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    ended = time.monotonic() + 1.5
    while time.monotonic() < ended:
        assert not await ping(best_effort)
        await asyncio.sleep(0.02)
    os.kill(server.pid, signal.SIGCONT)
    async with asyncio.timeout(60):  # half a second at most, on a machine that has nothing else to do
        while not await ping(best_effort):  # noqa: ASYNC110 - another process signals no event of ours
            await asyncio.sleep(0.02)


async def test_no_ping_opens_a_connection_again_after_all_were_closed(server: Server, best_effort: BestEffort) -> None:
    both = (best_effort, best_effort.with_timeout(TIMEOUT_S / 2))
    os.kill(server.pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        while any(own._breaker._pinging is None or own._breaker._pinging.done() for own in both):
            assert not any([await ping(own) for own in both])
            await asyncio.sleep(0.02)
    await best_effort.aclose()
    os.kill(server.pid, signal.SIGCONT)
    await asyncio.sleep(0.5)
    assert all(own._breaker._pinging is not None and own._breaker._pinging.done() for own in both)
    pool = best_effort.redis.connection_pool
    assert not any(one.is_connected for one in pool._available_connections)


async def test_redis_is_not_blamed_for_the_time_in_which_the_event_loop_was_busy(best_effort: BestEffort) -> None:
    async def hog() -> None:
        time.sleep(1.5 * TIMEOUT_S)  # noqa: ASYNC251 - it stands for work of the process

    answered, _ = await asyncio.gather(ping(best_effort), hog())
    assert answered


async def test_redis_goes_on_being_asked_when_it_refuses_a_command(best_effort: BestEffort) -> None:
    await best_effort.redis.set("text", "x")
    assert await best_effort.call(lambda: best_effort.redis.incr("text"), "otherwise") == "otherwise"
    assert await ping(best_effort)


async def test_redis_is_awaited_for_less_time_when_its_answers_are_fast(
    server: Server, best_effort: BestEffort
) -> None:
    assert best_effort.patience_s == TIMEOUT_S
    for _ in range(100):
        assert await ping(best_effort)
    patience_s = best_effort.patience_s
    assert patience_s == LEAST_SHARE * TIMEOUT_S
    os.kill(server.pid, signal.SIGSTOP)
    assert not await ping(best_effort)
    assert best_effort.patience_s > patience_s, "it may only have become slow"


async def test_redis_is_awaited_for_longer_when_its_answers_are_slow(best_effort: BestEffort) -> None:
    slow = BestEffort(best_effort.redis, timeout_s=0.5)

    async def answer() -> bool:
        await asyncio.sleep(0.2)
        return True

    for _ in range(10):
        assert await slow.call(answer, otherwise=False), "more than a fifth of the timeout"
