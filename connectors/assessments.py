"""Assessments: tests assigned to students, and their attempts."""

from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.declarations import BY_ID, Collection, Connector, Read, by_ids, many, pairs
from connectors.vocabulary import PersonId, SchoolId, StudentId, SubjectId, TestId


class AttemptState(StrEnum):
    """How far an attempt is."""

    STARTED = "STARTED"
    """Started and not handed in."""

    SUBMITTED = "SUBMITTED"
    """Handed in and not checked."""

    CHECKED = "CHECKED"
    """Checked."""


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


TESTS: Final = Collection("tests", Test)
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
    indexes=[IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING), ("number", ASCENDING)], unique=True)],
)


class Assessments(Connector):
    """Reads of the assessments."""

    collections = (TESTS, ASSIGNMENTS, ATTEMPTS)

    assignments_of: Read[StudentId, list[TestAssignment]] = many(ASSIGNMENTS, by="student_id", order=BY_ID)
    """Which tests are assigned to each student."""

    tests_by_ids: Read[TestId, Test] = by_ids(TESTS)
    """The test of each id."""

    attempts_of: Read[tuple[StudentId, TestId], list[TestAttempt]] = pairs(
        ATTEMPTS, by=("student_id", "test_id"), order=[("number", ASCENDING)], needs=("number",)
    )
    """Each student's attempts at each test, the first first."""
