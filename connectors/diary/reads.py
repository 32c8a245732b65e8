"""Reads of the diary."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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
