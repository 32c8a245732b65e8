"""Threads for calls that block, and the lanes of those who use them."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from connectors.threads import PATIENCE_S, Lane, Threads

NUMBER: ContextVar[int] = ContextVar("number")


def lane(*, few: int = 2, most: int = 9, at_once: int = 9) -> Lane:
    return Lane(Threads("test", few=few, most=most), at_once)


def of(name: str) -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith(f"{name}-")}


async def test_what_a_call_returns_or_raises_is_told_to_who_waits() -> None:
    calls = lane()
    assert await calls.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await calls.run(lambda: 1 // 0)


async def test_a_call_runs_in_the_context_of_who_asked() -> None:
    NUMBER.set(3)
    assert await lane().run(NUMBER.get) == 3


async def test_few_threads_run_many_calls_when_each_is_quick() -> None:
    calls = Lane(Threads("quick", few=2, most=9), 9)
    names = {await calls.run(lambda: threading.current_thread().name) for _ in range(20)}
    assert names <= {"quick-1", "quick-2"}


async def test_there_are_more_threads_when_the_few_hang_and_no_more_when_they_are_back() -> None:
    threads = Threads("hanging", few=2, most=9)
    hang = threading.Event()
    stuck = [Lane(threads, 5).run(hang.wait) for _ in range(5)]
    async with asyncio.timeout(5):
        assert await Lane(threads, 5).run(lambda: "through") == "through"
    assert len(of("hanging")) >= 5
    hang.set()
    await asyncio.gather(*stuck)
    async with asyncio.timeout(5):
        while len(of("hanging")) > 2:  # noqa: ASYNC110 - threads tell nobody that they end
            await asyncio.sleep(PATIENCE_S)


async def test_no_more_calls_of_a_lane_run_at_once_than_may() -> None:
    calls = lane(at_once=3)
    running = [0]
    lock = threading.Lock()
    go_on = threading.Event()

    def call() -> int:
        with lock:
            running[0] += 1
            seen = running[0]
        go_on.wait(0.01)
        with lock:
            running[0] -= 1
        return seen

    assert max(await asyncio.gather(*(calls.run(call) for _ in range(20)))) <= 3


async def test_a_lane_that_is_full_holds_up_no_other() -> None:
    threads = Threads("full", few=1, most=4)
    hang = threading.Event()
    full = Lane(threads, 3)
    stuck = [full.run(hang.wait) for _ in range(50)]
    async with asyncio.timeout(5):
        assert await Lane(threads, 3).run(lambda: "through") == "through"
    hang.set()
    await asyncio.gather(*stuck)


async def test_a_call_is_not_begun_when_nobody_waits_for_it_any_longer() -> None:
    calls = lane(at_once=1)
    go_on = threading.Event()
    begun: list[str] = []
    first = calls.run(go_on.wait)
    second = calls.run(lambda: begun.append("second"))
    second.cancel()
    third = calls.run(lambda: begun.append("third"))
    go_on.set()
    await asyncio.gather(first, third)
    assert begun == ["third"]


def test_threads_that_hang_are_relieved_when_an_earlier_loop_ended_before_it_looked() -> None:
    threads = Threads("loops", few=1, most=3)
    hang = threading.Event()

    async def leave() -> None:
        Lane(threads, 3).run(hang.wait)
        Lane(threads, 3).run(hang.wait)  # a look is due, and the loop ends

    async def ask() -> str:
        async with asyncio.timeout(5):
            return await Lane(threads, 3).run(lambda: "through")

    asyncio.run(leave())
    assert asyncio.run(ask()) == "through"
    hang.set()
