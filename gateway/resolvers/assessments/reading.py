"""Assessments: the tests assigned to students, when they are open, and attempts at them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from connectors.assessments import Test, TestAttempt
from connectors.directory import Person
from connectors.vocabulary import StudentId, TestId, as_of_student, shared_and_student
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
    """A test of one student: `_id` identifies test and student together, `test_id` the test alone."""

    test_id: TestId
    student_id: StudentId


_TEST = frozenset({"_id", "school_id", "title", "opens_at", "closes_at"})


async def tests_of(owners: Sequence[Person], info: Info, state: TestState | None = None) -> list[list[StudentTest]]:
    """For each student the tests assigned to them, by closing time, then by title (F94)."""
    connector = info.connectors.assessments
    students = [own["student_id"] for own in owners]
    assigned = await info.read(connector.assignments_of, students, columns=frozenset({"test_id"}))
    ids = [assignment["test_id"] for assignment in chain.from_iterable(assigned)]
    columns = info.columns_of("Test") | _TEST
    found = iter(await info.read(connector.tests_by_ids, ids, columns=columns))
    now = info.now
    lists = [
        [
            as_of_student(test, student, "test_id")
            for test in (next(found) for _ in own)
            if test and state in {None, _state(test, now)}
        ]
        for student, own in zip(students, assigned, strict=True)
    ]
    return [sorted(own, key=_place) for own in lists]


def _place(test: StudentTest) -> tuple[datetime, str, str]:
    return test["closes_at"], alphabetical(test["title"]), test["_id"]


def _state(test: Test, now: datetime) -> TestState:
    if now < test["opens_at"]:
        return TestState.UPCOMING
    return TestState.OPEN if now <= test["closes_at"] else TestState.CLOSED


def states(tests: Sequence[StudentTest], info: Info) -> list[TestState]:
    """The state of each test now: not yet open, open or closed."""
    now = info.now
    return [_state(test, now) for test in tests]


async def attempts_left(tests: Sequence[StudentTest], info: Info) -> list[int]:
    """For each test the number of attempts that the student still has."""
    found = await _attempts(tests, info, frozenset({"number"}))
    return [max(0, test["attempt_limit"] - len(own)) for test, own in zip(tests, found, strict=True)]


async def attempts(tests: Sequence[StudentTest], info: Info) -> list[list[TestAttempt]]:
    """For each test the student's attempts, the earliest first."""
    return await _attempts(tests, info, info.columns)


async def _attempts(tests: Sequence[StudentTest], info: Info, columns: frozenset[str]) -> list[list[TestAttempt]]:
    pairs = [(test["student_id"], test["test_id"]) for test in tests]
    return await info.read(info.connectors.assessments.attempts_of, pairs, columns=columns)


async def tests_of_assignments(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id of an assignment the test, where it is one of the viewer's students; else `NotFound`."""
    assigned = await info.read(
        info.connectors.assessments.assignments_by_ids, ids, columns=frozenset({"test_id", "student_id"})
    )
    return await tests_by_ids([f"{own['test_id']}.{own['student_id']}" if own else "" for own in assigned], info)


async def tests_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the test assigned to one of the viewer's students; else `NotFound`."""
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
        as_of_student(test, part[1], "test_id")
        if part and test and any(a["test_id"] == test["_id"] for a in assignments)
        else NotFound()
        for part, assignments, test in zip(own, assigned, found, strict=True)
    ]


async def attempts_by_ids(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the attempt of one of the viewer's students; else `NotFound`."""
    columns = info.columns_of("TestAttempt") | {"student_id"}
    found = await info.read(info.connectors.assessments.attempts_by_ids, ids, columns=columns)
    return [own if own and own["student_id"] in info.viewer.student_ids else NotFound() for own in found]
