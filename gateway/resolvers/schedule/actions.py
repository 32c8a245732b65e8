"""What administrators do with the time and the place of a lesson: edit, move and cancel it (F102, trap T10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors.mongo.transactions import Transaction
from connectors.schedule import LessonStatus
from connectors.vocabulary import Day, LessonId, PublicId, TimeOfDay, mint
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.schedule.lesson_times import LessonTime, check_time, time_on
from gateway.resolvers.schedule.overlaps import Shared, check_overlaps
from gateway.resolvers.schedule.versions import IS_OFF, change, check_version, has_records, lesson_to_change
from gateway.resolvers.schedule.workers import NO_TEACHER, teachers_at
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_PAST: Final = Text("The day has passed already.", "Этот день уже прошёл.")
_NOT_THIS_YEAR: Final = Text("The day is not one of this school year.", "Этот день не относится к учебному году.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_IS_SUBSTITUTED: Final = Text(
    "Another teacher substitutes at this lesson: change the substitution.",
    "На этом уроке замена: измените замену.",
)
_IS_MOVED: Final = Text("The lesson was moved.", "Урок перенесён.")
_HAS_RECORDS: Final = Text(
    "Marks or attendance are recorded at this lesson.", "На этом уроке уже отмечены оценки или посещаемость."
)
_SAME_TIME: Final = Text("The lesson is at this time already.", "Урок уже стоит на это время.")

_EVERYTHING: Final = {Shared.ROOM: "room", Shared.TEACHER: "number", Shared.CLASS: "number"}
"""The field of an input with a time that each overlap belongs to."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelLesson:
    """The lesson that does not take place."""

    lesson_id: PublicId
    """The id of the lesson (`TimetableLesson.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`TimetableLesson.version`); null cancels the lesson whatever its version is."""

    is_cancelled: bool = True
    """Whether it is cancelled; false has a cancelled lesson take place after all."""

    ignore_overlaps: bool = False
    """Whether a cancelled lesson takes place though the room, a teacher or the class has another one at that time."""


