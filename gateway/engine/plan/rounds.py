"""A round: everything that a run awaits at one time, and what it stops awaiting when something fails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutine
from typing import Any, NamedTuple

from graphql.pyutils import Path

from gateway.engine.plan.nulls import Abandoned, Position


class Pending(NamedTuple):
    """Awaitables of one round, and the callback for their results; an exception is a result.

    They belong to values at *position*, each at its own of *paths*, where these are known.
    """

    awaitables: Sequence[Awaitable[Any]]
    then: Callable[[list[Any]], None]
    position: Position
    paths: Sequence[Path] | None

    def nulled(self, index: int) -> tuple[str | int, ...] | None:
        """The position that becomes null when awaitable *index* fails, if others may stand below it."""
        if self.position.nulls.up == 0:
            return None
        if self.position.nulls.fatal:
            return ()
        if self.paths is None:
            return None
        path = self.paths[index].as_list()
        return tuple(path[: len(path) - self.position.nulls.up])


async def results_of(waiting: Sequence[Pending]) -> list[Any]:
    """The result of each awaitable, or the exception it raised."""
    awaitables = [one for many in waiting for one in many.awaitables]
    if len(awaitables) == 1:
        try:
            return [await awaitables[0]]
        except Exception as error:
            return [error]
    # Batches of reads end within their deadline: that one failed is not worth watching each for.
    if any(many.paths is not None and many.position.nulls.up for many in waiting):
        return await _without_nulled(waiting, awaitables)
    return await _gathered(awaitables)


async def _gathered(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    results: list[Any] = await asyncio.gather(*awaitables, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result  # it was cancelled from within
    return results


async def _without_nulled(waiting: Sequence[Pending], awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """The results, without waiting for values below a position that a failure makes null."""
    tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    owners = [(many, index) for many in waiting for index in range(len(many.awaitables))]
    owner_of = dict(zip(tasks, owners, strict=True))
    abandoned: set[asyncio.Future[Any]] = set()
    unfinished = set(tasks)
    try:
        while unfinished:
            done, unfinished = await asyncio.wait(unfinished, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task in done and not task.cancelled() and task.exception() is not None:
                    many, index = owner_of[task]
                    below = _below(many.nulled(index), unfinished, owner_of)
                    abandoned |= below
                    unfinished -= below
    finally:
        # A future that a resolver handed out may be shared; the tasks are ours.
        ours = [task for task in unfinished | abandoned if iscoroutine(_awaitable(owner_of[task]))]
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
    return [Abandoned() if task in abandoned else _result(task) for task in tasks]


def _awaitable(owner: tuple[Pending, int]) -> Awaitable[Any]:
    many, index = owner
    return many.awaitables[index]


def _result(task: asyncio.Future[Any]) -> Any:
    error = task.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return task.result() if error is None else error


def _below(
    position: tuple[str | int, ...] | None,
    unfinished: set[asyncio.Future[Any]],
    owner_of: dict[asyncio.Future[Any], tuple[Pending, int]],
) -> set[asyncio.Future[Any]]:
    """Those of *unfinished* whose values lie below *position*."""
    if position is None:
        return set()
    below = set()
    for task in unfinished:
        many, index = owner_of[task]
        path = () if many.paths is None else tuple(many.paths[index].as_list())
        if path[: len(position)] == position:
            below.add(task)
    return below
