"""Diary: the week as one student lives it, homework, remarks, comments, attendance, absence notices."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors.diary import (
    AbsenceNotice,
    Acknowledgement,
    AttendanceRecord,
    AttendanceStatus,
    Homework,
    HomeworkKind,
    Submission,
    SubmissionState,
)
from connectors.directory import Person, audience_of
from connectors.ids import (
    Audience,
    Day,
    Days,
    HomeworkId,
    LessonId,
    Paging,
    SchoolId,
    StudentId,
    SubjectId,
    of_student,
    shared_and_student,
)
from connectors.schedule import Lesson, LessonStatus
from gateway.context import Connection, Info, check_place, days_in, school_year, week_of
from gateway.errors import NotFound


class StudentLesson(Lesson):
    """A lesson as one student lives it: `_id` is his, `lesson_id` the shared one."""

    lesson_id: LessonId
    student_id: StudentId


class StudentHomework(Homework):
    """A task as one student has it: `_id` is his, `homework_id` the shared one."""

    homework_id: HomeworkId
    student_id: StudentId


class DiaryWeek(TypedDict):
    """A student's week, Monday to Sunday."""

    student_id: StudentId
    school_id: SchoolId
    audience: Audience
    starts_on: Day
    ends_on: Day


class DiaryDay(TypedDict):
    """One day of it."""

    student_id: StudentId
    school_id: SchoolId
    audience: Audience
    date: Day


class AttendanceSummary(TypedDict):
    """How often a student was there."""

    present: int
    absent: int
    late: int
    excused: int
    lessons: int


LESSON = frozenset({"_id", "class_ids", "group_id", "date", "number", "subject_id", "school_id", "status"})


# ── the week ──


def diary(owners: Sequence[Person], info: Info, week: Day | None = None) -> list[DiaryWeek]:
    """The diary of the week that a day lies in, Monday to Sunday; today's without one (F49)."""
    weeks = [week_of(week or info.today_at(own["school_id"])) for own in owners]
    return [
        DiaryWeek(
            student_id=own["student_id"],
            school_id=own["school_id"],
            audience=audience_of(own),
            starts_on=Day(days.first),
            ends_on=Day(days.last),
        )
        for own, days in zip(owners, weeks, strict=True)
    ]


def days_of_weeks(weeks: Sequence[DiaryWeek], info: Info) -> list[list[DiaryDay]]:
    """All seven days of the week; a day without lessons has an empty list."""
    return [
        [
            DiaryDay(
                student_id=week["student_id"], school_id=week["school_id"], audience=week["audience"], date=Day(day)
            )
            for day in days_in(Days(week["starts_on"], week["ends_on"]))
        ]
        for week in weeks
    ]


async def lessons_of_days(days: Sequence[DiaryDay], info: Info) -> list[list[StudentLesson]]:
    """The student's lessons of the day in time, those of the second half of the day too (F62)."""
    span = Days(min(day["date"] for day in days), max(day["date"] for day in days))
    audiences = list(dict.fromkeys(day["audience"] for day in days))
    lessons = await _lessons(audiences, span, info)
    by_day: dict[tuple[StudentId, str], list[StudentLesson]] = {}
    for own in lessons:
        for lesson in own:
            by_day.setdefault((lesson["student_id"], lesson["date"]), []).append(lesson)
    return [by_day.get((day["student_id"], day["date"]), []) for day in days]


async def _lessons(audiences: Sequence[Audience], days: Days, info: Info) -> list[list[StudentLesson]]:
    read = info.connectors.schedule.lessons_of
    found = await info.read(read, audiences, columns=info.columns_of("Lesson") | LESSON, days=days)
    return [
        [_lived(lesson, audience.student_id) for lesson in lessons if _is_taught(lesson, audience.student_id, info)]
        for audience, lessons in zip(audiences, found, strict=True)
    ]


