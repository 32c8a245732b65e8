"""The breaker by itself, and the guard in front of a MongoDB that hangs, dies and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from connectors.breaker import Breaker, BreakerRules, State
from connectors.embedded import Server, mongod
from connectors.errors import SourceUnavailable
from connectors.guard import Guard, GuardRules
from connectors.mongo import ALL, Source, connect

RULES = BreakerRules(window_s=10, failures=3, share=0.5, open_s=5)


def broken(now: float = 0.0) -> Breaker:
    """A breaker that has opened at *now*."""
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(now)
    assert breaker.state is State.OPEN
    return breaker


def test_a_breaker_opens_when_enough_reads_failed() -> None:
    breaker = Breaker(RULES)
    breaker.failed(0)
    breaker.failed(1)
    assert breaker.admits(1)
    breaker.failed(2)
    assert not breaker.admits(2)


def test_a_breaker_stays_closed_when_most_reads_succeed() -> None:
    breaker = Breaker(RULES)
    for _ in range(10):
        breaker.succeeded(1)
        breaker.succeeded(1)
        breaker.failed(1)
    assert breaker.state is State.CLOSED


def test_a_breaker_opens_when_half_of_the_reads_failed() -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.succeeded(1)
        breaker.failed(1)
    assert breaker.state is State.OPEN


def test_a_breaker_opens_when_reads_fail_in_a_row_after_many_that_succeeded() -> None:
    breaker = Breaker(RULES)
    for _ in range(1_000):
        breaker.succeeded(1)
    for _ in range(3):
        breaker.failed(2)
    assert breaker.state is State.OPEN


def test_failures_are_forgotten_when_the_window_has_passed() -> None:
    breaker = Breaker(RULES)
    breaker.failed(0)
    breaker.failed(0)
    breaker.succeeded(10.5)
    breaker.failed(10.5)
    assert breaker.state is State.CLOSED


def test_one_trial_at_a_time_goes_through_when_an_open_breaker_has_waited() -> None:
    breaker = broken()
    assert not breaker.admits(4.9)
    assert breaker.admits(5)
    assert breaker.state is State.HALF_OPEN
    assert not breaker.admits(5)


def test_a_breaker_closes_and_remembers_nothing_when_the_trial_succeeds() -> None:
    breaker = broken()
    breaker.admits(5)
    breaker.succeeded(5.1)
    assert breaker.state is State.CLOSED
    breaker.failed(5.2)
    assert breaker.state is State.CLOSED


def test_a_breaker_waits_anew_when_the_trial_fails() -> None:
    breaker = broken()
    breaker.admits(5)
    breaker.failed(6)
    assert not breaker.admits(10.9)
    assert breaker.admits(11)


def test_another_trial_may_go_when_nobody_waited_for_the_last_one() -> None:
    breaker = broken()
    breaker.admits(5)
    breaker.abandoned()
    assert breaker.admits(5.1)


def test_nothing_changes_when_a_read_from_before_the_opening_ends() -> None:
    breaker = broken()
    breaker.succeeded(1)
    breaker.failed(2)
    assert breaker.state is State.OPEN
    assert breaker.admits(5)


def test_every_change_is_told_when_a_breaker_opens_and_closes() -> None:
    told: list[State] = []
    breaker = Breaker(RULES, told.append)
    for _ in range(5):
        breaker.failed(0)
    breaker.admits(5)
    breaker.succeeded(5)
    assert told == [State.OPEN, State.HALF_OPEN, State.CLOSED]


class Answers:
    """A read that goes as it is told to, one time after the other."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.asked = 0

    async def __call__(self, _left_s: float) -> object:
        self.asked += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def soon(within_s: float = 2.0) -> float:
    return asyncio.get_running_loop().time() + within_s


async def test_a_read_is_sent_again_when_its_connection_was_lost() -> None:
    answers = Answers(AutoReconnect("reset"), AutoReconnect("reset"), "rows")
    assert await Guard("diary").read(answers, soon(), "remarks") == "rows"


