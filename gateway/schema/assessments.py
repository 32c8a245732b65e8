"""Assessments: tests, for students alone."""

import strawberry

from auth.viewer import Role
from connectors import assessments as documents
from connectors import directory as people
from connectors.assessments import AttemptState
from gateway.resolvers import assessments, directory
from gateway.resolvers.assessments import TestState
from gateway.schema.fields import batch, extends, instant, one, view_of
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import DateTime, DecimalString

strawberry.enum(TestState)
strawberry.enum(AttemptState)


@view_of(documents.TestAttempt, visible_to={Role.STUDENT})
class TestAttempt:
    """One attempt at a test."""

    id: strawberry.ID
    number: int
    started_at: DateTime = instant("started_at")
    submitted_at: DateTime | None = instant("submitted_at")
    score: DecimalString | None
    state: AttemptState


@view_of(assessments.StudentTest, visible_to={Role.STUDENT})
class Test(Node):
    """A test assigned to the student, with its window and the attempts it allows."""

    id: strawberry.ID
    title: str
    subject: Subject | None = one(directory.subjects, "subject_id")
    author: Person | None = one(directory.people, "author_id")
    opens_at: DateTime = instant("opens_at")
    closes_at: DateTime = instant("closes_at")
    state: TestState = batch(assessments.states, "opens_at", "closes_at")
    question_count: int
    max_score: DecimalString
    attempt_limit: int
    attempts_left: int = batch(assessments.attempts_left, "_id", "attempt_limit")
    attempts: list[TestAttempt] | None = batch(assessments.attempts, "_id", list_size=3)


@extends(people.Person)
class AssessmentsOfStudent:
    """What the assessments add to a student."""

    tests: list[Test] | None = batch(assessments.tests_of, "student_id", visible_to={Role.STUDENT}, list_size=10)
