"""The mutations of the diary, and what they answer."""

from typing import TypedDict

from auth.viewer import Role
from connectors.vocabulary import StudentId
from gateway import writing
from gateway.resolvers import diary, directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.diary.records import AbsenceNotice, DiaryWeek, Homework
from gateway.schema.fields import batch, extends, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student


class AcknowledgedWeek(TypedDict):
    """The document behind `AcknowledgeDiaryPayload`: what its fields are found by, and the user's errors."""

    student_id: StudentId
    week_starts_on: str
    user_errors: list[writing.UserError]


class ChangedNotice(TypedDict):
    """The document behind `AbsenceNoticePayload`: the ids by which its fields are found, and the user's errors."""

    notice_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


class TickedHomework(TypedDict):
    """The document behind `MarkHomeworkDonePayload`: the ids by which its fields are found, and the user's errors."""

    homework_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


@view_of(AcknowledgedWeek)
class AcknowledgeDiaryPayload:
    """What came of acknowledging the diary of a week."""

    week: DiaryWeek | None = batch(diary.week_of_payload, "student_id", "week_starts_on")
    """The week with its acknowledgement; null where it was not acknowledged."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose diary it is; null where the week was not acknowledged."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the week was acknowledged."""


@view_of(ChangedNotice)
class AbsenceNoticePayload:
    """What came of sending or changing a notice of absence."""

    notice: AbsenceNotice | None = one(diary.absence_notices_by_ids, "notice_id")
    """The notice as it is now; beside the error CONFLICT too."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom the notice is about."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the notice was sent or changed."""


@view_of(TickedHomework)
class MarkHomeworkDonePayload:
    """What came of ticking off homework."""

    homework: Homework | None = one(diary.homework_by_ids, "homework_id")
    """The homework with its status."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose homework it is."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the tick was set or taken away."""


@extends(RootDocument)
class DiaryOfMutation:
    """What the diary adds to the mutations."""

    acknowledge_diary: AcknowledgeDiaryPayload | None = mutation(
        diary.acknowledge_diary, subsystem="diary", visible_to={Role.PARENT}
    )
    """Acknowledges the diary of a week («Ознакомлен»), once for each parent: of a week that is over, and of the running
    one from the weekday that the school chose. User errors: NOT_FOUND, INVALID_INPUT, OUT_OF_RANGE, WINDOW_CLOSED."""

    submit_absence_notice: AbsenceNoticePayload | None = mutation(
        diary.submit_absence_notice, subsystem="diary", visible_to={Role.PARENT}, needs_key=True
    )
    """Sends the class teacher a notice of absence (уведомление об отсутствии); needs an idempotency key. User errors:
    NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, OVERLAPS, TOO_LONG, TOO_MANY."""

    cancel_absence_notice: AbsenceNoticePayload | None = mutation(
        diary.cancel_absence_notice, subsystem="diary", visible_to={Role.PARENT}
    )
    """Cancels a notice of absence that the parent sent, until its last day is over. User errors: NOT_FOUND, REQUIRED,
    CONFLICT, NOT_ALLOWED."""

    confirm_absence_notice: AbsenceNoticePayload | None = mutation(
        diary.confirm_absence_notice, subsystem="diary", visible_to={Role.CLASS_TEACHER}
    )
    """Confirms a notice of absence that was sent. User errors: NOT_FOUND, REQUIRED, CONFLICT, NOT_ALLOWED."""

    reject_absence_notice: AbsenceNoticePayload | None = mutation(
        diary.reject_absence_notice, subsystem="diary", visible_to={Role.CLASS_TEACHER}
    )
    """Rejects a notice of absence that was sent. User errors: NOT_FOUND, REQUIRED, CONFLICT, NOT_ALLOWED."""

    mark_homework_done: MarkHomeworkDonePayload | None = mutation(
        diary.mark_homework_done, subsystem="diary", visible_to={Role.STUDENT}
    )
    """Ticks homework off as done, or takes the tick away. User errors: NOT_FOUND, NOT_ALLOWED, TOO_MANY."""
