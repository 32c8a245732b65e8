"""Work in steps, between which whoever runs it does something else.

Parsing and validation are recursions of graphql-core: a document of some thousand tokens holds the event loop for 20 ms
at a stretch. Run in a thread, they may stand still wherever they call the function that they are given, as a generator
does where it yields.
"""

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, Final, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that is done a step further each time the generator is advanced, and whose result the generator returns."""
MayPause = Callable[[], None]
"""Ends the step where it has lasted long enough; to be called often."""

MIN_STEP_S: Final = 0.002
"""The least time that a step lasts."""
_CALLS_PER_LOOK: Final = 32
"""Calls of `MayPause` for each look at the clock."""


def in_steps(work: Callable[[MayPause], T]) -> Steps[T]:
    """Run *work* in a thread of its own, which runs only while the caller is blocked in `next()`.

    Closing the generator ends the work at its next pause, without waiting for that.
    """
    go_on: SimpleQueue[bool] = SimpleQueue()
    # None says that a step is over, an outcome that the work is.
    reports: SimpleQueue[tuple[Any, BaseException | None] | None] = SimpleQueue()

    def run() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = work(_pauses_of(go_on, reports)), None
        except BaseException as error:
            outcome = None, error
        reports.put(outcome)

    Thread(target=run, name="preparation", daemon=True).start()
    try:
        while (outcome := reports.get()) is None:
            yield
            go_on.put(True)
    except GeneratorExit:
        go_on.put(False)
        raise
    result, error = outcome
    try:
        if error is not None:
            raise error
    finally:
        del error, outcome  # the error's traceback holds this frame: a cycle
    return result  # type: ignore[no-any-return] # what *work* returned


class _Abandoned(BaseException):
    """Ends work whose caller takes no more steps of it."""


def _pauses_of(go_on: SimpleQueue[bool], reports: SimpleQueue[Any]) -> MayPause:
    calls = 0
    began = perf_counter()

    def pause() -> None:
        nonlocal calls, began
        calls += 1
        if calls % _CALLS_PER_LOOK or perf_counter() - began < MIN_STEP_S:
            return
        reports.put(None)
        if not go_on.get():
            raise _Abandoned
        began = perf_counter()

    return pause
