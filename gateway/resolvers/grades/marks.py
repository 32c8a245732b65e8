"""Marks, works, final grades, attestation debts and planned control works."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from auth.viewer import ENUMERATED
from connectors.audience import Audience
from connectors.directory import Person, School, audience_of
from connectors.grades import (
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    FinalGradeKind,
    GradeScale,
    Journal,
    Mark,
    MarkChange,
    Work,
)
from connectors.vocabulary import Days, PeriodId, SubjectId, spanning
from gateway.averages import average
from gateway.context import Info
from gateway.errors import NotFound
from gateway.orders import by_name
from gateway.resolvers.grades.subjects import (
    names_of_unplaced,
    orders_or_alphabet,
    place_in,
)

_PLACE_OF_PERIOD: Final = frozenset({"starts_on", "ordinal"})


def display_weight(mark: Mark) -> int | None:
    """The weight to show beside the mark; None for a weight of 1, which diaries do not show (F70)."""
    return mark["weight"] if mark["weight"] > 1 else None


def journal_of(mark: Mark) -> Journal:
    """The journal of the mark. Marks written before journals were told apart belong to the main one."""
    return mark.get("journal") or Journal.MAIN


async def has_comment(marks: Sequence[Mark], info: Info) -> list[bool]:
    """For each mark whether it has a comment, or its work a title: the red corner of diaries (F73)."""
    others = [None if mark["comment"] else mark["work_id"] for mark in marks]
    read, columns = info.connectors.grades.works_by_ids, info.columns_of("Work") | {"title"}
    found = await info.read(read, others, columns=columns)
    return [bool(mark["comment"] or (work and work["title"])) for mark, work in zip(marks, found, strict=True)]


def is_overdue(marks: Sequence[Mark], info: Info) -> list[bool]:
    """For each mark whether it is a «точка» whose period has ended; the mark itself does not change then (trap T26)."""
    return [
        bool(m["is_point"] and m["point_valid_until"] and m["point_valid_until"] < info.today_at(m["school_id"]))
        for m in marks
    ]


async def works(ids: Sequence[Any], info: Info) -> list[Work | None]:
    """For each id that a mark names the work; for teachers None where they teach its subject to nobody."""
    read, subjects = info.connectors.grades.works_by_ids, info.subjects
    if subjects is None:
        return await info.read(read, ids, columns=info.columns_of("Work"))
    found = await info.read(read, ids, columns=info.columns_of("Work") | {"subject_id"})
    return [own if own and own["subject_id"] in subjects.every else None for own in found]


async def kinds(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id that a work names the kind of work."""
    return await info.read(info.connectors.grades.kinds_by_ids, ids, columns=info.columns_of("WorkKind"))


async def scales(ids: Sequence[Any], info: Info) -> list[GradeScale | None]:
    """For each id that a mark names the grade scale."""
    return await info.read(info.connectors.grades.scales_by_ids, ids, columns=info.columns_of("GradeScale"))


async def scales_of_schools(owners: Sequence[School], info: Info) -> list[list[GradeScale]]:
    """For each school its grade scales, by name (trap T15)."""
    return await info.read(info.connectors.grades.scales_of, [own["_id"] for own in owners])


async def kinds_of_schools(owners: Sequence[School], info: Info) -> list[list[Any]]:
    """For each school its kinds of work, by name (F60)."""
    found = await info.read(info.connectors.grades.kinds_of, [own["_id"] for own in owners])
    return [sorted(kinds, key=by_name) for kinds in found]


async def final_grades_of(
    owners: Sequence[Person],
    info: Info,
    academic_year: str | None = None,
    subject_id: SubjectId | None = None,
) -> list[list[FinalGrade]]:
    """For each student the interim and final grades of all years, or of one (F78, F79).

    The latest year stands first. Within a year the grades stand by subject, in the order of the curriculum; within a
    subject by period, and then the year's grade, the examination's and the final one.
    """
    found = await info.read(
        info.connectors.grades.final_grades_of,
        [own["student_id"] for own in owners],
        academic_year=academic_year,
        subject_id=subject_id,
        only=info.subjects,
    )
    grades = list(chain.from_iterable(found))
    ids = list(dict.fromkeys(grade["period_id"] for grade in grades))
    orders, periods = await asyncio.gather(
        orders_or_alphabet(owners, info),
        info.read(info.connectors.grades.periods_by_ids, ids, columns=_PLACE_OF_PERIOD),
    )
    names = await names_of_unplaced(orders, [[grade["subject_id"] for grade in own] for own in found], info)
    of_ids = {period: own for period, own in zip(ids, periods, strict=True) if own}
    return [_ordered(own, place_in(order, names), of_ids) for own, order in zip(found, orders, strict=True)]