async def test_a_read_is_given_up_when_every_connection_is_lost() -> None:
    answers = Answers(*[AutoReconnect("reset")] * 9)
    with pytest.raises(SourceUnavailable):
        await Guard("diary", GuardRules(retries=2)).read(answers, soon(), "remarks")
    assert answers.asked == 3


async def test_a_read_is_not_sent_again_when_the_server_refused_it() -> None:
    answers = Answers(OperationFailure("no such stage"), "rows")
    guard = Guard("diary", GuardRules(breaker=BreakerRules(failures=1)))
    with pytest.raises(SourceUnavailable):
        await guard.read(answers, soon(), "remarks")
    assert answers.asked == 1
    assert guard.breaker.state is State.CLOSED


async def test_a_source_is_not_blamed_when_others_used_up_the_time() -> None:
    guard = Guard("diary", GuardRules(timeout_s=1, breaker=BreakerRules(failures=1)))
    with pytest.raises(SourceUnavailable):
        await guard.read(lambda _: asyncio.sleep(1), soon(0.05), "remarks")
    assert guard.breaker.state is State.CLOSED


async def test_no_more_reads_than_allowed_run_at_once_when_many_are_asked() -> None:
    guard = Guard("diary", GuardRules(concurrency=3))
    running: list[int] = [0]

    async def read(_left_s: float) -> int:
        running[0] += 1
        seen = running[0]
        await asyncio.sleep(0.001)
        running[0] -= 1
        return seen

    assert max(await asyncio.gather(*(guard.read(read, soon(), "remarks") for _ in range(20)))) == 3


async def test_a_place_is_free_again_when_its_reader_went_away() -> None:
    guard = Guard("diary", GuardRules(concurrency=1))
    gone = asyncio.create_task(guard.read(lambda _: asyncio.sleep(9), soon(), "remarks"))
    await asyncio.sleep(0.01)
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    assert await guard.read(Answers("rows"), soon(), "remarks") == "rows"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = mongod(tmp_path_factory.mktemp("breaker"))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def source(server: Server) -> AsyncIterator[Source]:
    client: Any = connect(server.uri, timeout_s=0.5)
    breaker = BreakerRules(failures=3, open_s=0.3)
    yield Source("diary", client["breaker"], GuardRules(timeout_s=0.4, concurrency=4, breaker=breaker))
    client.close()


async def test_a_hanging_source_is_left_alone_when_its_breaker_opens_and_read_when_it_is_back(
    server: Server, source: Source
) -> None:
    await source.find("remarks", {}, columns=ALL, deadline=soon())
    os.kill(server.pid, signal.SIGSTOP)
    try:
        reads = (source.find("remarks", {}, columns=ALL, deadline=soon()) for _ in range(4))
        failed = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(error, SourceUnavailable) for error in failed)
        assert _state(source) is State.OPEN
        began = time.perf_counter()
        with pytest.raises(SourceUnavailable):
            await source.find("remarks", {}, columns=ALL, deadline=soon())
        assert time.perf_counter() - began < 0.3
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await _until_answered(source)
    assert _state(source) is State.CLOSED


async def test_a_source_is_read_again_when_its_server_was_started_anew(server: Server, source: Source) -> None:
    await source.find("remarks", {}, columns=ALL, deadline=soon())
    await server.stop()
    with pytest.raises(SourceUnavailable):
        await source.find("remarks", {}, columns=ALL, deadline=soon())
    await server.start()
    await _until_answered(source)


async def test_an_open_breaker_closes_when_a_readiness_probe_is_answered(source: Source) -> None:
    await source.ping(deadline=soon())
    for _ in range(3):
        source.guard.breaker.failed(asyncio.get_running_loop().time())
    await asyncio.sleep(0.35)
    await source.ping(deadline=soon())
    assert source.guard.breaker.state is State.CLOSED


def _state(source: Source) -> State:
    return source.guard.breaker.state


async def _until_answered(source: Source) -> None:
    async with asyncio.timeout(10):
        while True:
            with suppress(SourceUnavailable):
                await source.find("remarks", {}, columns=ALL, deadline=soon())
                return
            await asyncio.sleep(0.05)
