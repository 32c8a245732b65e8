"""The process that reads the files of the statistics by DuckDB, one question after the other: `python -m` this module.

A question comes as a line of JSON from the standard input: a statement and its parameters. The answer goes to the
standard output: its size, and JSON of the build, the names of the columns and the rows; null where that failed. The
process ends with its input. No text of a client ever becomes SQL, and DuckDB can neither reach other files nor be set
otherwise.
"""

import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import orjson

from connectors.analytics.building import current
from connectors.analytics.records import NAMES
from connectors.analytics.statistics import DESIGNS
from connectors.analytics.store import SIZE_BYTES
from connectors.processes import lower_priority


class _Opened(NamedTuple):
    name: str
    build: dict[str, Any]
    connection: duckdb.DuckDBPyConnection


def _open(folder: Path, memory_mb: int) -> _Opened:
    config: dict[str, Any] = {"memory_limit": f"{memory_mb}MB", "threads": 1, "temp_directory": ""}
    connection = duckdb.connect(config=config)
    files = [*NAMES, *(f"{statistic}.{part}" for statistic in DESIGNS for part in ("records", "release"))]
    for name in files:
        view = name.replace(".", "_")
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet('{folder / name}.parquet')")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute(f"SET allowed_directories = ['{folder}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET enable_progress_bar = false")  # the standard output has answers
    connection.execute("SET lock_configuration = true")
    return _Opened(folder.name, orjson.loads((folder / "build.json").read_bytes()), connection)


class _Reader:
    def __init__(self, folder: Path, memory_mb: int) -> None:
        self._folder = folder
        self._memory_mb = memory_mb
        self._opened: _Opened | None = None

    def answer(self, statement: str, parameters: list[Any]) -> bytes:
        try:
            opened = self._current()
            if opened is None:
                return b"null"
            if not statement:
                return orjson.dumps([opened.build, [], []])
            found = opened.connection.execute(statement, parameters)
            return orjson.dumps([opened.build, [column[0] for column in found.description], found.fetchall()])
        except (duckdb.Error, OSError):
            return b"null"

    def _current(self) -> _Opened | None:
        name = current(self._folder)
        if name is not None and (self._opened is None or name != self._opened.name):
            opened = _open(self._folder / name, self._memory_mb)
            if self._opened is not None:
                self._opened.connection.close()
            self._opened = opened
        return self._opened


def main() -> None:
    """Answer questions until the input ends."""
    folder, memory_mb = sys.argv[1:]
    lower_priority()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to it too; its input ends then
    reader = _Reader(Path(folder), int(memory_mb))
    output = sys.stdout.buffer
    output.write(b"\n")
    output.flush()
    for line in sys.stdin.buffer:
        answer = reader.answer(*orjson.loads(line))
        output.write(len(answer).to_bytes(SIZE_BYTES, "big") + answer)
        output.flush()


if __name__ == "__main__":
    main()
