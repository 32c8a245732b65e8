"""How far an import is."""

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """How far an import is: *bytes_total* counts every file once for each pass over it."""

    file: str
    bytes_done: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


class ProgressReport:
    """Adds up how many bytes were read of those to read, and reports it."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._done = 0
        self._total = 0

    def expect(self, size: int) -> None:
        """Count *size* more bytes among those to read."""
        self._total += size

    def advance(self, file: str, by: int) -> None:
        """Report *by* more bytes read of *file*."""
        self._done += by
        self.report(file)

    def report(self, activity: str) -> None:
        """Report the *activity* at hand, a file's name or a word for it."""
        if self._on_progress is not None:
            self._on_progress(Progress(activity, self._done, self._total))
