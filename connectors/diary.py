"""Diary: homework, what was handed in, remarks, comments, attendance, absence notices, acknowledgements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.ids import (
    Audience,
    ClassId,
    Columns,
    Days,
    GroupId,
    HomeworkId,
    LessonId,
    Page,
    Paging,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    SubjectsOf,
)
from connectors.mongo import (
    NOTHING,
    Deadline,
    Source,
    given,
    in_days,
    of_subjects,
    with_columns,
)


class HomeworkKind(StrEnum):
    HOMEWORK = "HOMEWORK"
    CLASSWORK = "CLASSWORK"


class SubmissionState(StrEnum):
    DONE = "DONE"  # ticked off by the student, nothing handed in
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"


class AttendanceStatus(StrEnum):
    PRESENT = "PRESENT"
    ABSENT = "ABSENT"
    LATE = "LATE"
    EXCUSED = "EXCUSED"


class AbsenceKind(StrEnum):
    LESSONS = "LESSONS"
    DAYS = "DAYS"
    SPAN = "SPAN"


class AbsenceState(StrEnum):
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class Attachment(TypedDict):
    name: str
    url: str
    media_type: str | None
    size_bytes: int | None


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


class Submission(TypedDict):
    """What one student did about one homework: a tick, or work handed in and its checking."""

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


class Remark(TypedDict):
    """A teacher's remark about a student, for his parents alone (F63)."""

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


class Acknowledgement(TypedDict):
    """«Ознакомлен»: a parent has seen the diary of a week."""

    _id: str
    school_id: SchoolId
    student_id: StudentId
    week_starts_on: str
    person_id: PersonId
    acknowledged_at: datetime


