"""Marks and works, final grades, attestation periods, debts, planned control works."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from auth.viewer import ENUMERATED
from connectors.directory import Person, School, audience_of
from connectors.grades import (
    AttestationDebt,
    AttestationPeriod,
    FinalGrade,
    FinalGradeKind,
    GradeScale,
    Journal,
    Mark,
    MarkFilter,
    MarkOrder,
    Ranked,
    Work,
)
from connectors.ids import Audience, ClassId, Days, Paging, PeriodId, SubjectId, WorkKindId, spanning
from gateway.averages import average
from gateway.context import Connection, Info
from gateway.errors import InvalidInput, NotFound
from gateway.languages import Text
from gateway.orders import by_name
from gateway.resolvers.grades.subjects import names_beside, orders_of, place_in

_NO_SUCH_PERIOD: Final = Text("no such attestation period", "такого аттестационного периода нет")


async def marks_of(
    owners: Sequence[Person],
    info: Info,
    days: Days | None = None,
    period_id: PeriodId | None = None,
    subject_id: SubjectId | None = None,
    kind_id: WorkKindId | None = None,
    min_value: Decimal | None = None,
    max_value: Decimal | None = None,
    journal: Journal | None = None,
    order_by: MarkOrder | None = MarkOrder.DATE_DESC,
    *,
    page: Paging,
) -> list[Connection]:
    """The marks that pass all filters, of past school years too, in the order wished (F74, F76)."""
    if period_id is not None:
        period = await _period(period_id, info)
        days = _both(days, Days(period["starts_on"], period["ends_on"]))
        subject_id = subject_id or period["subject_id"]
    lowest = None if min_value is None else float(min_value)
    highest = None if max_value is None else float(max_value)
    marks = MarkFilter(days, subject_id, kind_id, lowest, highest, journal)
    only, grades = info.subjects, info.connectors.grades
    students = [own["student_id"] for own in owners]
    if order_by in _RANKED:
        by, rankings = _RANKED[order_by]
        keys = [Ranked(own, ranking) for own, ranking in zip(students, await rankings(owners, info), strict=True)]
        places = (by, "given_on", "_id")
        return await info.page(grades.marks_ranked, keys, page, order=places, marks=marks, by=by, only=only)
    order_by = order_by or MarkOrder.DATE_DESC
    order = ("given_on", "_id")
    return await info.page(grades.marks_page, students, page, order=order, marks=marks, order_by=order_by, only=only)


async def _subject_rankings(owners: Sequence[Person], info: Info) -> list[tuple[str, ...]]:
    """For each student the subjects of their school: in the order of the curriculum, the others by the alphabet."""
    schools = [own["school_id"] for own in owners]
    read = info.connectors.directory.subjects_of
    orders, found = await asyncio.gather(
        orders_of(owners, info), info.read(read, schools, columns=frozenset({"_id", "name"}))
    )
    rankings = []
    for order, subjects in zip(orders, found, strict=True):
        names = {subject["_id"]: subject["name"] for subject in subjects}
        rankings.append(tuple(sorted({*order, *names}, key=place_in(order, names))))
    return rankings


async def _kind_rankings(owners: Sequence[Person], info: Info) -> list[tuple[str, ...]]:
    """For each student the kinds of work of their school, by name."""
    schools = [own["school_id"] for own in owners]
    found = await info.read(info.connectors.grades.kinds_of, schools, columns=frozenset({"_id", "name"}))
    return [tuple(kind["_id"] for kind in sorted(kinds, key=by_name)) for kinds in found]


_RANKED: Final[Mapping[MarkOrder | None, tuple[str, Callable[..., Any]]]] = {
    MarkOrder.SUBJECT: ("subject_id", _subject_rankings),
    MarkOrder.KIND: ("kind_id", _kind_rankings),
}
"""What is ranked by each order, and how."""


def _both(days: Days | None, period: Days) -> Days:
    return period if days is None else Days(max(days.first, period.first), min(days.last, period.last))


async def _period(period_id: PeriodId, info: Info) -> AttestationPeriod:
    [found] = await info.read(info.connectors.grades.periods_by_ids, [period_id], columns=_PERIOD)
    if found is None or found["school_id"] not in info.viewer.school_ids:
        raise InvalidInput("periodId", reason=_NO_SUCH_PERIOD)
    period: AttestationPeriod = found
    return period


_PERIOD: Final = frozenset(
    {"_id", "school_id", "academic_year", "name", "kind", "ordinal", "subject_id", "starts_on", "ends_on"}
)
_PLACE_OF_PERIOD: Final = frozenset({"starts_on", "ordinal"})


def display_weight(mark: Mark) -> int | None:
    """The weight where it is greater than 1, as diaries show it (F70)."""
    return mark["weight"] if mark["weight"] > 1 else None


def journal_of(mark: Mark) -> Journal:
    """The journal that the mark stands in; marks from before there were several stand in the main one."""
    return mark.get("journal") or Journal.MAIN


async def has_comment(marks: Sequence[Mark], info: Info) -> list[bool]:
    """Whether the mark has a comment or its work a name to be opened: the red corner of diaries (F73)."""
    others = [None if mark["comment"] else mark["work_id"] for mark in marks]
    read, columns = info.connectors.grades.works_by_ids, info.columns_of("Work") | {"title"}
    found = await info.read(read, others, columns=columns)
    return [bool(mark["comment"] or (work and work["title"])) for mark, work in zip(marks, found, strict=True)]


def is_overdue(marks: Sequence[Mark], info: Info) -> list[bool]:
    """Whether the answer that a «точка» awaits is late; what follows is for the school to say (trap T26)."""
    return [
        bool(m["is_point"] and m["point_valid_until"] and m["point_valid_until"] < info.today_at(m["school_id"]))
        for m in marks
    ]


async def works(ids: Sequence[Any], info: Info) -> list[Work | None]:
    """The works of ids that marks name; of a teacher those alone that are in a subject taught to somebody."""
    read, subjects = info.connectors.grades.works_by_ids, info.subjects
    if subjects is None:
        return await info.read(read, ids, columns=info.columns_of("Work"))
    found = await info.read(read, ids, columns=info.columns_of("Work") | {"subject_id"})
    return [own if own and own["subject_id"] in subjects.every else None for own in found]


async def kinds(ids: Sequence[Any], info: Info) -> list[Any]:
    """The kinds of work of ids that works name."""
    return await info.read(info.connectors.grades.kinds_by_ids, ids, columns=info.columns_of("WorkKind"))


async def scales(ids: Sequence[Any], info: Info) -> list[GradeScale | None]:
    """The grade scales of ids that marks name."""
    return await info.read(info.connectors.grades.scales_by_ids, ids, columns=info.columns_of("GradeScale"))


async def periods(ids: Sequence[Any], info: Info) -> list[AttestationPeriod | None]:
    """The attestation periods of ids that final grades name."""
    return await info.read(info.connectors.grades.periods_by_ids, ids, columns=info.columns_of("AttestationPeriod"))


async def scales_of_schools(owners: Sequence[School], info: Info) -> list[list[GradeScale]]:
    """The scales on which the school gives marks (trap T15)."""
    return await info.read(info.connectors.grades.scales_of, [own["_id"] for own in owners])


async def kinds_of_schools(owners: Sequence[School], info: Info) -> list[list[Any]]:
    """The kinds of work of the school, by name: what marks can be filtered by (F60)."""
    found = await info.read(info.connectors.grades.kinds_of, [own["_id"] for own in owners])
    return [sorted(kinds, key=by_name) for kinds in found]


async def periods_of_schools(
    owners: Sequence[School],
    info: Info,
    academic_year: str | None = None,
    subject_id: SubjectId | None = None,
    class_id: ClassId | None = None,
) -> list[list[AttestationPeriod]]:
    """The attestation periods in time.

    Of a subject, or of a class: its own, or those that are bound to none where it has none (F78, trap T6).
    """
    read = info.connectors.grades.periods_of
    found = await info.read(read, [own["_id"] for own in owners], academic_year=academic_year)
    return [_bound_to(own, subject_id, class_id) for own in found]


def _bound_to(
    periods: Sequence[AttestationPeriod], subject_id: SubjectId | None, class_id: ClassId | None
) -> list[AttestationPeriod]:
    if class_id is not None:
        periods = [own for own in periods if not own.get("class_ids") or class_id in own["class_ids"]]
    if subject_id is not None:
        own_periods = [own for own in periods if own["subject_id"] == subject_id]
        periods = own_periods or [own for own in periods if own["subject_id"] is None]
    if class_id is not None:
        subjects = {own["subject_id"] for own in periods if own.get("class_ids")}
        periods = [own for own in periods if own.get("class_ids") or own["subject_id"] not in subjects]
    return list(periods)


async def final_grades_of(
    owners: Sequence[Person],
    info: Info,
    academic_year: str | None = None,
    subject_id: SubjectId | None = None,
) -> list[list[FinalGrade]]:
    """Interim and final grades, past years too (F78, F79).

    The latest year stands first; within it subjects as the curriculum has them, and of each the periods in time, then
    the year, the examination and the final grade.
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
        orders_of(owners, info),
        info.read(info.connectors.grades.periods_by_ids, ids, columns=_PLACE_OF_PERIOD),
    )
    names = await names_beside(orders, (grade["subject_id"] for grade in grades), info)
    of_ids = {period: own for period, own in zip(ids, periods, strict=True) if own}
    return [_in_time(own, place_in(order, names), of_ids) for own, order in zip(found, orders, strict=True)]


