"""Makes records of the raw tables: who, where, when, in what subject, and what, all in whole numbers.

A record has a pseudonym in the place of the student and no id of a document. Names stand in tables of their own, beside
the records.
"""

from pathlib import Path
from typing import Final

import duckdb

from connectors.analytics.statistics import DESIGNS, Statistic

NAMES: Final = ("municipalities", "schools", "classes", "subjects", "subject_ids", "kinds", "kind_ids", "terms")
"""The tables of names; each has the number of a thing, and what people and documents call it."""


def write_records(raw: duckdb.DuckDBPyConnection, folder: Path, *, today: str, key: bytes) -> None:
    """Write `<statistic>.records.parquet` and the tables of names into *folder*.

    *today* is the day of the build: later days have no records, and the terms around it are current.
    """
    for statement in _NAMES:
        raw.execute(statement)
    raw.execute("CREATE TABLE salt AS SELECT ? AS salt, ?::DATE AS today", [key.hex(), today])
    for statement in _DIARY:
        raw.execute(statement)
    raw.execute(f"CREATE TABLE days AS {_DAYS}", [today])
    raw.execute(f"CREATE TABLE calendar AS {_CALENDAR}")
    raw.execute(f"CREATE TABLE terms AS {_TERMS}", [today])
    for name in NAMES:
        raw.execute(f"COPY {name} TO '{folder / name}.parquet'")
    for statistic in DESIGNS:
        raw.execute(f"COPY ({_record_of(statistic)} ORDER BY school) TO '{folder / statistic}.records.parquet'")


_NAMES: Final = (
    "CREATE TABLE municipalities AS SELECT row_number() OVER (ORDER BY municipality) AS id, "
    "municipality AS name, region FROM (SELECT municipality, min(region) AS region FROM raw.schools "
    "WHERE municipality IS NOT NULL GROUP BY 1)",
    "CREATE TABLE schools AS SELECT row_number() OVER (ORDER BY s._id) AS id, s._id AS school_id, "
    "coalesce(s.short_name, s.name) AS name, coalesce(m.id, 0) AS municipality "
    "FROM raw.schools s LEFT JOIN municipalities m ON m.name = s.municipality",
    "CREATE TABLE classes AS SELECT row_number() OVER (ORDER BY c._id) AS id, c._id AS class_id, c.name, c.sort_name, "
    "s.id AS school, coalesce(c.grade_level, 0) AS grade FROM raw.classes c JOIN schools s USING (school_id)",
    # Each school has subjects of its own: across schools those of one name are one.
    "CREATE TABLE subjects AS SELECT row_number() OVER (ORDER BY name) AS id, name "
    "FROM (SELECT DISTINCT name FROM raw.subjects)",
    "CREATE TABLE subject_ids AS SELECT r._id AS subject_id, s.id AS school, n.id AS subject "
    "FROM raw.subjects r JOIN subjects n USING (name) JOIN schools s USING (school_id)",
    "CREATE TABLE kinds AS SELECT row_number() OVER (ORDER BY name) AS id, name "
    "FROM (SELECT DISTINCT name FROM raw.kinds)",
    "CREATE TABLE kind_ids AS SELECT r._id AS kind_id, s.id AS school, n.id AS kind "
    "FROM raw.kinds r JOIN kinds n USING (name) JOIN schools s USING (school_id)",
    # A class with periods of its own has no others.
    "CREATE TABLE schemes AS SELECT DISTINCT class_id, class_id AS scheme FROM raw.periods WHERE class_id IS NOT NULL",
    "CREATE TABLE periods AS SELECT coalesce(class_id, school_id) AS scheme, academic_year, kind, ordinal, name, "
    "starts_on, ends_on FROM raw.periods",
    "CREATE TABLE term_ids AS SELECT row_number() OVER (ORDER BY academic_year, kind, ordinal) AS id, academic_year, "
    "kind, ordinal, name FROM (SELECT academic_year, kind, ordinal, min(name) AS name FROM periods GROUP BY ALL)",
)

