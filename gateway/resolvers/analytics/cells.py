"""Cells of the statistics: from the arguments of a field to a question, and from its rows to documents.

An administrator's own schools are answered exactly, from their records. Everything else comes from the published cells,
in which hidden ones have no numbers: nobody can see more of them, whatever they ask.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors.analytics import ALL, COORDINATES, DESIGNS, TIMES, CellOrder, Cells, Hidden, Question, Statistic
from connectors.vocabulary import Paging
from gateway.context import Connection, Info, check_place
from gateway.errors import InvalidInput
from gateway.languages import Text

_ORDER: Final = ("position",)
_LIFTED_CELLS: Final = 20_000
"""Cells that are looked through for those to compare with: all of a level, which has fewer than the level below."""

_NOT_PUBLISHED: Final = Text(
    "cells of all these dimensions together are not published, for they would tell of single students",
    "ячейки с такой комбинацией разрезов не публикуются: по ним можно узнать об отдельных учениках",
)
_NOT_A_PERIOD: Final = Text(
    "published cells are of whole terms, months or weeks: group by one of them to choose days",
    "публикуются только целые периоды, месяцы и недели: чтобы выбрать дни, добавьте один из этих разрезов",
)
_NOT_AN_ORDER: Final = Text("these cells have no such number", "у этих ячеек нет такого показателя")
_NO_TIME: Final = Text(
    "cells of a whole year have none before them: group by TERM, MONTH or WEEK",
    "у ячеек за весь год нет предыдущих: добавьте разрез TERM, MONTH или WEEK",
)
_ORDERS: Final[Mapping[Statistic, frozenset[CellOrder]]] = {
    Statistic.MARKS: frozenset(
        {CellOrder.AVERAGE_ASC, CellOrder.AVERAGE_DESC, CellOrder.QUALITY_ASC, CellOrder.QUALITY_DESC}
    ),
    Statistic.ATTENDANCE: frozenset({CellOrder.MISSED_DESC, CellOrder.MISSED_GROWTH_DESC}),
    Statistic.FAMILIES: frozenset({CellOrder.ACKNOWLEDGED_ASC}),
    Statistic.POINTS: frozenset({CellOrder.OVERDUE_DESC}),
}
"""The orders of the cells of each statistic, beside those that all have."""
_ORDERS_OF_ALL: Final = frozenset({CellOrder.DIMENSIONS, CellOrder.STUDENTS_DESC})
_LAST: Final = 10**9
"""The place behind which no cell is looked for."""


class AnalyticsScope(StrEnum):
    """Whose figures are shown."""

    OWN_SCHOOLS = "OWN_SCHOOLS"
    """The viewer's own schools, exactly as they are; for administrators."""

    EVERYONE = "EVERYONE"
    """All schools of the gateway, as published for everybody."""


class AnalyticsPeriod(StrEnum):
    """The time that cells are of."""

    YEAR = "YEAR"
    """The academic year (учебный год)."""

    CURRENT_TERM = "CURRENT_TERM"
    """The term that runs at each school: a quarter, a trimester, a half-year or a semester."""


class ComparisonLevel(StrEnum):
    """The larger whole that a cell is compared with."""

    PARALLEL = "PARALLEL"
    """The classes of one grade at the school (параллель)."""

    SCHOOL = "SCHOOL"
    """The school."""

    MUNICIPALITY = "MUNICIPALITY"
    """The schools of the municipality; of the same grade, where the cell is of a grade."""

    REGION = "REGION"
    """All schools; of the same grade, where the cell is of a grade."""


class SuppressionReason(StrEnum):
    """Why the numbers of a cell are hidden."""

    FEW_STUDENTS = "FEW_STUDENTS"
    """Too few students: «скрыто: меньше 5»."""

    ONE_STUDENT_PREVAILS = "ONE_STUDENT_PREVAILS"
    """More than half of the records are of one student."""

    PROTECTS_OTHERS = "PROTECTS_OTHERS"
    """With this cell, one that is hidden could be computed from its neighbours."""


class Term(TypedDict):
    """A term, as all schools have it that have terms of its kind."""

    name: str
    kind: str
    ordinal: int
    is_current: bool
    starts_on: str
    ends_on: str


class Cell(TypedDict):
    """A cell: what it is about, and its numbers; *counts* None where it is hidden."""

    statistic: Statistic
    region: str | None
    municipality: str | None
    school_id: str | None
    school_name: str | None
    grade_level: int | None
    class_id: str | None
    class_name: str | None
    subject_id: str | None
    subject_name: str | None
    kind_id: str | None
    work_kind_name: str | None
    academic_year: str | None
    term: Term | None
    month: str | None
    week_starts_on: str | None
    students: int | None
    counts: tuple[int, ...] | None
    suppression: SuppressionReason | None
    is_suppressed: bool
    least: int
    is_exact: bool
    position: int
    coordinates: Mapping[str, int]
    question: Question


