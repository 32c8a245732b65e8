"""Disciplines of the year, work programmes and the coloured calendar."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from connectors.curriculum import CalendarPeriod, Curriculum, WorkProgramme
from connectors.directory import Person, School, class_on
from connectors.vocabulary import ClassId, Paging, SubjectId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.orders import alphabetical


async def curriculum_of(
    owners: Sequence[Person], info: Info, academic_year: str | None = None
) -> list[Curriculum | None]:
    """For each student the curriculum of *academic_year*, with the workload of its disciplines (F91).

    Without a year it is the latest one that has begun. None where there is none.
    """
    read = info.connectors.curriculum.curricula_of
    columns = info.columns | {"academic_year"}
    found, begun = await asyncio.gather(
        info.read(read, classes_today(owners, info), columns=columns, academic_year=academic_year),
        _year_names(owners, info),
    )
    return [
        next((one for one in own or () if academic_year or one["academic_year"] <= year), None)
        for own, year in zip(found, begun, strict=True)
    ]


async def work_programmes_of(
    owners: Sequence[Person], info: Info, subject_id: SubjectId | None = None
) -> list[list[WorkProgramme]]:
    """For each student the work programmes of the latest year that has begun, by name (F90)."""
    read = info.connectors.curriculum.programmes_of
    columns = info.columns | {"academic_year", "name"}
    found, years = await asyncio.gather(
        info.read(read, classes_today(owners, info), columns=columns, academic_year=None, subject_id=subject_id),
        _year_names(owners, info),
    )
    return [_latest(own or (), year) for own, year in zip(found, years, strict=True)]


def _latest(programmes: Sequence[WorkProgramme], year: str) -> list[WorkProgramme]:
    """The programmes of the latest year up to *year* that has any, by name."""
    latest = max((p["academic_year"] for p in programmes if p["academic_year"] <= year), default=None)
    return sorted((p for p in programmes if p["academic_year"] == latest), key=lambda p: alphabetical(p["name"]))


async def _year_names(owners: Sequence[Person], info: Info) -> list[str]:
    """For each student the name of their school's current school year, such as 2026/27; names sort by time."""
    return [year.name for year in await info.school_years([own["school_id"] for own in owners])]


def classes_today(owners: Sequence[Person], info: Info) -> list[ClassId | None]:
    """For each student the class that they are in today; None for one in no class."""
    return [class_on(own, info.today_at(own["school_id"])) for own in owners]


async def calendar_of(
    owners: Sequence[School], info: Info, academic_year: str | None = None
) -> list[list[CalendarPeriod]]:
    """For each school the periods of its calendar in time: study, holidays, examinations (F92)."""
    read = info.connectors.curriculum.calendar_of
    return await info.read(read, [own["_id"] for own in owners], academic_year=academic_year)


async def curricula_of_schools(
    owners: Sequence[School], info: Info, academic_year: str | None = None, *, page: Paging
) -> list[Connection]:
    """For each school a page of its curricula, the latest year first, then by name."""
    read = info.connectors.curriculum.curricula_of_schools
    keys = [own["_id"] for own in owners]
    return await info.page(read, keys, page, order=_LATEST_YEAR, academic_year=academic_year)


async def work_programmes_of_schools(
    owners: Sequence[School],
    info: Info,
    academic_year: str | None = None,
    subject_id: SubjectId | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """For each school a page of its work programmes, the latest year first, then by name."""
    read = info.connectors.curriculum.programmes_of_schools
    keys = [own["_id"] for own in owners]
    return await info.page(read, keys, page, order=_LATEST_YEAR, academic_year=academic_year, subject_id=subject_id)


_LATEST_YEAR: Final = ("academic_year", "name", "_id")
"""The keys of a node that hold its place in these lists."""


# ── by id ──


async def curricula_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the curriculum of one of the viewer's schools; else `NotFound`."""
    return await _at_viewers_schools(ids, info, "Curriculum")


async def work_programmes_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the work programme of one of the viewer's schools; else `NotFound`."""
    return await _at_viewers_schools(ids, info, "WorkProgramme")


async def _at_viewers_schools(ids: Sequence[str], info: Info, name: str) -> list[Any]:
    connector = info.connectors.curriculum
    read = connector.curricula_by_ids if name == "Curriculum" else connector.programmes_by_ids
    found = await info.read(read, ids, columns=info.columns_of(name) | {"school_id"})
    return [own if own and own["school_id"] in info.viewer.school_ids else NotFound() for own in found]
