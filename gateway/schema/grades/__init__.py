"""Grades: the types of its records, what it adds to the shared types, a teacher's journal, and what is done in it."""

from gateway.schema.grades.actions import GradesOfMutation
from gateway.schema.grades.events import GradesOfSubscription
from gateway.schema.grades.lesson_journal import GradesOfQuery
from gateway.schema.grades.records import GradesOfLesson, GradesOfSchool, SubjectPerformance
from gateway.schema.grades.reviews import GradesOfStudent, GradesOfViewer

__all__ = [
    "GradesOfLesson",
    "GradesOfMutation",
    "GradesOfQuery",
    "GradesOfSchool",
    "GradesOfStudent",
    "GradesOfSubscription",
    "GradesOfViewer",
    "SubjectPerformance",
]