_DIARY: Final = (
    # A record of a day is about every lesson that the student had that day, unless the lesson has one of its own.
    # Of several records for a lesson, an excused absence wins over an absence, an absence over lateness.
    """
    CREATE TABLE attended AS
    WITH of_days AS (SELECT * FROM raw.attendance WHERE lesson_id IS NULL),
    lessons_of_days AS (
      SELECT d._id, d.school_id, d.student_id, l._id AS lesson_id, coalesce(d.subject_id, l.subject_id) AS subject_id,
        d.date, d.value, d.subject_id IS NOT NULL AS is_specific
      FROM of_days d
      JOIN raw.enrolments e ON e.student_id = d.student_id AND d.date >= e.starts_on
        AND d.date <= coalesce(e.ends_on, d.date)
      JOIN raw.lessons l ON l.date = d.date AND l.class_id = e.class_id AND l.group_id IS NULL
      WHERE d.subject_id IS NULL OR d.subject_id = l.subject_id
      UNION
      SELECT d._id, d.school_id, d.student_id, l._id, coalesce(d.subject_id, l.subject_id), d.date, d.value,
        d.subject_id IS NOT NULL
      FROM of_days d
      JOIN raw.memberships m ON m.student_id = d.student_id AND d.date >= m.starts_on
        AND d.date <= coalesce(m.ends_on, d.date)
      JOIN raw.lessons l ON l.date = d.date AND l.group_id = m.group_id
      WHERE d.subject_id IS NULL OR d.subject_id = l.subject_id
    ),
    candidates AS (
      SELECT _id, school_id, student_id, lesson_id, subject_id, date, value, 2 AS rank FROM raw.attendance
      WHERE lesson_id IS NOT NULL
      UNION ALL
      SELECT _id, school_id, student_id, lesson_id, subject_id, date, value, is_specific::INT FROM lessons_of_days
    )
    SELECT max_by(c, (rank, least(value, 3), _id)) AS own FROM candidates c GROUP BY student_id, lesson_id
    """,
    """
    CREATE TABLE weeks AS
    SELECT DISTINCT e.student_id, e.school_id, e.class_id, w.week
    FROM raw.enrolments e
    JOIN (SELECT DISTINCT class_id, date_trunc('week', date)::DATE AS week FROM raw.lessons) w
      ON w.class_id = e.class_id AND w.week + 6 >= e.starts_on AND w.week <= coalesce(e.ends_on, w.week)
    WHERE e.is_primary
    """,
)

_SOURCES: Final = {
    Statistic.MARKS: """
      SELECT r.school_id, r.class_id, r.student_id, r.given_on AS day, r.subject_id, r.kind_id, r._id,
        CASE WHEN s.is_five_point AND r.counts_towards_average AND r.numeric_value IN (1, 2, 3, 4, 5)
               THEN 5 - r.numeric_value::INT
             WHEN r.numeric_value IS NULL AND s.is_passing THEN 5
             WHEN r.numeric_value IS NULL AND NOT s.is_passing THEN 6
             ELSE 7 END AS value
      FROM raw.marks r LEFT JOIN raw.scales s ON s._id = r.scale_id AND s.value = r.value
    """,
    Statistic.ATTENDANCE: """
      SELECT a.school_id, e.class_id, a.student_id, a.date AS day, a.subject_id, NULL AS kind_id,
        a._id || a.lesson_id AS _id, a.value
      FROM (SELECT unnest(own) FROM attended) a
      LEFT JOIN (
        SELECT x._id, x.lesson_id, max_by(n.class_id, (n.is_primary, n.class_id)) AS class_id
        FROM (SELECT unnest(own) FROM attended) x JOIN raw.enrolments n
          ON n.student_id = x.student_id AND x.date BETWEEN n.starts_on AND coalesce(n.ends_on, x.date)
        GROUP BY ALL
      ) e ON e._id = a._id AND e.lesson_id = a.lesson_id
    """,
    Statistic.POINTS: """
      SELECT r.school_id, r.class_id, r.student_id, r.given_on AS day, r.subject_id, NULL AS kind_id, r._id,
        coalesce(r.point_valid_until < today, false)::INT AS value
      FROM raw.points r, salt
    """,
    Statistic.FAMILIES: """
      SELECT w.school_id, w.class_id, w.student_id, w.week AS day, NULL AS subject_id, NULL AS kind_id,
        w.student_id::VARCHAR || w.week AS _id, (a.week_starts_on IS NULL)::INT AS value
      FROM weeks w
      LEFT JOIN (SELECT DISTINCT student_id, week_starts_on FROM raw.acknowledgements) a
        ON a.student_id = w.student_id AND a.week_starts_on = w.week
    """,
}
"""The raw records of each statistic: where, who, when, what, and a text that tells the record from all others."""

