"""The changes of the diary that subscriptions send."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypedDict

from auth.viewer import FAMILY, Role, Viewer
from connectors import diary as documents
from connectors.vocabulary import StudentId
from gateway.events import EventSource, by_document, of_student
from gateway.resolvers import diary as diaries
from gateway.resolvers import directory
from gateway.schema.diary.records import WATCHERS, AbsenceNotice, AttendanceRecord, Homework, Remark
from gateway.schema.events import event_of_student
from gateway.schema.fields import extends, one, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student
from gateway.schema.visibility import NOT_ANALYST

REMARKS: Final = of_student("diary.remarks", lambda connectors: connectors.diary.remarks_by_ids, inserted_only=True)
ATTENDANCE: Final = of_student("diary.attendance", lambda connectors: connectors.diary.attendance_by_ids)
ABSENCES: Final = of_student(
    "diary.absence_notices", lambda connectors: connectors.diary.absence_notices_by_ids, fields={"state"}
)


def _places_of(homework: Mapping[str, Any]) -> Iterable[str]:
    """The students whom homework is for, or the group, or the classes."""
    if homework["student_ids"] is not None:
        return list(homework["student_ids"])
    return [homework["group_id"]] if homework["group_id"] else list(homework["class_ids"])


def _places_followed(viewer: Viewer) -> Iterable[str]:
    return viewer.student_ids | viewer.class_ids | viewer.group_ids


HOMEWORK: Final = EventSource(
    place="diary.homework",
    topics=by_document(
        lambda connectors: connectors.diary.homework_by_ids, ("class_ids", "group_id", "student_ids"), _places_of
    ),
    followed=_places_followed,
    each_student=True,
)


class RemarkEventDocument(TypedDict):
    """A remark that was made."""

    student_id: StudentId
    remark: documents.Remark


@view_of(RemarkEventDocument, visible_to={Role.PARENT})
class RemarkEvent:
    """A remark that was made."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom it is about."""

    remark: Remark
    """The remark."""


class HomeworkEventDocument(TypedDict):
    """Homework that was set or changed."""

    student_id: StudentId
    homework: diaries.StudentHomework


@view_of(HomeworkEventDocument, visible_to=FAMILY)
class HomeworkEvent:
    """Homework that was set or changed."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom it is for."""

    homework: Homework
    """The homework as it is now."""


class AttendanceEventDocument(TypedDict):
    """A record of attendance that was made or changed."""

    student_id: StudentId
    attendance: documents.AttendanceRecord


@view_of(AttendanceEventDocument, visible_to=NOT_ANALYST)
class AttendanceEvent:
    """A record of attendance that was made or changed."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom it is about."""

    attendance: AttendanceRecord
    """The record as it is now."""


class AbsenceNoticeEventDocument(TypedDict):
    """A notice of absence that was sent, or whose state was changed."""

    student_id: StudentId
    absence_notice: documents.AbsenceNotice


@view_of(AbsenceNoticeEventDocument, visible_to=WATCHERS)
class AbsenceNoticeEvent:
    """A notice of absence that was sent, or whose state was changed."""

    student: Student | None = one(directory.students, "student_id")
    """The student who is absent."""

    absence_notice: AbsenceNotice
    """The notice as it is now."""


@extends(RootDocument)
class DiaryOfSubscription:
    """What the diary adds to the subscriptions."""

    remark_added: RemarkEvent | None = event_of_student(
        REMARKS, diaries.remarks_by_ids, "remark", visible_to={Role.PARENT}
    )
    """A teacher's remark (замечание) that was made."""

    homework_changed: HomeworkEvent | None = event_of_student(
        HOMEWORK, diaries.homework_by_ids, "homework", visible_to=FAMILY
    )
    """Homework (домашнее задание) that was set or changed; sent once for each student whom it is for."""

    attendance_changed: AttendanceEvent | None = event_of_student(
        ATTENDANCE, diaries.attendance_by_ids, "attendance", visible_to=NOT_ANALYST
    )
    """A record of attendance (посещаемость) that was made or changed; an attendance that is only assumed has none."""

    absence_notice_state_changed: AbsenceNoticeEvent | None = event_of_student(
        ABSENCES, diaries.absence_notices_by_ids, "absence_notice", visible_to=WATCHERS
    )
    """A notice of absence (заявление об отсутствии) that was sent, or whose state was changed."""
