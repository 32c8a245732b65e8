"""How far an import is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Progress(NamedTuple):
    """How far an import is: *bytes_total* counts every file once for each pass over it."""

    file: str
    bytes_done: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


class ProgressReport:
    """Adds up what was read of *files* in *passes* passes, and reports it."""

    def __init__(self, files: Sequence[Path], on_progress: OnProgress | None, *, passes: int) -> None:
        self._on_progress = on_progress
        self._done = 0
        self._total = passes * sum(file.stat().st_size for file in files)

    def advance(self, file: str, by: int) -> None:
        """Report *by* more bytes read of *file*."""
        self._done += by
        self.report(file)

    def report(self, activity: str) -> None:
        """Report the *activity* at hand, a file's name or a word for it."""
        if self._on_progress is not None:
            self._on_progress(Progress(activity, self._done, self._total))
