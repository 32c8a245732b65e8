"""What is recorded of a student: remarks, comments, attendance, missed lessons, absence notices."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, Final, TypedDict

from connectors.diary import (
    AbsenceNotice,
    AttendanceRecord,
    AttendanceStatus,
)
from connectors.directory import Person, audience_of
from connectors.ids import (
    Days,
    Paging,
    StudentId,
    SubjectId,
)
from connectors.schedule import Lesson, LessonStatus
from gateway.context import Connection, Info, check_place, school_year
from gateway.resolvers.diary.lessons import LESSON, StudentLesson, _is_taught, _lessons, _lived


class AttendanceSummary(TypedDict):
    """How often a student was there."""

    present: int
    absent: int
    late: int
    excused: int
    lessons: int


async def remarks_of(
    owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection]:
    """Remarks about the student, the latest first, for his parents alone (F63)."""
    read = info.connectors.diary.remarks_of
    return await info.page(read, [own["student_id"] for own in owners], page, order=_MADE, days=days)


async def comments_of(
    owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection]:
    """Teachers' comments to the student, the latest first (F64)."""
    read = info.connectors.diary.comments_of
    students = [own["student_id"] for own in owners]
    return await info.page(read, students, page, order=_MADE, days=days, only=info.subjects)


_MADE = ("made_on", "_id")


async def attendance_of(
    owners: Sequence[Person],
    info: Info,
    days: Days | None = None,
    subject_id: SubjectId | None = None,
    statuses: tuple[AttendanceStatus, ...] | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """What is recorded of the student's attendance, the latest first (F87)."""
    return await info.page(
        info.connectors.diary.attendance_of,
        [own["student_id"] for own in owners],
        page,
        order=("date", "_id"),
        days=days,
        subject_id=subject_id,
        statuses=statuses,
        only=info.subjects,
    )


async def attendance_summary(
    owners: Sequence[Person], info: Info, days: Days | None = None, subject_id: SubjectId | None = None
) -> list[AttendanceSummary]:
    """Totals over days, this school year until today without any: a lesson without a record was attended."""
    span = days or Days(school_year(info.today).first, info.today)
    audiences = [audience_of(own) for own in owners]
    records, lessons = await asyncio.gather(
        info.read(
            info.connectors.diary.records_of,
            [own["student_id"] for own in owners],
            columns=frozenset({"lesson_id", "date", "status"}),
            days=span,
            only=info.subjects,
        ),
        info.read(
            info.connectors.schedule.lessons_of,
            audiences,
            columns=frozenset({"_id", "date", "subject_id", "status"}),
            days=span,
        ),
    )
    return [
        _summary(own, _held(taught, audience.student_id, subject_id, info))
        for own, taught, audience in zip(records, lessons, audiences, strict=True)
    ]


def _held(lessons: Iterable[Lesson], student: StudentId, subject_id: SubjectId | None, info: Info) -> list[Lesson]:
    return [
        lesson
        for lesson in lessons
        if lesson["status"] == LessonStatus.HELD
        and (subject_id is None or lesson["subject_id"] == subject_id)
        and _is_taught(lesson, student, info)
    ]


def _summary(records: Sequence[AttendanceRecord], lessons: Sequence[Lesson]) -> AttendanceSummary:
    """What is recorded of a lesson goes before what is recorded of its day."""
    of_lessons = {record["lesson_id"]: record["status"] for record in records}
    of_days = {record["date"]: record["status"] for record in records if record["lesson_id"] is None}
    counts = Counter(
        of_lessons.get(lesson["_id"]) or of_days.get(lesson["date"], AttendanceStatus.PRESENT) for lesson in lessons
    )
    return AttendanceSummary(
        present=counts[AttendanceStatus.PRESENT],
        absent=counts[AttendanceStatus.ABSENT],
        late=counts[AttendanceStatus.LATE],
        excused=counts[AttendanceStatus.EXCUSED],
        lessons=len(lessons),
    )


async def missed_lessons(owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging) -> list[Any]:
    """The lessons at which the student was absent, excused or not, the latest first: what to catch up on (F68)."""
    span = days or school_year(info.today)
    audiences = [audience_of(own) for own in owners]
    absences, lessons = await asyncio.gather(
        info.read(
            info.connectors.diary.absences_of,
            [own["student_id"] for own in owners],
            columns=frozenset({"lesson_id", "date"}),
            days=span,
            only=info.subjects,
        ),
        _lessons(audiences, span, info),
    )
    return [_missed_page(_missed(own, taught), page) for own, taught in zip(absences, lessons, strict=True)]


def _missed(absences: Sequence[AttendanceRecord], lessons: Sequence[StudentLesson]) -> list[StudentLesson]:
    single = {record["lesson_id"] for record in absences}
    whole_days = {record["date"] for record in absences if record["lesson_id"] is None}
    missed = [
        lesson
        for lesson in lessons
        if (lesson["lesson_id"] in single or lesson["date"] in whole_days) and lesson["status"] not in _NOT_THERE
    ]
    missed.sort(key=_place_of_lesson, reverse=True)
    return missed


_NOT_THERE: Final = frozenset({LessonStatus.CANCELLED, LessonStatus.MOVED})
"""A lesson that did not take place, or not then, cannot have been missed."""


_PLACE: Final = ("date", "number", "_id")


def _place_of_lesson(lesson: StudentLesson) -> tuple[Any, ...]:
    return lesson["date"], lesson["number"], lesson["_id"]


def _missed_page(missed: list[StudentLesson], page: Paging) -> dict[str, Any]:
    check_place(page, _PLACE)
    after = page.after
    rest = missed if after is None else [lesson for lesson in missed if _place_of_lesson(lesson) < after]
    return {
        "nodes": rest[: page.first],
        "has_next": len(rest) > page.first,
        "paging": page,
        "order": _PLACE,
        "total": len(missed),
        "has_previous": len(rest) < len(missed),
    }


async def absence_notices_of(owners: Sequence[Person], info: Info, *, page: Paging) -> list[Connection]:
    """What parents told the class teacher of absences, the latest first (F65, F66)."""
    read = info.connectors.diary.absence_notices_of
    return await info.page(read, [own["student_id"] for own in owners], page, order=("sent_at", "_id"))


async def lessons_of_notices(notices: Sequence[AbsenceNotice], info: Info) -> list[list[StudentLesson]]:
    """The lessons that the notice is about, where it is about single lessons."""
    read = info.connectors.schedule.lessons_by_ids
    ids = list(chain.from_iterable(notice["lesson_ids"] for notice in notices))
    found = iter(await info.read(read, ids, columns=info.columns_of("Lesson") | LESSON))
    return [
        [_lived(lesson, notice["student_id"]) for lesson in (next(found) for _ in notice["lesson_ids"]) if lesson]
        for notice in notices
    ]


async def remarks_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Remarks about students whom the viewer may read, by id."""
    return await _own(ids, info, info.connectors.diary.remarks_by_ids, "Remark")


async def comments_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Comments to students whom the viewer may read, by id."""
    return await _own(ids, info, info.connectors.diary.comments_by_ids, "TeacherComment")


async def absence_notices_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Absence notices about students whom the viewer may read, by id."""
    return await _own(ids, info, info.connectors.diary.absence_notices_by_ids, "AbsenceNotice", subject=False)


async def _own(
    ids: Sequence[str], info: Info, read: Callable[..., Any], name: str, *, subject: bool = True
) -> list[Any]:
    columns = info.columns_of(name) | {"student_id"} | ({"subject_id"} if subject else set())
    return await info.readable(await info.read(read, ids, columns=columns))
