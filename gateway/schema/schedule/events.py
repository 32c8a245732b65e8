"""The changes of the timetable that subscriptions send."""

from typing import Final, TypedDict

from auth.viewer import FAMILY
from connectors.vocabulary import StudentId
from gateway.events import EventSource, by_document
from gateway.resolvers import diary, directory
from gateway.schema.events import event_of_student
from gateway.schema.fields import extends, one, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Lesson, Student

LESSONS: Final = EventSource(
    place="schedule.lessons",
    topics=by_document(
        lambda connectors: connectors.schedule.lessons_by_ids,
        ("class_ids", "group_id"),
        lambda lesson: [lesson["group_id"]] if lesson["group_id"] else lesson["class_ids"],
    ),
    followed=lambda viewer: viewer.class_ids | viewer.group_ids,
    each_student=True,
)


class LessonEventDocument(TypedDict):
    """A student's lesson, when it was changed."""

    student_id: StudentId
    lesson: diary.StudentLesson


@view_of(LessonEventDocument, visible_to=FAMILY)
class LessonEvent:
    """A lesson that is new or changed."""

    student: Student | None = one(directory.students, "student_id")
    """The student whose lesson it is."""

    lesson: Lesson
    """The lesson as it is now."""


@extends(RootDocument)
class ScheduleOfSubscription:
    """What the schedule adds to the subscriptions."""

    lesson_changed: LessonEvent | None = event_of_student(LESSONS, diary.lessons_by_ids, "lesson", visible_to=FAMILY)
    """A lesson that is new, moved, cancelled, substituted or otherwise changed (изменение в расписании); sent once for
    each student who attends it."""
