"""Diary: the week, lessons as a student lives them, homework, remarks, comments, attendance, absence notices."""

from enum import StrEnum

import strawberry

from auth.viewer import TEACHING, Role
from connectors import diary as documents
from connectors import directory as people
from connectors.diary import AbsenceKind, AbsenceState, AttendanceStatus, HomeworkKind
from connectors.vocabulary import version_of
from gateway.resolvers import diary as diaries
from gateway.resolvers import directory, messages, schedule
from gateway.resolvers.diary import SubmissionDecision, SubmissionState
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, shown, value, view_of
from gateway.schema.files import Attachment, attachments
from gateway.schema.node import Node, RootDocument
from gateway.schema.people import Person, Subject
from gateway.schema.references import Conversation, Lesson
from gateway.schema.scalars import Date, DateTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(SubmissionDecision)
described_enum(SubmissionState)
described_enum(HomeworkKind)
described_enum(AttendanceStatus)
described_enum(AbsenceKind)
described_enum(AbsenceState)

OF_LESSON = ("lesson_id", "student_id")
HANDS_IN = TEACHING | {Role.STUDENT}
WATCHERS = frozenset({Role.PARENT, Role.CLASS_TEACHER})


@described_enum
class HomeworkStatus(StrEnum):
    """How far a student is with a homework."""

    ASSIGNED = "ASSIGNED"
    """The homework is set; nothing is recorded yet."""

    DONE = "DONE"
    """The student ticked it off as done."""

    SUBMITTED = "SUBMITTED"
    """The student handed work in; the teacher has not checked it."""

    RETURNED = "RETURNED"
    """The teacher handed the work back: it is to be done again."""

    CHECKED = "CHECKED"
    """The teacher checked the work."""

    OVERDUE = "OVERDUE"
    """The homework was due and is not done, at a school that asks students to tick it off."""


@view_of(documents.Submission, visible_to=HANDS_IN, found_by=diaries.submissions_by_ids)
class Submission(Node):
    """Work that a student handed in (сдача работы), and the teacher's answer."""

    id: strawberry.ID
    student: Person | None = one(directory.people_of_students, "student_id")
    """The student who handed the work in."""

    homework: "Homework | None" = batch(diaries.homework_of_submissions, "homework_id", "student_id")
    """The homework that the work answers, as the student has it."""

    submitted_at: DateTime = instant("submitted_at")
    """When the work was handed in last."""

    text: str | None
    """What the student wrote."""

    attachments: list[Attachment] | None = attachments()
    """The files that the student handed in."""

    is_late: bool
    """Whether the work was handed in after it was due; once it was returned, whether it was so at first."""

    state: SubmissionState
    """How far the checking is."""

    answer: str | None
    """The teacher's latest answer."""

    done_items: list[str] = value(diaries.done_items, "done_items", list_size=5)
    """The items of the task that the teacher ticked at the latest answer (отмеченные пункты)."""

    version: int = value(version_of, "version")
    """Grows with each change of the work: send it with the change that was decided on when it was seen."""


@view_of(diaries.StudentHomework, visible_to=NOT_ANALYST, found_by=diaries.homework_by_ids)
class Homework(Node):
    """A task of one student (домашнее задание, классная работа): due at a lesson, or done in it."""

    id: strawberry.ID
    kind: HomeworkKind
    """Homework or classwork."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the task."""

    text: str
    """The task in the teacher's words."""

    items: list[str] = value(diaries.items_of, "items", list_size=5)
    """The parts that the task consists of (пункты задания), in their order; empty where it is one whole."""

    assigned_on: Date
    """The day on which the task was set; of classwork, the day of the lesson."""

    due_on: Date | None
    """The day on which the task is due; null for classwork."""

    estimated_minutes: int | None
    """How many minutes the teacher expects the task to take; null where the teacher gave no estimate."""

    is_individual: bool
    """Whether the task was set for single students and not for the whole class or group."""

    attachments: list[Attachment] | None = attachments()
    """The files that belong to the task."""

    author: Person | None = one(directory.people, "author_id")
    """Who set the task."""

    status: HomeworkStatus | None = batch(diaries.status_of_homework, "_id", "kind", "due_on", "school_id")
    """How far the student is with the homework; null for classwork."""

    conversations: list[Conversation] | None = batch(messages.conversations_of_homework, "_id", list_size=1)
    """The viewer's conversations about the task (комментарии к заданию): `sendMessage` takes it in the place of
    recipients."""

    version: int = value(version_of, "version")
    """Grows with each change of the homework: send it with the change that was decided on when it was seen."""

    submission: Submission | None = batch(diaries.submission_of_homework, "_id", visible_to={Role.STUDENT})
    """What the student handed in; null where nothing was handed in."""


