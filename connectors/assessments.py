"""Assessments: tests assigned to students, and their attempts."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.declarations import BY_ID, Collection, Connector, Read, by_ids, counted, many, paged, pairs
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import Document, without_none
from connectors.vocabulary import Page, PersonId, SchoolId, StudentId, SubjectId, TestId


class AttemptState(StrEnum):
    """How far an attempt is."""

    STARTED = "STARTED"
    """Started and not handed in."""

    SUBMITTED = "SUBMITTED"
    """Handed in and not checked."""

    CHECKED = "CHECKED"
    """Checked."""


class QuestionKind(StrEnum):
    """How a question of a test is answered."""

    ONE = "ONE"
    """By one of the options."""

    SEVERAL = "SEVERAL"
    """By all options that are right, and no other."""

    TEXT = "TEXT"
    """By a text; without accepted answers the teacher gives the points."""

    NUMBER = "NUMBER"
    """By a number."""


class Option(TypedDict):
    """An answer that a question offers."""

    _id: str
    text: str
    is_correct: bool


class Question(TypedDict):
    """A question of a test, with its right answer (F95)."""

    _id: str
    kind: QuestionKind
    text: str
    points: int | float
    options: list[Option]
    accepted: list[str]  # the texts that are right; none: the teacher checks the answer
    number: int | float | None
    tolerance: int | float  # how far from the number an answer may lie


class GivenAnswer(TypedDict):
    """A student's answer to one question; what its kind does not need is None or empty."""

    question_id: str
    option_ids: list[str]
    text: str | None
    number: int | float | None


class Awarded(TypedDict):
    """The points for one question; None until they are given."""

    question_id: str
    points: int | float | None


class Test(TypedDict):
    """A test with the window and the number of attempts its teacher set (F94, F95)."""

    _id: TestId
    school_id: SchoolId
    title: str
    subject_id: SubjectId | None
    author_id: PersonId | None
    opens_at: datetime
    closes_at: datetime
    question_count: int
    max_score: int | float
    attempt_limit: int
    questions: NotRequired[list[Question]]  # absent: the test is taken elsewhere
    created_at: NotRequired[datetime]
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


class TestAssignment(TypedDict):
    _id: str
    school_id: SchoolId
    test_id: TestId
    student_id: StudentId


class TestAttempt(TypedDict):
    _id: str
    school_id: SchoolId
    test_id: TestId
    student_id: StudentId
    number: int
    started_at: datetime
    submitted_at: datetime | None
    score: int | float | None
    state: AttemptState
    answers: NotRequired[list[GivenAnswer]]
    awarded: NotRequired[list[Awarded]]
    checked_by_id: NotRequired[PersonId]
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


_LATEST_OPENING: Final = [("opens_at", DESCENDING), ("_id", DESCENDING)]
_EARLIEST_STARTED: Final = [("started_at", ASCENDING), ("_id", ASCENDING)]

TESTS: Final = Collection("tests", Test, indexes=[IndexModel([("author_id", ASCENDING), *_LATEST_OPENING])])
ASSIGNMENTS: Final = Collection(
    "assignments",
    TestAssignment,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING)], unique=True),
        IndexModel([("test_id", ASCENDING)]),
    ],
)
ATTEMPTS: Final = Collection(
    "attempts",
    TestAttempt,
    indexes=[
        IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING), ("number", ASCENDING)], unique=True),
        IndexModel([("test_id", ASCENDING), *_EARLIEST_STARTED]),
    ],
)


def _started(_: Sequence[TestId], *, state: AttemptState | None, students: Sequence[StudentId]) -> Document:
    """The condition that an attempt is one of these students, and in a state."""
    return {"student_id": {"$in": list(students)}, **without_none(state=state)}


class Assessments(Connector):
    """Reads of the assessments."""

    collections = (TESTS, ASSIGNMENTS, ATTEMPTS, FACTS, KEYS)

    assignments_by_ids: Read[str, TestAssignment] = by_ids(ASSIGNMENTS)
    """The assignment of each id."""

    assignments_of: Read[StudentId, list[TestAssignment]] = many(ASSIGNMENTS, by="student_id", order=BY_ID)
    """Which tests are assigned to each student."""

    tests_by_ids: Read[TestId, Test] = by_ids(TESTS)
    """The test of each id."""

    attempts_of: Read[tuple[StudentId, TestId], list[TestAttempt]] = pairs(
        ATTEMPTS, by=("student_id", "test_id"), order=[("number", ASCENDING)], needs=("number",)
    )
    """Each student's attempts at each test, the first first."""

    tests_by_authors: Read[PersonId, Page] = paged(
        TESTS,
        by="author_id",
        order=_LATEST_OPENING,
        where=lambda _, *, schools, test_id: {
            "school_id": {"$in": list(schools)},
            **without_none(_id=test_id),
        },
    )
    """The tests that each teacher made, the one that opens last first."""

    assignment_counts: Read[TestId, int] = counted(ASSIGNMENTS, by="test_id")
    """How many students each test is assigned to."""

    attempts_at: Read[TestId, Page] = paged(ATTEMPTS, by="test_id", order=_EARLIEST_STARTED, where=_started)
    """The attempts at each test, the earliest first."""

    all_attempts_at: Read[TestId, list[TestAttempt]] = many(ATTEMPTS, by="test_id", order=_EARLIEST_STARTED)
    """All attempts at each test, the earliest first."""

    attempts_by_ids: Read[str, TestAttempt] = by_ids(ATTEMPTS)
    """The attempt of each id."""
