"""Builds the files of the statistics, and switches to them at once when they are whole."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import orjson

from connectors.analytics.cells import count_cells
from connectors.analytics.extraction import extract
from connectors.analytics.interruption import run_in_thread
from connectors.analytics.protection import Rules, protect, release
from connectors.analytics.records import write_records
from connectors.analytics.statistics import DESIGNS, Statistic
from connectors.mongo import Database

CURRENT: Final = "current"
"""The file that names the build which is read."""
_BUILDS: Final = 2
"""Builds that stay: the one that is read, and the one before, which a query may still read."""


@dataclass(frozen=True, kw_only=True)
class BuildRules:
    """How statistics are built."""

    memory_mb: int = 512
    """Memory that DuckDB may take; what does not fit goes to files beside the build."""
    threads: int = 2
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Build:
    """A build: when it was built, of what day, and how many records and cells it has."""

    name: str
    built_at: str
    today: str
    records: Mapping[str, int]
    cells: Mapping[str, int]
    hidden: Mapping[str, int]
    least: Mapping[str, int]
    """The least number of students of a cell that is shown, of each statistic."""


async def build(
    databases: Mapping[str, Database], folder: Path, *, key: bytes, today: str, how: BuildRules | None = None
) -> Build:
    """Build the statistics of *today* into a new folder of *folder*, and have readers switch to it.

    *key* makes the pseudonyms and the noise: with another key, all noise changes.
    """
    how = how or BuildRules()
    now = datetime.now(UTC)
    name = now.strftime("%Y%m%dT%H%M%S%f")
    new = folder / f"{name}.new"
    new.mkdir(mode=0o700, parents=True)
    try:
        with duckdb.connect(str(new / "work.duckdb"), config=_config(how, new)) as work:
            work.execute(f"ATTACH '{new / 'raw.duckdb'}' AS raw")
            work.execute("USE raw")
            await extract(databases, work, new, key)
            work.execute("USE work")
            records, cells, hidden = await run_in_thread(work, _build, work, new, key, today, how.rules)
        _remove_work(new)
        least = {statistic.value: how.rules.least(design) for statistic, design in DESIGNS.items()}
        whole = Build(name, now.isoformat(timespec="seconds"), today, records, cells, hidden, least)
        (new / "build.json").write_bytes(orjson.dumps(whole))
        new.rename(folder / name)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    switch(folder, name)
    return whole


def switch(folder: Path, name: str) -> None:
    """Have readers take the build *name* from now on, and remove those before the last one."""
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(name)
    pointer.replace(folder / CURRENT)
    builds = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.endswith(".new"))
    for old in builds[:-_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)


def current(folder: Path) -> str | None:
    """The name of the build that is read; None where there is none yet."""
    try:
        return (folder / CURRENT).read_text()
    except FileNotFoundError:
        return None


def day_of_build(folder: Path) -> str | None:
    """The day of the build that is read; None where there is none yet."""
    name = current(folder)
    if name is None:
        return None
    day: str = orjson.loads((folder / name / "build.json").read_bytes())["today"]
    return day


def _config(how: BuildRules, folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {"memory_limit": f"{how.memory_mb}MB", "threads": how.threads, "temp_directory": str(folder / "spilled")}


Counts = dict[str, int]


def _build(
    work: duckdb.DuckDBPyConnection, folder: Path, key: bytes, today: str, rules: Rules
) -> tuple[Counts, Counts, Counts]:
    write_records(work, folder, today=today, key=key)
    records, cells, hidden = {}, {}, {}
    for statistic in DESIGNS:
        file = folder / f"{statistic}.records.parquet"
        [(records[statistic.value],)] = work.execute(f"SELECT count(*) FROM '{file}'").fetchall()
        cells[statistic.value], hidden[statistic.value] = write_release(work, folder, statistic, rules)
    return records, cells, hidden


def write_release(work: duckdb.DuckDBPyConnection, folder: Path, statistic: Statistic, rules: Rules) -> tuple[int, int]:
    """Write the cells of a statistic that are published, from its records; how many there are, and are hidden."""
    design = DESIGNS[Statistic(statistic)]
    work.execute("CREATE SCHEMA counting; USE work.counting")
    count_cells(work, folder / f"{statistic}.records.parquet", design)
    protect(work, design, rules)
    work.execute(f"COPY ({release(design, rules)}) TO '{folder / statistic}.release.parquet'")
    [(cells, hidden)] = work.execute("SELECT (SELECT count(*) FROM cells), (SELECT count(*) FROM hidden)").fetchall()
    work.execute("USE work; DROP SCHEMA counting CASCADE")
    for (name,) in work.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
        work.execute(f"DROP TABLE temp.{name}")
    return cells, hidden


def _remove_work(folder: Path) -> None:
    for name in ("work.duckdb", "raw.duckdb"):
        (folder / name).unlink(missing_ok=True)
        (folder / f"{name}.wal").unlink(missing_ok=True)
    shutil.rmtree(folder / "spilled", ignore_errors=True)
