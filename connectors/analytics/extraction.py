"""Reads what statistics are made of out of the subsystems' databases, with pseudonyms in the place of students.

One pass over each collection, a batch at a time: memory does not grow with the number of documents.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson

from connectors.analytics.interruption import run_in_thread
from connectors.mongo import Database

_BATCH: Final = 50_000
"""Documents that are written at a time: about 10 MB."""
_PSEUDONYMS: Final = 1_000_000

_UNPOINTED: Final = {"is_point": {"$ne": True}, "journal": {"$ne": "EXTENDED"}}
_POINTED: Final = {"is_point": True, "journal": {"$ne": "EXTENDED"}}

_ILL: Final = (
    "орви",
    "грипп",
    "болез",
    "болен",
    "справк",
    "врач",
    "медос",
    "стомат",
    "поликлин",
    "больни",
    "ill",
    "sick",
)
_EVENT: Final = ("соревн", "олимпиад", "конкурс", "поездк", "экскурс", "сбор", "концерт", "event", "activity")
_FAMILY: Final = ("семей", "заявлен", "семь", "family")


class Pseudonyms:
    """Numbers in the place of students: keyed hashes, which nobody without the key can tell the student of."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.of: Callable[[str], int] = lru_cache(_PSEUDONYMS)(self._hashed)

    def _hashed(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=self._key[:64]).digest(), "big")


async def extract(databases: Mapping[str, Database], into: duckdb.DuckDBPyConnection, folder: Path, key: bytes) -> None:
    """Fill the raw tables of *into*; *folder* takes files that are removed at once."""
    loading = _Loading(into, folder / "batch.json")
    student = Pseudonyms(key).of
    directory, grades, diary = databases["directory"], databases["grades"], databases["diary"]
    await loading.load("schools", directory["schools"], _SCHOOL, lambda own: own)
    await loading.load("years", directory["academic_years"], "school_id name starts_on ends_on", lambda own: own)
    await loading.load("classes", directory["classes"], "school_id name sort_name grade_level", lambda own: own)
    await loading.load("subjects", directory["subjects"], "school_id name", lambda own: own)
    await loading.load("kinds", grades["work_kinds"], "school_id name", lambda own: own)
    await loading.load("scales", grades["grade_scales"], "max_value values", _scale)
    await loading.load("periods", grades["attestation_periods"], _PERIOD, _period, where=_FOR_ALL_SUBJECTS)
    await loading.load(
        "enrolments", directory["people"], "student_id school_id enrolments", lambda own: _enrolments(own, student),
        where={"student_id": {"$exists": True}, "merged_to": None},
    )  # fmt: skip
    await loading.load(
        "memberships", directory["people"], "student_id memberships", lambda own: _memberships(own, student),
        where={"memberships.0": {"$exists": True}, "merged_to": None},
    )  # fmt: skip
    await loading.load("marks", grades["marks"], _MARK, lambda own: _record(own, student), where=_UNPOINTED)
    await loading.load("points", grades["marks"], _POINT, lambda own: _record(own, student), where=_POINTED)
    await loading.load("attendance", diary["attendance"], _ATTENDANCE, lambda own: _attendance(own, student))
    await loading.load("lessons", databases["schedule"]["lessons"], _LESSON, _lesson, where=_HELD)
    await loading.load(
        "acknowledgements", diary["acknowledgements"], "student_id week_starts_on", lambda own: _record(own, student)
    )


TABLES: Final[Mapping[str, str]] = {
    "schools": "_id VARCHAR, name VARCHAR, short_name VARCHAR, region VARCHAR, municipality VARCHAR",
    "years": "_id VARCHAR, school_id VARCHAR, name VARCHAR, starts_on DATE, ends_on DATE",
    "classes": "_id VARCHAR, school_id VARCHAR, name VARCHAR, sort_name VARCHAR, grade_level INTEGER",
    "subjects": "_id VARCHAR, school_id VARCHAR, name VARCHAR",
    "kinds": "_id VARCHAR, school_id VARCHAR, name VARCHAR",
    "scales": "_id VARCHAR, is_five_point BOOLEAN, value VARCHAR, is_passing BOOLEAN",
    "periods": "school_id VARCHAR, class_id VARCHAR, academic_year VARCHAR, kind VARCHAR, ordinal INTEGER, "
    "name VARCHAR, starts_on DATE, ends_on DATE",
    "enrolments": "student_id UBIGINT, school_id VARCHAR, class_id VARCHAR, starts_on DATE, ends_on DATE, "
    "is_primary BOOLEAN",
    "memberships": "student_id UBIGINT, group_id VARCHAR, starts_on DATE, ends_on DATE",
    "marks": "_id VARCHAR, school_id VARCHAR, student_id UBIGINT, class_id VARCHAR, subject_id VARCHAR, "
    "kind_id VARCHAR, scale_id VARCHAR, value VARCHAR, numeric_value DOUBLE, given_on DATE, "
    "counts_towards_average BOOLEAN",
    "points": "_id VARCHAR, school_id VARCHAR, student_id UBIGINT, class_id VARCHAR, subject_id VARCHAR, "
    "point_valid_until DATE, given_on DATE",
    "attendance": "_id VARCHAR, school_id VARCHAR, student_id UBIGINT, lesson_id VARCHAR, subject_id VARCHAR, "
    "date DATE, value TINYINT",
    "lessons": "_id VARCHAR, class_id VARCHAR, group_id VARCHAR, subject_id VARCHAR, date DATE",
    "acknowledgements": "_id VARCHAR, student_id UBIGINT, week_starts_on DATE",
}
"""The raw tables. Columns are named as in the documents."""