async def edit_lesson(given: EditLesson, info: Info, transaction: Transaction) -> Outcome:
    """Correct the time, the place or the teachers of a lesson on its day."""
    problems = Problems()
    lesson = await lesson_to_change(given.lesson_id, given.version, info, transaction, problems)
    check_time(given, problems)
    place = _checked_place(given, info, problems)
    teachers = await _checked_teachers(given.teacher_ids, lesson, info, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(given)  # pragma: no cover - a lesson that is not found is a problem
    at = await time_on(lesson["date"], given, lesson, info, problems)
    problems.check(lesson_id=lesson["_id"])
    changed = _changed(lesson, {**_of_time(at), **place, **({} if teachers is None else {"teacher_ids": teachers})})
    ids = {"lesson_id": lesson["_id"]}
    if not changed:
        return Outcome(ids, is_new=False)
    check_version(given.version, lesson, problems)
    if lesson["status"] in {LessonStatus.CANCELLED, LessonStatus.MOVED}:
        problems.add(UserErrorCode.NOT_ALLOWED, IS_OFF, "lessonId")
    if "teacher_ids" in changed and (lesson["substitution"] or {}).get("substitute_teacher_id"):
        problems.add(UserErrorCode.NOT_ALLOWED, _IS_SUBSTITUTED, "teacherIds")
    problems.check(**ids)
    if not given.ignore_overlaps:
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


async def move_lesson(given: MoveLesson, info: Info, transaction: Transaction) -> Outcome:
    """Have a lesson take place at another time; the original stays in its place and says where to it was moved."""
    problems = Problems()
    lesson = await lesson_to_change(given.lesson_id, given.version, info, transaction, problems)
    if lesson is not None:
        await _check_day(given.date, lesson, info, problems)
    check_time(given, problems)
    place = _checked_place(given, info, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(given)  # pragma: no cover - a lesson that is not found is a problem
    at = await time_on(given.date, given, lesson, info, problems)
    ids = {"lesson_id": lesson["_id"]}
    problems.check(**ids)
    wanted = {"date": str(given.date), **_of_time(at), **place}
    if await _is_moved_so(lesson, wanted, transaction):
        return Outcome(ids, is_new=False)
    check_version(given.version, lesson, problems)
    if lesson["status"] == LessonStatus.MOVED:
        problems.add(UserErrorCode.NOT_ALLOWED, _IS_MOVED, "lessonId")
    elif await has_records(lesson["_id"], info):
        problems.add(UserErrorCode.NOT_ALLOWED, _HAS_RECORDS, "lessonId")
    elif not _changed(lesson, {key: wanted[key] for key in ("date", "number", "starts_at")}):
        problems.add(UserErrorCode.INVALID_INPUT, _SAME_TIME, "date")
    problems.check(**ids)
    moved = _moved(lesson, wanted, info)
    if not given.ignore_overlaps:
        await check_overlaps(moved, _EVERYTHING, info, transaction, besides=lesson["_id"])
    await transaction.insert("lessons", [moved])
    left = {"status": LessonStatus.MOVED, "moved_to_id": moved["_id"]}
    await change(lesson, left, transaction)
    before = {"status": lesson["status"], **{key: lesson.get(key) for key in wanted}}
    done = fact(info, "moveLesson", lesson["_id"], lesson["school_id"], before=before, after={**left, **wanted})
    return Outcome(ids, [done])


async def _check_day(day: Day, lesson: Mapping[str, Any], info: Info, problems: Problems) -> None:
    [year] = await info.school_years([lesson["school_id"]])
    today = info.today_at(lesson["school_id"])
    if day < today:
        problems.add(UserErrorCode.OUT_OF_RANGE, _PAST, "date", limit=today)
    elif day > year.days.last:
        problems.add(UserErrorCode.OUT_OF_RANGE, _NOT_THIS_YEAR, "date", limit=year.days.last)


async def _is_moved_so(lesson: Mapping[str, Any], wanted: Mapping[str, Any], transaction: Transaction) -> bool:
    """Whether the lesson was moved to that time and place before."""
    target = lesson.get("moved_to_id")
    if lesson["status"] != LessonStatus.MOVED or target is None:
        return False
    moved = await transaction.find_one("lessons", {"_id": target}, columns=frozenset(wanted))
    return moved is not None and not _changed(moved, wanted)


def _moved(lesson: Mapping[str, Any], wanted: Mapping[str, Any], info: Info) -> dict[str, Any]:
    """The lesson that takes place instead; on another day a substitution of the old day no longer holds (trap T10)."""
    moved = {
        **lesson,
        **wanted,
        "_id": LessonId(mint("Lesson", uuid4().hex)),
        "status": _status_now(wanted["ends_at"], info),
        "moved_from_id": lesson["_id"],
        "version": 1,
    }
    substitution = lesson["substitution"]
    if substitution and wanted["date"] != lesson["date"]:
        moved["substitution"] = None
        if substitution["instead_of_subject_id"]:
            moved["subject_id"] = substitution["instead_of_subject_id"]
        original, substitute = substitution["original_teacher_id"], substitution["substitute_teacher_id"]
        if substitute:
            own = [original if teacher == substitute else teacher for teacher in lesson["teacher_ids"]]
            moved["teacher_ids"] = [teacher for teacher in own if teacher]
    return moved


async def cancel_lesson(given: CancelLesson, info: Info, transaction: Transaction) -> Outcome:
    """Cancel a lesson, or have a cancelled one take place after all."""
    problems = Problems()
    lesson = await lesson_to_change(given.lesson_id, given.version, info, transaction, problems)
    if lesson is None or problems.found:
        problems.check()
        raise TypeError(given)  # pragma: no cover - a lesson that is not found is a problem
    ids = {"lesson_id": lesson["_id"]}
    is_moved = lesson["status"] == LessonStatus.MOVED
    if not is_moved and (lesson["status"] == LessonStatus.CANCELLED) == given.is_cancelled:
        return Outcome(ids, is_new=False)
    check_version(given.version, lesson, problems)
    if is_moved:
        problems.add(UserErrorCode.NOT_ALLOWED, _IS_MOVED, "lessonId")
    elif given.is_cancelled and await has_records(lesson["_id"], info):
        problems.add(UserErrorCode.NOT_ALLOWED, _HAS_RECORDS, "lessonId")
    problems.check(**ids)
    if not given.is_cancelled and not given.ignore_overlaps:
        await check_overlaps(lesson, dict.fromkeys(Shared), info, transaction, besides=lesson["_id"])
    status = LessonStatus.CANCELLED if given.is_cancelled else _status_now(lesson["ends_at"], info)
    await change(lesson, {"status": status}, transaction)
    before, after = {"status": lesson["status"]}, {"status": status}
    return Outcome(ids, [fact(info, "cancelLesson", lesson["_id"], lesson["school_id"], before=before, after=after)])


def _status_now(ends_at: Any, info: Info) -> LessonStatus:
    return LessonStatus.HELD if ends_at <= info.now else LessonStatus.PLANNED


def _checked_place(given: EditLesson | MoveLesson, info: Info, problems: Problems) -> dict[str, Any]:
    """The room and the building that an input names."""
    place: dict[str, Any] = {}
    for key, sent in (("room", given.room), ("building", given.building)):
        if not isinstance(sent, Absent):
            most = info.writing.rules.room_characters
            place[key] = None if sent is None else checked_text(sent, problems, key, most=most)
    return place


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


def _of_time(at: LessonTime | None) -> dict[str, Any]:
    return {} if at is None else at._asdict()


def _changed(lesson: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if lesson.get(key) != value}
