"""Reads of the diary."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, DESCENDING

from connectors.attachments import ATTACHED_FILES
from connectors.audience import Audience, SubjectsOf, of_subjects
from connectors.declarations import Connector, Read, by_ids, counted, many, paged, pairs
from connectors.diary.documents import (
    ABSENCE_NOTICES,
    ACKNOWLEDGEMENTS,
    ATTENDANCE,
    COMMENTS,
    EARLIEST_ASSIGNED,
    EARLIEST_MADE,
    EARLIEST_SUBMITTED,
    HOMEWORK,
    LATEST,
    LATEST_MADE,
    LATEST_SENT,
    REMARKS,
    SUBMISSIONS,
    AbsenceNotice,
    AbsenceState,
    Acknowledgement,
    AttendanceRecord,
    AttendanceStatus,
    Homework,
    Remark,
    Submission,
    SubmissionState,
    TeacherComment,
)
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import NOTHING, Deadline, in_days, with_columns, without_none
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import (
    ClassId,
    Columns,
    Days,
    GroupId,
    HomeworkId,
    LessonId,
    Page,
    Paging,
    StudentId,
    SubjectId,
)

StudentLesson = tuple[StudentId, LessonId]


WHOLE_DAY: Final = {"lesson_id": None, "subject_id": None}
"""The condition that an attendance record is about a whole day."""


class LessonOf(NamedTuple):
    """A student's lesson with its day."""

    student_id: StudentId
    lesson_id: LessonId
    date: str


class ToCheck(NamedTuple):
    """Selects work that was handed in: of the subjects that somebody teaches in classes and groups, by students."""

    taught: tuple[tuple[SubjectId, ClassId | None, GroupId | None], ...]
    """Each subject with the class, or the group, in which it is taught."""
    students: tuple[StudentId, ...]

    def condition(self) -> dict[str, Any]:
        """MongoDB's filter for this work."""
        if not self.taught:
            return NOTHING
        places = [
            {"subject_id": subject, **({"class_ids": of_class} if group is None else {"group_id": group})}
            for subject, of_class, group in self.taught
        ]
        return {"$or": places, "student_id": {"$in": list(self.students)}}


class AttendanceIn(NamedTuple):
    """Selects attendance records of a student: of some subjects (None: of all), of one of them, of days."""

    student_id: StudentId
    subjects: frozenset[SubjectId] | None
    subject_id: SubjectId | None
    whole_days: tuple[str, ...]

    def condition(self) -> dict[str, Any]:
        """MongoDB's filter for these attendance records."""
        of_subjects = [
            *([] if self.subjects is None else [{"subject_id": {"$in": sorted(self.subjects)}}]),
            *([] if self.subject_id is None else [{"subject_id": self.subject_id}]),
        ]
        of_days = {**WHOLE_DAY, "date": {"$in": list(self.whole_days)}}
        return {"student_id": self.student_id, "$or": [{"$and": of_subjects}, of_days]}


