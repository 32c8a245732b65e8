"""The lesson that an administrator changes: the version that they saw, its records, and its change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.mongo.transactions import Transaction
from connectors.schedule import LessonStatus
from connectors.vocabulary import LessonId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Absent, Problems, UserErrorCode

IS_OFF: Final = Text("The lesson was moved or cancelled.", "Урок перенесён или отменён.")
IS_MOVED: Final = Text("The lesson was moved.", "Урок перенесён.")
HAS_RECORDS: Final = Text(
    "Marks or attendance are recorded at this lesson.", "На этом уроке уже отмечены оценки или посещаемость."
)
_NO_LESSON: Final = Text("There is no such lesson.", "Нет такого урока.")
_OTHER_YEAR: Final = Text(
    "The timetable of another school year is not changed.", "Расписание другого учебного года не меняют."
)


async def lesson_to_change(
    lesson_id: str, version: int | Absent | None, info: Info, transaction: Transaction, problems: Problems
) -> Mapping[str, Any] | None:
    """The whole lesson, where it is one of this year at a school that the viewer runs; else a problem is noted."""
    own = {"_id": lesson_id, "school_id": {"$in": list(info.viewer.school_ids)}}
    lesson = await transaction.find_one("lessons", own, columns=frozenset())
    if lesson is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_LESSON, "lessonId")
    else:
        [year] = await info.school_years([lesson["school_id"]])
        if lesson["date"] not in year.days:
            problems.add(UserErrorCode.NOT_ALLOWED, _OTHER_YEAR, "lessonId")
    problems.require_version(version)
    return lesson


def check_version(version: int | Absent | None, lesson: Mapping[str, Any], problems: Problems) -> None:
    """Raise `Rejected` where somebody changed the lesson since the version that was seen."""
    problems.is_stale(version, lesson)
    problems.check(lesson_id=lesson["_id"])


async def has_records(lesson: LessonId, info: Info) -> bool:
    """Whether marks or attendance are recorded at the lesson, both of which an administrator reads.

    Remarks are not looked at: an administrator must not learn of them.
    """
    none = frozenset[str]()
    [marks] = await info.read(info.connectors.grades.mark_counts, [lesson], columns=none)
    [records] = await info.read(info.connectors.diary.attendance_counts, [lesson], columns=none)
    return bool(marks or records)


async def change(lesson: Mapping[str, Any], changed: Mapping[str, Any], transaction: Transaction) -> None:
    """Change the lesson, and count the change."""
    await transaction.update("lessons", {"_id": lesson["_id"]}, {"$set": dict(changed), "$inc": {"version": 1}})


def differing(lesson: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The *wanted* values that the lesson does not have."""
    return {key: value for key, value in wanted.items() if lesson.get(key) != value}


def status_at(ends_at: datetime, info: Info) -> LessonStatus:
    """The status of a lesson that takes place until *ends_at*."""
    return LessonStatus.HELD if ends_at <= info.now else LessonStatus.PLANNED