_OF_STUDENT_BY_DAY = [("student_id", ASCENDING), ("made_on", DESCENDING), ("_id", DESCENDING)]

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "homework": [
        IndexModel([("lesson_id", ASCENDING)]),
        IndexModel([("class_ids", ASCENDING), ("date", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("group_id", ASCENDING), ("date", DESCENDING), ("_id", DESCENDING)]),
    ],
    "submissions": [IndexModel([("student_id", ASCENDING), ("homework_id", ASCENDING)], unique=True)],
    "remarks": [IndexModel(_OF_STUDENT_BY_DAY), IndexModel([("lesson_id", ASCENDING), ("student_id", ASCENDING)])],
    "comments": [IndexModel(_OF_STUDENT_BY_DAY), IndexModel([("lesson_id", ASCENDING), ("student_id", ASCENDING)])],
    "attendance": [
        IndexModel([("student_id", ASCENDING), ("date", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("lesson_id", ASCENDING), ("student_id", ASCENDING)]),
    ],
    "absence_notices": [IndexModel([("student_id", ASCENDING), ("sent_at", DESCENDING), ("_id", DESCENDING)])],
    "acknowledgements": [
        IndexModel([("student_id", ASCENDING), ("week_starts_on", ASCENDING), ("person_id", ASCENDING)], unique=True)
    ],
}


_BY_ID: Final = [("_id", ASCENDING)]
_LATEST_MADE: Final = [("made_on", DESCENDING), ("_id", DESCENDING)]
_LATEST: Final = [("date", DESCENDING), ("_id", DESCENDING)]
_LATEST_SENT: Final = [("sent_at", DESCENDING), ("_id", DESCENDING)]

StudentLesson = tuple[StudentId, LessonId]


class Diary:
    """Reads of the diary."""

    def __init__(self, source: Source) -> None:
        self.source = source

    async def homework_of_lessons(
        self, lessons: Sequence[LessonId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[LessonId, list[Homework]]:
        """What is due at each lesson and what was done in it."""
        return await self.source.many_by(
            "homework",
            "lesson_id",
            lessons,
            order=_BY_ID,
            columns=with_columns(columns, "kind", "student_ids"),
            deadline=deadline,
        )

    async def homework_of(
        self,
        audiences: Sequence[Audience],
        *,
        days: Days | None,
        subject_id: SubjectId | None,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Audience, Page]:
        """Homework and classwork of each audience, the latest day first: what was set while they belonged there."""
        narrowed = {**in_days("date", days), **given(subject_id=subject_id)}
        return await self.source.pages_of(
            "homework",
            {audience: {"$and": [_set_for(audience), narrowed, _taught(only, audience)]} for audience in audiences},
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def homework_by_ids(
        self, ids: Sequence[HomeworkId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[HomeworkId, Homework]:
        """The homework of each id."""
        return await self.source.by_ids("homework", ids, columns=columns, deadline=deadline)

    async def submissions_of(
        self, pairs: Sequence[tuple[StudentId, HomeworkId]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[StudentId, HomeworkId], list[Submission]]:
        """What each student did about each homework: one document or none."""
        return await self.source.pairs_by(
            "submissions", ("student_id", "homework_id"), pairs, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def remarks_of(
        self, students: Sequence[StudentId], *, days: Days | None, paging: Paging, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, Page]:
        """Remarks about each student, the latest first."""
        return await self.source.page_by(
            "remarks",
            "student_id",
            students,
            where=in_days("made_on", days),
            order=_LATEST_MADE,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def remarks_at(
        self, pairs: Sequence[StudentLesson], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentLesson, list[Remark]]:
        """Remarks about each student at each lesson."""
        return await self.source.pairs_by(
            "remarks", ("student_id", "lesson_id"), pairs, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def remarks_by_ids(self, ids: Sequence[str], *, columns: Columns, deadline: Deadline) -> Mapping[str, Remark]:
        """The remark of each id."""
        return await self.source.by_ids("remarks", ids, columns=columns, deadline=deadline)

    async def comments_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, Page]:
        """Teachers' comments to each student, the latest first."""
        return await self.source.page_by(
            "comments",
            "student_id",
            students,
            where={**in_days("made_on", days), **of_subjects(only, students)},
            order=_LATEST_MADE,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def comments_at(
        self, pairs: Sequence[StudentLesson], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentLesson, list[TeacherComment]]:
        """Teachers' comments to each student at each lesson."""
        return await self.source.pairs_by(
            "comments", ("student_id", "lesson_id"), pairs, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def comments_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, TeacherComment]:
        """The comment of each id."""
        return await self.source.by_ids("comments", ids, columns=columns, deadline=deadline)

    async def attendance_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        subject_id: SubjectId | None,
        statuses: tuple[AttendanceStatus, ...] | None,
        only: SubjectsOf | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, Page]:
        """What is recorded of each student's attendance, the latest first."""
        return await self.source.page_by(
            "attendance",
            "student_id",
            students,
            where={**_attendance(days, subject_id, statuses), **of_subjects(only, students)},
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def absences_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[AttendanceRecord]]:
        """All lessons and days each student missed, excused or not."""
        missed = (AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED)
        return await self.source.many_by(
            "attendance",
            "student_id",
            students,
            where={**_attendance(days, None, missed), **of_subjects(only, students)},
            order=_LATEST,
            columns=columns,
            deadline=deadline,
        )

    async def attendance_at(
        self, pairs: Sequence[StudentLesson], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentLesson, list[AttendanceRecord]]:
        """What is recorded of each student's attendance at each lesson."""
        return await self.source.pairs_by(
            "attendance", ("student_id", "lesson_id"), pairs, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def records_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[AttendanceRecord]]:
        """All that is recorded of each student's attendance, the latest first."""
        return await self.source.many_by(
            "attendance",
            "student_id",
            students,
            where={**in_days("date", days), **of_subjects(only, students)},
            order=_LATEST,
            columns=columns,
            deadline=deadline,
        )

    async def absence_notices_of(
        self, students: Sequence[StudentId], *, paging: Paging, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, Page]:
        """The absence notices about each student, the latest first."""
        return await self.source.page_by(
            "absence_notices",
            "student_id",
            students,
            order=_LATEST_SENT,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def absence_notices_by_ids(
        self, ids: Sequence[str], *, columns: Columns, deadline: Deadline
    ) -> Mapping[str, AbsenceNotice]:
        """The absence notice of each id."""
        return await self.source.by_ids("absence_notices", ids, columns=columns, deadline=deadline)

    async def acknowledgements_of(
        self, pairs: Sequence[tuple[StudentId, str]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[StudentId, str], list[Acknowledgement]]:
        """Who has seen the diary of each student's week, the latest first; a week is named by its Monday."""
        return await self.source.pairs_by(
            "acknowledgements",
            ("student_id", "week_starts_on"),
            pairs,
            order=[("acknowledged_at", DESCENDING), ("_id", ASCENDING)],
            columns=with_columns(columns, "person_id"),
            deadline=deadline,
        )


def _set_for(audience: Audience) -> dict[str, Any]:
    """The condition that homework was set for the student, while he belonged to the class or group (trap T13)."""
    places = [({"class_ids": span.id, "group_id": None}, span) for span in audience.classes]
    places += [({"group_id": span.id}, span) for span in audience.groups]
    alternatives = [{**place, "date": given(**{"$gte": span.first, "$lte": span.last})} for place, span in places]
    if not alternatives:
        return NOTHING
    return {"$or": alternatives, "student_ids": {"$in": [None, audience.student_id]}}


def _taught(only: SubjectsOf | None, audience: Audience) -> dict[str, Any]:
    return {} if only is None else {"subject_id": {"$in": sorted(only.of(audience.student_id))}}


def _attendance(
    days: Days | None, subject_id: SubjectId | None, statuses: tuple[AttendanceStatus, ...] | None
) -> dict[str, Any]:
    wanted = None if statuses is None else {"$in": [str(status) for status in statuses]}
    return {**in_days("date", days), **given(subject_id=subject_id, status=wanted)}
