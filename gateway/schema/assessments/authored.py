"""The teaching side of tests, for the teachers who made them."""

import strawberry

from auth.viewer import TEACHING
from connectors import assessments as documents
from connectors.vocabulary import version_of
from gateway.resolvers import assessments, directory
from gateway.schema.assessments.enumerations import AttemptState, QuestionKind
from gateway.schema.connections import Connection
from gateway.schema.fields import batch, column, extends, instant, one, shown, value, view_of
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import DateTime, DecimalString


@view_of(documents.Option, visible_to=TEACHING)
class AuthoredOption:
    """An option of a question, for the teacher who made it."""

    id: strawberry.ID
    """Identifies the option."""

    text: str
    """The answer that is offered."""

    is_correct: bool
    """Whether the option is a right answer."""


@view_of(documents.Question, visible_to=TEACHING)
class AuthoredQuestion:
    """A question of a test with its right answer, for the teacher who made it."""

    id: strawberry.ID
    """Identifies the question; `gradeTest` takes it."""

    kind: QuestionKind
    """How the question is answered."""

    text: str
    """The question."""

    points: DecimalString
    """The points for the right answer."""

    options: list[AuthoredOption] = shown(list_size=4)
    """The options; empty for the kinds TEXT and NUMBER."""

    accepted_answers: list[str] = column("accepted", list_size=2)
    """The texts that are right; empty where the teacher gives the points."""

    number: DecimalString | None
    """The number that is right; null for other kinds."""

    tolerance: DecimalString
    """How far from the right number an answer may lie."""


@view_of(assessments.CheckedAnswer, visible_to=TEACHING)
class CheckedAnswer:
    """A student's answer to one question, and the points for it."""

    question: AuthoredQuestion
    """The question."""

    option_ids: list[strawberry.ID] = shown(list_size=2)
    """The options that the student chose."""

    text: str | None
    """The text that the student wrote; null for other kinds, and without an answer."""

    number: DecimalString | None
    """The number that the student gave; null for other kinds, and without an answer."""

    points: DecimalString | None
    """The points for the answer; null until they are given."""


@view_of(documents.TestAttempt, visible_to=TEACHING)
class AttemptToCheck:
    """A student's attempt at a test, for the teacher who made the test."""

    id: strawberry.ID
    """Identifies the attempt; `gradeTest` takes it."""

    person: Person | None = one(directory.people_of_students, "student_id")
    """The student by name."""

    number: int
    """The number of the attempt, from 1."""

    started_at: DateTime = instant("started_at")
    """When the attempt was started."""

    submitted_at: DateTime | None = instant("submitted_at")
    """When the attempt was handed in; null until then."""

    state: AttemptState
    """How far the attempt is."""

    score: DecimalString | None
    """The points; null until all of them are given."""

    answers: list[CheckedAnswer] | None = batch(
        assessments.answers_of_attempts, "test_id", "answers", "awarded", list_size=20
    )
    """All questions with the student's answers, in the order of the test."""

    version: int = value(version_of, "version")
    """How often the attempt was changed; `gradeTest` asks for it."""


@view_of(documents.Test, visible_to=TEACHING)
class AuthoredTest:
    """A test that the teacher made, with its answers and the attempts at it."""

    id: strawberry.ID
    """Identifies the test; `assignTest` and `publishTestToJournal` take it."""

    title: str
    """The name of the test."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject of the test."""

    opens_at: DateTime = instant("opens_at")
    """From when on the test can be taken."""

    closes_at: DateTime = instant("closes_at")
    """Until when the test can be taken."""

    attempt_limit: int
    """How many attempts each student has."""

    max_score: DecimalString
    """The most points that the test can be given."""

    questions: list[AuthoredQuestion] | None = value(assessments.questions_of, "questions", list_size=20)
    """The questions with their right answers; empty for a test that is taken elsewhere."""

    version: int = value(version_of, "version")
    """How often the test was changed; `updateTest` asks for it."""

    assigned_to: int = batch(assessments.assigned_to, "_id")
    """How many students have the test."""

    attempts: Connection[AttemptToCheck] | None = batch(assessments.attempts_at, "_id")
    """The attempts of the students, the earliest first; `state: SUBMITTED` finds those that await the teacher."""


@extends(directory.ViewerDocument)
class AssessmentsOfViewer:
    """What the assessments add to the viewer."""

    authored_tests: Connection[AuthoredTest] | None = batch(
        assessments.authored_tests, arguments={"test_id": "Only this test."}, visible_to=TEACHING
    )
    """The tests that the teacher made (тесты учителя), the one that opens last first."""
