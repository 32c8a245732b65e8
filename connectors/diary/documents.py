"""The documents of the diary, and their collections."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.attachments import Attachment
from connectors.declarations import Collection
from connectors.vocabulary import ClassId, GroupId, HomeworkId, LessonId, PersonId, SchoolId, StudentId, SubjectId


class HomeworkKind(StrEnum):
    """Whether a task is done at home or in the lesson."""

    HOMEWORK = "HOMEWORK"
    """Homework (домашнее задание): due at a later lesson."""

    CLASSWORK = "CLASSWORK"
    """Classwork (классная работа): done in the lesson."""


class SubmissionState(StrEnum):
    DONE = "DONE"  # ticked off by the student, nothing handed in
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"


class AttendanceStatus(StrEnum):
    """How a student attended a lesson or a day (посещаемость)."""

    PRESENT = "PRESENT"
    """Present (присутствовал)."""

    ABSENT = "ABSENT"
    """Absent without a valid reason («н»)."""

    LATE = "LATE"
    """Came late (опоздал)."""

    EXCUSED = "EXCUSED"
    """Absent for a valid reason (по уважительной причине)."""


class AbsenceKind(StrEnum):
    """The subject of a notice of absence: days or lessons."""

    LESSONS = "LESSONS"
    """Single lessons."""

    DAYS = "DAYS"
    """Whole days."""

    SPAN = "SPAN"
    """A span of time from one day to another."""


class AbsenceState(StrEnum):
    """The state of a notice of absence."""

    SENT = "SENT"
    """Sent; the class teacher has not answered yet."""

    CONFIRMED = "CONFIRMED"
    """Confirmed by the class teacher."""

    REJECTED = "REJECTED"
    """Rejected by the class teacher."""

    CANCELLED = "CANCELLED"
    """Cancelled by the parent."""


class Homework(TypedDict):
    """A task for a class, a group or single students; it belongs to the lesson it is due at (homework) or done in."""

    _id: HomeworkId
    school_id: SchoolId
    kind: HomeworkKind
    class_ids: list[ClassId]
    group_id: GroupId | None
    student_ids: list[StudentId] | None  # None: everyone of the class or group
    lesson_id: LessonId | None
    subject_id: SubjectId
    text: str
    date: str  # the day of that lesson: due_on of homework, assigned_on of classwork
    assigned_on: str
    due_on: str | None
    estimated_minutes: int | None
    is_individual: bool
    attachments: list[Attachment]
    author_id: PersonId | None
    items: NotRequired[list[str]]  # what the task consists of, which the teacher ticks; absent: it is one whole
    version: NotRequired[int]  # grows with each change; absent: 0


class Submission(TypedDict):
    """A student's part of one homework: a tick, or work handed in and its checking."""

    _id: str
    school_id: SchoolId
    homework_id: HomeworkId
    student_id: StudentId
    submitted_at: datetime
    text: str | None
    attachments: list[Attachment]
    is_late: bool
    state: SubmissionState
    answer: str | None
    # Absent for one that an import wrote:
    subject_id: NotRequired[SubjectId]
    class_ids: NotRequired[list[ClassId]]
    group_id: NotRequired[GroupId | None]
    done_items: NotRequired[list[str]]  # the items of the task that the teacher ticked, as they were called then
    answered_by_id: NotRequired[PersonId | None]
    answered_at: NotRequired[datetime | None]
    version: NotRequired[int]  # grows with each change; absent: 0


class Remark(TypedDict):
    """A teacher's remark about a student, for the student's parents only (F63)."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    made_on: str
    text: str
    kind: str | None
    lesson_id: LessonId | None
    subject_id: SubjectId | None
    author_id: PersonId | None


class TeacherComment(TypedDict):
    """A teacher's word to the student (F64)."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    made_on: str
    text: str
    lesson_id: LessonId | None
    subject_id: SubjectId | None
    author_id: PersonId | None


