"""Analytics: statistics of marks, attendance and families, for administrators and analysts."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypedDict

from connectors.analytics import CellOrder, Question, Statistic
from connectors.vocabulary import Days, Paging, SchoolId
from gateway.context import Connection, Info
from gateway.errors import InvalidInput
from gateway.languages import Text
from gateway.resolvers.analytics.cells import (
    AnalyticsPeriod,
    AnalyticsScope,
    Cell,
    ComparisonLevel,
    SuppressionReason,
    Term,
    compared_with,
    current_build,
    page_of_cells,
    previous,
)

__all__ = [
    "AnalyticsDocument",
    "AnalyticsPeriod",
    "AnalyticsScope",
    "AttendanceDimension",
    "Cell",
    "ComparisonLevel",
    "FamiliesDimension",
    "MarksDimension",
    "SuppressionReason",
    "Term",
    "analytics",
    "attendance",
    "compared_with",
    "families",
    "marks",
    "note",
    "own_classes",
    "own_kinds",
    "own_schools",
    "own_subjects",
    "points",
    "previous",
]


class MarksDimension(StrEnum):
    """The dimensions by which statistics of marks can be divided."""

    MUNICIPALITY = "MUNICIPALITY"
    """Municipalities (муниципалитет)."""

    SCHOOL = "SCHOOL"
    """Schools."""

    GRADE_LEVEL = "GRADE_LEVEL"
    """Grade levels (параллель): of a school together with SCHOOL, else of all."""

    CLASS = "CLASS"
    """Classes (класс)."""

    SUBJECT = "SUBJECT"
    """Subjects (предмет); those of one name are one subject, whatever the school."""

    WORK_KIND = "WORK_KIND"
    """Kinds of work (вид работы); those of one name are one kind."""

    TERM = "TERM"
    """Terms: quarters, trimesters, half-years, semesters."""

    MONTH = "MONTH"
    """Months within terms: a month that two terms share is in two parts, each with its term."""

    WEEK = "WEEK"
    """Weeks within terms, Monday to Sunday."""


class AttendanceDimension(StrEnum):
    """The dimensions by which statistics of attendance and of points can be divided."""

    MUNICIPALITY = "MUNICIPALITY"
    """Municipalities (муниципалитет)."""

    SCHOOL = "SCHOOL"
    """Schools."""

    GRADE_LEVEL = "GRADE_LEVEL"
    """Grade levels (параллель): of a school together with SCHOOL, else of all."""

    CLASS = "CLASS"
    """Classes (класс)."""

    SUBJECT = "SUBJECT"
    """Subjects (предмет); those of one name are one subject, whatever the school."""

    TERM = "TERM"
    """Terms: quarters, trimesters, half-years, semesters."""

    MONTH = "MONTH"
    """Months within terms: a month that two terms share is in two parts, each with its term."""

    WEEK = "WEEK"
    """Weeks within terms, Monday to Sunday."""


class FamiliesDimension(StrEnum):
    """The dimensions by which statistics of families can be divided."""

    MUNICIPALITY = "MUNICIPALITY"
    """Municipalities (муниципалитет)."""

    SCHOOL = "SCHOOL"
    """Schools."""

    GRADE_LEVEL = "GRADE_LEVEL"
    """Grade levels (параллель): of a school together with SCHOOL, else of all."""

    CLASS = "CLASS"
    """Classes (класс)."""

    TERM = "TERM"
    """Terms: quarters, trimesters, half-years, semesters."""

    MONTH = "MONTH"
    """Months in which weeks begin, within terms."""

    WEEK = "WEEK"
    """Weeks within terms, Monday to Sunday."""


_DIMENSIONS: Final[Mapping[str, frozenset[str]]] = {
    "MUNICIPALITY": frozenset({"municipality"}),
    "SCHOOL": frozenset({"municipality", "school"}),
    "GRADE_LEVEL": frozenset({"grade"}),
    "CLASS": frozenset({"municipality", "school", "grade", "class"}),
    "SUBJECT": frozenset({"subject"}),
    "WORK_KIND": frozenset({"kind"}),
    "TERM": frozenset({"term"}),
    "MONTH": frozenset({"term", "month"}),
    "WEEK": frozenset({"term", "week"}),
}
"""The coordinates that each dimension tells apart: what is finer tells apart what is coarser."""

_YEAR: Final = re.compile(r"[0-9]{4}/[0-9]{2}")
_YEARS: Final = Text("not an academic year such as 2026/27", "это не учебный год вида 2026/27")


class AnalyticsDocument(TypedDict):
    """The statistics as a whole."""

    built_at: datetime
    as_of: str


async def analytics(roots: Sequence[object], info: Info) -> list[AnalyticsDocument]:
    """The statistics of the current build."""
    build = await current_build(info)
    document = AnalyticsDocument(built_at=datetime.fromisoformat(build.built_at), as_of=build.today)
    return [document] * len(roots)


def _cells_of(statistic: Statistic, dimension: type[StrEnum]) -> Callable[..., Awaitable[list[Connection]]]:
    """The resolver of a field that answers with cells of a statistic; the field's arguments are those of `cells`."""

    async def cells(
        roots: Sequence[object],
        info: Info,
        group_by: tuple[dimension, ...],  # type: ignore[valid-type] # the enumeration of the field
        days: Days | None = None,
        school_id: SchoolId | None = None,
        municipality: str | None = None,
        grade_level: int | None = None,
        subject: str | None = None,
        academic_year: str | None = None,
        period: AnalyticsPeriod = AnalyticsPeriod.YEAR,
        scope: AnalyticsScope | None = None,
        order_by: CellOrder = CellOrder.DIMENSIONS,
        *,
        page: Paging,
    ) -> list[Connection]:
        question = Question(
            statistic,
            _by(group_by),
            school=school_id,
            municipality=municipality,
            grade=grade_level,
            subject=subject,
            year=_year(academic_year),
            in_current_term=period is AnalyticsPeriod.CURRENT_TERM,
            days=days,
            order=order_by,
        )
        return await page_of_cells(roots, info, question, scope, page)

    return cells


