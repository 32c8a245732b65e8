"""The list of a student's marks: filters, orders, pages."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any, Final

from connectors.directory import Person
from connectors.errors import SourceUnavailable
from connectors.grades import Journal, Mark, MarkFilter, MarkOrder, Ranked
from connectors.vocabulary import Days, Paging, PeriodId, SubjectId, WorkKindId
from gateway.context import Connection, Info
from gateway.orders import by_name
from gateway.resolvers.grades.periods import chosen_period
from gateway.resolvers.grades.subjects import ALPHABETICAL, Order, orders_of, place_in


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
    """For each student a page of the marks that pass all filters, past school years included (F74, F76)."""
    if period_id is not None:
        period = await chosen_period(period_id, info)
        days = _both(days, Days(period["starts_on"], period["ends_on"]))
        subject_id = subject_id or period["subject_id"]
    lowest = None if min_value is None else float(min_value)
    highest = None if max_value is None else float(max_value)
    marks = MarkFilter(days, subject_id, kind_id, lowest, highest, journal)
    only, grades = info.subjects, info.connectors.grades
    students = [own["student_id"] for own in owners]
    if order_by == MarkOrder.SUBJECT:
        orders, names = await asyncio.gather(_orders_of_page(owners, page, info), _subject_names(owners, info))
        rankings = map(_ranking, orders or repeat(ALPHABETICAL), names)
        keys = [Ranked(own, ranking) for own, ranking in zip(students, rankings, strict=True)]
        ranked, view = (_BY_SUBJECT_NAME, _with_order) if orders is None else (_BY_SUBJECT, None)
        return await info.page(
            grades.marks_ranked, keys, page, order=ranked, view=view, marks=marks, by="subject_id", only=only
        )
    if order_by == MarkOrder.KIND:
        keys = [Ranked(*own) for own in zip(students, await _kind_rankings(owners, info), strict=True)]
        return await info.page(grades.marks_ranked, keys, page, order=_BY_KIND, marks=marks, by="kind_id", only=only)
    order_by = order_by or MarkOrder.DATE_DESC
    order = ("given_on", "_id")
    return await info.page(grades.marks_page, students, page, order=order, marks=marks, order_by=order_by, only=only)


_BY_KIND: Final = ("kind_id", "given_on", "_id")
_BY_SUBJECT: Final = ("subject_id", "given_on", "_id")
_BY_SUBJECT_NAME: Final = (*_BY_SUBJECT, "subject_order")
"""The keys of a cursor of a list that stands by the alphabet, because the curriculum's database did not answer.

The last key tells such a cursor from one of the curriculum's order, so that every page of a list has the order of its
first page.
"""


def _with_order(_: Ranked, mark: Mark) -> dict[str, Any]:
    return {**mark, "subject_order": "ALPHABET"}


async def _orders_of_page(owners: Sequence[Person], page: Paging, info: Info) -> list[Order] | None:
    """For each student the order of subjects that the page continues; None where that is the alphabet.

    Raises `SourceUnavailable` for a page that continues the curriculum's order while the curriculum's database does not
    answer: in another order the list would leave marks out.
    """
    if page.after is not None and len(page.after) == len(_BY_SUBJECT_NAME):
        return None
    try:
        return await orders_of(owners, info)
    except SourceUnavailable:
        if page.after is not None:
            raise
        return None


async def _subject_names(owners: Sequence[Person], info: Info) -> list[dict[SubjectId, str]]:
    """For each student the names of the subjects of their school, by id."""
    schools = [own["school_id"] for own in owners]
    found = await info.read(info.connectors.directory.subjects_of, schools, columns=frozenset({"_id", "name"}))
    return [{subject["_id"]: subject["name"] for subject in subjects} for subjects in found]


def _ranking(order: Order, names: Mapping[SubjectId, str]) -> tuple[SubjectId, ...]:
    """The subjects of an order and of a school: those of the order first, then the others by the alphabet."""
    return tuple(sorted({*order, *names}, key=place_in(order, names)))


async def _kind_rankings(owners: Sequence[Person], info: Info) -> list[tuple[WorkKindId, ...]]:
    """For each student the ids of their school's kinds of work in the order in which these are listed: by name."""
    schools = [own["school_id"] for own in owners]
    found = await info.read(info.connectors.grades.kinds_of, schools, columns=frozenset({"_id", "name"}))
    return [tuple(kind["_id"] for kind in sorted(kinds, key=by_name)) for kinds in found]


def _both(days: Days | None, period: Days) -> Days:
    return period if days is None else Days(max(days.first, period.first), min(days.last, period.last))
