"""The diary's week: its days and lessons for one student, and the homework and records of those lessons."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from auth.viewer import Role
from connectors.audience import Audience
from connectors.diary import (
    Acknowledgement,
    Homework,
    HomeworkKind,
    Submission,
    SubmissionState,
)
from connectors.directory import Person, asks_for_ticks, audience_of
from connectors.schedule import Lesson
from connectors.vocabulary import (
    Day,
    Days,
    HomeworkId,
    LessonId,
    Paging,
    SchoolId,
    StudentId,
    SubjectId,
    as_of_student,
    shared_and_student,
)
from gateway.context import Connection, Info, days_in, week_of
from gateway.errors import NotFound
from gateway.homework import readable_homework
from gateway.teaching import admit_substitute, is_readable, readable


class StudentLesson(Lesson):
    """A lesson of one student: `_id` identifies lesson and student together, `lesson_id` the lesson alone."""

    lesson_id: LessonId
    student_id: StudentId


class StudentHomework(Homework):
    """A task of one student: `_id` identifies task and student together, `homework_id` the task alone."""

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
    """One day of a student's week."""

    student_id: StudentId
    school_id: SchoolId
    audience: Audience
    date: Day


LESSON = frozenset({"_id", "class_ids", "group_id", "date", "number", "subject_id", "school_id", "status"})


def diary(owners: Sequence[Person], info: Info, week: Day | None = None) -> list[DiaryWeek]:
    """For each student the week, Monday to Sunday, that contains the day *week*; without one, today's week (F49)."""
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
    """For each week its seven days in order; days without lessons are included."""
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
    """For each day the student's lessons in time, including those of the second half of the day (F62)."""
    span = Days(min(day["date"] for day in days), max(day["date"] for day in days))
    audiences = list(dict.fromkeys(day["audience"] for day in days))
    lessons = await lessons_of_audiences(audiences, span, info)
    by_day: dict[tuple[StudentId, str], list[StudentLesson]] = {}
    for own in lessons:
        for lesson in own:
            by_day.setdefault((lesson["student_id"], lesson["date"]), []).append(lesson)
    return [by_day.get((day["student_id"], day["date"]), []) for day in days]


async def lessons_of_audiences(audiences: Sequence[Audience], days: Days, info: Info) -> list[list[StudentLesson]]:
    """The lessons of each audience within *days*, in time, without those in subjects that the viewer may not read."""
    read = info.connectors.schedule.lessons_of
    found = await info.read(read, audiences, columns=info.columns_of("Lesson") | LESSON, days=days)
    return [
        [
            as_of_student(lesson, audience.student_id, "lesson_id")
            for lesson in readable(lessons, audience.student_id, info)
        ]
        for audience, lessons in zip(audiences, found, strict=True)
    ]


async def lessons_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the lesson, where the viewer may read the student or substitutes at it; else `NotFound`."""
    parts = [shared_and_student(own) for own in ids]
    lessons, students = [part[0] if part else None for part in parts], [part[1] if part else None for part in parts]
    columns = info.columns_of("Lesson") | LESSON | {"substitution"}
    of_students = frozenset({"student_id", "school_id", "enrolments", "memberships"})
    found, people = await asyncio.gather(
        info.read(info.connectors.schedule.lessons_by_ids, lessons, columns=columns),
        info.read(info.connectors.directory.students_by_ids, students, columns=of_students),
    )
    shown = [
        as_of_student(lesson, person["student_id"], "lesson_id")
        if lesson
        and person
        and audience_of(person).includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
        and (_may_read(person, lesson, info) or admit_substitute(lesson, info))
        else NotFound()
        for lesson, person in zip(found, people, strict=True)
    ]
    info.disclose("Lesson", [own["student_id"] for own in shown if not isinstance(own, NotFound)])
    return shown


def _may_read(person: Person, lesson: Lesson, info: Info) -> bool:
    student = person["student_id"]
    return info.viewer.may_read_student(student, person.get("school_id")) and is_readable(lesson, student, info)


async def lesson_of(owners: Sequence[Mapping[str, Any]], info: Info) -> list[StudentLesson | None]:
    """For each record its lesson, as the student's; None where it has none, or the viewer may not read its subject."""
    read = info.connectors.schedule.lessons_by_ids
    ids = [own.get("lesson_id") for own in owners]
    found = await info.read(read, ids, columns=info.columns_of("Lesson") | LESSON)
    return [
        as_of_student(lesson, own["student_id"], "lesson_id")
        if lesson and is_readable(lesson, own["student_id"], info)
        else None
        for own, lesson in zip(owners, found, strict=True)
    ]


async def acknowledgement(weeks: Sequence[DiaryWeek], info: Info) -> list[Acknowledgement | None]:
    """For each week the parent's own acknowledgement («Ознакомлен»); for other roles any parent's latest one (F51)."""
    pairs = [(week["student_id"], week["starts_on"]) for week in weeks]
    found = await info.read(info.connectors.diary.acknowledgements_of, pairs)
    mine = info.viewer.person_id if info.viewer.role is Role.PARENT else None
    return [next((a for a in own if mine is None or a["person_id"] == mine), None) for own in found]


async def homework_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[StudentHomework]]:
    """For each lesson the homework that is due at it, by the day of assignment, then by text."""
    return await _tasks(lessons, info, HomeworkKind.HOMEWORK)


async def classwork_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[StudentHomework]]:
    """For each lesson the classwork done in it, by the day of assignment, then by text."""
    return await _tasks(lessons, info, HomeworkKind.CLASSWORK)


