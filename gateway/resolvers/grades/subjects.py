"""The subjects of a student, and the order in which people read them: the curriculum's, then the alphabet."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.directory import Person, class_on
from connectors.ids import ClassId, Days, SubjectId
from gateway.context import Info
from gateway.orders import alphabetical

_LAST: Final = 1_000_000
_ITEMS: Final = frozenset({"academic_year", "items.subject_id"})


class Plan(NamedTuple):
    """The subjects of a student's curriculum."""

    order: Mapping[SubjectId, int]
    """The place of each subject; of the latest curriculum where the year has none."""
    taught: tuple[SubjectId, ...]
    """The subjects of the year that the student has: without those of study groups that they are not in."""


async def orders_of(owners: Sequence[Person], info: Info) -> list[Mapping[SubjectId, int]]:
    """The place of each subject in the latest curriculum of each student's class."""
    found = await _curricula([class_on(own, info.today_at(own["school_id"])) for own in owners], info)
    return [_order(next(iter(own or ()), None)) for own in found]


async def plans_of(
    owners: Sequence[Person], classes: Sequence[ClassId | None], years: Sequence[str], spans: Sequence[Days], info: Info
) -> list[Plan]:
    """The plan of each student in a class and an academic year; study groups count that they are in within a span."""
    curricula, groups = await asyncio.gather(
        _curricula(classes, info),
        info.read(info.connectors.directory.groups_of_classes, classes, columns=frozenset({"_id", "subject_id"})),
    )
    return [
        _plan(own, found or (), year, of_class or (), span)
        for own, found, year, of_class, span in zip(owners, curricula, years, groups, spans, strict=True)
    ]


async def _curricula(classes: Sequence[ClassId | None], info: Info) -> list[Any]:
    return await info.read(info.connectors.curriculum.curricula_of, classes, columns=_ITEMS, academic_year=None)


def _order(curriculum: Mapping[str, Any] | None) -> Mapping[SubjectId, int]:
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


async def names_beside(orders: Iterable[Mapping[SubjectId, int]], subjects: Iterable[SubjectId], info: Info) -> Any:
    """The names of those *subjects* that some curriculum has no place for, by their ids."""
    placed = set.intersection(*(set(order) for order in orders)) if orders else set()
    others = sorted({*subjects} - placed)
    found = await info.read(info.connectors.directory.subjects_by_ids, others, columns=frozenset({"name"}))
    return {subject: own["name"] for subject, own in zip(others, found, strict=True) if own}


def place_in(order: Mapping[SubjectId, int], names: Mapping[SubjectId, str]) -> Callable[[SubjectId], Any]:
    """The sort key of subjects for one student."""

    def place(subject: SubjectId) -> tuple[int, str, str]:
        return order.get(subject, _LAST), alphabetical(names.get(subject, "")), subject

    return place
