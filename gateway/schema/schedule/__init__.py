"""Schedule: timetables, bells, holidays, events, and the mutations of administrators."""

from gateway.schema.schedule.actions import ScheduleOfMutation
from gateway.schema.schedule.events import ScheduleOfSubscription
from gateway.schema.schedule.records import (
    ScheduleOfClass,
    ScheduleOfLesson,
    ScheduleOfSchool,
    ScheduleOfStudent,
)

__all__ = [
    "ScheduleOfClass",
    "ScheduleOfLesson",
    "ScheduleOfMutation",
    "ScheduleOfSchool",
    "ScheduleOfStudent",
    "ScheduleOfSubscription",
]
