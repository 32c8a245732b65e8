"""Portfolio: achievements, their sections, and the rating computed from their points."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors.directory import Person, School, class_on
from connectors.portfolio import AchievementStatus, AchievementType, ScoringTable, Section
from connectors.vocabulary import AchievementTypeId, ClassId, Paging, SchoolId, StudentId
from gateway.averages import SMALLEST_CLASS, ratio, score, shares
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.orders import alphabetical
from gateway.resolvers.portfolio.achieving import shows


class PortfolioDocument(TypedDict):
    """A student's portfolio, with the columns of the student that its fields need."""

    student_id: StudentId
    school_id: SchoolId
    class_id: ClassId | None
    student: Person


class Area(TypedDict):
    """A slice of the rating's diagram; *share* is a fraction of 1 with two places."""

    name: str
    score: str
    share: str


class Rating(TypedDict):
    """A student's portfolio points in all, the average of the class, and the points by area (sport, art, and so on)."""

    score: str
    class_average: str | None
    areas: list[Area]


class SectionRow(TypedDict):
    """The confirmed achievements of one type: their average points, their number, and their share of all."""

    type: AchievementType
    average_score: str | None
    share: str
    count: int


TO_CONFIRM: Final = (AchievementStatus.UNCONFIRMED,)
"""The states of achievements that wait for confirmation: all that teachers may read."""


def portfolio_of(owners: Sequence[Person], info: Info) -> list[PortfolioDocument]:
    """For each student the portfolio (F107, F108)."""
    return [
        PortfolioDocument(
            student_id=own["student_id"],
            school_id=own["school_id"],
            class_id=class_on(own, info.today_at(own["school_id"])),
            student=own,
        )
        for own in owners
    ]


async def rating(portfolios: Sequence[PortfolioDocument], info: Info) -> list[Rating]:
    """For each portfolio the score of confirmed achievements, the class average and the areas (F108)."""
    sections, averages = await asyncio.gather(_sections(portfolios, info), _class_averages(portfolios, info))
    return [
        Rating(
            score=score(sum(Decimal(str(section["points"])) for section in own)),
            class_average=averages.get(portfolio["class_id"]),
            areas=_areas(own, types),
        )
        for portfolio, (own, types) in zip(portfolios, sections, strict=True)
    ]


async def _class_averages(portfolios: Sequence[PortfolioDocument], info: Info) -> dict[ClassId | None, str | None]:
    """The average points of each class, of those who are in it on the day it is at its school (trap T7)."""
    days = {own["class_id"]: info.today_at(own["school_id"]) for own in portfolios}
    columns = frozenset({"student_id", "enrolments"})
    members: dict[ClassId | None, list[StudentId]] = {}
    for day in dict.fromkeys(days.values()):
        classes = [own for own, today in days.items() if today == day]
        learning = await info.read(info.connectors.directory.students_in_classes, classes, columns=columns, on=day)
        for own, found in zip(classes, learning, strict=True):
            if own is not None and len(found) >= SMALLEST_CLASS:
                members[own] = [member["student_id"] for member in found]
    students = list(chain.from_iterable(members.values()))
    read = info.connectors.portfolio.points_of
    points = dict(zip(students, await info.read(read, students, columns=frozenset()), strict=True))
    return {own: ratio(sum(points[student] for student in ids), len(ids)) for own, ids in members.items()}


def _areas(sections: Sequence[Section], types: Mapping[Any, AchievementType]) -> list[Area]:
    of_areas: dict[str, Decimal] = defaultdict(Decimal)
    for section in sections:
        of_areas[types[section["type_id"]]["area"]] += Decimal(str(section["points"]))
    ordered = sorted(of_areas.items(), key=lambda area: (-area[1], alphabetical(area[0])))
    parts = shares([points for _, points in ordered])
    return [
        Area(name=name, score=score(points), share=share) for (name, points), share in zip(ordered, parts, strict=True)
    ]


async def sections_of(portfolios: Sequence[PortfolioDocument], info: Info) -> list[list[SectionRow]]:
    """For each portfolio its sections, those with the most points first (F108)."""
    rows = []
    for found, types in await _sections(portfolios, info):
        own = sorted(found, key=lambda section: (-section["points"], alphabetical(types[section["type_id"]]["name"])))
        parts = shares([section["count"] for section in own])
        rows.append(
            [
                SectionRow(
                    type=types[section["type_id"]],
                    average_score=ratio(section["points"], section["count"]),
                    share=share,
                    count=section["count"],
                )
                for section, share in zip(own, parts, strict=True)
            ]
        )
    return rows


