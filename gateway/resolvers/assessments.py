"""Assessments: the tests assigned to a student, when they are open, and the attempts."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from connectors.assessments import Test, TestAttempt
from connectors.directory import Person
from connectors.ids import StudentId, TestId, of_student, shared_and_student
from gateway.context import Info
from gateway.errors import NotFound
from gateway.orders import alphabetical


class TestState(StrEnum):
    """Whether a test can be taken now."""

    UPCOMING = "UPCOMING"
    """Not open yet."""

    OPEN = "OPEN"
    """Open: it can be taken now."""

    CLOSED = "CLOSED"
    """Closed."""


class StudentTest(Test):
    """A test as it is assigned to one student: `_id` is the student's own id of it, `test_id` the shared one."""

    test_id: TestId
    student_id: StudentId


_TEST = frozenset({"_id", "school_id", "title", "opens_at", "closes_at"})


async def tests_of(owners: Sequence[Person], info: Info, state: TestState | None = None) -> list[list[StudentTest]]:
    """The tests assigned to the student, the first to close first, those of one moment by title (F94)."""
    connector = info.connectors.assessments
    students = [own["student_id"] for own in owners]
    assigned = await info.read(connector.assignments_of, students, columns=frozenset({"test_id"}))
    ids = [assignment["test_id"] for assignment in chain.from_iterable(assigned)]
    columns = info.columns_of("Test") | _TEST
    found = iter(await info.read(connector.tests_by_ids, ids, columns=columns))
    now = info.now
    lists = [
        [_assigned(test, student) for test in (next(found) for _ in own) if test and state in {None, _state(test, now)}]
        for student, own in zip(students, assigned, strict=True)
    ]
    return [sorted(own, key=_place) for own in lists]


def _place(test: StudentTest) -> tuple[datetime, str, str]:
    return test["closes_at"], alphabetical(test["title"]), test["_id"]


def _assigned(test: Test, student: StudentId) -> StudentTest:
    shared = test["_id"]
    return {**test, "_id": of_student(shared, student), "test_id": shared, "student_id": student}  # type: ignore[typeddict-item] # the student's own id of it


def _state(test: Test, now: datetime) -> TestState:
    if now < test["opens_at"]:
        return TestState.UPCOMING
    return TestState.OPEN if now <= test["closes_at"] else TestState.CLOSED


def states(tests: Sequence[StudentTest], info: Info) -> list[TestState]:
    """Whether the test can be taken now."""
    now = info.now
    return [_state(test, now) for test in tests]


async def attempts_left(tests: Sequence[StudentTest], info: Info) -> list[int]:
    """How many attempts the student still has."""
    found = await _attempts(tests, info, frozenset({"number"}))
    return [max(0, test["attempt_limit"] - len(own)) for test, own in zip(tests, found, strict=True)]


async def attempts(tests: Sequence[StudentTest], info: Info) -> list[list[TestAttempt]]:
    """The student's attempts in the order in which they were made."""
    return await _attempts(tests, info, info.columns)


async def _attempts(tests: Sequence[StudentTest], info: Info, columns: frozenset[str]) -> list[list[TestAttempt]]:
    pairs = [(test["student_id"], test["test_id"]) for test in tests]
    return await info.read(info.connectors.assessments.attempts_of, pairs, columns=columns)


async def tests_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Tests assigned to the student, by their ids."""
    connector = info.connectors.assessments
    parts = [shared_and_student(own) for own in ids]
    own = [part if part and part[1] in info.viewer.student_ids else None for part in parts]
    assigned = await info.read(
        connector.assignments_of, [part[1] if part else None for part in own], columns=frozenset({"test_id"})
    )
    found = await info.read(
        connector.tests_by_ids, [part[0] if part else None for part in own], columns=info.columns_of("Test") | _TEST
    )
    return [
        _assigned(test, part[1]) if part and test and any(a["test_id"] == test["_id"] for a in given) else NotFound()
        for part, given, test in zip(own, assigned, found, strict=True)
    ]