class AttendanceRecord(TypedDict):
    """Whether a student was there: at a lesson, or (*lesson_id* None) on a day."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    lesson_id: LessonId | None
    subject_id: SubjectId | None
    date: str
    status: AttendanceStatus
    minutes_late: int | None
    reason: str | None
    source_status: str | None  # the words of the source, kept


class DaysRange(TypedDict):
    first: str
    last: str


class AbsenceNotice(TypedDict):
    _id: str
    school_id: SchoolId
    student_id: StudentId
    kind: AbsenceKind
    days: DaysRange
    lesson_ids: list[LessonId]
    reason: str
    state: AbsenceState
    sent_by_id: PersonId
    sent_at: datetime
    confirmed_by_id: PersonId | None
    confirmed_at: datetime | None
    dates: NotRequired[list[str]]  # the single days; absent: all of `days`
    version: NotRequired[int]  # grows with each change; absent: 0


def dates_of(notice: Mapping[str, Any]) -> list[str]:
    """The single days that an absence notice is about, in order."""
    dates: list[str] | None = notice.get("dates")
    if dates is not None:
        return dates
    first, last = (date.fromisoformat(notice["days"][end]) for end in ("first", "last"))
    return [(first + timedelta(days=offset)).isoformat() for offset in range((last - first).days + 1)]


class Acknowledgement(TypedDict):
    """«Ознакомлен»: a parent has seen the diary of a week."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    week_starts_on: str
    person_id: PersonId
    acknowledged_at: datetime


LATEST: Final = [("date", DESCENDING), ("_id", DESCENDING)]
LATEST_MADE: Final = [("made_on", DESCENDING), ("_id", DESCENDING)]
LATEST_SENT: Final = [("sent_at", DESCENDING), ("_id", DESCENDING)]
EARLIEST_ASSIGNED: Final = [("assigned_on", ASCENDING), ("text", ASCENDING), ("_id", ASCENDING)]
EARLIEST_SUBMITTED: Final = [("submitted_at", ASCENDING), ("_id", ASCENDING)]
EARLIEST_MADE: Final = [("made_on", ASCENDING), ("text", ASCENDING), ("_id", ASCENDING)]

_AT_LESSON: Final = [("lesson_id", ASCENDING), ("student_id", ASCENDING)]

HOMEWORK: Final = Collection(
    "homework",
    Homework,
    indexes=[
        IndexModel([("lesson_id", ASCENDING)]),
        IndexModel([("class_ids", ASCENDING), *LATEST]),
        IndexModel([("group_id", ASCENDING), *LATEST]),
        IndexModel([("school_id", ASCENDING)]),
    ],
)
SUBMISSIONS: Final = Collection(
    "submissions",
    Submission,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("homework_id", ASCENDING)], unique=True),
        IndexModel([("subject_id", ASCENDING), ("state", ASCENDING), *EARLIEST_SUBMITTED]),
    ],
)
REMARKS: Final = Collection(
    "remarks", Remark, indexes=[IndexModel([("student_id", ASCENDING), *LATEST_MADE]), IndexModel(_AT_LESSON)]
)
COMMENTS: Final = Collection(
    "comments", TeacherComment, indexes=[IndexModel([("student_id", ASCENDING), *LATEST_MADE]), IndexModel(_AT_LESSON)]
)
ATTENDANCE: Final = Collection(
    "attendance", AttendanceRecord, indexes=[IndexModel([("student_id", ASCENDING), *LATEST]), IndexModel(_AT_LESSON)]
)
ABSENCE_NOTICES: Final = Collection(
    "absence_notices", AbsenceNotice, indexes=[IndexModel([("student_id", ASCENDING), *LATEST_SENT])]
)
ACKNOWLEDGEMENTS: Final = Collection(
    "acknowledgements",
    Acknowledgement,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("week_starts_on", ASCENDING), ("person_id", ASCENDING)], unique=True)
    ],
)