@view_of(documents.Homework, visible_to={Role.TEACHER})
class AssignedHomework:
    """A task as its teacher sees it, with what each student has of it."""

    id: strawberry.ID
    """Identifies the task for all whom it is for."""

    version: int = value(version_of, "version")
    """Grows with each change of the task: send it with the change that was decided on when it was seen."""

    kind: HomeworkKind
    """Homework, done after lessons, or classwork, done during one."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the task."""

    text: str
    """The task in the teacher's words."""

    items: list[str] = value(diaries.items_of, "items", list_size=5)
    """The parts that the task consists of (пункты задания), in their order; empty where it is one whole."""

    assigned_on: Date
    """The day on which the task was set; of classwork, the day of the lesson."""

    due_on: Date | None
    """The day on which the task is due; null for classwork."""

    estimated_minutes: int | None
    """How many minutes the teacher expects the task to take; null where the teacher gave no estimate."""

    is_individual: bool
    """Whether the task was set for single students and not for the whole class or group."""

    attachments: list[Attachment] | None = attachments()
    """The files that belong to the task."""

    author: Person | None = one(directory.people, "author_id")
    """Who set the task."""

    tasks: list[Homework] | None = batch(
        diaries.tasks_of_students,
        "class_ids",
        "group_id",
        "student_ids",
        "date",
        "subject_id",
        list_size=30,
    )
    """What each student has of the task, by name: of those who belong to the class or group on its day."""


@view_of(documents.AttendanceRecord)
class AttendanceRecord:
    """What was recorded of a student's attendance at a lesson or on a day (посещаемость)."""

    id: strawberry.ID
    """Identifies the record."""

    date: Date
    """The day of the record."""

    lesson: Lesson | None = batch(diaries.lesson_of, *OF_LESSON)
    """The lesson of the record; null for a record of a whole day."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the lesson; null for a record of a whole day."""

    status: AttendanceStatus
    """What was recorded."""

    minutes_late: int | None
    """How many minutes late the student came; null where this was not recorded."""

    reason: str | None
    """The reason that was given for the absence."""

    source_status: str | None
    """The status in the words of the system that it was imported from."""


@view_of(documents.TeacherComment, visible_to=NOT_ANALYST, found_by=diaries.comments_by_ids)
class TeacherComment(Node):
    """A teacher's comment to a student (комментарий)."""

    id: strawberry.ID
    made_on: Date
    """The day on which the comment was made."""

    text: str
    """The comment in the teacher's words."""

    lesson: Lesson | None = batch(diaries.lesson_of, *OF_LESSON)
    """The lesson that the comment was made at; null for a comment on no lesson."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the comment; null for a comment on no subject."""

    author: Person | None = one(directory.people, "author_id")
    """Who made the comment."""


@view_of(documents.Remark, visible_to={Role.PARENT}, found_by=diaries.remarks_by_ids)
class Remark(Node):
    """A teacher's remark about a student (замечание), for the parents alone."""

    id: strawberry.ID
    made_on: Date
    """The day on which the remark was made."""

    text: str
    """The remark in the teacher's words."""

    kind: str | None
    """The kind of remark in the words of the school; null where it has none."""

    lesson: Lesson | None = batch(diaries.lesson_of, *OF_LESSON)
    """The lesson that the remark was made at; null for a remark on no lesson."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the remark; null for a remark on no subject."""

    author: Person | None = one(directory.people, "author_id")
    """Who made the remark."""


@view_of(diaries.SubstituteLessonMember)
class SubstituteLessonMember:
    """A student of a lesson that the viewer gives for another teacher."""

    person: Person = one(directory.people, "person_id")
    """The student by name."""

    lesson: Lesson
    """The lesson as the student has it; what is recorded in other subjects is left out."""


