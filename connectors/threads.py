"""Threads for calls that block.

An executor makes a future that threads may wait on, and another that the loop waits on, for each call. Here the loop
alone waits: that is a sixth of what a small read costs with motor.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 0.01
"""How long a call may wait for a thread before there is to be another one."""


class Threads:
    """A *few* threads, for they compete for the interpreter; up to *most* while these do not get on with the calls.

    They end with the process, those beyond the few as soon as there is nothing to do.
    """

    def __init__(self, name: str, *, few: int, most: int) -> None:
        self._name: Final = name
        self._few: Final = few
        self._most: Final = most
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._count = 0
        self._counting = threading.Lock()
        self._submitted = 0
        self._overdue = 0
        self._watching: asyncio.AbstractEventLoop | None = None

    def submit(self, call: Callable[[], object]) -> None:
        """Have *call* run in a thread; to be called in the event loop."""
        self._calls.put(call)
        self._submitted += 1
        if self._count < self._few:
            self._start()
        elif self._watching is not asyncio.get_running_loop():  # nobody, or a loop that ended before it looked
            self._watch()

    def _watch(self) -> None:
        self._overdue = self._submitted
        self._watching = asyncio.get_running_loop()
        self._watching.call_later(PATIENCE_S, self._relieve)

    def _relieve(self) -> None:
        """Begin another thread where what was submitted by the last look is still not begun."""
        self._watching = None
        waiting = self._calls.qsize()
        if self._submitted - waiting < self._overdue and self._count < self._most:
            self._start()
        if waiting:
            self._watch()

    def _start(self) -> None:
        with self._counting:
            self._count += 1
        threading.Thread(target=self._serve, name=f"{self._name}-{self._count}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._calls.get()()
            if self._count > self._few and self._calls.empty() and self._leaves():
                return

    def _leaves(self) -> bool:
        with self._counting:
            if self._count <= self._few:
                return False
            self._count -= 1
            return True


class _Call(NamedTuple):
    future: asyncio.Future[Any]
    run: Callable[[], Any]


class Lane:
    """The calls of one user of *threads*: at most *most* at once, waited for or not, so that others have some too."""

    def __init__(self, threads: Threads, most: int) -> None:
        self._threads = threads
        self._most = most
        self._running = 0
        self._waiting: deque[_Call] = deque()

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """What *call* returns or raises, in a thread, in the context of the caller; to be called in the event loop.

        A call that nobody waits for any longer is not begun, or comes to its end unheard.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        context = copy_context()
        self._waiting.append(_Call(future, lambda: context.run(call)))
        self._begin()
        return future

    def _begin(self) -> None:
        while self._waiting and self._running < self._most:
            call = self._waiting.popleft()
            if not call.future.cancelled():
                self._running += 1
                self._submit(call)

    def _submit(self, call: _Call) -> None:
        loop = call.future.get_loop()

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = call.run()
            except BaseException as raised:  # noqa: BLE001 - it is raised where the call is waited for
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                loop.call_soon_threadsafe(self._ended, call.future, result, error)

        self._threads.submit(work)

    def _ended(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._running -= 1
        if not future.done():  # cancelled
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._begin()
