"""Reads the files of the statistics by DuckDB, in a thread of its own, each question under a deadline.

No text of a client ever becomes SQL, and DuckDB can neither reach other files nor be set otherwise.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import orjson

from connectors.analytics.building import Build, current
from connectors.analytics.records import NAMES
from connectors.analytics.statistics import DESIGNS
from connectors.errors import SourceUnavailable

NAME: Final = "analytics"
_CURRENT_FOR_S: Final = 1.0
"""How long a build is taken for the current one without looking."""

Rows = list[dict[str, Any]]


class _Opened(NamedTuple):
    build: Build
    connection: duckdb.DuckDBPyConnection


class Store:
    """The current build. Another one is taken as soon as it is there, between two questions."""

    def __init__(self, folder: Path, *, memory_mb: int = 256, timeout_s: float = 2.0) -> None:
        self._folder = folder
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s
        # One thread: questions come one after the other, and leave the other cores to families.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duckdb")
        self._opened: _Opened | None = None
        self._looked_at = 0.0

    async def build(self, deadline: float) -> Build:
        """The current build. Raises SourceUnavailable where there is none."""
        found: Build = await self._in_thread(lambda: self._current().build, deadline)
        return found

    async def rows(self, statement: str, parameters: Sequence[Any], deadline: float) -> tuple[Build, Rows]:
        """The build that was read, and the rows of the *statement*. Raises SourceUnavailable where they are late."""

        def run() -> tuple[Build, Rows]:
            opened = self._current()
            found = opened.connection.execute(statement, list(parameters))
            names = [column[0] for column in found.description]
            return opened.build, [dict(zip(names, row, strict=True)) for row in found.fetchall()]

        found: tuple[Build, Rows] = await self._in_thread(run, deadline)
        return found

    async def _in_thread(self, run: Any, deadline: float) -> Any:
        loop = asyncio.get_running_loop()
        until = min(deadline, loop.time() + self._timeout_s)
        running = False

        def started() -> Any:
            nonlocal running
            running = True
            return run()

        future = loop.run_in_executor(self._thread, started)
        try:
            async with asyncio.timeout_at(until):
                return await asyncio.shield(future)
        except TimeoutError as error:
            future.cancel()
            if running and self._opened is not None:
                self._opened.connection.interrupt()
            future.add_done_callback(_heard)
            raise SourceUnavailable(NAME) from error
        except (duckdb.Error, OSError) as error:
            raise SourceUnavailable(NAME) from error

    def _current(self) -> _Opened:
        now = time.monotonic()
        if self._opened is None or now - self._looked_at > _CURRENT_FOR_S:
            self._looked_at = now
            name = current(self._folder)
            if name is None:
                raise SourceUnavailable(NAME)
            if self._opened is None or name != self._opened.build.name:
                opened = self._open(self._folder / name)
                if self._opened is not None:
                    self._opened.connection.close()
                self._opened = opened
        return self._opened

    def _open(self, folder: Path) -> _Opened:
        config: dict[str, Any] = {"memory_limit": f"{self._memory_mb}MB", "threads": 1, "temp_directory": ""}
        connection = duckdb.connect(config=config)
        files = [*NAMES, *(f"{statistic}.{part}" for statistic in DESIGNS for part in ("records", "release"))]
        for name in files:
            view = name.replace(".", "_")
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet('{folder / name}.parquet')")
        connection.execute("SET parquet_metadata_cache = true")
        connection.execute(f"SET allowed_directories = ['{folder}']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        build = Build(**orjson.loads((folder / "build.json").read_bytes()))
        return _Opened(build, connection)

    def close(self) -> None:
        """Release the files and the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._opened is not None:
            self._opened.connection.close()


def _heard(future: "asyncio.Future[Any]") -> None:
    with suppress(asyncio.CancelledError, Exception):
        future.result()
