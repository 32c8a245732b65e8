"""Attendance: the record that applies to each lesson of a student, and the lists and totals made of such records.

A record is about a lesson or about a day. The record of a day applies to every lesson of that day that took place (of
one subject, where the record names one), unless the lesson has a record of its own. Where several records apply to a
lesson, an excused absence wins over an absence, an absence over lateness, and lateness over presence.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from connectors.diary import AttendanceIn, AttendanceRecord, AttendanceStatus, LessonOf
from connectors.directory import Person, audience_of
from connectors.schedule import NOT_HELD, Lesson, LessonStatus
from connectors.vocabulary import Days, LessonId, Paging, StudentId, SubjectId, spanning
from gateway.context import Connection, Info, check_place
from gateway.resolvers.diary.lessons import StudentLesson, lessons_of_audiences
from gateway.teaching import is_readable

MISSED: Final = frozenset({AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED})
"""The states of attendance that count as a missed lesson."""

_PRECEDENCE: Final[Mapping[str, int]] = {
    status: place
    for place, status in enumerate(
        (AttendanceStatus.PRESENT, AttendanceStatus.LATE, AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED)
    )
}
"""The rank of each state; of several records that apply to a lesson, the one of the highest rank wins."""

_RECORD_COLUMNS: Final = frozenset({"_id", "lesson_id", "subject_id", "date", "status"})
"""The columns that decide to which lessons a record applies, and its rank."""


class AttendanceSummary(TypedDict):
    """How many lessons a student attended, missed, or came late to, and how many there were."""

    present: int
    absent: int
    late: int
    excused: int
    lessons: int


class _Register:
    """The attendance records of one student, indexed by lesson and by day."""

    def __init__(self, records: Iterable[AttendanceRecord]) -> None:
        self._of_lessons: dict[LessonId, AttendanceRecord] = {}
        self._of_days: dict[tuple[str, SubjectId | None], AttendanceRecord] = {}
        for record in sorted(records, key=lambda own: (_PRECEDENCE[own["status"]], own["_id"])):
            lesson = record["lesson_id"]
            if lesson is not None:
                self._of_lessons[lesson] = record
            else:
                self._of_days[record["date"], record["subject_id"]] = record

    def record_for(self, lesson: Lesson, lesson_id: LessonId) -> AttendanceRecord | None:
        """The record that applies to the lesson; None where there is none."""
        own = self._of_lessons.get(lesson_id)
        if own is not None or lesson["status"] in NOT_HELD:
            return own
        day = lesson["date"]
        return self._of_days.get((day, lesson["subject_id"])) or self._of_days.get((day, None))


async def attendance_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[AttendanceRecord | None]:
    """For each lesson the record that applies to the student; None where there is none.

    The subject of a record of the lesson may differ from the lesson's: a teacher reads it only where they teach that
    subject.
    """
    keys = [LessonOf(lesson["student_id"], lesson["lesson_id"], lesson["date"]) for lesson in lessons]
    found = await info.read(info.connectors.diary.attendance_at, keys, columns=info.columns | _RECORD_COLUMNS)
    attendance: list[AttendanceRecord | None] = []
    for lesson, own in zip(lessons, found, strict=True):
        shown = [
            record for record in own if record["lesson_id"] is None or is_readable(record, lesson["student_id"], info)
        ]
        attendance.append(_Register(shown).record_for(lesson, lesson["lesson_id"]))
    return attendance


async def attendance_of(
    owners: Sequence[Person],
    info: Info,
    days: Days | None = None,
    subject_id: SubjectId | None = None,
    statuses: tuple[AttendanceStatus, ...] | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """A page of the attendance records of each student, the latest first (F87).

    With a subject, and for teachers, it includes records of whole days on which the student had a lesson of the
    subject.
    """
    diary = info.connectors.diary
    order = ("date", "_id")
    if subject_id is None and info.subjects is None:
        students = [own["student_id"] for own in owners]
        return await info.page(diary.attendance_of, students, page, order=order, days=days, statuses=statuses)
    keys = await _keys_in_subjects(owners, info, days, subject_id)
    return await info.page(diary.attendance_in, keys, page, order=order, days=days, statuses=statuses)


async def _keys_in_subjects(
    owners: Sequence[Person], info: Info, days: Days | None, subject_id: SubjectId | None
) -> list[AttendanceIn]:
    """For each student the readable subjects, and the recorded whole days with a lesson of one of them."""
    students = [own["student_id"] for own in owners]
    recorded = await info.read(info.connectors.diary.whole_days_of, students, columns=frozenset({"date"}), days=days)
    dates = [{record["date"] for record in own} for own in recorded]
    lessons: Sequence[Sequence[Lesson]] = [()] * len(owners)
    if any(dates):
        read = info.connectors.schedule.lessons_of
        span = spanning(Days(min(own), max(own)) for own in dates if own)
        columns = frozenset({"date", "subject_id", "status"})
        lessons = await info.read(read, [audience_of(own) for own in owners], columns=columns, days=span)
    return [
        AttendanceIn(
            student,
            None if info.subjects is None else info.subjects.of(student),
            subject_id,
            tuple(sorted(own & {lesson["date"] for lesson in _counted_lessons(taught, student, subject_id, info)})),
        )
        for student, own, taught in zip(students, dates, lessons, strict=True)
    ]


def _counted_lessons(
    lessons: Iterable[Lesson], student: StudentId, subject_id: SubjectId | None, info: Info
) -> Iterable[Lesson]:
    """The lessons that took place or are planned, of the subject, and of subjects that the viewer may read."""
    for lesson in lessons:
        if (
            lesson["status"] not in NOT_HELD
            and (subject_id is None or lesson["subject_id"] == subject_id)
            and is_readable(lesson, student, info)
        ):
            yield lesson


async def attendance_summary(
    owners: Sequence[Person], info: Info, days: Days | None = None, subject_id: SubjectId | None = None
) -> list[AttendanceSummary]:
    """For each student the totals over days; without days, over this school year until today.

    A lesson without a record counts as attended.
    """
    spans = await _spans(owners, info, days)
    if days is None:
        schools = (own["school_id"] for own in owners)
        spans = [Days(year.first, info.today_at(school)) for school, year in zip(schools, spans, strict=True)]
    audiences = [audience_of(own) for own in owners]
    records, lessons = await asyncio.gather(
        _records(owners, info, spanning(spans)),
        info.read(
            info.connectors.schedule.lessons_of,
            audiences,
            columns=frozenset({"_id", "date", "subject_id", "status"}),
            days=spanning(spans),
        ),
    )
    return [
        _summary(
            _Register(own),
            [
                lesson
                for lesson in _counted_lessons(taught, audience.student_id, subject_id, info)
                if lesson["status"] == LessonStatus.HELD and lesson["date"] in span
            ],
        )
        for own, taught, audience, span in zip(records, lessons, audiences, spans, strict=True)
    ]


async def _spans(owners: Sequence[Person], info: Info, days: Days | None) -> list[Days]:
    """For each student *days*; where these are None, the school year of the student's school."""
    if days is not None:
        return [days] * len(owners)
    return [year.days for year in await info.school_years([own["school_id"] for own in owners])]


