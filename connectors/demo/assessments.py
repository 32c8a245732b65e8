"""Generates tests: closed, open and upcoming ones, with attempts in every state."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from connectors.assessments import AttemptState, Test, TestAssignment, TestAttempt
from connectors.demo.bells import moved_to_waking_hours
from connectors.demo.families import ALWAYS, Student
from connectors.demo.plan import ZONE, ClassPlan, Load, SchoolPlan
from connectors.demo.programme import programme
from connectors.demo.register import Register
from connectors.directory import SchoolKind
from connectors.vocabulary import TestId, mint


class Window(NamedTuple):
    """When a test is open, in days from today, and the share of its students who have begun it."""

    opens: int
    closes: int
    begun: float
    is_kept_for_favoured: bool = False


WINDOWS: Final = (
    Window(-40, -30, 0.9),
    Window(-18, -9, 0.85),
    Window(-4, 4, 0.4),
    Window(-1, 8, 0.15, is_kept_for_favoured=True),
    Window(4, 12, 0.0),
)
_FIRST_LEVEL: Final = 3
_OPENS_AT, _CLOSES_AT = timedelta(hours=-5), timedelta(hours=8)  # from now, which is 13:00
_AT_IT_NOW, _LEFT_OPEN, _UNCHECKED = 0.4, 0.04, 0.1
_LASTS: Final = timedelta(minutes=45)


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The documents of one class, by collection."""
    one = register.one
    tests: list[Test] = []
    assignments: list[TestAssignment] = []
    attempts: list[TestAttempt] = []
    if one.level >= _FIRST_LEVEL or register.plan.kind is SchoolKind.COLLEGE:
        rng = register.plan.chance("tests", one.name)
        loads = [load for load in one.loads if load.discipline.has_tests and load.groups == (None,)]
        for window, load in zip(WINDOWS, rng.choices(loads, k=len(WINDOWS)), strict=True):
            test = _test(register.plan, one, load, window, rng)
            tests.append(test)
            for student in _assigned(register, test):
                assignments.append(_assignment(test, student))
                attempts.extend(_attempts(register, test, student, window))
    return {"tests": tests, "assignments": assignments, "attempts": attempts}


def _assigned(register: Register, test: Test) -> list[Student]:
    """The students who were in the class while the test was open."""
    closed_on = test["closes_at"].date().isoformat()
    return [student for student in register.own if student.first == ALWAYS or student.first <= closed_on]


def _test(plan: SchoolPlan, one: ClassPlan, load: Load, window: Window, rng: Random) -> Test:
    questions = rng.randint(8, 25)
    title = rng.choice(programme(one, load)).title
    return {
        "_id": TestId(plan.mint("Test", one.name, window.opens)),
        "school_id": plan.school_id,
        "title": f"{load.discipline.name}: {title}",
        "subject_id": load.subject_id,
        "author_id": load.teachers[0].person_id,
        "opens_at": plan.now + _OPENS_AT + timedelta(days=window.opens),
        "closes_at": plan.now + _CLOSES_AT + timedelta(days=window.closes),
        "question_count": questions,
        "max_score": questions * rng.choice((1, 2)),
        "attempt_limit": rng.randint(1, 3),
    }


def _assignment(test: Test, student: Student) -> TestAssignment:
    return {
        "_id": mint("TestAssignment", test["_id"], student.student_id),
        "school_id": test["school_id"],
        "test_id": test["_id"],
        "student_id": student.student_id,
    }


def _attempts(register: Register, test: Test, student: Student, window: Window) -> Iterator[TestAttempt]:
    now = register.plan.now
    rng = register.plan.chance("attempts", test["_id"], student.student_id)
    if rng.random() >= window.begun or (student.is_shown and window.is_kept_for_favoured):
        return
    count = rng.randint(1, test["attempt_limit"])
    is_running = test["closes_at"] > now
    spread = (min(now, test["closes_at"]) - test["opens_at"]) / (count + 1)
    for number in range(1, count + 1):
        started_at = max(test["opens_at"], moved_to_waking_hours(test["opens_at"] + spread * number - _LASTS, ZONE))
        is_last = number == count
        if is_last and is_running and rng.random() < _AT_IT_NOW:
            yield _attempt(test, student, number, started_at=now - timedelta(minutes=rng.randint(2, 30)))
        elif is_last and rng.random() < _LEFT_OPEN:
            yield _attempt(test, student, number, started_at=started_at)
        else:
            submitted_at = started_at + timedelta(minutes=rng.randint(8, 44))
            share = min(1.0, max(0.1, rng.gauss(student.skill / 5, 0.15)))
            is_checked = rng.random() > (_UNCHECKED if not is_running else 1 / 2)
            score = round(test["max_score"] * share) if is_checked else None
            yield _attempt(test, student, number, started_at=started_at, submitted_at=submitted_at, score=score)


def _attempt(
    test: Test,
    student: Student,
    number: int,
    *,
    started_at: datetime,
    submitted_at: datetime | None = None,
    score: int | None = None,
) -> TestAttempt:
    state = AttemptState.SUBMITTED if score is None else AttemptState.CHECKED
    return {
        "_id": mint("TestAttempt", test["_id"], student.student_id, number),
        "school_id": test["school_id"],
        "test_id": test["_id"],
        "student_id": student.student_id,
        "number": number,
        "started_at": started_at,
        "submitted_at": submitted_at,
        "score": score,
        "state": AttemptState.STARTED if submitted_at is None else state,
    }