marks: Final = _cells_of(Statistic.MARKS, MarksDimension)
attendance: Final = _cells_of(Statistic.ATTENDANCE, AttendanceDimension)
points: Final = _cells_of(Statistic.POINTS, AttendanceDimension)


async def families(
    roots: Sequence[object],
    info: Info,
    group_by: tuple[FamiliesDimension, ...],
    days: Days | None = None,
    school_id: SchoolId | None = None,
    municipality: str | None = None,
    grade_level: int | None = None,
    academic_year: str | None = None,
    period: AnalyticsPeriod = AnalyticsPeriod.YEAR,
    scope: AnalyticsScope | None = None,
    order_by: CellOrder = CellOrder.DIMENSIONS,
    *,
    page: Paging,
) -> list[Connection]:
    """The cells of the statistics of families."""
    question = Question(
        Statistic.FAMILIES,
        _by(group_by),
        school=school_id,
        municipality=municipality,
        grade=grade_level,
        year=_year(academic_year),
        in_current_term=period is AnalyticsPeriod.CURRENT_TERM,
        days=days,
        order=order_by,
    )
    return await page_of_cells(roots, info, question, scope, page)


def _by(dimensions: Sequence[StrEnum]) -> frozenset[str]:
    return frozenset().union(*(_DIMENSIONS[dimension] for dimension in dimensions))


def _year(name: str | None) -> int | None:
    if name is None:
        return None
    if not _YEAR.fullmatch(name):
        raise InvalidInput("academicYear", reason=_YEARS)
    return int(name[:4])


async def own_schools(cells: Sequence[Cell], info: Info) -> list[Any]:
    """The school of each cell, of those that the viewer works at."""
    return await _own(cells, info, "school_id", info.connectors.directory.schools_by_ids, "School")


async def own_classes(cells: Sequence[Cell], info: Info) -> list[Any]:
    """The class of each cell, at the viewer's schools."""
    return await _own(cells, info, "class_id", info.connectors.directory.classes_by_ids, "Class")


async def own_subjects(cells: Sequence[Cell], info: Info) -> list[Any]:
    """The subject of each cell, at the viewer's schools."""
    return await _own(cells, info, "subject_id", info.connectors.directory.subjects_by_ids, "Subject")


async def own_kinds(cells: Sequence[Cell], info: Info) -> list[Any]:
    """The kind of work of each cell, at the viewer's schools."""
    return await _own(cells, info, "kind_id", info.connectors.grades.kinds_by_ids, "WorkKind")


async def _own(cells: Sequence[Any], info: Info, key: str, read: Any, type_name: str) -> list[Any]:
    own = info.viewer.school_ids
    ids = [cell[key] if cell["school_id"] in own else None for cell in cells]
    return await info.read(read, ids, columns=info.columns_of(type_name))


_NOTES: Final = {
    SuppressionReason.FEW_STUDENTS: "скрыто: меньше {least}",
    SuppressionReason.ONE_STUDENT_PREVAILS: "скрыто: больше половины записей у одного ученика",
    SuppressionReason.PROTECTS_OTHERS: "скрыто, чтобы нельзя было вычислить соседние ячейки",
}


def note(cell: Mapping[str, Any]) -> str | None:
    """The text in the place of the numbers of a hidden cell."""
    reason = cell["suppression"]
    return _NOTES[reason].format(least=cell["least"]) if reason else None