async def _tasks(lessons: Sequence[StudentLesson], info: Info, kind: HomeworkKind) -> list[list[StudentHomework]]:
    read = info.connectors.diary.homework_of_lessons
    columns = info.columns_of("Homework") | {"_id", "kind", "student_ids", "school_id", "subject_id"}
    found = await info.read(read, [lesson["lesson_id"] for lesson in lessons], columns=columns)
    return [
        [
            as_of_student(task, lesson["student_id"], "homework_id")
            for task in readable(tasks, lesson["student_id"], info)
            if task["kind"] == kind and (task["student_ids"] is None or lesson["student_id"] in task["student_ids"])
        ]
        for lesson, tasks in zip(lessons, found, strict=True)
    ]


async def comments_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """For each lesson the teachers' comments to the student, by day, then by text."""
    return await _records_at_lessons(lessons, info, info.connectors.diary.comments_at)


async def remarks_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """For each lesson the remarks about the student, by day, then by text; for parents only (F63)."""
    return await _records_at_lessons(lessons, info, info.connectors.diary.remarks_at)


async def marks_of_lessons(lessons: Sequence[StudentLesson], info: Info) -> list[list[Any]]:
    """For each lesson the student's marks, the earliest first."""
    return await _records_at_lessons(lessons, info, info.connectors.grades.marks_at)


async def _records_at_lessons(lessons: Sequence[StudentLesson], info: Info, read: Callable[..., Any]) -> list[Any]:
    """For each lesson the records that *read* finds of the student; for teachers only those of their own subjects.

    The subject of a record may differ from its lesson's.
    """
    pairs = [(lesson["student_id"], lesson["lesson_id"]) for lesson in lessons]
    if info.subjects is None:
        return await info.read(read, pairs)
    found = await info.read(read, pairs, columns=info.columns | {"subject_id"} if info.columns else info.columns)
    return [readable(own, student, info) for (student, _), own in zip(pairs, found, strict=True)]


async def homework_of(
    owners: Sequence[Person],
    info: Info,
    days: Days | None = None,
    subject_id: SubjectId | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """For each student a page of homework and classwork, the latest day first; without *days*, of all time."""
    return await info.page(
        info.connectors.diary.homework_of,
        [audience_of(own) for own in owners],
        page,
        order=("date", "homework_id"),
        view=lambda audience, task: as_of_student(task, audience.student_id, "homework_id"),
        days=days,
        subject_id=subject_id,
        only=info.subjects,
    )


async def homework_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the homework of a student whom the viewer may read; else `NotFound`."""
    columns = info.columns_of("Homework") | {"_id", "school_id"}
    found = await readable_homework(ids, info, columns)
    shown = [as_of_student(*own, "homework_id") if own else NotFound() for own in found]
    info.disclose("Homework", [own["student_id"] for own in shown if not isinstance(own, NotFound)])
    return shown


async def homework_of_conversations(
    conversations: Sequence[Mapping[str, Any]], info: Info
) -> list[StudentHomework | None]:
    """The homework that each conversation is about; None where it is about none, or the viewer may not read it."""
    ids = [own.get("homework_id") for own in conversations]
    columns = info.columns_of("Homework") | {"_id", "school_id"}
    found = await readable_homework(ids, info, columns)
    shown = [as_of_student(*own, "homework_id") if own else None for own in found]
    info.disclose("Homework", [own["student_id"] for own in shown if own])
    return shown


async def status_of_homework(tasks: Sequence[StudentHomework], info: Info) -> list[str | None]:
    """For each task the student's progress with it; None for classwork.

    A task without a tick and without submitted work is overdue only at schools that ask for ticks.
    """
    found = await _submissions(tasks, info, frozenset({"state"}))
    are_past = [
        own is None and _is_past(task, info.today_at(task["school_id"])) for task, own in zip(tasks, found, strict=True)
    ]
    schools = await info.read(
        info.connectors.directory.schools_by_ids,
        [task["school_id"] if is_past else None for task, is_past in zip(tasks, are_past, strict=True)],
        columns=frozenset({"asks_for_ticks"}),
    )
    are_late = [bool(school and asks_for_ticks(school)) for school in schools]
    return [_status(task, own, is_late=is_late) for task, own, is_late in zip(tasks, found, are_late, strict=True)]


def _is_past(task: StudentHomework, today: str) -> bool:
    return task["kind"] == HomeworkKind.HOMEWORK and task["due_on"] is not None and task["due_on"] < today


def _status(task: StudentHomework, submission: Submission | None, *, is_late: bool) -> str | None:
    if task["kind"] == HomeworkKind.CLASSWORK:
        return None
    if submission is not None:
        return submission["state"]
    return "OVERDUE" if is_late else "ASSIGNED"


async def submission_of_homework(tasks: Sequence[StudentHomework], info: Info) -> list[Submission | None]:
    """For each task the work that the student submitted; None where there is none, or only a tick."""
    found = await _submissions(tasks, info, info.columns | {"state"})
    return [own if own and own["state"] != SubmissionState.DONE else None for own in found]


async def _submissions(
    tasks: Sequence[StudentHomework], info: Info, columns: frozenset[str]
) -> list[Submission | None]:
    pairs = [(task["student_id"], task["homework_id"]) for task in tasks]
    found = await info.read(info.connectors.diary.submissions_of, pairs, columns=columns)
    return [own[0] if own else None for own in found]
