"""Assessments: tests assigned to students, and their attempts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.ids import (
    Columns,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    TestId,
)
from connectors.mongo import Deadline, Source, with_columns


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


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "tests": [],
    "assignments": [
        IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING)], unique=True),
        IndexModel([("test_id", ASCENDING)]),
    ],
    "attempts": [IndexModel([("student_id", ASCENDING), ("test_id", ASCENDING), ("number", ASCENDING)], unique=True)],
}


_BY_ID: Final = [("_id", ASCENDING)]


class Assessments:
    """Reads of the assessments."""

    def __init__(self, source: Source) -> None:
        self.source = source

    async def assignments_of(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, list[TestAssignment]]:
        """Which tests are assigned to each student."""
        return await self.source.many_by(
            "assignments", "student_id", students, order=_BY_ID, columns=columns, deadline=deadline
        )

    async def tests_by_ids(
        self, ids: Sequence[TestId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[TestId, Test]:
        """The test of each id."""
        return await self.source.by_ids("tests", ids, columns=columns, deadline=deadline)

    async def attempts_of(
        self, pairs: Sequence[tuple[StudentId, TestId]], *, columns: Columns, deadline: Deadline
    ) -> Mapping[tuple[StudentId, TestId], list[TestAttempt]]:
        """Each student's attempts at each test, the first first."""
        return await self.source.pairs_by(
            "attempts",
            ("student_id", "test_id"),
            pairs,
            order=[("number", ASCENDING)],
            columns=with_columns(columns, "number"),
            deadline=deadline,
        )