@view_of(diaries.SubstituteLesson)
class SubstituteLesson:
    """A lesson that the viewer gives for another teacher (замена)."""

    id: strawberry.ID
    """The id of the lesson in the timetable (`TimetableLesson.id`)."""

    date: Date
    """The day of the lesson."""

    number: int
    """The number of the lesson in the day."""

    starts_at: DateTime = instant("starts_at")
    """When the lesson begins."""

    ends_at: DateTime = instant("ends_at")
    """When the lesson ends."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject that is taught."""

    room: str | None
    """The room; null where none is known."""

    members: list[SubstituteLessonMember] = shown(list_size=30)
    """The students who have the lesson, by name."""


@view_of(documents.Acknowledgement)
class Acknowledgement:
    """A parent's word that they have seen the diary of the week («Ознакомлен»)."""

    acknowledged_at: DateTime = instant("acknowledged_at")
    """When the parent acknowledged the week."""

    by: Person = one(directory.people, "person_id")
    """The parent who acknowledged the week."""


@view_of(diaries.DiaryDay)
class DiaryDay:
    """A day of a student's diary."""

    date: Date
    """The day."""

    holiday: str | None = batch(schedule.holiday_of_days, "date", "school_id")
    """The name of the holiday that the day belongs to; null for a day of study."""

    lessons: list[Lesson] = batch(diaries.lessons_of_days, "date", list_size=8)
    """The student's lessons of the day in order of time, those of the second half of the day included."""


@view_of(diaries.DiaryWeek)
class DiaryWeek:
    """A week of a student's diary (дневник), Monday to Sunday."""

    starts_on: Date
    """The Monday of the week."""

    ends_on: Date
    """The Sunday of the week."""

    days: list[DiaryDay] = batch(diaries.days_of_weeks, list_size=7)
    """All seven days of the week; a day without lessons has an empty list of them."""

    acknowledgement: Acknowledgement | None = batch(diaries.acknowledgement, visible_to=WATCHERS)
    """The acknowledgement of the week («Ознакомлен»): a parent's own; for the class teacher, the latest of any parent.
"""


@view_of(documents.DaysRange)
class DaysRange:
    """A range of days; both ends belong to it."""

    first: Date
    """The first day."""

    last: Date
    """The last day; it belongs to the range."""


@view_of(documents.AbsenceNotice, visible_to=WATCHERS, found_by=diaries.absence_notices_by_ids)
class AbsenceNotice(Node):
    """A parent's notice to the class teacher that a student will be or was absent (уведомление об отсутствии)."""

    id: strawberry.ID
    kind: AbsenceKind
    """Whether the notice is about single lessons, single days or a span of time."""

    days: DaysRange
    """The days that the notice is about."""

    lessons: list[Lesson] | None = batch(diaries.lessons_of_notices, "lesson_ids", "student_id", list_size=8)
    """The lessons that the notice is about; empty for a notice about whole days."""

    reason: str
    """The reason of the absence in the parent's words."""

    state: AbsenceState
    """What became of the notice."""

    sent_by: Person | None = one(directory.people, "sent_by_id")
    """The parent who sent the notice."""

    sent_at: DateTime = instant("sent_at")
    """When the notice was sent."""

    confirmed_by: Person | None = one(directory.people, "confirmed_by_id")
    """The class teacher who confirmed the notice; null until then."""

    confirmed_at: DateTime | None = instant("confirmed_at")
    """When the notice was confirmed; null until then."""

    dates: list[Date] = value(documents.dates_of, "dates", "days", list_size=5)
    """Every day that the notice is about, in order; between them there may be days that it is not about."""

    version: int = value(version_of, "version")
    """Grows with each change of the notice: send it with the change that was decided on when it was seen."""


@view_of(diaries.AttendanceSummary)
class AttendanceSummary:
    """How many lessons a student attended and missed."""

    present: int
    """Lessons that the student attended in time; a lesson without a record counts as attended."""

    absent: int
    """Lessons at which the student was absent without a valid reason."""

    late: int
    """Lessons to which the student came late."""

    excused: int
    """Lessons at which the student was absent for a valid reason (по уважительной причине)."""

    lessons: int
    """Lessons that were held."""


