"""The mutations of the curriculum, and what they answer."""

from typing import TypedDict

from auth.viewer import Role
from connectors.vocabulary import GroupId, StudentId
from gateway import writing
from gateway.resolvers import curriculum, directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.curriculum.records import ModuleCourse
from gateway.schema.directory import Group
from gateway.schema.fields import extends, many, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student


class ChosenCourse(TypedDict):
    """A resolver's value for `ModuleCoursePayload`: the ids by which its fields are found, and the user's errors."""

    course_id: str
    student_id: StudentId
    user_errors: list[writing.UserError]


@view_of(ChosenCourse)
class ModuleCoursePayload:
    """The result of choosing a module course, or of withdrawing the choice."""

    course: ModuleCourse | None = one(curriculum.courses_by_ids, "course_id")
    """The course with the choice and its free places as they are now; beside the errors NO_PLACES and WINDOW_CLOSED
    too."""

    student: Student | None = one(directory.students, "student_id")
    """The student who chose."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the course was chosen or the choice withdrawn."""


class FormedGroup(TypedDict):
    """A resolver's value for `FormCourseGroupPayload`: the ids by which its fields are found, and user errors."""

    group_id: GroupId
    student_ids: list[StudentId]
    user_errors: list[writing.UserError]


@view_of(FormedGroup)
class FormCourseGroupPayload:
    """The result of forming a study group of the students who chose a module course."""

    group: Group | None = one(directory.groups, "group_id")
    """The study group."""

    students: list[Student] | None = many(directory.students, "student_ids", list_size=30)
    """The members of the group from now on, or from the first day of the period on; who chose first comes first."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the group was formed."""


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

    form_course_group: FormCourseGroupPayload | None = mutation(
        curriculum.form_course_group, subsystem="directory", visible_to={Role.ADMINISTRATOR}
    )
    """Forms a study group (подгруппа) of the students who chose a period of a module course, from its first day or
    today to its last. Sent again, it brings the group up to date: who chose since then joins, who withdrew leaves.
    User errors: NOT_FOUND, REQUIRED, TOO_LONG, INVALID_INPUT, WINDOW_CLOSED."""
