"""Diary: the week, lessons as a student lives them, homework, remarks, comments, attendance, absence notices."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.viewer import Role
from connectors import diary as documents
from connectors import directory as people
from connectors.diary import AbsenceKind, AbsenceState, AttendanceStatus, HomeworkKind
from connectors.schedule import LessonStatus
from gateway.resolvers import diary as diaries
from gateway.resolvers import directory, schedule
from gateway.schema.connections import Connection
from gateway.schema.fields import batch, extends, instant, many, one, shown, view_of
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import Date, DateTime
from gateway.schema.schedule import Substitution
from gateway.schema.visibility import NOT_ANALYST

if TYPE_CHECKING:
    from gateway.schema.grades import Mark

LazyMark = Annotated["Mark", strawberry.lazy("gateway.schema.grades")]

strawberry.enum(HomeworkKind)
strawberry.enum(AttendanceStatus)
strawberry.enum(AbsenceKind)
strawberry.enum(AbsenceState)

OF_LESSON = ("lesson_id", "student_id")
WATCHERS = frozenset({Role.PARENT, Role.CLASS_TEACHER})


@strawberry.enum
class HomeworkStatus(StrEnum):
    """How far a student is with his homework."""

    ASSIGNED = "ASSIGNED"
    DONE = "DONE"
    SUBMITTED = "SUBMITTED"
    CHECKED = "CHECKED"
    OVERDUE = "OVERDUE"


@strawberry.enum
class SubmissionState(StrEnum):
    """How far the checking is."""

    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"


@view_of(documents.Attachment)
class Attachment:
    """A file."""

    name: str
    url: str
    media_type: str | None
    size_bytes: int | None


@view_of(documents.Submission)
class Submission:
    """What a student handed in, and the teacher's answer."""

    id: strawberry.ID
    submitted_at: DateTime = instant("submitted_at")
    text: str | None
    attachments: list[Attachment] | None = shown(list_size=2)
    is_late: bool
    state: SubmissionState
    answer: str | None


@view_of(diaries.StudentHomework, visible_to=NOT_ANALYST)
class Homework(Node):
    """A task as one student has it, due at a lesson or done in it."""

    id: strawberry.ID
    kind: HomeworkKind
    subject: Subject | None = one(directory.subjects, "subject_id")
    text: str
    assigned_on: Date
    due_on: Date | None
    estimated_minutes: int | None
    is_individual: bool
    attachments: list[Attachment] | None = shown(list_size=2)
    author: Person | None = one(directory.people, "author_id")
    status: HomeworkStatus | None = batch(diaries.status_of_homework, "_id", "kind", "due_on", "school_id")
    submission: Submission | None = batch(diaries.submission_of_homework, "_id", visible_to={Role.STUDENT})


@view_of(documents.AttendanceRecord)
class AttendanceRecord:
    """Whether a student was there: at a lesson, or on a day."""

    id: strawberry.ID
    date: Date
    lesson: Annotated["Lesson", strawberry.lazy("gateway.schema.diary")] | None = batch(diaries.lesson_of, *OF_LESSON)
    subject: Subject | None = one(directory.subjects, "subject_id")
    status: AttendanceStatus
    minutes_late: int | None
    reason: str | None
    source_status: str | None = shown(description="The words of the source system.")


@view_of(documents.TeacherComment, visible_to=NOT_ANALYST)
class TeacherComment(Node):
    """A teacher's word to the student."""

    id: strawberry.ID
    made_on: Date
    text: str
    lesson: Annotated["Lesson", strawberry.lazy("gateway.schema.diary")] | None = batch(diaries.lesson_of, *OF_LESSON)
    subject: Subject | None = one(directory.subjects, "subject_id")
    author: Person | None = one(directory.people, "author_id")


@view_of(documents.Remark, visible_to={Role.PARENT})
class Remark(Node):
    """A teacher's remark about a student, for his parents."""

    id: strawberry.ID
    made_on: Date
    text: str
    kind: str | None
    lesson: Annotated["Lesson", strawberry.lazy("gateway.schema.diary")] | None = batch(diaries.lesson_of, *OF_LESSON)
    subject: Subject | None = one(directory.subjects, "subject_id")
    author: Person | None = one(directory.people, "author_id")