def _is_taught(lesson: Lesson, student: StudentId, info: Info) -> bool:
    subjects = info.subjects
    return subjects is None or lesson["subject_id"] in subjects.of(student)


def _lived(lesson: Lesson, student: StudentId) -> StudentLesson:
    shared = lesson["_id"]
    return {**lesson, "_id": of_student(shared, student), "lesson_id": shared, "student_id": student}  # type: ignore[typeddict-item] # the student's own id of it


async def lessons_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Lessons of students whom the viewer may read, by their ids."""
    parts = [shared_and_student(own) for own in ids]
    lessons = [part[0] if part else None for part in parts]
    read = info.connectors.schedule.lessons_by_ids
    found, audiences = await asyncio.gather(
        info.read(read, lessons, columns=info.columns_of("Lesson") | LESSON),
        _audiences([part[1] if part else None for part in parts], info),
    )
    return [
        _lived(lesson, audience.student_id)
        if lesson
        and audience
        and audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
        and _is_taught(lesson, audience.student_id, info)
        else NotFound()
        for lesson, audience in zip(found, audiences, strict=True)
    ]


async def _audiences(ids: Sequence[StudentId | None], info: Info) -> list[Audience | None]:
    """The audience of each student whom the viewer may read."""
    columns = frozenset({"student_id", "school_id", "enrolments", "memberships"})
    found = await info.read(info.connectors.directory.students_by_ids, ids, columns=columns)
    return [
        audience_of(person)
        if person and info.viewer.may_read_student(person["student_id"], person["school_id"])
        else None
        for person in found
    ]


async def lesson_of(owners: Sequence[Mapping[str, Any]], info: Info) -> list[StudentLesson | None]:
    """The lesson it belongs to, as the student lived it."""
    read = info.connectors.schedule.lessons_by_ids
    ids = [own.get("lesson_id") for own in owners]
    found = await info.read(read, ids, columns=info.columns_of("Lesson") | LESSON)
    return [
        _lived(lesson, own["student_id"]) if lesson and _is_taught(lesson, own["student_id"], info) else None
        for own, lesson in zip(owners, found, strict=True)
    ]


async def acknowledgement(weeks: Sequence[DiaryWeek], info: Info) -> list[Acknowledgement | None]:
    """«Ознакомлен»: a parent's own word of the week; for the class teacher the latest of any parent's (F51)."""
    pairs = [(week["student_id"], week["starts_on"]) for week in weeks]
    found = await info.read(info.connectors.diary.acknowledgements_of, pairs)
    mine = info.viewer.person_id if info.viewer.role is Role.PARENT else None
    return [next((a for a in own if mine is None or a["person_id"] == mine), None) for own in found]


# ── what belongs to a lesson ──


async def homework_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[StudentHomework]]:
    """Homework that is due at the lesson."""
    return await _tasks(lessons, info, HomeworkKind.HOMEWORK)


async def classwork_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[StudentHomework]]:
    """What was done in the lesson."""
    return await _tasks(lessons, info, HomeworkKind.CLASSWORK)


async def _tasks(lessons: Sequence[StudentLesson], info: Info, kind: HomeworkKind) -> list[list[StudentHomework]]:
    read = info.connectors.diary.homework_of_lessons
    columns = info.columns_of("Homework") | {"_id", "kind", "student_ids", "school_id"}
    found = await info.read(read, [lesson["lesson_id"] for lesson in lessons], columns=columns)
    return [
        [
            _had(task, lesson["student_id"])
            for task in tasks
            if task["kind"] == kind and (task["student_ids"] is None or lesson["student_id"] in task["student_ids"])
        ]
        for lesson, tasks in zip(lessons, found, strict=True)
    ]


def _had(task: Homework, student: StudentId) -> StudentHomework:
    shared = task["_id"]
    return {**task, "_id": of_student(shared, student), "homework_id": shared, "student_id": student}  # type: ignore[typeddict-item] # the student's own id of it


async def attendance_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[AttendanceRecord | None]:
    """What is recorded of the student's attendance at the lesson."""
    return [own[0] if own else None for own in await _at(lessons, info, info.connectors.diary.attendance_at)]


