"""The mutations of the diary, and what they answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

import strawberry

from auth.viewer import TEACHING, Role
from connectors.vocabulary import StudentId
from gateway import writing
from gateway.resolvers import diary, directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.diary.records import (
    AbsenceNotice,
    AssignedHomework,
    DiaryWeek,
    Homework,
    Submission,
    TeacherComment,
)
from gateway.schema.fields import batch, column, extends, many, one, shown, value, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Lesson, Student
from gateway.schema.scalars import DateTime


def _made_at(remark: Mapping[str, Any]) -> datetime | None:
    made_at = remark.get("made_at")
    return datetime.fromisoformat(made_at) if made_at else None


class AcknowledgedWeek(TypedDict):
    """A resolver's value for `AcknowledgeDiaryPayload`: what its fields are found by, and user errors."""

    student_id: StudentId
    week_starts_on: str
    user_errors: list[writing.UserError]


class ChangedNotice(TypedDict):
    """A resolver's value for `AbsenceNoticePayload`: the ids by which its fields are found, and user errors."""

    notice_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


class TickedHomework(TypedDict):
    """A resolver's value for `MarkHomeworkDonePayload`: the ids by which its fields are found, and user errors."""

    homework_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


class AnsweredSubmission(TypedDict):
    """A resolver's value for `AnswerSubmissionPayload`: the id by which the work is found, and user errors."""

    submission_id: str
    user_errors: list[writing.UserError]


class RecordedAttendance(TypedDict):
    """A resolver's value for `RecordAttendancePayload`: the ids by which its fields are found, and user errors."""

    lesson_ids: list[str]
    student_ids: list[StudentId]
    user_errors: list[writing.UserError]


class SetHomework(TypedDict):
    """A resolver's value for `HomeworkPayload`: the id by which its homework is found, and user errors."""

    homework_id: str
    user_errors: list[writing.UserError]


class AddedRemark(TypedDict):
    """A resolver's value for `AddRemarkPayload`: all that staff see of a remark, and user errors."""

    remark_id: str
    made_at: str
    user_errors: list[writing.UserError]


class WithdrawnRemark(TypedDict):
    """A resolver's value for `WithdrawRemarkPayload`: the id of the remark, and user errors."""

    remark_id: str
    user_errors: list[writing.UserError]


class AddedComment(TypedDict):
    """A resolver's value for `AddCommentPayload`: the ids by which its fields are found, and user errors."""

    comment_id: str
    student_id: StudentId
    lesson_id: str
    user_errors: list[writing.UserError]


@view_of(AcknowledgedWeek)
class AcknowledgeDiaryPayload:
    """The result of acknowledging the diary of a week."""

    week: DiaryWeek | None = batch(diary.week_of_payload, "student_id", "week_starts_on")
    """The week with its acknowledgement; null where it was not acknowledged."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose diary it is; null where the week was not acknowledged."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the week was acknowledged."""


@view_of(ChangedNotice)
class AbsenceNoticePayload:
    """The result of sending or changing a notice of absence."""

    notice: AbsenceNotice | None = one(diary.absence_notices_by_ids, "notice_id")
    """The notice as it is now; beside the error CONFLICT too."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom the notice is about."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the notice was sent or changed."""


@view_of(TickedHomework)
class MarkHomeworkDonePayload:
    """The result of ticking off homework."""

    homework: Homework | None = one(diary.homework_by_ids, "homework_id")
    """The homework with its status."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose homework it is."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the tick was set or taken away."""


@view_of(TickedHomework)
class SubmitHomeworkPayload:
    """The result of handing work in."""

    homework: Homework | None = one(diary.homework_by_ids, "homework_id")
    """The homework with its status and with the work."""

    student: Student | None = one(directory.students, "student_id")
    """The student who handed the work in."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the work was handed in."""


@view_of(TickedHomework)
class WithdrawSubmissionPayload:
    """The result of taking work back."""

    homework: Homework | None = one(diary.homework_by_ids, "homework_id")
    """The homework with its status."""

    student: Student | None = one(directory.students, "student_id")
    """The student who took the work back."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the work was taken back."""


@view_of(AnsweredSubmission)
class AnswerSubmissionPayload:
    """The result of answering work that was handed in."""

    submission: Submission | None = one(diary.submissions_by_ids, "submission_id")
    """The work as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the work was answered."""


@view_of(RecordedAttendance)
class RecordAttendancePayload:
    """The result of recording attendance."""

    lessons: list[Lesson | None] = many(diary.lessons_by_ids, "lesson_ids", list_size=30)
    """The lesson as each student has it, with the attendance that was recorded, in the order of `records`; empty where
    nothing was recorded."""

    students: list[Student | None] = many(directory.students, "student_ids", list_size=30)
    """The students in the order of `records`; empty where nothing was recorded. Null, with an error, to a teacher who
    reads no more of a student than the lesson that they take for another teacher."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the attendance was recorded."""


