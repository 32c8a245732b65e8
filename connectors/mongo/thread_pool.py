"""A pool of threads for the blocking calls of one source.

An executor makes a future that threads may wait on, and another that the loop waits on, for each call. Here the loop
alone waits: that is a sixth of what a small read costs with motor.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 0.01
"""How long a call may wait for a thread before another thread is started."""
IDLE_S: Final = 10.0
"""How long a thread without work stays."""


class ThreadPool:
    """Runs the blocking calls of one user, who therefore never waits for a thread that another one's server holds up.

    A pool begins with a *few* threads, because threads compete for the interpreter. It starts more, up to *most*, while
    calls wait longer than `PATIENCE_S`; these end as soon as there is nothing to do.

    A pool with a *shared* one begins without threads of its own: one thread of the shared pool at a time makes its
    calls, while none of them waits longer than `PATIENCE_S`.
    """

    def __init__(self, name: str, *, few: int, most: int, shared: "ThreadPool | None" = None) -> None:
        self._name: Final = name
        self._few: Final = few
        self._most: Final = most
        self._shared: Final = shared
        self._is_served = False
        """Whether a thread of the shared pool makes the calls now."""
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._count = 0
        self._counting = threading.Lock()
        self._submitted = 0
        self._overdue = 0
        self._watching: asyncio.AbstractEventLoop | None = None

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Return a future of what *call* returns or raises, run in a thread in the caller's context.

        Must be called in the event loop. A call whose future is cancelled is not started, or its result is dropped.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = copy_context()

        def work() -> None:
            if future.cancelled():
                return
            result: Any = None
            error: BaseException | None = None
            try:
                result = context.run(call)
            except BaseException as raised:  # noqa: BLE001 - it is raised where the call is awaited
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody awaits the result
                loop.call_soon_threadsafe(_settle, future, result, error)

        self.submit(work, loop)
        return future

    def submit(self, work: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
        """Have *work*, which raises nothing, done in a thread; *loop* is the event loop that runs."""
        self._calls.put(work)
        self._submitted += 1
        if self._shared is not None and not self._count and self._begins_to_be_served():
            self._shared.submit(self._serve_shared, loop)
        elif self._shared is None and self._count < self._few:
            self._start()
        elif self._watching is not loop:  # nobody watches, or a loop that ended before it looked
            self._watch(loop)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._overdue = self._submitted
        self._watching = loop
        loop.call_later(PATIENCE_S, self._relieve, loop)

    def _relieve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start another thread if a call that was submitted before the last look has not begun yet."""
        self._watching = None
        waiting = self._calls.qsize()
        if self._submitted - waiting < self._overdue and self._count < self._most:
            self._start()
        if waiting:
            self._watch(loop)

    def _start(self) -> None:
        with self._counting:
            self._count += 1
        threading.Thread(target=self._serve, name=f"{self._name}-{self._count}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                call = self._calls.get(timeout=IDLE_S)
            except Empty:
                if self._leaves(0):
                    return
                continue
            call()
            del call  # it holds documents, which would stay as long as the thread has nothing to do
            if self._count > self._few and self._leaves(self._few):
                return

    def _begins_to_be_served(self) -> bool:
        with self._counting:
            begins, self._is_served = not self._is_served, True
        return begins

    def _serve_shared(self) -> None:
        """Make the calls that wait, in a thread of the shared pool."""
        while True:
            with self._counting:
                if self._calls.empty():
                    self._is_served = False
                    return
            with suppress(Empty):  # a thread of its own was quicker
                self._calls.get_nowait()()

    def _leaves(self, least: int) -> bool:
        """Return whether this thread may end: there is no work and more than *least* threads."""
        with self._counting:
            if self._count <= least or not self._calls.empty():
                return False
            self._count -= 1
            return True


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():  # cancelled
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
