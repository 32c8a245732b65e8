"""The mutations of the timetable, and what they answer."""

from typing import TypedDict

from auth.viewer import Role
from connectors.vocabulary import LessonId
from gateway import writing
from gateway.resolvers import schedule
from gateway.schema.actions import UserError, mutation
from gateway.schema.fields import extends, many, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.schedule.records import TimetableLesson


class ChangedLesson(TypedDict):
    """A resolver's value for `TimetableLessonPayload`: the ids by which its fields are found, and the user's errors."""

    lesson_id: LessonId
    overlapping_ids: list[LessonId]
    user_errors: list[writing.UserError]


@view_of(ChangedLesson)
class TimetableLessonPayload:
    """The result of changing a lesson of the timetable."""

    lesson: TimetableLesson | None = one(schedule.lessons_if_of_own_school, "lesson_id")
    """The lesson as it is now; beside the errors CONFLICT and OVERLAPS too. After a move its `movedTo` takes place
    instead."""

    overlapping: list[TimetableLesson] | None = many(schedule.lessons_if_of_own_school, "overlapping_ids", list_size=2)
    """The other lessons that the error OVERLAPS is about; empty without that error."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the lesson was changed."""


@extends(RootDocument)
class ScheduleOfMutation:
    """What the schedule adds to the mutations."""

    edit_lesson: TimetableLessonPayload | None = mutation(
        schedule.edit_lesson, subsystem="schedule", visible_to={Role.ADMINISTRATOR}
    )
    """Corrects the time, the room or the teachers of a lesson on its day; all see it at once. User errors: NOT_FOUND,
    REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, TOO_MANY, CONFLICT, NOT_ALLOWED, OVERLAPS."""

    move_lesson: TimetableLessonPayload | None = mutation(
        schedule.move_lesson, subsystem="schedule", visible_to={Role.ADMINISTRATOR}
    )
    """Moves a lesson to another time (перенос): it stays where it was with the status MOVED, and its `movedTo` takes
    place instead. A substitution does not go with it to another day, and a lesson with marks or attendance is not
    moved. User errors: NOT_FOUND, REQUIRED, INVALID_INPUT, OUT_OF_RANGE, TOO_LONG, CONFLICT, NOT_ALLOWED,
    OVERLAPS."""

    cancel_lesson: TimetableLessonPayload | None = mutation(
        schedule.cancel_lesson, subsystem="schedule", visible_to={Role.ADMINISTRATOR}
    )
    """Cancels a lesson (отмена), or has a cancelled one take place after all; a lesson with marks or attendance is not
    cancelled. User errors: NOT_FOUND, REQUIRED, CONFLICT, NOT_ALLOWED, OVERLAPS."""

    substitute: TimetableLessonPayload | None = mutation(
        schedule.substitute, subsystem="schedule", visible_to={Role.ADMINISTRATOR}
    )
    """Gives one lesson to another teacher or another subject (замена), or takes that back. The substitute reads the
    students and records of that lesson, and of no other. User errors: NOT_FOUND, REQUIRED, CONFLICT, NOT_ALLOWED,
    OVERLAPS."""
