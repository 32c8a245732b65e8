"""The breaker by itself, and the guard in front of a MongoDB that hangs, dies and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, ExecutionTimeout, OperationFailure

from connectors.breaker import Breaker, BreakerRules, State
from connectors.embedded import Server, mongod
from connectors.errors import Overloaded, SourceUnavailable
from connectors.mongo import ALL, Source, connect
from connectors.mongo.resilience import Guard, GuardRules

RULES = BreakerRules(window_s=10, failures=3, share=0.5, first_s=1, open_s=5)


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
    assert not breaker.admits(0.9)
    assert breaker.admits(1)
    assert breaker.state is State.HALF_OPEN
    assert not breaker.admits(1)


def test_a_breaker_closes_and_remembers_nothing_when_the_trial_succeeds() -> None:
    breaker = broken()
    breaker.admits(1)
    breaker.succeeded(1.1)
    assert breaker.state is State.CLOSED
    breaker.failed(1.2)
    assert breaker.state is State.CLOSED


def test_a_breaker_waits_twice_as_long_with_each_trial_that_fails_but_not_without_end() -> None:
    breaker = broken()
    now, pauses = 1.0, []
    for _ in range(5):
        assert breaker.admits(now)
        breaker.failed(now)
        pause = next(n / 2 for n in range(20) if breaker.is_due(now + n / 2))
        pauses.append(pause)
        now += pause
    assert pauses == [2, 4, 5, 5, 5]


def test_a_breaker_waits_as_long_as_before_when_it_opens_again_soon_after_it_closed() -> None:
    breaker = broken()
    breaker.admits(1)
    breaker.failed(1)
    breaker.admits(3)
    breaker.succeeded(3)
    for _ in range(3):
        breaker.failed(4)
    assert not breaker.is_due(7.9), "four seconds, as the next trial would have had"
    assert breaker.is_due(8)


def test_a_breaker_waits_briefly_again_when_it_was_closed_for_long() -> None:
    breaker = broken()
    breaker.admits(1)
    breaker.failed(1)
    breaker.admits(3)
    breaker.succeeded(3)
    for _ in range(3):
        breaker.failed(20)
    assert breaker.is_due(21)


def test_another_trial_may_go_when_nobody_waited_for_the_last_one() -> None:
    breaker = broken()
    breaker.admits(1)
    breaker.abandoned()
    assert breaker.admits(1.1)


def test_nothing_changes_when_a_read_from_before_the_opening_ends() -> None:
    breaker = broken()
    breaker.succeeded(0.5)
    breaker.failed(0.6)
    assert breaker.state is State.OPEN
    assert breaker.admits(1)


def test_a_trial_may_go_when_an_open_source_answered_a_ping() -> None:
    breaker = broken()
    breaker.succeeded(1)
    assert breaker.state is State.HALF_OPEN
    assert breaker.admits(1)


def test_every_change_is_told_when_a_breaker_opens_and_closes() -> None:
    changes: list[State] = []
    breaker = Breaker(RULES, changes.append)
    for _ in range(5):
        breaker.failed(0)
    breaker.admits(5)
    breaker.succeeded(5)
    assert changes == [State.OPEN, State.HALF_OPEN, State.CLOSED]


class Answers:
    """A read that goes as it is told to, one time after the other."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.attempts = 0

    async def __call__(self, _left_s: float) -> object:
        self.attempts += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def soon(within_s: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + within_s


async def answered(_left_s: float) -> None:
    """A ping that is answered at once."""


def guarded(rules: GuardRules | None = None) -> Guard:
    return Guard("diary", answered, rules)


async def test_a_read_is_sent_again_when_its_connection_was_lost() -> None:
    answers = Answers(AutoReconnect("reset"), AutoReconnect("reset"), "rows")
    assert await guarded().read(answers, soon(), "remarks") == "rows"


async def test_a_read_is_given_up_when_every_connection_is_lost() -> None:
    answers = Answers(*[AutoReconnect("reset")] * 9)
    with pytest.raises(SourceUnavailable):
        await guarded(GuardRules(retries=2)).read(answers, soon(), "remarks")
    assert answers.attempts == 3


async def test_a_read_is_not_sent_again_when_the_server_refused_it() -> None:
    answers = Answers(OperationFailure("no such stage"), "rows")
    guard = guarded(GuardRules(breaker=BreakerRules(failures=1)))
    with pytest.raises(SourceUnavailable):
        await guard.read(answers, soon(), "remarks")
    assert answers.attempts == 1
    assert guard.breaker.state is State.CLOSED


async def test_a_source_is_not_blamed_when_others_used_up_the_time() -> None:
    guard = guarded(GuardRules(timeout_s=1, breaker=BreakerRules(failures=1)))
    with pytest.raises(SourceUnavailable):
        await guard.read(lambda _: asyncio.sleep(1), soon(0.05), "remarks")
    assert guard.breaker.state is State.CLOSED


async def test_no_more_reads_than_allowed_run_at_once_when_many_are_asked() -> None:
    guard = guarded(GuardRules(concurrency=3))
    running: list[int] = [0]

    async def read(_left_s: float) -> int:
        running[0] += 1
        seen = running[0]
        await asyncio.sleep(0.001)
        running[0] -= 1
        return seen

    assert max(await asyncio.gather(*(guard.read(read, soon(), "remarks") for _ in range(20)))) == 3


async def test_a_place_is_free_again_when_its_reader_went_away() -> None:
    guard = guarded(GuardRules(concurrency=1))
    gone = asyncio.create_task(guard.read(lambda _: asyncio.sleep(99), soon(), "remarks"))
    await asyncio.sleep(0.01)
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    assert await guard.read(Answers("rows"), soon(), "remarks") == "rows"


async def test_the_time_of_a_read_begins_when_it_has_a_place() -> None:
    guard = guarded(GuardRules(timeout_s=0.3, concurrency=1, breaker=BreakerRules(failures=1)))
    left: list[float] = []

    async def read(left_s: float) -> None:
        left.append(left_s)
        await asyncio.sleep(0.2)

    await asyncio.gather(*(guard.read(read, soon(), "remarks") for _ in range(4)))
    assert min(left) > 0.25, "0.6 s of waiting took nothing from the last one"
    assert guard.breaker.state is State.CLOSED


async def test_a_read_says_overloaded_when_it_got_no_place_of_a_source_that_answers() -> None:
    guard = guarded(GuardRules(concurrency=1, breaker=BreakerRules(failures=1)))
    many = (guard.read(lambda _: asyncio.sleep(0.05), soon(0.2), "remarks") for _ in range(20))
    ended = await asyncio.gather(*many, return_exceptions=True)
    assert {type(error) for error in ended if error is not None} == {Overloaded}
    assert guard.breaker.state is State.CLOSED


async def test_a_source_is_not_blamed_for_the_time_in_which_the_event_loop_was_busy() -> None:
    guard = guarded(GuardRules(timeout_s=0.2, breaker=BreakerRules(failures=1)))

    async def hog() -> None:
        await asyncio.sleep(0.05)
        time.sleep(0.5)  # noqa: ASYNC251 - it stands for work of the process

    read, _ = await asyncio.gather(guard.read(lambda _: asyncio.sleep(0.1, "rows"), soon(), "remarks"), hog())
    assert read == "rows"
    assert guard.breaker.state is State.CLOSED


async def test_a_heavy_read_does_not_open_the_breaker_while_others_of_its_collection_are_answered() -> None:
    guard = guarded(GuardRules(timeout_s=1, breaker=BreakerRules(failures=1)))
    heavy = [asyncio.create_task(guard.read(lambda _: asyncio.sleep(99), soon(), "remarks")) for _ in range(5)]
    await asyncio.sleep(0.05)
    await guard.read(Answers("rows"), soon(), "remarks")
    ended = await asyncio.gather(*heavy, return_exceptions=True)
    assert {type(error) for error in ended} == {Overloaded}
    assert guard.breaker.state is State.CLOSED


async def test_a_source_has_a_queue_only_if_it_answers_some_while_others_wait() -> None:
    guard = guarded(GuardRules(concurrency=1))
    hang = asyncio.Event()

    async def read(_left_s: float) -> None:
        await hang.wait()
        await asyncio.sleep(0.05)

    reads = [asyncio.create_task(guard.read(read, soon(5), "marks")) for _ in range(6)]
    await asyncio.sleep(0.05)
    assert guard.queued_s(soon(0)) == 0, "five wait, for a source that may hang"
    hang.set()
    await asyncio.gather(*reads[:4])
    assert guard.queued_s(soon(0)) > 0.05
    await asyncio.gather(*reads)
    assert guard.queued_s(soon(0)) == 0


async def test_fewer_reads_run_at_once_when_a_source_is_too_slow_and_at_last_it_is_left_alone() -> None:
    guard = guarded(GuardRules(timeout_s=0.1, concurrency=8, breaker=BreakerRules(failures=1)))
    running: list[int] = [0]
    most: list[int] = []

    async def read(_left_s: float) -> None:
        running[0] += 1
        most[-1] = max(most[-1], running[0])
        try:
            await asyncio.sleep(0.09)
            raise ExecutionTimeout("operation exceeded time limit", 50)
        finally:
            running[0] -= 1

    outcomes: list[set[type]] = []
    while guard.breaker.state is State.CLOSED:
        most.append(0)
        ended = await asyncio.gather(*(guard.read(read, soon(0.5), "marks") for _ in range(8)), return_exceptions=True)
        outcomes.append({type(error) for error in ended})
        await asyncio.sleep(0.2)
    assert most[0] == 8
    assert most[-1] <= 2, "it is held against the source only when reads have come to run one by one"
    assert outcomes[0] == {Overloaded}
    assert len(outcomes) > 2


async def test_a_read_that_times_out_opens_the_breaker_when_nobody_was_answered_meanwhile() -> None:
    guard = guarded(GuardRules(timeout_s=0.1, breaker=BreakerRules(failures=1)))
    await guard.read(Answers("rows"), soon(), "remarks")
    with pytest.raises(SourceUnavailable):
        await guard.read(lambda _: asyncio.sleep(99), soon(), "remarks")
    assert guard.breaker.state is State.OPEN


async def test_readers_do_not_wait_when_an_open_source_is_tried() -> None:
    hanging = asyncio.Event()

    async def ping(_left_s: float) -> None:
        await hanging.wait()

    rules = GuardRules(breaker=BreakerRules(failures=1, first_s=0.01))
    guard = Guard("diary", ping, rules)
    with pytest.raises(SourceUnavailable):
        await guard.read(Answers(*[AutoReconnect("reset")] * 3), soon(), "remarks")
    await asyncio.sleep(0.02)
    answers = Answers("rows")
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            await guard.read(answers, soon(), "remarks")
    assert answers.attempts == 0
    hanging.set()
    await asyncio.sleep(0.01)
    assert await guard.read(answers, soon(), "remarks") == "rows"
    assert guard.breaker.state is State.CLOSED


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
        async with asyncio.timeout(60):
            while _state(source) is not State.OPEN:  # a busy process does not hold every timeout against it
                with suppress(SourceUnavailable, Overloaded):
                    await source.find("remarks", {}, columns=ALL, deadline=soon())
        with pytest.raises(SourceUnavailable):
            source.find("remarks", {}, columns=ALL, deadline=soon()).send(None)  # it raises before it waits
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


async def test_an_open_breaker_closes_when_readiness_probes_are_answered(source: Source) -> None:
    await source.ping(deadline=soon())
    for _ in range(3):
        source.guard.breaker.failed(asyncio.get_running_loop().time())
    await asyncio.sleep(0.35)
    await source.ping(deadline=soon())
    assert _state(source) is State.HALF_OPEN
    await source.ping(deadline=soon())
    assert _state(source) is State.CLOSED


async def test_a_source_that_hung_for_long_is_read_again_soon_after_it_is_back(server: Server, source: Source) -> None:
    await source.find("remarks", {}, columns=ALL, deadline=soon())
    os.kill(server.pid, signal.SIGSTOP)
    try:
        ended = 0.0
        while ended < 3:  # many more reads than there are threads hang
            with suppress(SourceUnavailable):
                await source.find("remarks", {}, columns=ALL, deadline=soon())
            await asyncio.sleep(0.1)
            ended += 0.1
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await _until_answered(source)


def _state(source: Source) -> State:
    return source.guard.breaker.state


async def _until_answered(source: Source) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(SourceUnavailable, Overloaded):
                await source.find("remarks", {}, columns=ALL, deadline=soon())
                return
            await asyncio.sleep(0.05)