_DAYS: Final = """
  SELECT school_id, class_id, day FROM (
    SELECT DISTINCT school_id, class_id, given_on AS day FROM raw.marks
    UNION SELECT DISTINCT school_id, class_id, given_on FROM raw.points
    UNION SELECT DISTINCT a.school_id, c._id, a.date FROM raw.attendance a JOIN raw.classes c USING (school_id)
    UNION SELECT DISTINCT school_id, NULL, date FROM raw.attendance
    UNION SELECT DISTINCT school_id, class_id, week FROM weeks
  ) WHERE day <= ?
"""

# The summer after a school year belongs to it; a day between two terms, to none.
_CALENDAR: Final = """
  SELECT d.school_id, d.class_id, d.day,
    coalesce(TRY_CAST(left(y.name, 4) AS INTEGER), year(d.day - INTERVAL 8 MONTH)) AS year,
    CASE WHEN d.day <= p.ends_on THEN t.id ELSE 0 END AS term
  FROM (
    SELECT days.*, coalesce(s.scheme, days.school_id) AS scheme FROM days LEFT JOIN schemes s USING (class_id)
  ) d
  ASOF LEFT JOIN raw.years y ON y.school_id = d.school_id AND y.starts_on <= d.day
  ASOF LEFT JOIN periods p ON p.scheme = d.scheme AND p.starts_on <= d.day
  LEFT JOIN term_ids t ON t.academic_year = p.academic_year AND t.kind = p.kind AND t.ordinal = p.ordinal
"""

_TERMS: Final = """
  SELECT t.*, coalesce(bool_or(p.starts_on <= ?::DATE AND ?1::DATE <= p.ends_on), false) AS is_current,
    min(p.starts_on) AS starts_on, max(p.ends_on) AS ends_on
  FROM term_ids t JOIN periods p USING (academic_year, kind, ordinal) GROUP BY ALL
"""


def _record_of(statistic: Statistic) -> str:
    return f"""
      SELECT r.student_id AS student, coalesce(s.municipality, 0)::INT AS municipality,
        coalesce(s.id, 0)::INT AS school, coalesce(c.grade, 0)::INT AS grade, coalesce(c.id, 0)::INT AS class,
        coalesce(j.subject, 0)::INT AS subject,
        coalesce(k.kind, 0)::INT AS kind, d.year::INT AS year, coalesce(d.term, 0)::INT AS term,
        (year(r.day) * 100 + month(r.day))::INT AS month,
        (date_trunc('week', r.day)::DATE - DATE '1970-01-05') // 7 AS week,
        r.day, r.value::TINYINT AS value, md5_number_lower(salt || r._id) % 4294967296 AS key
      FROM ({_SOURCES[statistic]}) r
      JOIN calendar d ON d.school_id = r.school_id AND d.class_id IS NOT DISTINCT FROM r.class_id AND d.day = r.day
      LEFT JOIN schools s ON s.school_id = r.school_id
      LEFT JOIN classes c ON c.class_id = r.class_id
      LEFT JOIN subject_ids j ON j.subject_id = r.subject_id
      LEFT JOIN kind_ids k ON k.kind_id = r.kind_id, salt
    """
