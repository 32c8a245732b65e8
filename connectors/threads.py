"""Threads for calls that block.

An executor makes a future that threads may wait on, and another that the loop waits on, for each call. Here the loop
alone waits: that is a sixth of what a small read costs with motor.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Threads:
    """At most *most* threads, begun when all others are busy; they end with the process.

    They count in the event loop, so that no thread waits for another to be counted.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name: Final = name
        self._most: Final = most
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._begun = 0
        self._busy = 0

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """What *call* returns or raises, in a thread, in the context of the caller; call it in the event loop.

        A call that nobody waits for any longer is not begun, or comes to its end unheard.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = copy_context()

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = None if future.cancelled() else context.run(call)
            except BaseException as raised:  # noqa: BLE001 - it is raised where the call is waited for
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                loop.call_soon_threadsafe(self._settle, future, result, error)

        self._busy += 1
        self._calls.put(work)
        if self._begun < min(self._busy, self._most):
            self._begun += 1
            threading.Thread(target=self._serve, name=f"{self._name}-{self._begun}", daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            self._calls.get()()

    def _settle(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._busy -= 1
        if future.done():  # cancelled
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