_KINDS_IN_TIME: Final[Mapping[str, int]] = {
    kind: place
    for place, kind in enumerate(
        (FinalGradeKind.PERIOD, FinalGradeKind.YEAR, FinalGradeKind.EXAM, FinalGradeKind.FINAL)
    )
}


def _in_time(
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
    """The average when the grade was given, two places."""
    return average(grade["computed_average"])


async def debts_of(owners: Sequence[Person], info: Info) -> list[list[AttestationDebt]]:
    """Interim attestations not passed, open and closed, the oldest first (F81)."""
    return await info.read(info.connectors.grades.debts_of, [own["student_id"] for own in owners])


async def planned_control_works(owners: Sequence[Person], info: Info, days: Days | None = None) -> list[list[Work]]:
    """Control works planned within days, in time; without days, from today to the end of the school year (F83)."""
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
    """Marks of students whom the viewer may read, by id."""
    return await _own(ids, info, info.connectors.grades.marks_by_ids, "Mark")


async def final_grades_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Final grades of students whom the viewer may read, by id."""
    return await _own(ids, info, info.connectors.grades.final_grades_by_ids, "FinalGrade")


async def _own(ids: Sequence[str], info: Info, read: Callable[..., Any], name: str) -> list[Any]:
    columns = info.columns_of(name) | {"student_id", "subject_id"}
    return await info.readable(await info.read(read, ids, columns=columns))


async def works_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Works, by id: an administrator's are those of the schools.

    Whoever is bound to students reads those set to classes and groups that one of them is or was in, at whichever
    school; a teacher those alone that are in a subject taught to that student.
    """
    columns = info.columns_of("Work") | {"school_id", "class_ids", "group_id", "subject_id"}
    found, audiences = await asyncio.gather(
        info.read(info.connectors.grades.works_by_ids, ids, columns=columns), _audiences(info)
    )
    return [own if own and _is_near(own, audiences, info) else NotFound() for own in found]


async def _audiences(info: Info) -> list[Audience] | None:
    """The classes and groups that the viewer's students are or were in; None for viewers bound to no students."""
    viewer = info.viewer
    if viewer.role not in ENUMERATED:
        return None
    columns = frozenset({"student_id", "enrolments", "memberships"})
    read = info.connectors.directory.students_by_ids
    return [audience_of(own) for own in await info.read(read, sorted(viewer.student_ids), columns=columns) if own]


def _is_near(work: Work, audiences: Sequence[Audience] | None, info: Info) -> bool:
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


async def periods_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Attestation periods of the viewer's schools, by id."""
    columns = info.columns_of("AttestationPeriod") | {"school_id"}
    found = await info.read(info.connectors.grades.periods_by_ids, ids, columns=columns)
    return [own if own and own["school_id"] in info.viewer.school_ids else NotFound() for own in found]
