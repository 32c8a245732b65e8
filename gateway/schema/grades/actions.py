"""The mutations of the grades, and what they answer."""

from typing import Final, TypedDict

import strawberry

from auth.viewer import FAMILY, STAFF, TEACHING, Role
from connectors.vocabulary import MarkId, StudentId, WorkId
from gateway import writing
from gateway.resolvers import diary, directory, grades
from gateway.schema.actions import UserError, mutation
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, many, one, shown, view_of
from gateway.schema.grades.records import FinalGrade, Mark, Work
from gateway.schema.grades.reviews import GradeReview
from gateway.schema.node import RootDocument
from gateway.schema.references import Lesson, Student

ANSWERS_REVIEWS: Final = frozenset({Role.TEACHER, Role.ADMINISTRATOR})

described_enum(grades.MarkWarningCode)


@view_of(grades.MarkWarning)
class MarkWarning:
    """Something about a mark that is allowed, and may be a mistake."""

    code: grades.MarkWarningCode
    """The kind of warning."""

    message: str
    """The warning in a sentence, in the language that the client asks for by Accept-Language."""

    field: list[str]
    """The path of the student inside `input`, with the places of lists as digits."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The mark that the warning is about."""


class WrittenMark(TypedDict):
    """A resolver's value for the payloads about one mark: what its fields are found by, and the user's errors."""

    mark_id: MarkId
    deleted_mark_id: MarkId
    student_id: StudentId
    student_lesson_id: str
    user_errors: list[writing.UserError]


class WrittenMarks(TypedDict):
    """A resolver's value for `GiveMarksPayload`: what its fields are found by, and the user's errors."""

    mark_ids: list[MarkId]
    student_ids: list[StudentId]
    work_id: WorkId
    user_errors: list[writing.UserError]


class MadeWork(TypedDict):
    """A resolver's value for the payloads about one work: what it is found by, and the user's errors."""

    work_id: WorkId
    user_errors: list[writing.UserError]


class PublishedTest(TypedDict):
    """A resolver's value for `PublishTestToJournalPayload`: what its fields are found by, and the user's errors."""

    work_id: WorkId
    mark_ids: list[MarkId]
    user_errors: list[writing.UserError]


class WrittenReview(TypedDict):
    """A resolver's value for `GradeReviewPayload`: what its fields are found by, and the user's errors."""

    review_id: str
    mark_id: MarkId
    student_id: StudentId
    user_errors: list[writing.UserError]


class WrittenFinalGrade(TypedDict):
    """A resolver's value for `SetFinalGradePayload`: what its fields are found by, and the user's errors."""

    final_grade_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


@view_of(WrittenMark)
class GiveMarkPayload:
    """The result of giving a mark."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The mark as it is now; beside the error TAKEN the one that is there."""

    lesson: Lesson | None = one(diary.lessons_by_ids, "student_lesson_id")
    """The lesson of the mark, as the student has it; null for a mark of no lesson."""

    student: Student | None = one(directory.students, "student_id")
    """The student, with averages as they are now; null for a substitute, who reads nothing of them but the lesson."""

    warnings: list[MarkWarning] | None = batch(grades.warnings_of, "mark_id", list_size=1)
    """What may be a mistake."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the mark was given."""


@view_of(WrittenMarks)
class GiveMarksPayload:
    """The result of giving the marks of many students."""

    marks: list[Mark] | None = many(grades.written_marks, "mark_ids", list_size=30)
    """The marks as they are now, in the order of the input; beside the error TAKEN those that are there."""

    students: list[Student] | None = many(directory.students, "student_ids", list_size=30)
    """The students of the marks, in the same order, with averages as they are now; empty for a substitute."""

    work: Work | None = one(grades.written_works, "work_id")
    """The work that the marks are for."""

    warnings: list[MarkWarning] | None = batch(grades.warnings_of, "mark_ids", list_size=2)
    """What may be a mistake."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where all marks were given."""


@view_of(WrittenMark)
class ChangeMarkPayload:
    """The result of changing a mark."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The mark as it is now; beside the error CONFLICT too."""

    lesson: Lesson | None = one(diary.lessons_by_ids, "student_lesson_id")
    """The lesson of the mark, as the student has it; null for a mark of no lesson."""

    student: Student | None = one(directory.students, "student_id")
    """The student, with averages as they are now; null for a substitute, who reads nothing of them but the lesson."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the mark was changed."""


@view_of(WrittenMark)
class RemoveMarkPayload:
    """The result of removing a mark."""

    deleted_mark_id: strawberry.ID | None
    """The id of the mark that was removed; null where it was not."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The mark where it was not removed, as beside the error CONFLICT; otherwise null."""

    lesson: Lesson | None = one(diary.lessons_by_ids, "student_lesson_id")
    """The lesson of the mark, as the student has it; null for a mark of no lesson."""

    student: Student | None = one(directory.students, "student_id")
    """The student, with averages as they are now; null for a substitute, who reads nothing of them but the lesson."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the mark was removed."""


@view_of(WrittenMark)
class SetPointPayload:
    """The result of setting a point."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The point as it is now; beside the error CONFLICT what is there."""

    lesson: Lesson | None = one(diary.lessons_by_ids, "student_lesson_id")
    """The lesson of the mark, as the student has it; null for a mark of no lesson."""

    student: Student | None = one(directory.students, "student_id")
    """The student, with averages as they are now; null for a substitute, who reads nothing of them but the lesson."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the point was set."""


