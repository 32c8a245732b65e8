"""Threads for calls that block."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from connectors.threads import Threads

NUMBER: ContextVar[int] = ContextVar("number")


async def test_what_a_call_returns_or_raises_is_told_to_who_waits() -> None:
    threads = Threads("told", 2)
    assert await threads.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_a_call_runs_in_the_context_of_who_asked() -> None:
    NUMBER.set(3)
    assert await Threads("context", 1).run(NUMBER.get) == 3


async def test_no_more_calls_run_at_once_than_there_may_be_threads() -> None:
    threads = Threads("few", 3)
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

    assert max(await asyncio.gather(*(threads.run(call) for _ in range(20)))) == 3


async def test_threads_are_used_again_when_they_are_free() -> None:
    threads = Threads("again", 8)
    names = {await threads.run(lambda: threading.current_thread().name) for _ in range(20)}
    assert names == {"again-1"}


async def test_a_call_is_not_begun_when_nobody_waits_for_it_any_longer() -> None:
    threads = Threads("gone", 1)
    go_on = threading.Event()
    begun = []
    first = threads.run(go_on.wait)
    second = threads.run(lambda: begun.append("second"))
    second.cancel()
    third = threads.run(lambda: begun.append("third"))
    go_on.set()
    await asyncio.gather(first, third)
    assert begun == ["third"]
