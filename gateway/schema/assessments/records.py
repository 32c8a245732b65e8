"""Assessments: tests, for students alone."""

import strawberry

from auth.viewer import Role
from connectors import assessments as documents
from connectors import directory as people
from gateway.resolvers import assessments, directory
from gateway.resolvers.assessments import TestState
from gateway.schema.assessments.enumerations import AttemptState, QuestionKind
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, shown, view_of
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import DateTime, DecimalString

described_enum(TestState)


@view_of(documents.Option, visible_to={Role.STUDENT})
class TestOption:
    """An option of a question (вариант ответа)."""

    id: strawberry.ID
    """Identifies the option; the answer to a question takes it."""

    text: str
    """The answer that is offered."""


@view_of(assessments.AskedQuestion, visible_to={Role.STUDENT})
class TestQuestion:
    """A question of a test (вопрос) with the student's own answer in one attempt."""

    id: strawberry.ID
    """Identifies the question; the answer to it takes it."""

    kind: QuestionKind
    """How the question is answered."""

    text: str
    """The question."""

    points: DecimalString
    """The points for the right answer."""

    options: list[TestOption] = shown(list_size=4)
    """The options; empty for the kinds TEXT and NUMBER."""

    option_ids: list[strawberry.ID] = shown(list_size=2)
    """The options that are chosen in this attempt."""

    answer_text: str | None
    """The text of the answer; null for other kinds, and without an answer."""

    answer_number: DecimalString | None
    """The number of the answer; null for other kinds, and without an answer."""

    awarded: DecimalString | None
    """The points for the answer; null until the test is closed and they are given."""

    correct_answers: list[str] | None = shown(list_size=2)
    """The right answers in words; null until the test is closed. Empty where the teacher gives the points."""


@view_of(documents.TestAttempt, visible_to={Role.STUDENT})
class TestAttempt:
    """One attempt of the student at a test."""

    id: strawberry.ID
    """Identifies the attempt."""

    number: int
    """The number of the attempt, from 1."""

    started_at: DateTime = instant("started_at")
    """When the attempt was started."""

    submitted_at: DateTime | None = instant("submitted_at")
    """When the attempt was handed in; null until then."""

    score: DecimalString | None
    """The points; null until they are given."""

    state: AttemptState
    """How far the attempt is."""

    questions: list[TestQuestion] | None = batch(
        assessments.questions_of_attempts, "test_id", "answers", "awarded", list_size=20
    )
    """The questions with the answers that are saved; empty for a test that is taken elsewhere."""


@view_of(assessments.StudentTest, visible_to={Role.STUDENT}, found_by=assessments.tests_by_ids)
class Test(Node):
    """A test that is assigned to the student (тест): when it is open and how many attempts it allows."""

    id: strawberry.ID
    title: str
    """The name of the test."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the test."""

    author: Person | None = one(directory.people, "author_id")
    """Who set the test."""

    opens_at: DateTime = instant("opens_at")
    """From when on the test can be taken."""

    closes_at: DateTime = instant("closes_at")
    """Until when the test can be taken."""

    state: TestState = batch(assessments.states, "opens_at", "closes_at")
    """Whether the test can be taken now."""

    question_count: int
    """How many questions the test has."""

    max_score: DecimalString
    """The most points that the test can be given."""

    attempt_limit: int
    """How many attempts the test allows."""

    attempts_left: int = batch(assessments.attempts_left, "_id", "attempt_limit")
    """How many attempts the student still has."""

    attempts: list[TestAttempt] | None = batch(assessments.attempts, "_id", list_size=3)
    """The student's attempts, the first one first."""


@extends(people.Person)
class AssessmentsOfStudent:
    """What the assessments add to a student."""

    tests: list[Test] | None = batch(assessments.tests_of, "student_id", visible_to={Role.STUDENT}, list_size=10)
    """The tests that are assigned to the student (тесты), the one that closes first first."""
