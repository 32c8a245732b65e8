"""A question for cells of a statistic, and the SQL statement that answers it."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from connectors.analytics.statistics import ALL, COORDINATES, DESIGNS, Statistic
from connectors.vocabulary import Days, SchoolId


class CellOrder(StrEnum):
    """How the cells of a statistic (one for each combination of its dimensions) are ordered."""

    DIMENSIONS = "DIMENSIONS"
    """By what the cells are about: places and names by the alphabet, times from the earliest."""

    AVERAGE_ASC = "AVERAGE_ASC"
    """By the average, the lowest first."""

    AVERAGE_DESC = "AVERAGE_DESC"
    """By the average, the highest first."""

    QUALITY_ASC = "QUALITY_ASC"
    """By the quality of learning (качество знаний), the lowest first."""

    QUALITY_DESC = "QUALITY_DESC"
    """By the quality of learning (качество знаний), the highest first."""

    STUDENTS_DESC = "STUDENTS_DESC"
    """By the number of students, the largest first."""

    MISSED_DESC = "MISSED_DESC"
    """By missed lessons per student, the most first."""

    MISSED_GROWTH_DESC = "MISSED_GROWTH_DESC"
    """By how much missed lessons per student have grown since the term, month or week before, the most first."""

    ACKNOWLEDGED_ASC = "ACKNOWLEDGED_ASC"
    """By the share of acknowledged weeks, the lowest first."""

    OVERDUE_DESC = "OVERDUE_DESC"
    """By the share of points that are overdue, the highest first."""


class Question(NamedTuple):
    """Which cells are asked for."""

    statistic: Statistic
    by: frozenset[str]
    """The dimensions whose values are told apart."""
    exact_schools: tuple[SchoolId, ...] | None = None
    """Cells of these schools as they are; None: published cells of all schools."""
    known_schools: tuple[SchoolId, ...] = ()
    """The schools whose exact figures are known to whoever asks for published cells."""
    school: SchoolId | None = None
    municipality: str | None = None
    grade: int | None = None
    subject: str | None = None
    kind: str | None = None
    year: int | None = None
    in_current_term: bool = False
    days: Days | None = None
    order: CellOrder = CellOrder.DIMENSIONS
    limit: int = 100
    offset: int = 0

    def at_any_time(self) -> "Question":
        """The question for the cells of all times, among which are those before the ones that are asked for."""
        ever = self._replace(in_current_term=False, days=None)
        return ever if self.year is not None else ever._replace(days=self.days)


TIMES: Final = frozenset({"week", "month", "term"})
"""The times within a year, of which a cell can be the next one."""
_NAMED: Final = {
    "school": "c.school = (SELECT id FROM schools WHERE school_id = ?)",
    "municipality": "c.municipality = (SELECT id FROM municipalities WHERE name = ?)",
    "grade": "c.grade = ?",
    "subject": "c.subject = (SELECT id FROM subjects WHERE name = ?)",
    "kind": "c.kind = (SELECT id FROM kinds WHERE name = ?)",
    "year": "c.year = ?",
}
_MARKED: Final = "(v0 + v1 + v2 + v3 + v4)"
_MISSED: Final = "(v2 + v3 + v4 + v5 + v6) / students"
_LEAST_SHARE: Final = "least(0.05, 5.0 / students)"
"""The order of cells by share must not tell more than the bounds within which they are published."""


def _order_of(order: CellOrder, least: str) -> str:
    """The SQL expression of an order, of shares that are not below *least*; empty for that of the dimensions."""
    average = f"least((5.0*v0 + 4*v1 + 3*v2 + 2*v3 + v4) / {_MARKED}, 5 - {least})"
    quality = f"greatest(least((v0 + v1) / {_MARKED}, 1 - {least}), {least})"
    return {
        CellOrder.AVERAGE_ASC: average,
        CellOrder.AVERAGE_DESC: f"{average} DESC",
        CellOrder.QUALITY_ASC: quality,
        CellOrder.QUALITY_DESC: f"{quality} DESC",
        CellOrder.STUDENTS_DESC: "students DESC",
        CellOrder.MISSED_DESC: f"{_MISSED} DESC",
        CellOrder.MISSED_GROWTH_DESC: f"{_MISSED} - missed_before DESC",
        CellOrder.ACKNOWLEDGED_ASC: f"greatest(least(v0 / (v0 + v1), 1 - {least}), {least})",
        CellOrder.OVERDUE_DESC: f"greatest(least(v1 / (v0 + v1), 1 - {least}), {least}) DESC",
    }.get(order, "")


_BY_DIMENSIONS: Final = (
    "municipality_name, school_name, c.grade, class_sort_name, c.class, subject_name, kind_name, c.year, term_kind, "
    "term_ordinal, c.term, c.month, c.week"
)


def statement(question: Question) -> tuple[str, list[Any]]:
    """The SQL statement of the cells, and its parameters. No text of the question stands in the statement."""
    cells, parameters = _cells(question)
    before = ""
    if question.order is CellOrder.MISSED_GROWTH_DESC:
        earlier, further = _before(question)
        before = f"LEFT JOIN ({earlier}) b ON {' AND '.join(f'b.{name} = c.{name}' for name in COORDINATES)}"
        parameters = [*parameters, *further]
    order = _order_of(question.order, _least(question))
    ordered = f"{order} NULLS LAST, {_BY_DIMENSIONS}" if order else _BY_DIMENSIONS
    return (
        f"""
        WITH cells AS ({cells})
        SELECT c.*, count(*) OVER () AS total, m.name AS municipality_name, m.region,
          s.school_id, s.name AS school_name,
          k.class_id, k.name AS class_name, k.sort_name AS class_sort_name, j.name AS subject_name, ji.subject_id,
          w.name AS kind_name, wi.kind_id, t.name AS term_name, t.kind AS term_kind, t.ordinal AS term_ordinal,
          t.is_current, t.starts_on::VARCHAR AS term_starts_on, t.ends_on::VARCHAR AS term_ends_on
        FROM cells c LEFT JOIN municipalities m ON m.id = c.municipality LEFT JOIN schools s ON s.id = c.school
        LEFT JOIN classes k ON k.id = c.class LEFT JOIN subjects j ON j.id = c.subject
        LEFT JOIN (SELECT school, subject, min(subject_id) AS subject_id FROM subject_ids GROUP BY ALL) ji
          ON ji.school = c.school AND ji.subject = c.subject
        LEFT JOIN kinds w ON w.id = c.kind
        LEFT JOIN (SELECT school, kind, min(kind_id) AS kind_id FROM kind_ids GROUP BY ALL) wi
          ON wi.school = c.school AND wi.kind = c.kind
        LEFT JOIN terms t ON t.id = c.term
        {before}
        ORDER BY {ordered} LIMIT ? OFFSET ?
        """,
        [*parameters, question.limit, question.offset],
    )


def _cells(question: Question) -> tuple[str, list[Any]]:
    return _exact(question) if question.exact_schools is not None else _published(question)


def _before(question: Question) -> tuple[str, list[Any]]:
    """For each cell of any time the missed lessons per student of the term, month or week before it."""
    cells, parameters = _cells(question.at_any_time())
    series = [f"e.{name}" for name in COORDINATES if name not in TIMES]
    return (
        f"SELECT {', '.join(f'e.{name}' for name in COORDINATES)}, lag({_MISSED}) OVER ("
        f"PARTITION BY {', '.join(series)}, t.kind ORDER BY t.starts_on, e.term, e.month, e.week) AS missed_before "
        f"FROM ({cells}) e LEFT JOIN terms t ON t.id = e.term",
        parameters,
    )


def _least(question: Question) -> str:
    if question.exact_schools is not None:
        return "0"
    return f"greatest({_LEAST_SHARE}, 1 / {_MARKED})" if question.statistic is Statistic.MARKS else _LEAST_SHARE


def _published(question: Question) -> tuple[str, list[Any]]:
    where = [f"c.{name} {'<>' if name in question.by else '='} {ALL}" for name in COORDINATES]
    narrowed, parameters = _narrowed(question)
    if question.days is not None:
        first, last = "?::DATE", "?::DATE"
        if "week" in question.by:
            begins, ends = "(DATE '1970-01-05' + 7 * c.week)", "(DATE '1970-01-11' + 7 * c.week)"
        elif "month" in question.by:
            begins = "make_date(c.month // 100, c.month % 100, 1)"
            ends = f"last_day({begins})"
        else:
            begins, ends = (f"(SELECT {end} FROM terms WHERE id = c.term)" for end in ("starts_on", "ends_on"))
        narrowed += [f"{begins} >= {first}", f"{ends} <= {last}"]
        parameters += [question.days.first, question.days.last]
    cells = f"SELECT c.* FROM {question.statistic}_release c WHERE {' AND '.join(where + narrowed)}"
    if not question.known_schools or "school" in question.by:
        return cells, parameters
    return _without_known(question, cells), [*parameters, list(question.known_schools)]


def _without_known(question: Question, cells: str) -> str:
    """Hide the cells of which just one part is hidden from somebody who knows the figures of some schools."""
    of_municipality = "municipality" in question.by
    part = "school" if of_municipality else "municipality"
    same = [name for name in COORDINATES if name not in {"school", part}]
    values = ", ".join(
        f"CASE WHEN o.parts = 1 THEN NULL ELSE c.v{i} END AS v{i}"
        for i in range(len(DESIGNS[question.statistic].values))
    )
    is_part = f"r.school <> {ALL}" if of_municipality else f"r.municipality <> {ALL} AND r.school = {ALL}"
    known = "SELECT id FROM schools WHERE list_contains(?, school_id)"
    if not of_municipality:
        known = (
            f"SELECT municipality FROM schools GROUP BY 1 HAVING bool_and(id IN ({known}))"  # all of whose schools are
        )
    return f"""
      SELECT {", ".join(f"c.{name}" for name in COORDINATES)}, CASE WHEN o.parts = 1 AND c.reason = 0 THEN 3
        ELSE c.reason END AS reason, CASE WHEN o.parts = 1 THEN NULL ELSE c.students END AS students, {values}
      FROM ({cells}) c LEFT JOIN (
        SELECT {", ".join(same)}, count(*) AS parts FROM {question.statistic}_release r
        WHERE {is_part} AND r.class = {ALL} AND r.reason > 0 AND r.{part} NOT IN ({known}) GROUP BY ALL
      ) o ON {" AND ".join(f"o.{name} = c.{name}" for name in same)}
    """


def _exact(question: Question) -> tuple[str, list[Any]]:
    values = range(len(DESIGNS[question.statistic].values))
    keys = ", ".join(f"c.{name}" if name in question.by else f"{ALL} AS {name}" for name in COORDINATES)
    counts = ", ".join(f"count(*) FILTER (value = {i}) AS v{i}" for i in values)
    narrowed, parameters = _narrowed(question)
    if question.days is not None:
        narrowed.append("c.day BETWEEN ?::DATE AND ?::DATE")
        parameters += [question.days.first, question.days.last]
    where = " AND ".join(["c.school IN (SELECT id FROM schools WHERE list_contains(?, school_id))", *narrowed])
    grouped = ", ".join(f"c.{name}" for name in COORDINATES if name in question.by)
    return (
        f"SELECT {keys}, 0 AS reason, count(DISTINCT student) AS students, {counts} "
        f"FROM {question.statistic}_records c WHERE {where} GROUP BY {grouped}",
        [list(question.exact_schools or ()), *parameters],
    )


def _narrowed(question: Question) -> tuple[list[str], list[Any]]:
    narrowing = {name: getattr(question, name) for name in _NAMED}
    conditions = [_NAMED[name] for name, value in narrowing.items() if value is not None]
    if question.in_current_term:
        conditions.append("c.term IN (SELECT id FROM terms WHERE is_current)")
    return conditions, [value for value in narrowing.values() if value is not None]
