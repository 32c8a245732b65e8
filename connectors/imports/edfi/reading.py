"""Reading all files from end to end, as often as asked, and telling how far it is."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connectors.imports.edfi.records import Record, records_in
from connectors.imports.edfi.summary import Progress

OnProgress = Callable[[Progress], None]


class Reading:
    """The files of one import, which are to be read *times* times."""

    def __init__(self, files: Sequence[Path], on_progress: OnProgress | None, *, times: int) -> None:
        self._files = files
        self._on_progress = on_progress
        self._done = 0
        self._total = times * sum(file.stat().st_size for file in files)

    def records(self) -> Iterator[Record]:
        """Every record of every file."""
        for file in self._files:
            before = self._done
            for records, read in records_in(file):
                yield from records
                self._done = before + read
                self.tell(file.name)

    def tell(self, doing: str) -> None:
        """Report how far the reading is and what is at hand."""
        if self._on_progress is not None:
            self._on_progress(Progress(doing, self._done, self._total))
