"""Writes log lines in a thread of its own, so that no request ever waits for whoever reads the log."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import BinaryIO, Final

BATCH_S: Final = 0.01
"""How long lines are collected before they are written together: one wake-up of the thread serves all of them."""
BATCH_LINES: Final = 256
RETRY_S: Final = 0.05
"""How long to wait before a descriptor is tried again that another process has made non-blocking, and that is full."""


class LogWriter:
    """A bounded queue of lines in front of a stream.

    A line that meets a full queue is dropped, as is one that cannot be written because the stream is closed or its disk
    is full. Dropped lines are counted, and *dropped_line* makes the line that tells their number once writing succeeds.
    """

    def __init__(self, stream: BinaryIO, *, lines: int, dropped_line: Callable[[int], bytes]) -> None:
        self._lines: deque[bytes] = deque()
        self._max_lines = lines
        self._dropped = 0
        self._dropped_line = dropped_line
        self._write_all = _writer_of(stream)
        self._waiting = threading.Event()
        self._is_writing = False
        self._is_closed = False
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def write(self, line: bytes) -> None:
        """Queue *line*; never waits and never raises."""
        if len(self._lines) >= self._max_lines:
            self._dropped += 1
            return
        self._lines.append(line)
        if not self._waiting.is_set():
            self._waiting.set()

    def flush(self, within_s: float) -> None:
        """Return once every queued line has been written or dropped, or after *within_s* seconds."""
        until = time.monotonic() + within_s
        while (self._lines or self._is_writing) and time.monotonic() < until:
            self._waiting.set()
            time.sleep(BATCH_S / 2)

    def close(self, within_s: float) -> None:
        """Flush, and end the thread."""
        self.flush(within_s)
        self._is_closed = True
        self._waiting.set()

    def _run(self) -> None:
        while not self._is_closed:
            self._waiting.wait()
            time.sleep(BATCH_S)
            self._is_writing = True
            self._waiting.clear()
            while self._lines:
                self._write_batch()
            self._is_writing = False

    def _write_batch(self) -> None:
        batch = [self._lines.popleft() for _ in range(min(len(self._lines), BATCH_LINES))]
        dropped, self._dropped = self._dropped, 0
        if dropped:
            batch.append(self._dropped_line(dropped))
        try:
            self._write_all(b"".join(batch))
        except Exception:  # noqa: BLE001 - whatever is wrong with the stream, the thread lives on
            self._dropped += dropped + len(batch) - bool(dropped)


def _writer_of(stream: BinaryIO) -> Callable[[bytes], object]:
    """A function that writes to the stream.

    It writes to the stream's descriptor, if there is one: the stream's own lock would be held while its reader is slow.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        return stream.write

    def write_all(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                time.sleep(RETRY_S)

    return write_all
