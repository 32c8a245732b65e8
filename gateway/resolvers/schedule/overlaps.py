"""Which other lessons a lesson overlaps: in its room, with its teachers, or of its classes."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from connectors.mongo.transactions import Transaction
from connectors.schedule import LessonStatus
from connectors.vocabulary import LessonId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, Rejected, UserErrorCode

_LESSON: Final = frozenset(
    {"_id", "school_id", "class_ids", "group_id", "date", "starts_at", "ends_at", "teacher_ids", "room", "building"}
)


class Shared(StrEnum):
    """The kinds of thing that two lessons at one time must not share."""

    ROOM = "room"
    TEACHER = "teacher"
    CLASS = "class"


_OVERLAPS: Final = {
    Shared.ROOM: Text("Another lesson is in this room at this time.", "В это время в кабинете другой урок."),
    Shared.TEACHER: Text("The teacher has another lesson at this time.", "У учителя в это время другой урок."),
    Shared.CLASS: Text("The class has another lesson at this time.", "У класса в это время другой урок."),
}


async def check_overlaps(
    lesson: Mapping[str, Any],
    paths: Mapping[Shared, str | None],
    info: Info,
    transaction: Transaction,
    *,
    besides: LessonId,
) -> None:
    """Raise `Rejected` where the *lesson* overlaps another one in something that *paths* names.

    Each path is the field of the input that the problem belongs to; None is the input as a whole. Not looked at are the
    lesson *besides* and lessons of schools that the viewer does not run. Of two lessons that are placed on one day of a
    school at once, the later one sees the other.
    """
    day = f"{lesson['school_id']} {lesson['date']}"
    await transaction.update("lesson_locks", {"_id": day}, {"$inc": {"changes": 1}}, upsert=True)
    found = await transaction.find("lessons", _at_the_time_of(lesson, info), columns=_LESSON)
    others = [other for other in found if other["_id"] != besides]
    sharing: dict[Shared, Sequence[Mapping[str, Any]]] = {
        Shared.ROOM: [other for other in others if _is_in_one_room(lesson, other)],
        Shared.TEACHER: [o for o in others if not set(lesson["teacher_ids"]).isdisjoint(o["teacher_ids"])],
        Shared.CLASS: await _with_students_of(lesson, others, info) if Shared.CLASS in paths else [],
    }
    problems = Problems()
    for shared, path in paths.items():
        if sharing[shared]:
            problems.add(UserErrorCode.OVERLAPS, _OVERLAPS[shared], *([path] if path else ()))
    if problems.found:
        overlapping = [other["_id"] for shared in paths for other in sharing[shared]]
        ids = {"lesson_id": besides, "overlapping_ids": list(dict.fromkeys(overlapping))}
        raise Rejected(problems.found, ids)


def _at_the_time_of(lesson: Mapping[str, Any], info: Info) -> dict[str, Any]:
    """The MongoDB filter for the lessons of the viewer's schools that overlap *lesson* in time."""
    return {
        "school_id": {"$in": list(info.viewer.school_ids)},
        "date": lesson["date"],
        "status": {"$in": [LessonStatus.PLANNED, LessonStatus.HELD]},
        "starts_at": {"$lt": lesson["ends_at"]},
        "ends_at": {"$gt": lesson["starts_at"]},
    }


def _is_in_one_room(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    places = [(lesson["school_id"], lesson["building"], lesson["room"]) for lesson in (one, other)]
    return one["room"] is not None and places[0] == places[1]


async def _with_students_of(
    lesson: Mapping[str, Any], others: Sequence[Mapping[str, Any]], info: Info
) -> list[Mapping[str, Any]]:
    """Those of the *others* that somebody has who has the lesson too: two groups may learn at one time (trap T14)."""
    own, classes = lesson["group_id"], set(lesson["class_ids"])
    of_classes = [other for other in others if not classes.isdisjoint(other["class_ids"])]
    parallel = {other["group_id"] for other in of_classes} - {None, own}
    if own is None or not parallel:
        return of_classes
    groups = [own, *sorted(parallel)]
    read = info.connectors.directory.students_in_groups
    found: Sequence[Any] = await info.check(read, groups, columns=frozenset({"student_id"}), on=lesson["date"])
    students = {group: {one["student_id"] for one in members} for group, members in zip(groups, found, strict=True)}
    return [
        other
        for other in of_classes
        if other["group_id"] not in parallel or not students[own].isdisjoint(students[other["group_id"]])
    ]
