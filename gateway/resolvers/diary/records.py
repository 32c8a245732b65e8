"""Remarks about students, comments to them, and absence notices."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from connectors.diary import AbsenceNotice, AbsenceState
from connectors.directory import Person
from connectors.vocabulary import Days, Paging, as_of_student
from gateway.context import Connection, Info
from gateway.resolvers.diary.lessons import LESSON, StudentLesson


async def remarks_of(
    owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection]:
    """For each student a page of remarks about them, the latest first; for parents only (F63)."""
    read = info.connectors.diary.remarks_of
    return await info.page(read, [own["student_id"] for own in owners], page, order=_MADE, days=days)


async def comments_of(
    owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection]:
    """For each student a page of teachers' comments to them, the latest first (F64)."""
    read = info.connectors.diary.comments_of
    students = [own["student_id"] for own in owners]
    return await info.page(read, students, page, order=_MADE, days=days, only=info.subjects)


_MADE = ("made_on", "_id")


async def absence_notices_of(owners: Sequence[Person], info: Info, *, page: Paging) -> list[Connection]:
    """For each student a page of their parents' absence notices, the latest first (F65, F66)."""
    read = info.connectors.diary.absence_notices_of
    return await info.page(read, [own["student_id"] for own in owners], page, order=("sent_at", "_id"))


async def absence_notices_of_class(
    viewers: Sequence[object], info: Info, state: AbsenceState | None = None, *, page: Paging
) -> list[Connection]:
    """The absence notices about the students whom the viewer leads, the latest first (F65)."""
    students = tuple(sorted(info.viewer.student_ids))
    read = info.connectors.diary.absence_notices_in
    keys, order = [students] * len(viewers), ("sent_at", "_id")
    return await info.page(read, keys, page, order=order, discloses="AbsenceNotice", state=state)


async def lessons_of_notices(notices: Sequence[AbsenceNotice], info: Info) -> list[list[StudentLesson]]:
    """For each notice the lessons it names; empty where it is about whole days."""
    read = info.connectors.schedule.lessons_by_ids
    ids = list(chain.from_iterable(notice["lesson_ids"] for notice in notices))
    found = iter(await info.read(read, ids, columns=info.columns_of("Lesson") | LESSON))
    return [
        [
            as_of_student(lesson, notice["student_id"], "lesson_id")
            for lesson in (next(found) for _ in notice["lesson_ids"])
            if lesson
        ]
        for notice in notices
    ]


async def remarks_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the remark about a student whom the viewer may read; else `NotFound`."""
    return await _own(ids, info, info.connectors.diary.remarks_by_ids, "Remark")


async def attendance_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the attendance record of a student whom the viewer may read, in its subject; else `NotFound`."""
    return await _own(ids, info, info.connectors.diary.attendance_by_ids, "AttendanceRecord")


async def comments_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the comment to a student whom the viewer may read; else `NotFound`."""
    return await _own(ids, info, info.connectors.diary.comments_by_ids, "TeacherComment")


async def absence_notices_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the absence notice of a student whom the viewer may read; else `NotFound`."""
    return await _own(ids, info, info.connectors.diary.absence_notices_by_ids, "AbsenceNotice", subject=False)


async def _own(
    ids: Sequence[str], info: Info, read: Callable[..., Any], name: str, *, subject: bool = True
) -> list[Any]:
    columns = info.columns_of(name) | {"student_id"} | ({"subject_id"} if subject else set())
    return await info.readable(await info.read(read, ids, columns=columns), name)
