"""The changes of marks that subscriptions send."""

from typing import Final, TypedDict

from connectors import grades as documents
from connectors.vocabulary import StudentId
from gateway.events import of_student
from gateway.resolvers import directory, grades
from gateway.schema.events import event_of_student
from gateway.schema.fields import extends, one, view_of
from gateway.schema.grades.records import Mark
from gateway.schema.node import RootDocument
from gateway.schema.references import Student
from gateway.schema.visibility import NOT_ANALYST

MARKS: Final = of_student("grades.marks", lambda connectors: connectors.grades.marks_by_ids)


class MarkEventDocument(TypedDict):
    """A student's mark, when it was changed."""

    student_id: StudentId
    mark: documents.Mark


@view_of(MarkEventDocument, visible_to=NOT_ANALYST)
class MarkEvent:
    """A mark that was given or changed."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose mark it is."""

    mark: Mark
    """The mark as it is now."""


@extends(RootDocument)
class GradesOfSubscription:
    """What the grades add to the subscriptions."""

    mark_changed: MarkEvent | None = event_of_student(MARKS, grades.marks_by_ids, "mark", visible_to=NOT_ANALYST)
    """A mark (отметка) that was given or changed."""
