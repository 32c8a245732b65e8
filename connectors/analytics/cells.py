"""Counts the cells of a statistic: for each table and each combination of its dimensions, who and what is in it.

Records are taken a part at a time, so that memory does not grow with them: the schools one after another, and those
students by themselves who were in more than one class. Of all others the number in a place is the sum over its classes.
"""

from collections.abc import Iterator
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
    counts = ", ".join(f"v{i} BIGINT, m{i} BIGINT" for i in values)
    work.execute(
        f"CREATE TEMP TABLE parts ({', '.join(f'{name} INT' for name in COORDINATES)}, students BIGINT, "
        f"records BIGINT, most BIGINT, who HUGEINT, what HUGEINT, {counts})"
    )
    differ = " OR ".join(f"min({name}) <> max({name})" for name in _CLASS.split(", "))
    work.execute(f"CREATE TEMP TABLE movers AS SELECT student FROM '{records}' GROUP BY student HAVING {differ}")
    for part, have_moved in _parts(work, records):
        work.execute(f"CREATE OR REPLACE TEMP TABLE part AS SELECT * FROM '{records}' WHERE {part}")
        counted: dict[frozenset[str], str] = {}
        for rest, places in sorted(design.tables, key=lambda table: -len(table[0])):
            finer = min((own for own in counted if own.issuperset(rest)), key=len, default=None)
            counted[frozenset(rest)] = own = f"of_students_{len(counted)}"
            _count_students(work, own, rest, counted[finer] if finer else None, len(design.values))
            _count_places(work, own, rest, places, len(design.values), have_moved=have_moved)
    names = ", ".join(COORDINATES)
    sums = ", ".join(f"sum(v{i})::BIGINT AS v{i}, max(m{i}) AS m{i}" for i in values)
    work.execute(
        f"CREATE TABLE cells AS SELECT row_number() OVER (ORDER BY {names}) AS id, * FROM (SELECT {names}, "
        f"sum(students)::BIGINT AS students, sum(records)::BIGINT AS records, max(most) AS most, "
        f"(sum(who) % 4294967296)::BIGINT AS who, (sum(what) % 4294967296)::BIGINT AS what, {sums} "
        "FROM parts GROUP BY ALL)"
    )
    for own in ("part", "parts", "movers", "of_classes", *(f"of_students_{i}" for i in range(len(design.tables)))):
        work.execute(f"DROP TABLE IF EXISTS {own}")


def _parts(work: duckdb.DuckDBPyConnection, records: Path) -> Iterator[tuple[str, bool]]:
    """The conditions of the parts of the *records*, and whether those are of students who have moved."""
    moved = "student IN (SELECT student FROM movers)"
    schools = work.execute(
        f"SELECT school, count(*) FILTER (NOT {moved}), count(*) FILTER ({moved}) FROM '{records}' "
        "GROUP BY school ORDER BY school"
    ).fetchall()
    first, count = None, 0
    for school, own, _ in schools:
        if first is not None and count + own > _RECORDS_A_PART:
            yield f"school >= {first} AND school < {school} AND NOT {moved}", False
            first, count = None, 0
        first, count = school if first is None else first, count + own
    if first is not None:
        yield f"school >= {first} AND NOT {moved}", False
    of_movers = sum(own for _, _, own in schools)
    among = -(-of_movers // _RECORDS_A_PART)
    for part in range(among):
        yield f"{moved} AND student % {among} = {part}", True


_CLASS: Final = "municipality, school, grade, class"


def _count_students(
    work: duckdb.DuckDBPyConnection, own: str, rest: tuple[str, ...], finer: str | None, values: int
) -> None:
    """Make the table *own*: the records of each student of each class, by the dimensions *rest*.

    They are the sums of the table *finer*, which tells more dimensions apart, or else of the records themselves.
    """
    if finer is None:
        counts = ["count(*) AS records", "sum(key) AS what"]
        counts += [f"(count(*) FILTER (value = {i}))::INT AS v{i}" for i in range(values)]
    else:
        counts = ["sum(records)::BIGINT AS records", "sum(what) AS what"]
        counts += [f"sum(v{i})::INT AS v{i}" for i in range(values)]
    work.execute(
        f"CREATE OR REPLACE TEMP TABLE {own} AS SELECT {_CLASS}, student, {', '.join(rest)}, {', '.join(counts)} "
        f"FROM {finer or 'part'} GROUP BY {_CLASS}, student, {', '.join(rest)}"
    )


def _count_places(
    work: duckdb.DuckDBPyConnection,
    students: str,
    rest: tuple[str, ...],
    places: tuple[tuple[str, ...], ...],
    values: int,
    *,
    have_moved: bool,
) -> None:
    """Add the cells of all places: those of the classes, then the sums of these."""
    of_class = ", ".join(f"sum(v{i}) AS v{i}, max(v{i}) AS m{i}" for i in range(values))
    work.execute(
        f"CREATE OR REPLACE TEMP TABLE of_classes AS SELECT {_CLASS}, {', '.join(rest)}, count(*) AS students, "
        f"sum(records) AS records, max(records) AS most, sum(student % 4294967296) AS who, sum(what) AS what, "
        f"{of_class} FROM {students} GROUP BY {_CLASS}, {', '.join(rest)}"
    )
    sums = ", ".join(f"sum(v{i}), max(m{i})" for i in range(values))
    nothing = ", ".join("0" for _ in range(4 + 2 * values))
    for place in places:
        by = {*rest, *place}
        keys = ", ".join(name if name in by else str(ALL) for name in COORDINATES)
        grouped = ", ".join(sorted(by))
        work.execute(
            f"INSERT INTO parts SELECT {keys}, sum(students), sum(records), max(most), sum(who), sum(what), {sums} "
            f"FROM of_classes GROUP BY {grouped}"
        )
        if not have_moved:
            continue
        # Who was in two classes of the place is one student there, not two.
        work.execute(
            f"INSERT INTO parts SELECT {keys}, count(DISTINCT student) - count(*), {nothing} FROM {students} "
            f"GROUP BY {grouped} HAVING count(*) > count(DISTINCT student)"
        )
