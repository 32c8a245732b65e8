"""Actions of administrators on the time and the place of a lesson: edit and cancel it (F102, trap T10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.mongo.transactions import Transaction
from connectors.schedule import NOT_HELD, LessonStatus
from connectors.vocabulary import PublicId, TimeOfDay
from gateway.context import Info
from gateway.eligible_teachers import NO_TEACHER, teachers_at
from gateway.languages import Text
from gateway.resolvers.schedule.lesson_times import check_time, time_on
from gateway.resolvers.schedule.overlaps import Shared, check_overlaps
from gateway.resolvers.schedule.places import checked_place
from gateway.resolvers.schedule.versions import (
    HAS_RECORDS,
    IS_MOVED,
    IS_OFF,
    change,
    check_version,
    differing,
    has_records,
    lesson_to_change,
    status_at,
)
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_IS_SUBSTITUTED: Final = Text(
    "Another teacher substitutes at this lesson: change the substitution.",
    "На этом уроке замена: измените замену.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditLesson:
    """A correction of a lesson on its day. What is not sent stays as it is."""

    lesson_id: PublicId
    """The id of the lesson (`TimetableLesson.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`TimetableLesson.version`); null edits the lesson whatever its version is."""

    number: int | None = None
    """The number of the lesson in the day; without times of its own it takes place when the bells say."""

    starts_at: TimeOfDay | None = None
    """When the lesson begins, where it is not as the bells say; together with `endsAt`."""

    ends_at: TimeOfDay | None = None
    """When the lesson ends."""

    room: str | Absent | None = ABSENT
    """The room; null takes it away."""

    building: str | Absent | None = ABSENT
    """The building; null takes it away."""

    teacher_ids: tuple[PublicId, ...] | None = None
    """Who teaches the lesson, where the timetable was wrong; `substitute` is for one who stands in for another."""

    ignore_overlaps: bool = False
    """Whether the lesson is edited though its room, a teacher or the class has another lesson at that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelLesson:
    """The input of `cancelLesson`: which lesson is cancelled, or takes place after all."""

    lesson_id: PublicId
    """The id of the lesson (`TimetableLesson.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`TimetableLesson.version`); null cancels the lesson whatever its version is."""

    is_cancelled: bool = True
    """Whether the lesson is cancelled; false has a cancelled lesson take place after all."""

    ignore_overlaps: bool = False
    """Whether a cancelled lesson takes place though the room, a teacher or the class has another one at that time."""


async def edit_lesson(input: EditLesson, info: Info, transaction: Transaction) -> Outcome:
    """Correct the time, the place or the teachers of a lesson on its day."""
    problems = Problems()
    lesson = await lesson_to_change(input.lesson_id, input.version, info, transaction, problems)
    check_time(input, problems)
    place = checked_place(input, info, problems)
    teachers = await _checked_teachers(input.teacher_ids, lesson, info, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(input)  # pragma: no cover - a lesson that is not found is a problem
    at = await time_on(lesson["date"], input, lesson, info, problems)
    changed = differing(lesson, {**at._asdict(), **place, **({} if teachers is None else {"teacher_ids": teachers})})
    ids = {"lesson_id": lesson["_id"]}
    if not changed:
        return Outcome(ids, is_new=False)
    check_version(input.version, lesson, problems)
    if lesson["status"] in NOT_HELD:
        problems.add(UserErrorCode.NOT_ALLOWED, IS_OFF, "lessonId")
    if "teacher_ids" in changed and (lesson["substitution"] or {}).get("substitute_teacher_id"):
        problems.add(UserErrorCode.NOT_ALLOWED, _IS_SUBSTITUTED, "teacherIds")
    problems.check(**ids)
    if not input.ignore_overlaps:
        await check_overlaps({**lesson, **changed}, _touched(changed), info, transaction, besides=lesson["_id"])
    await change(lesson, changed, transaction)
    before = {key: lesson.get(key) for key in changed}
    return Outcome(ids, [fact(info, "editLesson", lesson["_id"], lesson["school_id"], before=before, after=changed)])


def _touched(changed: Mapping[str, Any]) -> Mapping[Shared, str | None]:
    """The overlaps that a change can make, and the fields of the input that they belong to."""
    touched: dict[Shared, str | None] = {}
    if "starts_at" in changed or "ends_at" in changed:
        touched |= {Shared.TEACHER: "number", Shared.CLASS: "number", Shared.ROOM: "number"}
    if "room" in changed or "building" in changed:
        touched[Shared.ROOM] = "room"
    if "teacher_ids" in changed:
        touched[Shared.TEACHER] = "teacherIds"
    return touched


async def cancel_lesson(input: CancelLesson, info: Info, transaction: Transaction) -> Outcome:
    """Cancel a lesson, or have a cancelled one take place after all."""
    problems = Problems()
    lesson = await lesson_to_change(input.lesson_id, input.version, info, transaction, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(input)  # pragma: no cover - a lesson that is not found is a problem
    ids = {"lesson_id": lesson["_id"]}
    is_moved = lesson["status"] == LessonStatus.MOVED
    if not is_moved and (lesson["status"] == LessonStatus.CANCELLED) == input.is_cancelled:
        return Outcome(ids, is_new=False)
    check_version(input.version, lesson, problems)
    if is_moved:
        problems.add(UserErrorCode.NOT_ALLOWED, IS_MOVED, "lessonId")
    elif input.is_cancelled and await has_records(lesson["_id"], info):
        problems.add(UserErrorCode.NOT_ALLOWED, HAS_RECORDS, "lessonId")
    problems.check(**ids)
    if not input.is_cancelled and not input.ignore_overlaps:
        await check_overlaps(lesson, dict.fromkeys(Shared), info, transaction, besides=lesson["_id"])
    status = LessonStatus.CANCELLED if input.is_cancelled else status_at(lesson["ends_at"], info)
    await change(lesson, {"status": status}, transaction)
    before, after = {"status": lesson["status"]}, {"status": status}
    return Outcome(ids, [fact(info, "cancelLesson", lesson["_id"], lesson["school_id"], before=before, after=after)])


async def _checked_teachers(
    ids: Sequence[PublicId] | None, lesson: Mapping[str, Any] | None, info: Info, problems: Problems
) -> list[str] | None:
    if ids is None or lesson is None:
        return None
    most = info.writing.rules.lesson_teachers
    if len(ids) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "teacherIds", limit=most)
        return None
    found = await teachers_at(lesson["school_id"], lesson["date"], ids, info)
    for place, teacher in enumerate(found):
        if teacher is None:
            problems.add(UserErrorCode.NOT_FOUND, NO_TEACHER, "teacherIds", place)
    return list(dict.fromkeys(teacher for teacher in found if teacher is not None))
