"""Reads of the diary."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, DESCENDING

from connectors.diary.documents import (
    AbsenceNotice,
    Acknowledgement,
    AttendanceRecord,
    AttendanceStatus,
    Homework,
    Remark,
    Submission,
    TeacherComment,
)
from connectors.ids import (
    Audience,
    Columns,
    Days,
    HomeworkId,
    LessonId,
    Page,
    Paging,
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

_BY_ID: Final = [("_id", ASCENDING)]


_LATEST_MADE: Final = [("made_on", DESCENDING), ("_id", DESCENDING)]


_LATEST: Final = [("date", DESCENDING), ("_id", DESCENDING)]


_LATEST_SENT: Final = [("sent_at", DESCENDING), ("_id", DESCENDING)]


StudentLesson = tuple[StudentId, LessonId]


WHOLE_DAY: Final = {"lesson_id": None, "subject_id": None}
"""The condition that an attendance record is about a whole day."""


class LessonOf(NamedTuple):
    """A student's lesson with its day."""

    student_id: StudentId
    lesson_id: LessonId
    date: str


class AttendanceIn(NamedTuple):
    """The attendance records of a student to be shown: of some subjects (None: of all), of one of them, of days."""

    student_id: StudentId
    subjects: frozenset[SubjectId] | None
    subject_id: SubjectId | None
    whole_days: tuple[str, ...]

    def condition(self) -> dict[str, Any]:
        """The condition that a record is one of them."""
        of_subjects = [
            *([] if self.subjects is None else [{"subject_id": {"$in": sorted(self.subjects)}}]),
            *([] if self.subject_id is None else [{"subject_id": self.subject_id}]),
        ]
        of_days = {**WHOLE_DAY, "date": {"$in": list(self.whole_days)}}
        return {"student_id": self.student_id, "$or": [{"$and": of_subjects}, of_days]}


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
        statuses: tuple[AttendanceStatus, ...] | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, Page]:
        """All attendance records of each student, the latest first."""
        return await self.source.page_by(
            "attendance",
            "student_id",
            students,
            where=_attendance(days, statuses),
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def attendance_in(
        self,
        keys: Sequence[AttendanceIn],
        *,
        days: Days | None,
        statuses: tuple[AttendanceStatus, ...] | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[AttendanceIn, Page]:
        """The attendance records of each student in some subjects and of some whole days, the latest first."""
        narrowed = _attendance(days, statuses)
        return await self.source.pages_of(
            "attendance",
            {key: {**key.condition(), **narrowed} for key in keys},
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    async def whole_days_of(
        self, students: Sequence[StudentId], *, days: Days | None, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, list[AttendanceRecord]]:
        """The attendance records of each student that are about a whole day."""
        return await self.source.many_by(
            "attendance",
            "student_id",
            students,
            where={**WHOLE_DAY, **in_days("date", days)},
            order=(),
            columns=columns,
            deadline=deadline,
        )

    async def attendance_at(
        self, keys: Sequence[LessonOf], *, columns: Columns, deadline: Deadline
    ) -> Mapping[LessonOf, list[AttendanceRecord]]:
        """The attendance records of each student that are about a lesson, and those about its day."""
        found: list[Any] = await self.source.find(
            "attendance",
            {
                "student_id": {"$in": list({key.student_id for key in keys})},
                "$or": [
                    {"lesson_id": {"$in": list({key.lesson_id for key in keys})}},
                    {"lesson_id": None, "date": {"$in": list({key.date for key in keys})}},
                ],
            },
            columns=with_columns(columns, "student_id", "lesson_id", "date"),
            deadline=deadline,
        )
        records: dict[tuple[str, str | None, str | None], list[Any]] = defaultdict(list)
        for record in found:
            of_day = record["lesson_id"] is None
            records[record["student_id"], record["lesson_id"], record["date"] if of_day else None].append(record)
        return {
            key: [
                *records.get((key.student_id, key.lesson_id, None), ()),
                *records.get((key.student_id, None, key.date), ()),
            ]
            for key in keys
        }

    async def records_of(
        self,
        students: Sequence[StudentId],
        *,
        days: Days | None,
        only: SubjectsOf | None,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[StudentId, list[AttendanceRecord]]:
        """All attendance records of each student, in no order; *only* narrows those about lessons to its subjects."""
        readable = {} if only is None else {"$or": [of_subjects(only, students), WHOLE_DAY]}
        return await self.source.many_by(
            "attendance",
            "student_id",
            students,
            where={**in_days("date", days), **readable},
            order=(),
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
    """The condition that homework was set for the student, while they belonged to the class or group (trap T13)."""
    places = [({"class_ids": span.id, "group_id": None}, span) for span in audience.classes]
    places += [({"group_id": span.id}, span) for span in audience.groups]
    alternatives = [{**place, "date": given(**{"$gte": span.first, "$lte": span.last})} for place, span in places]
    if not alternatives:
        return NOTHING
    return {"$or": alternatives, "student_ids": {"$in": [None, audience.student_id]}}


def _taught(only: SubjectsOf | None, audience: Audience) -> dict[str, Any]:
    return {} if only is None else {"subject_id": {"$in": sorted(only.of(audience.student_id))}}


def _attendance(days: Days | None, statuses: tuple[AttendanceStatus, ...] | None) -> dict[str, Any]:
    wanted = None if statuses is None else {"$in": [str(status) for status in statuses]}
    return {**in_days("date", days), **given(status=wanted)}
