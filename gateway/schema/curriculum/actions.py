"""The mutations of the curriculum, and what they answer."""

from typing import TypedDict

from auth.viewer import Role
from connectors.vocabulary import StudentId
from gateway import writing
from gateway.resolvers import curriculum, directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.curriculum.records import ModuleCourse
from gateway.schema.fields import extends, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student


class ChosenCourse(TypedDict):
    """The document behind `ModuleCoursePayload`: the ids by which its fields are found, and the user's errors."""

    course_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


@view_of(ChosenCourse)
class ModuleCoursePayload:
    """What came of choosing a module course, or of withdrawing the choice."""

    course: ModuleCourse | None = one(curriculum.courses_by_ids, "course_id")
    """The course with the choice and its free places as they are now; beside the errors NO_PLACES and WINDOW_CLOSED
    too."""

    student: Student | None = one(directory.students, "student_id")
    """The student who chose."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the course was chosen or the choice withdrawn."""


@extends(RootDocument)
class CurriculumOfMutation:
    """What the curriculum adds to the mutations."""

    choose_module_course: ModuleCoursePayload | None = mutation(
        curriculum.choose_module_course, subsystem="curriculum", visible_to={Role.STUDENT}
    )
    """Chooses a module course (модульный курс) and a period of it; another period of the same course moves the choice.
    User errors: NOT_FOUND, WINDOW_CLOSED, NO_PLACES, TOO_MANY."""

    withdraw_choice: ModuleCoursePayload | None = mutation(
        curriculum.withdraw_choice, subsystem="curriculum", visible_to={Role.STUDENT}
    )
    """Withdraws the choice of a module course, while courses are chosen. User errors: NOT_FOUND, WINDOW_CLOSED,
    TOO_MANY."""