async def _records(owners: Sequence[Person], info: Info, days: Days) -> list[list[AttendanceRecord]]:
    students = [own["student_id"] for own in owners]
    read = info.connectors.diary.records_of
    return await info.read(read, students, columns=_RECORD_COLUMNS, days=days, only=info.subjects)


def _summary(register: _Register, lessons: Sequence[Lesson]) -> AttendanceSummary:
    records = (register.record_for(lesson, lesson["_id"]) for lesson in lessons)
    counts = Counter(record["status"] if record else AttendanceStatus.PRESENT for record in records)
    return AttendanceSummary(
        present=counts[AttendanceStatus.PRESENT],
        absent=counts[AttendanceStatus.ABSENT],
        late=counts[AttendanceStatus.LATE],
        excused=counts[AttendanceStatus.EXCUSED],
        lessons=len(lessons),
    )


async def missed_lessons(owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging) -> list[Any]:
    """For each student a page of the lessons that they missed, excused or not, the latest first (F68)."""
    spans = await _spans(owners, info, days)
    records, lessons = await asyncio.gather(
        _records(owners, info, spanning(spans)),
        lessons_of_audiences([audience_of(own) for own in owners], spanning(spans), info),
    )
    return [
        _missed_page(_missed(_Register(own), [lesson for lesson in taught if lesson["date"] in span]), page)
        for own, taught, span in zip(records, lessons, spans, strict=True)
    ]


def _missed(register: _Register, lessons: Iterable[StudentLesson]) -> list[StudentLesson]:
    missed = []
    for lesson in lessons:
        record = register.record_for(lesson, lesson["lesson_id"])
        if record is not None and record["status"] in MISSED and lesson["status"] not in NOT_HELD:
            missed.append(lesson)
    missed.sort(key=_place_of_lesson, reverse=True)
    return missed


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
