"""Assessments: tests assigned to students, and their attempts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.ids import Columns, PersonId, SchoolId, StudentId, SubjectId, TestId
from connectors.mongo import Deadline, Source


class AttemptState(StrEnum):
    STARTED = "STARTED"
    SUBMITTED = "SUBMITTED"
    CHECKED = "CHECKED"


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


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "tests": [],
    "assignments": [
        IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING)], unique=True),
        IndexModel([("test_id", ASCENDING)]),
    ],
    "attempts": [
        IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING), ("number", ASCENDING)], unique=True)
    ],
}
