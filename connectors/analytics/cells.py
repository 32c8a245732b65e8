"""Counts the cells of a statistic: for each table and each combination of its dimensions, who and what is in it.

Records are taken a part of the students at a time. Students are in one part only, so that their number in a cell is the
sum over the parts, and memory does not grow with the records.
"""

from pathlib import Path
from typing import Final

import duckdb

from connectors.analytics.statistics import ALL, COORDINATES, Design

_RECORDS_A_PART: Final = 1_000_000


def count_cells(work: duckdb.DuckDBPyConnection, records: Path, design: Design) -> None:
    """Fill the table `cells` of *work* from the file *records*.

    Beside its coordinates a cell has: *students*, their number; *records*, the number of records; *most*, the most of
    one student; `v0`, `v1`, … the records of each value, and `m0`, `m1`, … the most of one student; *who* and *what*,
    the sums of the keys of its students and records, which its noise follows from.
    """
    values = range(len(design.values))
    [(count,)] = work.execute(f"SELECT count(*) FROM '{records}'").fetchall()
    parts = max(1, -(-count // _RECORDS_A_PART))
    counts = ", ".join(f"v{i} BIGINT, m{i} BIGINT" for i in values)
    work.execute(
        f"CREATE TEMP TABLE parts ({', '.join(f'{name} INT' for name in COORDINATES)}, students BIGINT, "
        f"records BIGINT, most BIGINT, who HUGEINT, what HUGEINT, {counts})"
    )
    for part in range(parts):
        work.execute(f"CREATE OR REPLACE TEMP TABLE part AS SELECT * FROM '{records}' WHERE student % {parts} = {part}")
        for rest, places in design.tables:
            _count(work, rest, places, len(design.values))
    names = ", ".join(COORDINATES)
    sums = ", ".join(f"sum(v{i})::BIGINT AS v{i}, max(m{i}) AS m{i}" for i in values)
    work.execute(
        f"CREATE TABLE cells AS SELECT row_number() OVER (ORDER BY {names}) AS id, * FROM (SELECT {names}, "
        f"sum(students)::BIGINT AS students, sum(records)::BIGINT AS records, max(most) AS most, "
        f"(sum(who) % 4294967296)::BIGINT AS who, (sum(what) % 4294967296)::BIGINT AS what, {sums} "
        "FROM parts GROUP BY ALL)"
    )
    work.execute("DROP TABLE part; DROP TABLE parts")


def _count(
    work: duckdb.DuckDBPyConnection, rest: tuple[str, ...], places: tuple[tuple[str, ...], ...], values: int
) -> None:
    """Count the cells of one combination of detail and time: first for each student of each class."""
    own = ", ".join(f"count(*) FILTER (value = {i}) AS v{i}" for i in range(values))
    work.execute(
        "CREATE OR REPLACE TEMP TABLE of_students AS SELECT municipality, school, grade, class, student, "
        f"{', '.join(rest)}, count(*) AS records, sum(key) AS what, {own} FROM part GROUP BY ALL"
    )
    sums = ", ".join(f"sum(v{i}), max(v{i})" for i in range(values))
    for place in places:
        by = {*rest, *place}
        keys = ", ".join(name if name in by else str(ALL) for name in COORDINATES)
        work.execute(
            f"INSERT INTO parts SELECT {keys}, count(DISTINCT student), sum(records), max(records), "
            f"sum(student % 4294967296), sum(what), {sums} FROM of_students GROUP BY {', '.join(sorted(by))}"
        )