async def comments_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """The teacher's comments to the student at the lesson."""
    return await _at(lessons, info, info.connectors.diary.comments_at)


async def remarks_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """Remarks about the student at the lesson, for his parents alone (F63)."""
    return await _at(lessons, info, info.connectors.diary.remarks_at)


async def marks_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """The student's marks of the lesson."""
    return await _at(lessons, info, info.connectors.grades.marks_at)


async def _at(lessons: Sequence[StudentLesson], info: Info, read: Callable[..., Any]) -> list[Any]:
    return await info.read(read, [(lesson["student_id"], lesson["lesson_id"]) for lesson in lessons])


# ── homework ──


async def homework_of(
    owners: Sequence[Person],
    info: Info,
    days: Days | None = None,
    subject_id: SubjectId | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """Homework and classwork, the latest day first: what is due or was done within days, of all time without."""
    return await info.page(
        info.connectors.diary.homework_of,
        [audience_of(own) for own in owners],
        page,
        order=("date", "homework_id"),
        view=lambda audience, task: _had(task, audience.student_id),
        days=days,
        subject_id=subject_id,
        only=info.subjects,
    )


async def homework_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Homework of students whom the viewer may read, by its ids."""
    parts = [shared_and_student(own) for own in ids]
    columns = info.columns_of("Homework") | {
        "_id",
        "class_ids",
        "group_id",
        "date",
        "student_ids",
        "school_id",
        "subject_id",
    }
    found, audiences = await asyncio.gather(
        info.read(info.connectors.diary.homework_by_ids, [p[0] if p else None for p in parts], columns=columns),
        _audiences([part[1] if part else None for part in parts], info),
    )
    return [
        _had(task, audience.student_id) if task and audience and _is_set(task, audience, info) else NotFound()
        for task, audience in zip(found, audiences, strict=True)
    ]


def _is_set(task: Homework, audience: Audience, info: Info) -> bool:
    student = audience.student_id
    return (
        audience.includes(task["class_ids"], task["group_id"], task["date"])
        and (task["student_ids"] is None or student in task["student_ids"])
        and (info.subjects is None or task["subject_id"] in info.subjects.of(student))
    )


async def status_of_homework(tasks: Sequence[StudentHomework], info: Info) -> list[str | None]:
    """How far the student is with it; classwork has no status."""
    found = await _submissions(tasks, info, frozenset({"state"}))
    return [_status(task, own, info.today_at(task["school_id"])) for task, own in zip(tasks, found, strict=True)]


def _status(task: StudentHomework, submission: Submission | None, today: str) -> str | None:
    if task["kind"] == HomeworkKind.CLASSWORK:
        return None
    if submission is not None:
        return "ASSIGNED" if submission["state"] == SubmissionState.RETURNED else submission["state"]
    return "OVERDUE" if task["due_on"] and task["due_on"] < today else "ASSIGNED"


async def submission_of_homework(tasks: Sequence[StudentHomework], info: Info) -> list[Submission | None]:
    """What the student handed in."""
    found = await _submissions(tasks, info, info.columns | {"state"})
    return [own if own and own["state"] != SubmissionState.DONE else None for own in found]


async def _submissions(
    tasks: Sequence[StudentHomework], info: Info, columns: frozenset[str]
) -> list[Submission | None]:
    pairs = [(task["student_id"], task["homework_id"]) for task in tasks]
    found = await info.read(info.connectors.diary.submissions_of, pairs, columns=columns)
    return [own[0] if own else None for own in found]


# ── lists ──


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


# ── by id ──


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
    columns = info.columns_of(name) | {"student_id", "school_id"} | ({"subject_id"} if subject else set())
    found = await info.read(read, ids, columns=columns)
    return [own if own and info.may_read(own) else NotFound() for own in found]
