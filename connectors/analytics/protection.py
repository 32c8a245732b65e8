"""Disclosure control: which cells are hidden, and how the others are blurred. docs/analytics.md says why.

Everything is decided from the data at a build, never from a query: a cell is hidden from everybody or from nobody, and
its noise is the same as long as its records are.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import duckdb

from connectors.analytics.audit import determined
from connectors.analytics.statistics import ALL, COORDINATES, Design


class Hidden(IntEnum):
    """Why a cell is hidden."""

    NO = 0
    FEW_STUDENTS = 1
    ONE_STUDENT_PREVAILS = 2
    PROTECTS_OTHERS = 3


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of disclosure control. Tests switch off one at a time, and show what an attacker learns then."""

    least_students: int = 5
    least_students_sensitive: int = 10
    complements: bool = True
    siblings: bool = True
    dominance: bool = True
    noise: bool = True

    def least(self, design: Design) -> int:
        """The least number of students of a cell."""
        return self.least_students_sensitive if design.is_sensitive else self.least_students


_AXES: Final = ("place", "class", "grade", "subject", "kind", "term", "month", "week")
"""Along each axis a cell is a part of the cell without that dimension, its parent; a parent is the sum of its parts."""


def protect(work: duckdb.DuckDBPyConnection, design: Design, rules: Rules) -> None:
    """Make the table `hidden` (id, reason) of `cells`: no cell of few students can be computed from what is shown."""
    least = rules.least(design)
    _drop_pieces(work, least)
    _link(work)
    prevails = "most * 2 > records" if rules.dominance else "false"
    work.execute("ALTER TABLE cells ADD COLUMN is_safe BOOLEAN DEFAULT true")
    work.execute(f"UPDATE cells SET is_safe = false WHERE students < {least} OR {prevails}")
    work.execute("CREATE TABLE hidden (id BIGINT, reason INT)")
    work.execute(
        f"INSERT INTO hidden SELECT id, CASE WHEN students < {least} THEN {Hidden.FEW_STUDENTS} "
        f"ELSE {Hidden.ONE_STUDENT_PREVAILS} END FROM cells WHERE NOT is_safe"
    )
    _hide(work, "SELECT id FROM split_weeks")
    if rules.complements:
        _hide(
            work,
            "SELECT l.child AS id FROM links l JOIN cells c ON c.id = l.child JOIN cells p ON p.id = l.parent "
            f"WHERE l.axis IN ('place', 'class', 'grade') AND p.students - c.students BETWEEN 1 AND {least - 1}",
        )
    if rules.siblings:
        while _hide_siblings(work) or _hide_beside(work, determined(work)):
            pass


def _drop_pieces(work: duckdb.DuckDBPyConnection, least: int) -> None:
    """Take the pieces of weeks out of the cells; `split_weeks` holds the weeks with a piece of few students."""
    week = [name for name in COORDINATES if name != "month"]
    work.execute(
        "CREATE TABLE split_weeks AS SELECT DISTINCT w.id FROM cells w JOIN cells p ON "
        + " AND ".join(f"w.{name} = p.{name}" for name in week)
        + f" WHERE w.week <> {ALL} AND w.month = {ALL} AND p.month <> {ALL} AND p.students < {least}"
    )
    work.execute(f"DELETE FROM cells WHERE week <> {ALL} AND month <> {ALL}")


def _link(work: duckdb.DuckDBPyConnection) -> None:
    """Make `links`: each cell, and its parent on each axis."""
    work.execute("CREATE TABLE links (axis VARCHAR, child BIGINT, parent BIGINT)")
    for axis in _AXES:
        same = {name: f"p.{name} = c.{name}" for name in COORDINATES}
        if axis == "place":
            has_parent = f"c.municipality <> {ALL} AND c.class = {ALL}"
            same["school"] = f"p.school = {ALL}"
            same["municipality"] = f"p.municipality = CASE WHEN c.school = {ALL} THEN {ALL} ELSE c.municipality END"
        else:
            has_parent = f"c.{axis} <> {ALL}" + (f" AND c.class = {ALL}" if axis == "grade" else "")
            same[axis] = f"p.{axis} = {ALL}"
        work.execute(
            f"INSERT INTO links SELECT '{axis}', c.id, p.id FROM cells c JOIN cells p ON {' AND '.join(same.values())} "
            f"WHERE {has_parent}"
        )