_REASONS: Final = {
    Hidden.FEW_STUDENTS: SuppressionReason.FEW_STUDENTS,
    Hidden.ONE_STUDENT_PREVAILS: SuppressionReason.ONE_STUDENT_PREVAILS,
    Hidden.PROTECTS_OTHERS: SuppressionReason.PROTECTS_OTHERS,
}
_FIRST_WEEK: Final = date(1970, 1, 5)
_SCHOOL: Final = frozenset({"municipality", "school"})
_NARROWING: Final = {"school": _SCHOOL, "municipality": {"municipality"}, "grade": {"grade"}, "subject": {"subject"}}


async def page_of_cells(
    roots: Sequence[object], info: Info, question: Question, scope: AnalyticsScope | None, page: Paging
) -> list[Connection]:
    """A page of the cells that *question* names, for each of *roots*."""
    check_place(page, _ORDER)
    offset = min(max(int(page.after[0]) + 1, 0), _LAST) if page.after else 0
    if question.order not in _ORDERS_OF_ALL | _ORDERS[question.statistic]:
        raise InvalidInput("orderBy", reason=_NOT_AN_ORDER)
    build = await current_build(info)
    question = _completed(question, info, scope, int(build.today[:4]) - (build.today[5:7] < "09"))
    if question.order is CellOrder.MISSED_GROWTH_DESC and not question.by & TIMES:
        raise InvalidInput("orderBy", reason=_NO_TIME)
    question = question._replace(limit=page.first + 1, offset=offset)
    answer = await _answer_to(question, info)
    cells = [cell_of(row, question, question.offset + place, answer) for place, row in enumerate(answer.rows)]
    total = answer.total
    connection: Any = {
        "nodes": cells[: page.first],
        "has_next": len(cells) > page.first,
        "has_previous": question.offset > 0,
        "total": total,
        "paging": page,
        "order": _ORDER,
    }
    return [connection] * len(roots)


async def current_build(info: Info) -> Any:
    """The build that is read."""
    [build] = await info.read(info.connectors.analytics.builds, ["current"], columns=frozenset())
    return build


def _completed(question: Question, info: Info, scope: AnalyticsScope | None, year: int) -> Question:
    """The question with what the viewer's role and the arguments imply."""
    by = question.by
    for argument, dimensions in _NARROWING.items():
        if getattr(question, argument) is not None:
            by |= dimensions
    is_administrator = info.viewer.role is Role.ADMINISTRATOR
    if question.in_current_term:
        by |= {"term"}
    if is_administrator and scope is not AnalyticsScope.EVERYONE:
        # Each of the viewer's schools stands for itself.
        question = question._replace(by=by | _SCHOOL | {"year"}, exact_schools=tuple(sorted(info.viewer.school_ids)))
        return question if question.year or question.days else question._replace(year=year)
    known = tuple(sorted(info.viewer.school_ids)) if is_administrator else ()
    question = question._replace(by=by | {"year"}, known_schools=known)
    if not DESIGNS[question.statistic].is_published(question.by):
        raise InvalidInput("groupBy", reason=_NOT_PUBLISHED)
    if question.days is not None and not question.by & TIMES:
        raise InvalidInput("days", reason=_NOT_A_PERIOD)
    return question if question.year or question.days else question._replace(year=year)


async def _answer_to(question: Question, info: Info) -> Cells:
    analytics = info.connectors.analytics
    [answer] = await info.read(analytics.cells, [question], columns=frozenset())
    found: Cells = answer
    if question.exact_schools is None:
        viewer = info.viewer
        await analytics.note(question, found, person=viewer.person_id, role=viewer.role, now=datetime.now(UTC))
    return found


def cell_of(row: Mapping[str, Any], question: Question, position: int, answer: Cells) -> Cell:
    """The document of a row."""
    values = range(len(DESIGNS[question.statistic].values))
    reason = _REASONS.get(row["reason"])
    has = question.by.__contains__
    return Cell(
        statistic=question.statistic,
        region=row["region"],
        municipality=row["municipality_name"],
        school_id=row["school_id"],
        school_name=row["school_name"],
        grade_level=row["grade"] if row["grade"] > 0 else None,
        class_id=row["class_id"],
        class_name=row["class_name"],
        subject_id=row["subject_id"],
        subject_name=row["subject_name"],
        kind_id=row["kind_id"],
        work_kind_name=row["kind_name"],
        academic_year=f"{row['year']}/{(row['year'] + 1) % 100:02}" if has("year") else None,
        term=_term(row) if row["term"] > 0 else None,
        month=f"{row['month'] // 100}-{row['month'] % 100:02}" if has("month") else None,
        week_starts_on=(_FIRST_WEEK + timedelta(weeks=row["week"])).isoformat() if has("week") else None,
        students=row["students"],
        counts=None if reason else tuple(row[f"v{i}"] for i in values),
        suppression=reason,
        is_suppressed=reason is not None,
        least=answer.build.least[question.statistic],
        is_exact=question.exact_schools is not None,
        position=position,
        coordinates={name: row[name] for name in COORDINATES},
        question=question,
    )


