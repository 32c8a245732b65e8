"""A round: what is awaited together, how it ends, and what becomes of it when somebody breaks it off."""

import asyncio
import gc
import weakref
from typing import Any, Final

import pytest

from gateway.engine.plan.nulls import NullPropagation, Position
from gateway.engine.plan.rounds import Pending, results_of

WAITS_S: Final = 5


class Somewhere:
    """A place whose null reaches nobody else."""

    field: Any = None
    nulls = NullPropagation(nullable=True, up=0, fatal=False)


def waiting(*awaitables: Any) -> list[Pending]:
    place: Position = Somewhere()
    return [Pending([one], lambda _results: None, place, None) for one in awaitables]


async def after(turns: int, result: Any) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    if isinstance(result, BaseException):
        raise result
    return result


@pytest.mark.parametrize("turns", [(0, 0, 0), (3, 1, 2), (1, 2, 3), (3, 2, 1)])
async def test_results_and_errors_come_in_the_order_of_the_round_whoever_ends_first(turns: tuple[int, ...]) -> None:
    error = ValueError()
    results = zip(turns, ("a", error, "c"), strict=True)
    assert await results_of(waiting(*(after(count, result) for count, result in results))) == ["a", error, "c"]


async def test_all_are_awaited_at_once() -> None:
    gate = asyncio.Barrier(3)
    async with asyncio.timeout(WAITS_S):
        assert sorted(await results_of(waiting(*(gate.wait() for _ in range(3))))) == [0, 1, 2]


@pytest.mark.parametrize("turns", [0, 1, 3])
@pytest.mark.parametrize("place", range(3))
async def test_a_round_ends_when_one_of_it_was_broken_off_from_within(place: int, turns: int) -> None:
    many = [after(turns, asyncio.CancelledError()) if place == index else after(1, index) for index in range(3)]
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(WAITS_S):
            await results_of(waiting(*many))


async def test_errors_are_freed_at_once_with_the_results_they_came_with() -> None:
    class Held(Exception):
        pass

    async def failing() -> None:
        await asyncio.sleep(0)
        raise Held

    gc.collect()
    gc.disable()
    try:
        results = await results_of(waiting(failing(), after(0, "x"), failing()))
        errors = [weakref.ref(one) for one in results if isinstance(one, Held)]
        del results
        await asyncio.sleep(0)
        assert [error() for error in errors] == [None, None]
    finally:
        gc.enable()


async def test_all_come_to_an_end_when_the_round_is_broken_off() -> None:
    ended = []

    async def lasting(name: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(name)

    task = asyncio.ensure_future(results_of(waiting(*map(lasting, "abc"))))
    await after(3, None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == ["a", "b", "c"]
