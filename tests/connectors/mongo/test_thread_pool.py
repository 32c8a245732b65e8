"""Pools of threads for calls that block."""

import asyncio
import threading
import weakref
from contextvars import ContextVar
from functools import partial

import pytest

from connectors.mongo import thread_pool
from connectors.mongo.thread_pool import PATIENCE_S, ThreadPool

NUMBER: ContextVar[int] = ContextVar("number")


def names(pool: str) -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith(f"{pool}-")}


async def test_a_call_returns_or_raises_where_it_is_awaited() -> None:
    pool = ThreadPool("test", few=2, most=9)
    assert await pool.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)


async def test_a_call_runs_in_the_context_of_its_caller() -> None:
    NUMBER.set(3)
    assert await ThreadPool("context", few=1, most=1).run(NUMBER.get) == 3


async def test_few_threads_run_many_calls_when_each_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "PATIENCE_S", 60)  # on a busy machine a quick call may wait for its thread as well
    pool = ThreadPool("quick", few=2, most=9)
    found = {await pool.run(lambda: threading.current_thread().name) for _ in range(20)}
    assert found <= {"quick-1", "quick-2"}


async def test_there_are_more_threads_when_the_few_hang_and_no_more_when_they_are_back() -> None:
    pool = ThreadPool("hanging", few=2, most=9)
    hang = threading.Event()
    stuck = [pool.run(hang.wait) for _ in range(5)]
    async with asyncio.timeout(30):
        assert await pool.run(lambda: "through") == "through"
    assert len(names("hanging")) >= 5
    hang.set()
    await asyncio.gather(*stuck)
    async with asyncio.timeout(30):
        while len(names("hanging")) > 2:  # noqa: ASYNC110 - threads tell nobody that they end
            await asyncio.sleep(PATIENCE_S)


async def test_there_are_never_more_threads_than_the_most() -> None:
    pool = ThreadPool("most", few=1, most=3)
    hang = threading.Event()
    stuck = [pool.run(hang.wait) for _ in range(9)]
    async with asyncio.timeout(30):
        while len(names("most")) < 3:  # noqa: ASYNC110 - threads tell nobody that they begin
            await asyncio.sleep(PATIENCE_S)
    await asyncio.sleep(PATIENCE_S * 20)
    assert len(names("most")) == 3
    hang.set()
    await asyncio.gather(*stuck)


async def test_calls_that_hang_take_no_thread_from_another_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "PATIENCE_S", 60)  # so that the full pool starts no second thread meanwhile
    hang = threading.Event()
    hanging = ThreadPool("full", few=1, most=4)
    stuck = [hanging.run(hang.wait) for _ in range(50)]
    other = ThreadPool("other", few=1, most=1)
    assert await other.run(lambda: "through") == "through"
    assert len(names("full")) == 1, "the call of the other pool had to wait for no thread of the full one"
    hang.set()
    await asyncio.gather(*stuck)


async def test_a_call_is_not_begun_when_nobody_awaits_it_any_longer() -> None:
    pool = ThreadPool("cancelled", few=1, most=1)
    go_on = threading.Event()
    begun: list[str] = []
    first = pool.run(go_on.wait)
    second = pool.run(lambda: begun.append("second"))
    second.cancel()
    third = pool.run(lambda: begun.append("third"))
    go_on.set()
    await asyncio.gather(first, third)
    assert begun == ["third"]


class Answer:
    """Something that a thread might hold on to."""


async def test_a_thread_without_work_holds_no_answer() -> None:
    pool = ThreadPool("holding", few=1, most=1)
    held = weakref.ref(await pool.run(Answer))
    async with asyncio.timeout(30):
        while held() is not None:  # noqa: ASYNC110 - the thread says nothing when it lets go
            await asyncio.sleep(PATIENCE_S)


def test_threads_that_hang_are_relieved_when_an_earlier_loop_ended_before_it_looked() -> None:
    pool = ThreadPool("loops", few=1, most=3)
    hang = threading.Event()

    async def leave() -> None:
        pool.run(hang.wait)
        pool.run(hang.wait)  # a look is due, and the loop ends

    async def ask() -> str:
        async with asyncio.timeout(30):
            return await pool.run(lambda: "through")

    asyncio.run(leave())
    assert asyncio.run(ask()) == "through"
    hang.set()


def sharing(name: str) -> tuple[ThreadPool, ThreadPool]:
    """Two pools that share one."""
    shared = ThreadPool(name, few=2, most=6)
    one, other = (ThreadPool(f"{own} {name}", few=0, most=4, shared=shared) for own in ("one", "other"))
    return one, other


async def test_pools_that_share_threads_start_none_of_their_own_while_each_call_is_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thread_pool, "PATIENCE_S", 60)  # on a busy machine a quick call may wait for its thread as well
    one, other = sharing("sharing")
    for number in range(50):
        calls = [pool.run(partial(pow, number, power)) for power in range(3) for pool in (one, other)]
        assert await asyncio.gather(*calls) == [1, 1, number, number, number**2, number**2]
    assert not names("one sharing") | names("other sharing")


async def test_a_pool_that_hangs_holds_one_shared_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "PATIENCE_S", 60)  # so that nobody is relieved meanwhile
    hanging, other = sharing("lent")
    hang = threading.Event()
    stuck = [hanging.run(hang.wait) for _ in range(50)]
    async with asyncio.timeout(30):
        assert [await other.run(partial(pow, number, 1)) for number in range(20)] == list(range(20))
    hang.set()
    await asyncio.gather(*stuck)


async def test_a_pool_whose_shared_thread_hangs_gets_threads_of_its_own() -> None:
    hanging, _ = sharing("relieved")
    hang = threading.Event()
    stuck = [hanging.run(hang.wait) for _ in range(3)]
    async with asyncio.timeout(30):
        assert await hanging.run(lambda: "through") == "through"
    assert len(names("one relieved")) >= 2
    hang.set()
    await asyncio.gather(*stuck)
