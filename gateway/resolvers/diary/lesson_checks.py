"""Checks the lessons and the students that a member of staff writes about."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.directory import Person, audience_of
from connectors.schedule import NOT_HELD, Lesson
from connectors.vocabulary import StudentId
from gateway import coming_days
from gateway.context import Info
from gateway.languages import Text
from gateway.teaching import Teaching
from gateway.writing import Problems, UserErrorCode

NO_LESSON: Final = Text("There is no such lesson.", "Нет такого урока.")
NO_ATTENDEE: Final = Text("The student does not have this lesson.", "У ученика нет этого урока.")
_NOT_BEGUN: Final = Text("The lesson has not begun yet.", "Урок ещё не начался.")
_NOT_HELD: Final = Text(
    "The lesson is cancelled or moved to another time.", "Урок отменён или перенесён на другое время."
)

LESSON_COLUMNS: Final = ("status", "starts_at", "ends_at")
"""The columns of a lesson that the checks need beside those of `gateway.teaching`."""

_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "memberships", "merged_to"})


async def check_year(dated: Mapping[str, Any], info: Info, problems: Problems, *path: str) -> None:
    """Note a problem where the day of a lesson or of a task is not one of the school year of today."""
    [year] = await info.school_years([dated["school_id"]])
    coming_days.check_year(dated["date"], year, problems, *path)


async def check_takes_place(lesson: Lesson, info: Info, problems: Problems, *path: str) -> None:
    """Note a problem where the lesson is cancelled or moved, or is not one of this school year."""
    if lesson["status"] in NOT_HELD:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOT_HELD, *path)
    else:
        await check_year(lesson, info, problems, *path)


async def check_begun(lesson: Lesson, info: Info, problems: Problems, *path: str) -> None:
    """Note a problem where the lesson has not begun, is cancelled or moved, or is not one of this school year (F86)."""
    before = len(problems.found)
    await check_takes_place(lesson, info, problems, *path)
    if len(problems.found) == before and lesson["starts_at"] > info.now_at(lesson["school_id"]):
        begins = lesson["starts_at"].astimezone(info.zone_of(lesson["school_id"]))
        problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_BEGUN, *path, retry_at=begins)


async def people_of_students(ids: Sequence[StudentId], info: Info) -> list[Person | None]:
    """The person behind each student id, whether the viewer may read them or not; None where there is nobody."""
    found = await info.check(info.connectors.directory.students_by_ids, ids, columns=_STUDENT)
    return [person if person and not person.get("merged_to") else None for person in found]


def attends(student: Person | None, lesson: Lesson, own: Teaching, info: Info) -> bool:
    """Whether the student has the lesson, and the viewer may write about them there (traps T10, T13)."""
    if student is None or not own.student_at(audience_of(student), lesson):
        return False
    return own.substitutes(lesson) or info.viewer.may_read_student(student["student_id"], student["school_id"])