def _term(row: Mapping[str, Any]) -> Term:
    return Term(
        name=row["term_name"],
        kind=row["term_kind"],
        ordinal=row["term_ordinal"],
        is_current=row["is_current"],
        starts_on=row["term_starts_on"],
        ends_on=row["term_ends_on"],
    )


_LIFTS: Final[Mapping[ComparisonLevel, frozenset[str]]] = {
    ComparisonLevel.PARALLEL: frozenset({"class"}),
    ComparisonLevel.SCHOOL: frozenset({"class", "grade"}),
    ComparisonLevel.MUNICIPALITY: frozenset({"class", "school"}),
    ComparisonLevel.REGION: frozenset({"class", "school", "municipality"}),
}
_NEEDS: Final = {ComparisonLevel.PARALLEL: "class", ComparisonLevel.SCHOOL: "grade"}


async def compared_with(cells: Sequence[Cell], info: Info, level: ComparisonLevel) -> list[Cell | None]:
    """For each cell the cell of the larger whole with the same subject and time; None where none is published."""

    def lifted(question: Question) -> Question | None:
        lifts = _LIFTS[level]
        by = question.by - lifts
        if by == question.by or (level in _NEEDS and _NEEDS[level] not in question.by):
            return None
        leaves_school = "school" in lifts
        exact = None if leaves_school else question.exact_schools
        whole = question._replace(
            by=by,
            exact_schools=exact,
            known_schools=question.exact_schools
            if leaves_school and question.exact_schools
            else question.known_schools,
            school=None if leaves_school else question.school,
            grade=None if "grade" in lifts else question.grade,
            municipality=None if "municipality" in lifts else question.municipality,
        )
        if exact is None and (question.exact_schools is not None and question.days is not None):
            return None  # the days of own figures need not be those of a published period
        return whole if exact is not None or DESIGNS[whole.statistic].is_published(by) else None

    def same(coordinates: Mapping[str, int], by: frozenset[str]) -> tuple[int, ...]:
        return tuple(coordinates[name] if name in by else ALL for name in COORDINATES)

    found: dict[Question, dict[tuple[int, ...], Cell]] = {}
    wholes = {question: lifted(question) for question in {cell["question"] for cell in cells}}
    for whole in filter(None, set(wholes.values())):
        all_of_level = whole._replace(limit=_LIFTED_CELLS, offset=0)
        answer = await _answer_to(all_of_level, info)
        found[whole] = {
            same(row, whole.by): cell_of(row, whole, place, answer) for place, row in enumerate(answer.rows)
        }

    def whole_of(cell: Cell) -> Cell | None:
        own = wholes[cell["question"]]
        return None if own is None else found[own].get(same(cell["coordinates"], own.by))

    return [whole_of(cell) for cell in cells]


async def previous(cells: Sequence[Cell], info: Info) -> list[Cell | None]:
    """For each cell of a term, month or week the cell of the one before; None for the first, and for years."""
    found: dict[Question, list[Cell]] = defaultdict(list)
    for question in {cell["question"] for cell in cells if cell["question"].by & TIMES}:
        ever = question.at_any_time()._replace(limit=_LIFTED_CELLS, offset=0, order=CellOrder.DIMENSIONS)
        answer = await _answer_to(ever, info)
        found[question] = [cell_of(row, ever, place, answer) for place, row in enumerate(answer.rows)]
    before: dict[tuple[Question, tuple[int, ...]], Cell] = {}
    for question, own in found.items():
        last: dict[tuple[Any, ...], Cell] = {}
        for cell in sorted(own, key=_time):
            series = tuple(cell["coordinates"][name] for name in COORDINATES if name not in TIMES)
            # The terms of one kind follow one another: quarters do not follow semesters.
            key = (*series, cell["term"]["kind"] if cell["term"] else None)
            if key in last:
                before[question, tuple(cell["coordinates"].values())] = last[key]
            last[key] = cell
    return [before.get((cell["question"], tuple(cell["coordinates"].values()))) for cell in cells]


def _time(cell: Cell) -> tuple[Any, ...]:
    at = cell["coordinates"]
    return (at["year"], cell["term"]["starts_on"] if cell["term"] else "", at["term"], at["month"], at["week"])