_KINDS_IN_TIME: Final[Mapping[str, int]] = {
    kind: place
    for place, kind in enumerate(
        (FinalGradeKind.PERIOD, FinalGradeKind.YEAR, FinalGradeKind.EXAM, FinalGradeKind.FINAL)
    )
}


def _ordered(
    grades: Sequence[FinalGrade],
    place_of_subject: Callable[[SubjectId], Any],
    periods: Mapping[PeriodId, AttestationPeriod],
) -> list[FinalGrade]:
    def place(grade: FinalGrade) -> tuple[Any, ...]:
        period = periods.get(grade["period_id"]) if grade["period_id"] else None
        time = (period["starts_on"], period["ordinal"]) if period else ("", 0)
        return place_of_subject(grade["subject_id"]), _KINDS_IN_TIME[grade["kind"]], time, grade["_id"]

    ordered = sorted(grades, key=place)
    ordered.sort(key=itemgetter("academic_year"), reverse=True)  # keeps the order within a year
    return ordered


def computed_average(grade: FinalGrade) -> str | None:
    """The average at the time when the grade was given, with two places; None where the source gives none."""
    return average(grade["computed_average"])


def history_of(grade: FinalGrade) -> list[MarkChange]:
    """The earlier values of the grade, the first first."""
    return grade.get("history") or []


async def debts_of(owners: Sequence[Person], info: Info) -> list[list[AttestationDebt]]:
    """For each student the failed interim attestations, open and closed, the oldest first (F81)."""
    return await info.read(info.connectors.grades.debts_of, [own["student_id"] for own in owners])


async def planned_control_works(owners: Sequence[Person], info: Info, days: Days | None = None) -> list[list[Work]]:
    """For each student the planned control works in time (F83).

    Without *days* they are those from today to the end of the school year.
    """
    if days is None:
        schools = [own["school_id"] for own in owners]
        years = await info.school_years(schools)
        spans = [Days(info.today_at(at), year.days.last) for at, year in zip(schools, years, strict=True)]
    else:
        spans = [days] * len(owners)
    read = info.connectors.grades.control_works_of
    keys = [audience_of(own) for own in owners]
    found = await info.read(read, keys, columns=info.columns | {"planned_on"}, days=spanning(spans), only=info.subjects)
    return [[work for work in own if work["planned_on"] in span] for own, span in zip(found, spans, strict=True)]


async def marks_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the mark of a student whom the viewer may read; else `NotFound`."""
    return await _own(ids, info, info.connectors.grades.marks_by_ids, "Mark")


async def final_grades_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the final grade of a student whom the viewer may read; else `NotFound`."""
    return await _own(ids, info, info.connectors.grades.final_grades_by_ids, "FinalGrade")


async def _own(ids: Sequence[str], info: Info, read: Callable[..., Any], name: str) -> list[Any]:
    columns = info.columns_of(name) | {"student_id", "subject_id"}
    return await info.readable(await info.read(read, ids, columns=columns), name)


async def works_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the work, where the viewer may read it; else `NotFound`.

    Administrators read the works of their schools. Other roles read works set to a class or group that one of their
    students is or was in, at any school; teachers only those in a subject that they teach that student.
    """
    columns = info.columns_of("Work") | {"school_id", "class_ids", "group_id", "subject_id"}
    found, audiences = await asyncio.gather(
        info.read(info.connectors.grades.works_by_ids, ids, columns=columns), _audiences(info)
    )
    return [own if own and _may_read_work(own, audiences, info) else NotFound() for own in found]


async def _audiences(info: Info) -> list[Audience] | None:
    """The audiences of the viewer's students, past classes included; None for roles without a list of students."""
    viewer = info.viewer
    if viewer.role not in ENUMERATED:
        return None
    columns = frozenset({"student_id", "enrolments", "memberships"})
    read = info.connectors.directory.students_by_ids
    return [audience_of(own) for own in await info.read(read, sorted(viewer.student_ids), columns=columns) if own]


def _may_read_work(work: Work, audiences: Sequence[Audience] | None, info: Info) -> bool:
    if audiences is None:
        return work["school_id"] in info.viewer.school_ids
    return any(_is_set_to(work, own, info) for own in audiences)


def _is_set_to(work: Work, audience: Audience, info: Info) -> bool:
    places, wanted = (
        (audience.classes, work["class_ids"]) if work["group_id"] is None else (audience.groups, [work["group_id"]])
    )
    subjects = info.subjects
    taught = subjects is None or work["subject_id"] in subjects.of(audience.student_id)
    return taught and any(span.id in wanted for span in places)