@view_of(diaries.StudentLesson, visible_to=NOT_ANALYST)
class Lesson(Node):
    """A lesson as one student lives it."""

    id: strawberry.ID
    date: Date
    number: int
    starts_at: DateTime = instant("starts_at")
    ends_at: DateTime = instant("ends_at")
    subject: Subject | None = one(directory.subjects, "subject_id")
    teachers: list[Person] | None = many(directory.people, "teacher_ids", list_size=2)
    room: str | None
    status: LessonStatus
    substitution: Substitution | None
    topic: str | None
    is_control_work: bool
    is_extended: bool
    homework: list[Homework] | None = batch(diaries.homework_of_lessons, "_id", list_size=2)
    classwork: list[Homework] | None = batch(diaries.classwork_of_lessons, "_id", list_size=1)
    marks: list[LazyMark] | None = batch(diaries.marks_of_lessons, "_id", list_size=2)
    attendance: AttendanceRecord | None = batch(diaries.attendance_of_lessons, "_id")
    comments: list[TeacherComment] | None = batch(diaries.comments_of_lessons, "_id", list_size=1)
    remarks: list[Remark] | None = batch(diaries.remarks_of_lessons, "_id", visible_to={Role.PARENT}, list_size=1)


@view_of(documents.Acknowledgement)
class Acknowledgement:
    """«Ознакомлен»: a parent has seen the diary of the week."""

    acknowledged_at: DateTime = instant("acknowledged_at")
    by: Person = one(directory.people, "person_id")


@view_of(diaries.DiaryDay)
class DiaryDay:
    """A day of a diary."""

    date: Date
    holiday: str | None = batch(schedule.holiday_of_days, "date", "school_id")
    lessons: list[Lesson] = batch(diaries.lessons_of_days, "date", list_size=8)


@view_of(diaries.DiaryWeek)
class DiaryWeek:
    """A week of a diary, Monday to Sunday."""

    starts_on: Date
    ends_on: Date
    days: list[DiaryDay] = batch(diaries.days_of_weeks, list_size=7)
    acknowledgement: Acknowledgement | None = batch(diaries.acknowledgement, visible_to=WATCHERS)


@view_of(documents.DaysRange)
class DaysRange:
    """A closed range of school days."""

    first: Date
    last: Date


@view_of(documents.AbsenceNotice, visible_to=WATCHERS)
class AbsenceNotice(Node):
    """A parent's word to the class teacher that a student will be or was absent."""

    id: strawberry.ID
    kind: AbsenceKind
    days: DaysRange
    lessons: list[Lesson] | None = batch(diaries.lessons_of_notices, "lesson_ids", "student_id", list_size=8)
    reason: str
    state: AbsenceState
    sent_by: Person | None = one(directory.people, "sent_by_id")
    sent_at: DateTime = instant("sent_at")
    confirmed_by: Person | None = one(directory.people, "confirmed_by_id")
    confirmed_at: DateTime | None = instant("confirmed_at")


@view_of(diaries.AttendanceSummary)
class AttendanceSummary:
    """How often a student was there."""

    present: int
    absent: int
    late: int
    excused: int
    lessons: int = shown(description="Lessons that were held.")


AUDIENCE = ("student_id", "school_id", "enrolments", "memberships")


@extends(people.Person)
class DiaryOfStudent:
    """What the diary adds to a student."""

    diary: DiaryWeek | None = batch(diaries.diary, *AUDIENCE)
    homework: Connection[Homework] | None = batch(diaries.homework_of, *AUDIENCE)
    remarks: Connection[Remark] | None = batch(diaries.remarks_of, "student_id", visible_to={Role.PARENT})
    comments: Connection[TeacherComment] | None = batch(diaries.comments_of, "student_id")
    attendance: Connection[AttendanceRecord] | None = batch(diaries.attendance_of, "student_id")
    attendance_summary: AttendanceSummary | None = batch(diaries.attendance_summary, *AUDIENCE, cost=5)
    missed_lessons: Connection[Lesson] | None = batch(diaries.missed_lessons, *AUDIENCE)
    absence_notices: Connection[AbsenceNotice] | None = batch(
        diaries.absence_notices_of, "student_id", visible_to=WATCHERS
    )
