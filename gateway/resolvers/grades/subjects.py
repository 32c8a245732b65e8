"""The subjects of a student and the order in which people read them: the curriculum's order, then the alphabet.

Of the curriculum, marks need only the order, and the report card the rows without marks. While the curriculum's
database does not answer, subjects stand by the alphabet, and lessons say which subjects a student has (trap T25).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.directory import Person, audience_of, class_on
from connectors.errors import SourceUnavailable
from connectors.vocabulary import ClassId, Days, SubjectId, spanning
from gateway.context import Info
from gateway.orders import alphabetical

_AFTER_ALL: Final = 1_000_000
"""The place of subjects that the curriculum does not have: after all of its own."""

_ITEMS: Final = frozenset({"academic_year", "items.subject_id"})
"""The columns of a curriculum that the order of subjects needs."""


Order = Mapping[SubjectId, int]
"""The place of each subject of a curriculum; the subjects without a place follow by the alphabet."""

ALPHABETICAL: Final[Order] = {}
"""The order of a student without a curriculum: all subjects by the alphabet."""


class Plan(NamedTuple):
    """The subjects of a student's curriculum."""

    order: Order
    """The order of the year's curriculum, or of the latest one where the year has none."""
    taught: tuple[SubjectId, ...] | None
    """The subjects that the student has in the year; None where the curriculum's database does not answer."""


async def orders_of(owners: Sequence[Person], info: Info) -> list[Order]:
    """The order of the latest curriculum of each student's class.

    Raises `SourceUnavailable` where the curriculum's database does not answer.
    """
    found = await _curricula([class_on(own, info.today_at(own["school_id"])) for own in owners], info)
    return [_order(next(iter(own or ()), None)) for own in found]


async def orders_or_alphabet(owners: Sequence[Person], info: Info) -> list[Order]:
    """The order of the latest curriculum of each student's class; the alphabet while its database does not answer."""
    try:
        return await orders_of(owners, info)
    except SourceUnavailable:
        return [ALPHABETICAL] * len(owners)


async def plans_of(
    owners: Sequence[Person], classes: Sequence[ClassId | None], years: Sequence[str], spans: Sequence[Days], info: Info
) -> list[Plan]:
    """The plan of each student in a class and an academic year.

    A subject taught to study groups belongs to a plan only where the student is in one of those groups within the span.
    """
    groups_read = info.connectors.directory.groups_of_classes
    curricula, groups = await asyncio.gather(
        _curricula_if_available(classes, info),
        info.read(groups_read, classes, columns=frozenset({"_id", "subject_id"})),
    )
    if curricula is None:
        return [Plan(ALPHABETICAL, None)] * len(owners)
    return [
        _plan(own, found or (), year, of_class or (), span)
        for own, found, year, of_class, span in zip(owners, curricula, years, groups, spans, strict=True)
    ]


async def subjects_of_lessons(owners: Sequence[Person], spans: Sequence[Days], info: Info) -> list[set[SubjectId]]:
    """The subjects of the lessons that each student has within a span, without those of the second half of the day."""
    found = await info.read(
        info.connectors.schedule.lessons_of,
        [audience_of(own) for own in owners],
        columns=frozenset({"subject_id", "is_extended", "date"}),
        days=spanning(spans),
    )
    return [
        {lesson["subject_id"] for lesson in own if not lesson["is_extended"] and lesson["date"] in span} - {None}
        for own, span in zip(found, spans, strict=True)
    ]


async def _curricula(classes: Sequence[ClassId | None], info: Info) -> list[Any]:
    return await info.read(info.connectors.curriculum.curricula_of, classes, columns=_ITEMS, academic_year=None)


async def _curricula_if_available(classes: Sequence[ClassId | None], info: Info) -> list[Any] | None:
    try:
        return await _curricula(classes, info)
    except SourceUnavailable:
        return None


def _order(curriculum: Mapping[str, Any] | None) -> Order:
    items = curriculum["items"] if curriculum else ()
    return {item["subject_id"]: place for place, item in enumerate(items)}


def _plan(
    student: Person, curricula: Sequence[Any], year: str, groups: Sequence[Mapping[str, Any]], span: Days
) -> Plan:
    of_year = next((own for own in curricula if own["academic_year"] == year), None)
    own_groups = {
        membership["group_id"]
        for membership in student.get("memberships", ())
        if membership["starts_on"] <= span.last
        and (membership["ends_on"] is None or membership["ends_on"] >= span.first)
    }
    of_groups = {group["subject_id"] for group in groups}
    mine = {group["subject_id"] for group in groups if group["_id"] in own_groups}
    taught = tuple(subject for subject in _order(of_year) if subject not in of_groups or subject in mine)
    return Plan(_order(of_year or next(iter(curricula), None)), taught)


async def names_of_unplaced(
    orders: Iterable[Order], subjects: Iterable[Iterable[SubjectId]], info: Info
) -> dict[SubjectId, str]:
    """The names of the subjects that their own order has no place for; *subjects* has those of each order."""
    others = {subject for order, own in zip(orders, subjects, strict=True) for subject in own if subject not in order}
    ids = sorted(others)
    found = await info.read(info.connectors.directory.subjects_by_ids, ids, columns=frozenset({"name"}))
    return {subject: own["name"] for subject, own in zip(ids, found, strict=True) if own}


def place_in(order: Order, names: Mapping[SubjectId, str]) -> Callable[[SubjectId], Any]:
    """The sort key of subjects for one order; *names* are those of the subjects without a place in it."""

    def place(subject: SubjectId) -> tuple[int, str, str]:
        own = order.get(subject)
        return (_AFTER_ALL, alphabetical(names.get(subject, "")), subject) if own is None else (own, "", "")

    return place
