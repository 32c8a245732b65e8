"""Work in steps, and long documents whose preparation lets others have their turn."""

import asyncio
import threading
from time import perf_counter

import pytest
from graphql import parse

from auth.viewer import Role
from gateway.engine.documents import Documents
from gateway.engine.errors import OperationRefused
from gateway.engine.prepare.steps import MIN_STEP_S, MayPause, Steps, in_steps
from gateway.engine.prepare.validation import validation_errors
from gateway.schema.query import graphql_schema

LONG = "{ viewer { role " + " ".join(f"wrong{n}(of: {n})" for n in range(800)) + " } }"


def _busy(pause: MayPause, steps: int) -> int:
    for _ in range(steps):
        until = perf_counter() + MIN_STEP_S
        while perf_counter() < until:
            pass
        for _ in range(100):
            pause()
    return steps


def test_work_in_steps_stands_still_between_them_and_returns_its_result() -> None:
    done: list[int] = []

    def work(pause: MayPause) -> str:
        for number in range(4):
            _busy(pause, 1)
            done.append(number)
        return "result"

    steps = in_steps(work)
    results: list[str] = []

    def take_all() -> Steps[None]:
        results.append((yield from steps))

    assert [len(done) for _ in take_all()] == [0, 1, 2, 3]
    assert results == ["result"]


def test_the_error_of_work_in_steps_is_raised_where_the_steps_are_taken() -> None:
    def work(_: MayPause) -> None:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        next(in_steps(work))


def test_work_ends_where_no_more_steps_of_it_are_taken() -> None:
    threads: list[threading.Thread] = []

    def work(pause: MayPause) -> None:
        threads.append(threading.current_thread())
        _busy(pause, 1_000)

    steps = in_steps(work)
    next(steps)
    steps.close()
    [thread] = threads
    thread.join(30)
    assert not thread.is_alive()


async def test_others_have_many_turns_while_a_long_document_is_prepared() -> None:
    documents = Documents(graphql_schema(), [Role.STUDENT])
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    with pytest.raises(OperationRefused):
        await documents.prepare(LONG, None, Role.STUDENT)
    task.cancel()
    assert turns > 10


async def test_a_long_document_has_the_errors_that_it_has_when_it_is_validated_at_once() -> None:
    documents = Documents(graphql_schema(), [Role.STUDENT])
    with pytest.raises(OperationRefused) as refused:
        await documents.prepare(LONG, None, Role.STUDENT)
    schema = documents.views[Role.STUDENT].schema
    at_once = validation_errors(schema, parse(LONG), 10)
    shown = [error.message for error in refused.value.errors]
    assert shown == [error.message for error in at_once]
    assert len(shown) > 1
