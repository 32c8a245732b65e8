"""Requests to review marks, and where they are found."""

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import grades as documents
from connectors.grades import GradeReviewState
from connectors.vocabulary import version_of
from gateway.resolvers import directory, grades
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, view_of
from gateway.schema.fields import value as computed
from gateway.schema.grades import records
from gateway.schema.grades.records import Mark
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.references import Student
from gateway.schema.scalars import DateTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(GradeReviewState)


@view_of(documents.GradeReview, visible_to=NOT_ANALYST, found_by=grades.grade_reviews_by_ids)
class GradeReview(Node):
    """A family's request to review a mark, and the answer to it (запрос на пересмотр оценки)."""

    id: strawberry.ID
    mark: Mark | None = batch(grades.marks_of_reviews, "mark_id", "student_id")
    """The mark as it is now; null where it was removed."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose mark it is."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the mark."""

    reason: str
    """Why the mark should be reviewed, in the words of the family."""

    state: GradeReviewState
    """What became of the request."""

    requested_by: Person | None = one(directory.people, "requested_by_id")
    """The student or the parent who asked for the review."""

    requested_at: DateTime = instant("requested_at")
    """When the review was asked for."""

    answer: str | None
    """The answer; null until there is one."""

    answered_by: Person | None = one(directory.people, "answered_by_id")
    """Who answered; null until then."""

    answered_at: DateTime | None = instant("answered_at")
    """When the request was answered; null until then."""

    old_value: str | None
    """The value that the mark had before the answer changed it; null where the mark stayed."""

    new_value: str | None
    """The value that the answer gave the mark; null where the mark stayed."""

    version: int = computed(version_of, "version")
    """How often the request was changed; `answerGradeReview` asks for it."""


@extends(people.Person)
class GradesOfStudent(records.GradesOfStudent):
    """What the grades add to a student."""

    grade_reviews: Connection[GradeReview] | None = batch(grades.grade_reviews_of, "student_id")
    """The requests to review marks (запросы на пересмотр), the latest first; to a teacher those in the subjects that
    they teach the student."""


@extends(directory.ViewerDocument)
class GradesOfViewer:
    """What the grades add to the viewer."""

    grade_reviews: Connection[GradeReview] | None = batch(grades.grade_reviews_to_answer, visible_to={Role.TEACHER})
    """The requests to review marks in the subjects that the teacher teaches, the latest first; `state: OPEN` finds
    those that await an answer."""
