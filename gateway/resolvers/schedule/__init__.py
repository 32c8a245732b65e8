"""Schedule: timetables, bells with breaks, holidays and school events, and what administrators change in them."""

from gateway.resolvers.schedule.actions import cancel_lesson, edit_lesson
from gateway.resolvers.schedule.bells import BreakAfter, bells, events, holiday_of_days, holidays
from gateway.resolvers.schedule.moves import move_lesson
from gateway.resolvers.schedule.substituting import substitute
from gateway.resolvers.schedule.timetables import (
    TimetableDay,
    TimetableWeek,
    lessons,
    lessons_if_of_own_school,
    timetable_days,
    timetable_of_classes,
    timetable_of_students,
)

__all__ = [
    "BreakAfter",
    "TimetableDay",
    "TimetableWeek",
    "bells",
    "cancel_lesson",
    "edit_lesson",
    "events",
    "holiday_of_days",
    "holidays",
    "lessons",
    "lessons_if_of_own_school",
    "move_lesson",
    "substitute",
    "timetable_days",
    "timetable_of_classes",
    "timetable_of_students",
]