class Diary(Connector):
    """Reads of the diary."""

    collections = (
        HOMEWORK,
        SUBMISSIONS,
        REMARKS,
        COMMENTS,
        ATTENDANCE,
        ABSENCE_NOTICES,
        ACKNOWLEDGEMENTS,
        ATTACHED_FILES,
        SNAPSHOTS,
        FACTS,
        KEYS,
    )

    homework_of_lessons: Read[LessonId, list[Homework]] = many(
        HOMEWORK, by="lesson_id", order=EARLIEST_ASSIGNED, needs=("kind", "student_ids")
    )
    """The homework due at each lesson and the classwork done in it, by the day of assignment, then by text."""

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
        narrowed = {**in_days("date", days), **without_none(subject_id=subject_id)}
        return await self.source.pages_of(
            HOMEWORK.name,
            {audience: {"$and": [_set_for(audience), narrowed, _taught(only, audience)]} for audience in audiences},
            order=LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    homework_by_ids: Read[HomeworkId, Homework] = by_ids(HOMEWORK)
    """The homework of each id."""

    submissions_of: Read[tuple[StudentId, HomeworkId], list[Submission]] = pairs(
        SUBMISSIONS, by=("student_id", "homework_id")
    )
    """The submission of each student for each homework: one document or none."""

    submissions_by_ids: Read[str, Submission] = by_ids(SUBMISSIONS)
    """The submission of each id."""

    async def submissions_in(
        self,
        keys: Sequence[ToCheck],
        *,
        states: tuple[SubmissionState, ...],
        subject_id: SubjectId | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[ToCheck, Page]:
        """The work that was handed in and is in one of *states*, the earliest first."""
        narrowed = {"state": {"$in": [str(state) for state in states]}, **without_none(subject_id=subject_id)}
        return await self.source.pages_of(
            SUBMISSIONS.name,
            {key: {"$and": [key.condition(), narrowed]} for key in keys},
            order=EARLIEST_SUBMITTED,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    remarks_of: Read[StudentId, Page] = paged(
        REMARKS, by="student_id", order=LATEST_MADE, where=lambda _, *, days: in_days("made_on", days)
    )
    """Remarks about each student, the latest first."""

    remarks_at: Read[StudentLesson, list[Remark]] = pairs(REMARKS, by=("student_id", "lesson_id"), order=EARLIEST_MADE)
    """Remarks about each student at each lesson, by day, then by text."""

    remarks_by_ids: Read[str, Remark] = by_ids(REMARKS)
    """The remark of each id."""

    comments_of: Read[StudentId, Page] = paged(
        COMMENTS,
        by="student_id",
        order=LATEST_MADE,
        where=lambda students, *, days, only: {**in_days("made_on", days), **of_subjects(only, students)},
    )
    """Teachers' comments to each student, the latest first."""

    comments_at: Read[StudentLesson, list[TeacherComment]] = pairs(
        COMMENTS, by=("student_id", "lesson_id"), order=EARLIEST_MADE
    )
    """Teachers' comments to each student at each lesson, by day, then by text."""

    comments_by_ids: Read[str, TeacherComment] = by_ids(COMMENTS)
    """The comment of each id."""

    attendance_by_ids: Read[str, AttendanceRecord] = by_ids(ATTENDANCE)
    """The attendance record of each id."""

    attendance_of: Read[StudentId, Page] = paged(
        ATTENDANCE,
        by="student_id",
        order=LATEST,
        where=lambda _, *, days, statuses: _recorded(days, statuses),
    )
    """All attendance records of each student, the latest first."""

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
        narrowed = _recorded(days, statuses)
        return await self.source.pages_of(
            ATTENDANCE.name,
            {key: {**key.condition(), **narrowed} for key in keys},
            order=LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    whole_days_of: Read[StudentId, list[AttendanceRecord]] = many(
        ATTENDANCE, by="student_id", where=lambda _, *, days: {**WHOLE_DAY, **in_days("date", days)}
    )
    """The attendance records of each student that are about a whole day."""

    attendance_counts: Read[LessonId, int] = counted(ATTENDANCE, by="lesson_id")
    """How many records of attendance each lesson has."""

    async def attendance_at(
        self, keys: Sequence[LessonOf], *, columns: Columns, deadline: Deadline
    ) -> Mapping[LessonOf, list[AttendanceRecord]]:
        """The attendance records of each student that are about a lesson, and those about its day."""
        found: list[Any] = await self.source.find(
            ATTENDANCE.name,
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

    records_of: Read[StudentId, list[AttendanceRecord]] = many(
        ATTENDANCE,
        by="student_id",
        where=lambda students, *, days, only: {**in_days("date", days), **_readable(only, students)},
    )
    """All attendance records of each student, in no order; *only* narrows those about lessons to its subjects."""

    absence_notices_of: Read[StudentId, Page] = paged(ABSENCE_NOTICES, by="student_id", order=LATEST_SENT)
    """The absence notices about each student, the latest first."""

    absence_notices_by_ids: Read[str, AbsenceNotice] = by_ids(ABSENCE_NOTICES)
    """The absence notice of each id."""

    async def absence_notices_in(
        self,
        classes: Sequence[tuple[StudentId, ...]],
        *,
        state: AbsenceState | None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[StudentId, ...], Page]:
        """The absence notices about all students of each class together, the latest first."""
        return await self.source.pages_of(
            ABSENCE_NOTICES.name,
            {students: {"student_id": {"$in": list(students)}, **without_none(state=state)} for students in classes},
            order=LATEST_SENT,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    acknowledgements_of: Read[tuple[StudentId, str], list[Acknowledgement]] = pairs(
        ACKNOWLEDGEMENTS,
        by=("student_id", "week_starts_on"),
        order=[("acknowledged_at", DESCENDING), ("_id", ASCENDING)],
        needs=("person_id",),
    )
    """Who has seen the diary of each student's week, the latest first; a week is named by its Monday."""


def _set_for(audience: Audience) -> dict[str, Any]:
    """The condition that homework was set for the student, while they belonged to the class or group (trap T13)."""
    places = [({"class_ids": span.id, "group_id": None}, span) for span in audience.classes]
    places += [({"group_id": span.id}, span) for span in audience.groups]
    alternatives = [
        {**place, "date": without_none(**{"$gte": span.first, "$lte": span.last})} for place, span in places
    ]
    if not alternatives:
        return NOTHING
    return {"$or": alternatives, "student_ids": {"$in": [None, audience.student_id]}}


def _taught(only: SubjectsOf | None, audience: Audience) -> dict[str, Any]:
    return {} if only is None else {"subject_id": {"$in": sorted(only.of(audience.student_id))}}


def _readable(only: SubjectsOf | None, students: Sequence[StudentId]) -> dict[str, Any]:
    """The condition that a record is about a whole day, or of a subject that may be read of its student."""
    return {} if only is None else {"$or": [of_subjects(only, students), WHOLE_DAY]}


def _recorded(days: Days | None, statuses: tuple[AttendanceStatus, ...] | None) -> dict[str, Any]:
    wanted = None if statuses is None else {"$in": [str(status) for status in statuses]}
    return {**in_days("date", days), **without_none(status=wanted)}