_SCHOOL: Final = "name short_name region municipality"
_MARK: Final = (
    "school_id student_id class_id subject_id kind_id scale_id value numeric_value given_on counts_towards_average"
)
_POINT: Final = "school_id student_id class_id subject_id point_valid_until given_on"
_ATTENDANCE: Final = "school_id student_id lesson_id subject_id date status reason"
_PERIOD: Final = "school_id class_ids academic_year kind ordinal name starts_on ends_on"
_LESSON: Final = "class_ids group_id subject_id date"
_FOR_ALL_SUBJECTS: Final = {"subject_id": None, "group_id": None, "kind": {"$ne": "YEAR"}}
_HELD: Final = {"status": {"$nin": ["CANCELLED", "MOVED"]}}

Rows = Mapping[str, Any] | Iterable[Mapping[str, Any]]


class _Loading:
    """Writes documents into the raw tables, a batch at a time."""

    def __init__(self, into: duckdb.DuckDBPyConnection, file: Path) -> None:
        self._into = into
        self._file = file

    async def load(
        self,
        table: str,
        collection: Any,
        columns: str,
        rows_of: Callable[[dict[str, Any]], Rows],
        *,
        where: Mapping[str, Any] | None = None,
    ) -> None:
        self._into.execute(f"CREATE TABLE {table} ({TABLES[table]})")
        cursor = collection.find(where or {}, dict.fromkeys(columns.split(), 1)).batch_size(_BATCH)
        documents = await cursor.to_list(_BATCH)
        while documents:
            # MongoDB reads the next batch while this one is written.
            following = asyncio.ensure_future(cursor.to_list(_BATCH))
            try:
                await run_in_thread(self._into, self._write, table, documents, rows_of)
                documents = await following
            except BaseException:
                following.cancel()
                await asyncio.wait([following])
                raise

    def _write(self, table: str, documents: list[dict[str, Any]], rows_of: Callable[[dict[str, Any]], Rows]) -> None:
        with self._file.open("wb") as file:
            for document in documents:
                rows = rows_of(document)
                for row in (rows,) if isinstance(rows, Mapping) else rows:
                    file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        columns = ", ".join("{}: '{}'".format(*column.split()) for column in TABLES[table].split(", "))
        self._into.execute(
            f"INSERT INTO {table} SELECT * FROM read_json('{self._file}', format='newline_delimited', "
            f"columns={{{columns}}})"
        )
        self._file.unlink()


def _record(own: dict[str, Any], student: Callable[[str], int]) -> Rows:
    own["student_id"] = student(own["student_id"])
    return own


def _scale(own: Mapping[str, Any]) -> Rows:
    numbers = {value["numeric_value"] for value in own["values"]} - {None}
    is_five_point = bool(numbers) and numbers <= {1, 2, 3, 4, 5} and max(numbers) == 5  # noqa: PLR2004 - the scale
    return [{"_id": own["_id"], "is_five_point": is_five_point, **value} for value in own["values"]]


def _period(own: Mapping[str, Any]) -> Rows:
    return [{**own, "class_id": one} for one in own.get("class_ids") or (None,)]


def _enrolments(own: Mapping[str, Any], student: Callable[[str], int]) -> Rows:
    key = student(own["student_id"])
    return [{**one, "student_id": key, "school_id": own["school_id"]} for one in own.get("enrolments", ())]


def _memberships(own: Mapping[str, Any], student: Callable[[str], int]) -> Rows:
    key = student(own["student_id"])
    return [{**one, "student_id": key} for one in own["memberships"]]


def _attendance(own: dict[str, Any], student: Callable[[str], int]) -> Rows:
    status = own["status"]
    place = {"PRESENT": 0, "LATE": 1, "ABSENT": 2}.get(status)
    value = reason_class(own.get("reason")) if place is None else place
    return {**own, "student_id": student(own["student_id"]), "value": value}


def reason_class(reason: str | None) -> int:
    """The place of an excused absence among the values of the attendance, by words of its reason.

    A reason is free text, which may name a person or an illness: nothing but its class leaves the subsystem.
    """
    text = (reason or "").casefold()
    for place, words in ((3, _ILL), (5, _EVENT), (4, _FAMILY)):
        if any(word in text for word in words):
            return place
    return 6


def _lesson(own: Mapping[str, Any]) -> Rows:
    return [{**own, "class_id": one} for one in own["class_ids"]]