@view_of(SetHomework)
class HomeworkPayload:
    """The result of setting or changing homework."""

    homework: AssignedHomework | None = one(diary.assigned_homework_by_ids, "homework_id")
    """The task as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the homework was set or changed."""


@view_of(AddedRemark)
class AddRemarkPayload:
    """The result of writing a remark: nothing of what it says, which only the parents can read."""

    id: strawberry.ID | None = column("remark_id")
    """The id by which its author can withdraw the remark; null where it was not written."""

    made_at: DateTime | None = value(_made_at, "made_at")
    """When the remark was written; null where it was not."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the remark was written."""


@view_of(WithdrawnRemark)
class WithdrawRemarkPayload:
    """The result of withdrawing a remark."""

    withdrawn_remark_id: strawberry.ID | None = column("remark_id")
    """The id of the remark that there is no longer; null where it was not withdrawn."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the remark was withdrawn."""


@view_of(AddedComment)
class AddCommentPayload:
    """The result of writing a comment."""

    comment: TeacherComment | None = one(diary.written_comments, "comment_id")
    """The comment; null where it was not written."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom the comment is for. Null, with an error, to a teacher who reads no more of the student than the
    lesson that they take for another teacher."""

    lesson: Lesson | None = one(diary.lessons_by_ids, "lesson_id")
    """The lesson at which the comment was made; null for a comment at no lesson."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the comment was written."""


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

    submit_homework: SubmitHomeworkPayload | None = mutation(
        diary.submit_homework, subsystem="diary", visible_to={Role.STUDENT}
    )
    """Hands work in for a homework (сдать работу): a text, files, or both. Sent again before the work is checked, it
    takes the place of what was handed in. User errors: NOT_FOUND, NOT_ALLOWED, REQUIRED, INVALID_INPUT, TOO_LONG,
    TOO_MANY, TAKEN, FILE_NOT_READY, FILE_REJECTED."""

    withdraw_submission: WithdrawSubmissionPayload | None = mutation(
        diary.withdraw_submission, subsystem="diary", visible_to={Role.STUDENT}
    )
    """Takes work back that was handed in and is not checked. User errors: NOT_FOUND, NOT_ALLOWED, TOO_MANY."""

    answer_submission: AnswerSubmissionPayload | None = mutation(
        diary.answer_submission, subsystem="diary", visible_to=TEACHING
    )
    """Checks work that a student handed in, or hands it back with a word (проверить, вернуть на доработку), and ticks
    the items that are done; a mark is given by `giveMark`, in the same operation where wanted. User errors: NOT_FOUND,
    REQUIRED, INVALID_INPUT, CONFLICT, TOO_LONG."""

    record_attendance: RecordAttendancePayload | None = mutation(
        diary.record_attendance, subsystem="diary", visible_to={Role.TEACHER}
    )
    """Records how students attended a lesson (посещаемость), a class at once: all of it or nothing. From the beginning
    of the lesson on, by who teaches it or takes it for another teacher. User errors: NOT_FOUND, REQUIRED,
    INVALID_INPUT, OUT_OF_RANGE, NOT_ALLOWED, WINDOW_CLOSED, TOO_LONG, TOO_MANY."""

    assign_homework: HomeworkPayload | None = mutation(
        diary.assign_homework, subsystem="diary", visible_to={Role.TEACHER}, needs_key=True
    )
    """Sets homework or classwork (домашнее задание, классная работа) for all who attend a lesson on its day, or for
    single students; needs an idempotency key. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE,
    NOT_ALLOWED, TAKEN, TOO_LONG, TOO_MANY, FILE_NOT_READY, FILE_REJECTED."""

    update_homework: HomeworkPayload | None = mutation(
        diary.update_homework, subsystem="diary", visible_to={Role.TEACHER}
    )
    """Changes homework or classwork that was set for a class or group which the viewer teaches. User errors: NOT_FOUND,
    REQUIRED, INVALID_INPUT, OUT_OF_RANGE, NOT_ALLOWED, TAKEN, CONFLICT, TOO_LONG, TOO_MANY, FILE_NOT_READY,
    FILE_REJECTED."""

    add_remark: AddRemarkPayload | None = mutation(
        diary.add_remark, subsystem="diary", visible_to=TEACHING, needs_key=True
    )
    """Writes a remark about a student (замечание), which the parents read and nobody else, its author included; needs
    an idempotency key. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, NOT_ALLOWED, WINDOW_CLOSED,
    TOO_LONG, TOO_MANY."""

    withdraw_remark: WithdrawRemarkPayload | None = mutation(
        diary.withdraw_remark, subsystem="diary", visible_to=TEACHING
    )
    """Takes a remark back that the viewer wrote, by the id that `addRemark` answered. User errors: NOT_FOUND."""

    add_comment: AddCommentPayload | None = mutation(
        diary.add_comment, subsystem="diary", visible_to=TEACHING, needs_key=True
    )
    """Writes a comment to a student (комментарий), which the parents read too; needs an idempotency key. User errors:
    NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, NOT_ALLOWED, WINDOW_CLOSED, TOO_LONG, TOO_MANY."""