@view_of(MadeWork)
class CreateWorkPayload:
    """The result of making a work."""

    work: Work | None = one(grades.written_works, "work_id")
    """The work."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the work was made."""


@view_of(MadeWork)
class PlanControlWorkPayload:
    """The result of planning a control work."""

    work: Work | None = one(grades.written_works, "work_id")
    """The control work."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the control work was planned."""


@view_of(WrittenFinalGrade)
class SetFinalGradePayload:
    """The result of setting a final grade."""

    final_grade: FinalGrade | None = one(grades.final_grades_by_ids, "final_grade_id")
    """The final grade as it is now; beside the error CONFLICT too."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose grade it is."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the grade was set."""


@view_of(PublishedTest)
class PublishTestToJournalPayload:
    """The result of entering the results of a test in the journal."""

    work: Work | None = one(grades.written_works, "work_id")
    """The control work with the results; beside the error TAKEN the one that is there."""

    marks: list[Mark] | None = many(grades.written_marks, "mark_ids", list_size=30)
    """The marks that were given."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the results were entered."""


@view_of(WrittenReview)
class GradeReviewPayload:
    """The result of asking for the review of a mark, or of answering."""

    review: GradeReview | None = one(grades.grade_reviews_by_ids, "review_id")
    """The request as it is now; beside the errors TAKEN and CONFLICT too."""

    mark: Mark | None = one(grades.written_marks, "mark_id")
    """The mark as it is now."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose mark it is, with averages as they are now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the request or the answer was sent."""


@extends(RootDocument)
class GradesOfMutation:
    """What the grades add to the mutations."""

    give_mark: GiveMarkPayload | None = mutation(grades.give_mark, subsystem="grades", visible_to=TEACHING)
    """Gives a student a mark for a work: one for each student and work, on a day for which the school still takes
    marks. Sending the same mark again changes nothing. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE,
    TOO_LONG, TAKEN, NOT_ALLOWED, WINDOW_CLOSED."""

    give_marks: GiveMarksPayload | None = mutation(grades.give_marks, subsystem="grades", visible_to=TEACHING)
    """Gives many students their marks for one work: all of them, or none where one has a problem. User errors:
    NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, TOO_MANY, TAKEN, NOT_ALLOWED, WINDOW_CLOSED."""

    change_mark: ChangeMarkPayload | None = mutation(grades.change_mark, subsystem="grades", visible_to=TEACHING)
    """Changes the value, the weight or the comment of a mark; earlier values stay in its history. User errors:
    NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, CONFLICT, WINDOW_CLOSED."""

    remove_mark: RemoveMarkPayload | None = mutation(grades.remove_mark, subsystem="grades", visible_to=TEACHING)
    """Removes a mark that was given by mistake. User errors: NOT_FOUND, REQUIRED, CONFLICT, OUT_OF_RANGE,
    WINDOW_CLOSED."""

    set_point: SetPointPayload | None = mutation(grades.set_point, subsystem="grades", visible_to=TEACHING)
    """Sets a point («точка»: an answer is awaited) for a student and a work, changes until when it is valid, or makes
    one of the mark that is there. User errors: NOT_FOUND, INVALID_INPUT, OUT_OF_RANGE, REQUIRED, TOO_LONG, CONFLICT,
    NOT_ALLOWED, WINDOW_CLOSED."""

    create_work: CreateWorkPayload | None = mutation(
        grades.create_work, subsystem="grades", visible_to=TEACHING, needs_key=True
    )
    """Makes a work that marks are given for; needs an idempotency key. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT,
    OUT_OF_RANGE, TOO_LONG, NOT_ALLOWED."""

    plan_control_work: PlanControlWorkPayload | None = mutation(
        grades.plan_control_work, subsystem="grades", visible_to=TEACHING, needs_key=True
    )
    """Plans a control work (контрольная работа), which students and parents see beforehand; needs an idempotency key.
    User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, NOT_ALLOWED."""

    set_final_grade: SetFinalGradePayload | None = mutation(
        grades.set_final_grade, subsystem="grades", visible_to=STAFF
    )
    """Sets a final grade (итоговая отметка), or changes it: a teacher until the period is closed, an administrator from
    then on. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, CONFLICT, WINDOW_CLOSED."""

    request_grade_review: GradeReviewPayload | None = mutation(
        grades.request_grade_review, subsystem="grades", visible_to=FAMILY
    )
    """Asks the teacher to review a mark of this school year (запрос на пересмотр оценки); one request of a mark is open
    at a time. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, TAKEN, NOT_ALLOWED, WINDOW_CLOSED.
    """

    answer_grade_review: GradeReviewPayload | None = mutation(
        grades.answer_grade_review, subsystem="grades", visible_to=ANSWERS_REVIEWS
    )
    """Answers a request to review a mark, and changes the mark where a new value is sent: the teacher of the subject,
    or an administrator. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, NOT_ALLOWED, CONFLICT,
    WINDOW_CLOSED."""

    publish_test_to_journal: PublishTestToJournalPayload | None = mutation(
        grades.publish_test_to_journal, subsystem="grades", visible_to=TEACHING
    )
    """Enters the results of a closed test in the journal: a control work (контрольная работа) with a mark for the best
    attempt of each student, which the parents see; the test they do not. User errors: NOT_FOUND, REQUIRED,
    INVALID_INPUT, OUT_OF_RANGE, TAKEN, TOO_LONG, TOO_MANY, NOT_ALLOWED, WINDOW_CLOSED."""