def _hide(work: duckdb.DuckDBPyConnection, found: str) -> int:
    """Hide the cells that the query *found* names, to protect others; how many were not hidden before."""
    [(count,)] = work.execute(
        f"INSERT INTO hidden SELECT DISTINCT id, {Hidden.PROTECTS_OTHERS} FROM ({found}) "
        "WHERE id NOT IN (SELECT id FROM hidden)"
    ).fetchall()
    return int(count)


def _hide_siblings(work: duckdb.DuckDBPyConnection) -> int:
    """Hide the smallest sibling where too few are hidden: what is left of a parent after all parts shown would tell.

    Where all parts are hidden and still too few, the parent is hidden. A hidden parent has a hidden part.
    """
    return _hide(
        work,
        """
        SELECT CASE WHEN bool_or(p.id IS NOT NULL) THEN min_by(c.id, (c.students, c.id)) FILTER (h.id IS NULL)
            ELSE coalesce(min_by(c.id, (c.students, c.id)) FILTER (h.id IS NULL), parent) END AS id
        FROM links JOIN cells c ON c.id = child
        LEFT JOIN hidden h ON h.id = child LEFT JOIN hidden p ON p.id = parent
        GROUP BY axis, parent
        HAVING CASE WHEN bool_or(p.id IS NOT NULL) THEN count(h.id) = 0 ELSE count(h.id) > 0 AND (
          count(h.id) < 2 OR count(h.id) FILTER (c.is_safe) = 0
        ) END
        """,
    )


def _hide_beside(work: duckdb.DuckDBPyConnection, cells: list[int]) -> int:
    """Hide the smallest cell that is shown among the siblings of each of *cells*, else its smallest parent."""
    return sum(
        _hide(
            work,
            f"""
            SELECT id FROM (
              SELECT c.id, c.students, 0 AS place FROM links l JOIN links s USING (axis, parent)
              JOIN cells c ON c.id = s.child
              WHERE l.child = {cell} AND c.id NOT IN (SELECT id FROM hidden)
              UNION ALL
              SELECT c.id, c.students, 1 FROM links l JOIN cells c ON c.id = l.parent
              WHERE l.child = {cell} AND c.id NOT IN (SELECT id FROM hidden)
            ) ORDER BY place, students, id LIMIT 1
            """,
        )
        for cell in cells
    )


_STEPS: Final = [-2] * 5 + [-1] * 21 + [0] * 48 + [1] * 21 + [2] * 5
"""The noise of a cell whose key leads to one of these hundred places: of mean 0 and standard deviation 0.9."""


def release(design: Design, rules: Rules) -> str:
    """The query of what is published: cells with noise in them, and hidden ones with no numbers at all.

    A number of records moves by half the records of the student who has most, or by all of these.
    """
    least = rules.least(design)

    def step(key: str, place: int) -> str:
        # A list, for a CASE would hash the key once for each of its conditions.
        return f"{_STEPS}[1 + (md5_number_lower({key} || '/{place}') % 100)::INT]" if rules.noise else "0"

    students = f"greatest({least}, students + {step('who', -1)})" if rules.noise else "students"
    values = ", ".join(
        f"CASE WHEN h.id IS NULL THEN greatest(0, v{i} + {step('what', i)} * ((m{i} + 1) // 2)) END AS v{i}"
        for i in range(len(design.values))
    )
    return (
        f"SELECT {', '.join(COORDINATES)}, coalesce(h.reason, 0)::TINYINT AS reason, "
        f"CASE WHEN h.id IS NULL THEN {students} END AS students, {values} "
        "FROM cells LEFT JOIN hidden h USING (id)"
    )
