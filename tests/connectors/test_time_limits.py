"""Time limits of many tasks, watched by one timer."""

import asyncio

import pytest

from connectors.time_limits import TimeLimits


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_block_ends_with_a_timeout_when_it_lasts_too_long() -> None:
    began = now()
    with pytest.raises(TimeoutError), TimeLimits().until(began + 0.05):
        await asyncio.sleep(9)
    assert now() - began >= 0.05


async def test_a_task_goes_on_when_its_block_timed_out() -> None:
    deadlines = TimeLimits()
    with pytest.raises(TimeoutError), deadlines.until(now()):
        await asyncio.sleep(9)
    with deadlines.until(now() + 9):
        await asyncio.sleep(0.05)


async def test_nothing_happens_when_the_block_was_left_in_time() -> None:
    with TimeLimits().until(now() + 0.01):
        pass
    await asyncio.sleep(0.1)


async def test_each_block_has_its_own_deadline_when_many_are_entered() -> None:
    deadlines = TimeLimits()

    async def held(seconds: float, lasts_s: float) -> str:
        try:
            with deadlines.until(now() + seconds):
                await asyncio.sleep(lasts_s)
        except TimeoutError:
            return "late"
        return "done"

    found = await asyncio.gather(held(0.03, 99), held(99, 0.2), held(0.05, 99))
    assert list(found) == ["late", "done", "late"]


async def test_a_cancellation_stays_one_when_the_deadline_had_not_come() -> None:
    async def held() -> None:
        with TimeLimits().until(now() + 9):
            await asyncio.sleep(9)

    task = asyncio.create_task(held())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_stays_the_error_it_is_when_the_deadline_comes_at_once() -> None:
    with pytest.raises(ValueError, match="of its own"), TimeLimits().until(now()):
        raise ValueError("of its own")