AUDIENCE = ("student_id", "school_id", "enrolments", "memberships")


@extends(people.Person)
class DiaryOfStudent:
    """What the diary adds to a student."""

    diary: DiaryWeek | None = batch(diaries.diary, *AUDIENCE)
    """The diary (дневник) of one week, Monday to Sunday."""

    homework: Connection[Homework] | None = batch(
        diaries.homework_of,
        *AUDIENCE,
        arguments={"days": "Only homework due on these days and classwork done on them; of all time without them."},
    )
    """Homework and classwork (домашние задания, классная работа), the latest day first."""

    remarks: Connection[Remark] | None = batch(diaries.remarks_of, "student_id", visible_to={Role.PARENT})
    """Remarks about the student (замечания), the latest first."""

    comments: Connection[TeacherComment] | None = batch(diaries.comments_of, "student_id")
    """Teachers' comments to the student (комментарии), the latest first."""

    attendance: Connection[AttendanceRecord] | None = batch(diaries.attendance_of, *AUDIENCE)
    """The records of the student's attendance (посещаемость), the latest first. Of one subject, and for a teacher, also
    those of whole days on which the student had a lesson of the subject."""

    attendance_summary: AttendanceSummary | None = batch(
        diaries.attendance_summary,
        *AUDIENCE,
        arguments={"days": "Only lessons of these days; of this school year until today without them."},
        cost=5,
        days_per_unit=7,
    )
    """How many lessons the student attended and missed."""

    missed_lessons: Connection[Lesson] | None = batch(diaries.missed_lessons, *AUDIENCE, days_per_unit=7)
    """The lessons at which the student was absent, excused or not, the latest first (пропущенные уроки)."""

    absence_notices: Connection[AbsenceNotice] | None = batch(
        diaries.absence_notices_of, "student_id", visible_to=WATCHERS
    )
    """Notices of absence that parents sent to the class teacher (уведомления об отсутствии), the latest first."""


@extends(diaries.StudentLesson)
class DiaryOfLesson:
    """What the diary adds to a lesson."""

    homework: list[Homework] | None = batch(diaries.homework_of_lessons, "_id", list_size=2)
    """Homework that is due at the lesson."""

    classwork: list[Homework] | None = batch(diaries.classwork_of_lessons, "_id", list_size=1)
    """What was done in the lesson (классная работа)."""

    attendance: AttendanceRecord | None = batch(diaries.attendance_of_lessons, "_id")
    """The record of the student's attendance at the lesson, or else that of its whole day; null where there is neither.
    """

    comments: list[TeacherComment] | None = batch(diaries.comments_of_lessons, "_id", list_size=1)
    """The teacher's comments to the student at the lesson."""

    remarks: list[Remark] | None = batch(diaries.remarks_of_lessons, "_id", visible_to={Role.PARENT}, list_size=1)
    """The teacher's remarks about the student at the lesson (замечания)."""


@extends(directory.ViewerDocument)
class DiaryOfViewer:
    """What the diary adds to the viewer."""

    substitutions: list[SubstituteLesson] | None = batch(
        diaries.substitutions, visible_to={Role.TEACHER}, list_size=5, after="children"
    )
    """The lessons of one week that the viewer gives for another teacher (замены), in order of time."""

    absence_notices: Connection[AbsenceNotice] | None = batch(
        diaries.absence_notices_of_class, visible_to={Role.CLASS_TEACHER}, after="substitutions"
    )
    """The notices of absence about the students whom the class teacher leads (уведомления об отсутствии), the latest
    first."""

    submissions: Connection[Submission] | None = batch(
        diaries.submissions_to_check,
        visible_to=TEACHING,
        after="absence_notices",
        arguments={
            "class_id": "Only work for tasks of the whole of this class.",
            "group_id": "Only work for tasks of this study group.",
        },
    )
    """The work that students handed in to the viewer (работы на проверку), the earliest first: in the subjects that the
    viewer teaches them."""


@extends(RootDocument)
class DiaryOfQuery:
    """What the diary adds to the queries."""

    assigned_homework: AssignedHomework | None = batch(diaries.assigned_homework, visible_to={Role.TEACHER})
    """A task as its teacher sees it, by its own id or by that of a student's homework."""
