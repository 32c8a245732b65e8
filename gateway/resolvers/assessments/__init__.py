"""Assessments: tests that teachers make and students take."""

from gateway.resolvers.assessments.assigning import assign_test
from gateway.resolvers.assessments.authored import (
    AskedQuestion,
    CheckedAnswer,
    answers_of_attempts,
    assigned_to,
    attempts_at,
    authored_tests,
    checked_attempts,
    questions_of,
    questions_of_attempts,
)
from gateway.resolvers.assessments.checking import grade_test
from gateway.resolvers.assessments.making import create_test, update_test
from gateway.resolvers.assessments.reading import (
    StudentTest,
    TestState,
    attempts,
    attempts_by_ids,
    attempts_left,
    states,
    tests_by_ids,
    tests_of,
    tests_of_assignments,
)
from gateway.resolvers.assessments.taking import save_answers, start_test, submit_test

__all__ = [
    "AskedQuestion",
    "CheckedAnswer",
    "StudentTest",
    "TestState",
    "answers_of_attempts",
    "assign_test",
    "assigned_to",
    "attempts",
    "attempts_at",
    "attempts_by_ids",
    "attempts_left",
    "authored_tests",
    "checked_attempts",
    "create_test",
    "grade_test",
    "questions_of",
    "questions_of_attempts",
    "save_answers",
    "start_test",
    "states",
    "submit_test",
    "tests_by_ids",
    "tests_of",
    "tests_of_assignments",
    "update_test",
]
