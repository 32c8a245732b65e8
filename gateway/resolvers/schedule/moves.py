"""Moves lessons to another time: the original stays in its place and says where to (F102, trap T10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors.mongo.transactions import Transaction
from connectors.schedule import LessonStatus
from connectors.vocabulary import Day, LessonId, PublicId, TimeOfDay, mint
from gateway.coming_days import check_coming_day
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.schedule.lesson_times import check_time, time_on
from gateway.resolvers.schedule.overlaps import Shared, check_overlaps
from gateway.resolvers.schedule.places import checked_place
from gateway.resolvers.schedule.substituting import Planned
from gateway.resolvers.schedule.versions import (
    HAS_RECORDS,
    IS_MOVED,
    change,
    check_version,
    differing,
    has_records,
    lesson_to_change,
    status_at,
)
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_SAME_TIME: Final = Text("The lesson is at this time already.", "Урок уже стоит на это время.")

_EVERYTHING: Final = {Shared.ROOM: "room", Shared.TEACHER: "number", Shared.CLASS: "number"}
"""The field of an input with a time that each overlap belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLesson:
    """The day and the time to which a lesson is moved."""

    lesson_id: PublicId
    """The id of the lesson (`TimetableLesson.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`TimetableLesson.version`); null moves the lesson whatever its version is."""

    date: Day
    """The new day: today or later, in this school year and outside of holidays."""

    number: int | None = None
    """The number of the lesson in the new day; without it, that of the old day. The bells say when that is."""

    starts_at: TimeOfDay | None = None
    """When the lesson begins, where it is not as the bells say; together with `endsAt`."""

    ends_at: TimeOfDay | None = None
    """When the lesson ends."""

    room: str | Absent | None = ABSENT
    """The room; null for none, and without it that of before."""

    building: str | Absent | None = ABSENT
    """The building; null for none, and without it that of before."""

    ignore_overlaps: bool = False
    """Whether the lesson is moved though its room, a teacher or the class has another lesson at that time."""


async def move_lesson(input: MoveLesson, info: Info, transaction: Transaction) -> Outcome:
    """Have a lesson take place at another time; the original stays in its place and says where to it was moved."""
    problems = Problems()
    lesson = await lesson_to_change(input.lesson_id, input.version, info, transaction, problems)
    if lesson is not None:
        await check_coming_day(input.date, lesson["school_id"], info, problems, "date")
    check_time(input, problems)
    place = checked_place(input, info, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(input)  # pragma: no cover - a lesson that is not found is a problem
    at = await time_on(input.date, input, lesson, info, problems)
    ids = {"lesson_id": lesson["_id"]}
    wanted = {"date": str(input.date), **at._asdict(), **place}
    if await _is_moved_so(lesson, wanted, transaction):
        return Outcome(ids, is_new=False)
    check_version(input.version, lesson, problems)
    if lesson["status"] == LessonStatus.MOVED:
        problems.add(UserErrorCode.NOT_ALLOWED, IS_MOVED, "lessonId")
    elif await has_records(lesson["_id"], info):
        problems.add(UserErrorCode.NOT_ALLOWED, HAS_RECORDS, "lessonId")
    elif not differing(lesson, {key: wanted[key] for key in ("date", "number", "starts_at")}):
        problems.add(UserErrorCode.INVALID_INPUT, _SAME_TIME, "date")
    problems.check(**ids)
    moved = _moved(lesson, wanted, info)
    if not input.ignore_overlaps:
        await check_overlaps(moved, _EVERYTHING, info, transaction, besides=lesson["_id"])
    await transaction.insert("lessons", [moved])
    left = {"status": LessonStatus.MOVED, "moved_to_id": moved["_id"]}
    await change(lesson, left, transaction)
    before = {"status": lesson["status"], **{key: lesson.get(key) for key in wanted}}
    done = fact(info, "moveLesson", lesson["_id"], lesson["school_id"], before=before, after={**left, **wanted})
    return Outcome(ids, [done])


async def _is_moved_so(lesson: Mapping[str, Any], wanted: Mapping[str, Any], transaction: Transaction) -> bool:
    """Whether the lesson was moved to that time and place before."""
    target = lesson.get("moved_to_id")
    if lesson["status"] != LessonStatus.MOVED or target is None:
        return False
    moved = await transaction.find_one("lessons", {"_id": target}, columns=frozenset(wanted))
    return moved is not None and not differing(moved, wanted)


def _moved(lesson: Mapping[str, Any], wanted: Mapping[str, Any], info: Info) -> dict[str, Any]:
    """The lesson that takes place instead; on another day a substitution of the old day no longer holds (trap T10)."""
    moved = {
        **lesson,
        **wanted,
        "_id": LessonId(mint("Lesson", uuid4().hex)),
        "status": status_at(wanted["ends_at"], info),
        "moved_from_id": lesson["_id"],
        "version": 1,
    }
    if lesson["substitution"] and wanted["date"] != lesson["date"]:
        planned = Planned(lesson)
        moved |= {"substitution": None, "subject_id": planned.subject_id, "teacher_ids": planned.teacher_ids}
    return moved