async def _sections(
    portfolios: Sequence[PortfolioDocument], info: Info
) -> list[tuple[list[Section], Mapping[Any, AchievementType]]]:
    read = info.connectors.portfolio.sections_of
    found = await info.read(read, [own["student_id"] for own in portfolios], columns=frozenset())
    ids = [section["type_id"] for section in chain.from_iterable(found)]
    columns = info.columns_of("AchievementType") | {"_id", "area", "name"}
    types = await info.read(info.connectors.portfolio.types_by_ids, ids, columns=columns)
    known = {own["_id"]: own for own in types if own}
    return [([section for section in own if section["type_id"] in known], known) for own in found]


async def types(ids: Sequence[AchievementTypeId], info: Info) -> list[AchievementType | None]:
    """For each id that an achievement names the type of achievement."""
    columns = info.columns_of("AchievementType")
    return await info.read(info.connectors.portfolio.types_by_ids, ids, columns=columns)


async def achievements_of(
    portfolios: Sequence[PortfolioDocument],
    info: Info,
    type_id: AchievementTypeId | None = None,
    status: AchievementStatus | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """For each portfolio a page of achievements, the latest first; for teachers those to be confirmed (table 2.3)."""
    statuses: tuple[AchievementStatus, ...] | None = None if status is None else (status,)
    if info.viewer.role is Role.TEACHER:
        statuses = TO_CONFIRM if status in {None, AchievementStatus.UNCONFIRMED} else ()
    return await info.page(
        info.connectors.portfolio.achievements_of,
        [own["student_id"] for own in portfolios],
        page,
        order=("sort_on", "_id"),
        type_id=type_id,
        statuses=statuses,
    )


async def achievements_by_ids(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the achievement of a student whom the viewer may read; else `NotFound`."""
    columns = info.columns_of("Achievement") | {"student_id", "status"}
    read = info.connectors.portfolio.achievements_by_ids
    found = await info.readable(await info.read(read, ids, columns=columns), "Achievement")
    if info.viewer.role is not Role.TEACHER:
        return found
    return [own if isinstance(own, NotFound) or own["status"] in TO_CONFIRM else NotFound() for own in found]


async def written_achievements(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the achievement of a student whom the viewer may read, which a teacher has just written to."""
    decided = {"student_id", "status", "confirmed_by_id", "rejected_by_id"}
    read = info.connectors.portfolio.achievements_by_ids
    found = await info.read(read, ids, columns=info.columns_of("Achievement") | decided)
    found = await info.readable(found, "Achievement")
    return [own if isinstance(own, NotFound) or shows(own, info) else NotFound() for own in found]


async def achievements_to_confirm(viewers: Sequence[object], info: Info, *, page: Paging) -> list[Connection]:
    """The achievements of the viewer's students that await confirmation, the latest first (F115)."""
    students = tuple(sorted(info.viewer.student_ids))
    read = info.connectors.portfolio.achievements_among
    keys = [students] * len(viewers)
    status, order = AchievementStatus.UNCONFIRMED, ("sort_on", "_id")
    return await info.page(read, keys, page, order=order, discloses="Achievement", status=status)


async def prepared_achievements(viewers: Sequence[object], info: Info, *, page: Paging) -> list[Connection]:
    """The viewer's own portfolio: confirmed achievements that they prepared students for, the latest first (F112)."""
    read, viewer = info.connectors.portfolio.prepared_by, info.viewer
    keys = [viewer.person_id] * len(viewers)
    schools, order = tuple(viewer.school_ids), ("sort_on", "_id")
    return await info.page(read, keys, page, order=order, discloses="Achievement", schools=schools)


async def types_of_schools(owners: Sequence[School], info: Info) -> list[list[AchievementType]]:
    """For each school the sections of its portfolios, by name."""
    read, columns = info.connectors.portfolio.types_of, info.columns | {"_id", "name"}
    found = await info.read(read, [own["_id"] for own in owners], columns=columns)
    return [sorted(own or (), key=lambda one: (alphabetical(one["name"]), one["_id"])) for own in found]


async def scoring_of(types: Sequence[AchievementType], info: Info) -> list[ScoringTable | None]:
    """For each section the points that its achievements are worth; None where the school has not said (F113)."""
    found = await info.read(info.connectors.portfolio.scoring_of, [own["_id"] for own in types])
    return [next(iter(own or ()), None) for own in found]


def is_linked_to_teacher(type_: AchievementType) -> bool:
    """Whether achievements of the section may stand in the portfolio of a teacher, too (F112)."""
    return not type_.get("is_outside", False)


def rejection_reason(achievement: Mapping[str, Any]) -> str | None:
    """Why an achievement was rejected; None where nothing was said."""
    reason: str | None = achievement.get("rejection_reason")
    return reason
