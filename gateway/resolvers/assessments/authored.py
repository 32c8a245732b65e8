"""The teaching side of tests: those that the viewer made, with their answers, and the attempts at them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from connectors.assessments import AttemptState, GivenAnswer, Question, Test, TestAttempt
from connectors.vocabulary import Paging, PublicId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.resolvers.assessments.scoring import correct_answers

_NOTHING: Final = GivenAnswer(question_id="", option_ids=[], text=None, number=None)


class CheckedAnswer(TypedDict):
    """A question of an attempt with the student's answer and the points for it."""

    question: Question
    option_ids: list[str]
    text: str | None
    number: int | float | None
    points: int | float | None


class AskedQuestion(TypedDict):
    """A question of an attempt as its student sees it; points and right answers once the test is closed."""

    _id: str
    kind: str
    text: str
    points: int | float
    options: list[Any]
    option_ids: list[str]
    answer_text: str | None
    answer_number: int | float | None
    awarded: int | float | None
    correct_answers: list[str] | None


async def authored_tests(
    viewers: Sequence[object], info: Info, test_id: PublicId | None = None, *, page: Paging
) -> list[Connection]:
    """The tests that the viewer made at schools where they work today, the one that opens last first."""
    read, viewer = info.connectors.assessments.tests_by_authors, info.viewer
    keys = [viewer.person_id] * len(viewers)
    return await info.page(
        read, keys, page, order=("opens_at", "_id"), schools=tuple(viewer.school_ids), test_id=test_id
    )


async def assigned_to(tests: Sequence[Test], info: Info) -> list[int]:
    """For each test the number of students whom it is assigned to."""
    read = info.connectors.assessments.assignment_counts
    found = await info.read(read, [test["_id"] for test in tests], columns=frozenset())
    return [count or 0 for count in found]


async def attempts_at(
    tests: Sequence[Test], info: Info, state: AttemptState | None = None, *, page: Paging
) -> list[Connection]:
    """For each test a page of the attempts at it of students whom the viewer may read, the earliest first.

    Nothing of it is disclosed to families: parents read whom of the staff saw what, and they find no test.
    """
    read = info.connectors.assessments.attempts_at
    students, order = tuple(sorted(info.viewer.student_ids)), ("started_at", "_id")
    return await info.page(read, [test["_id"] for test in tests], page, order=order, state=state, students=students)


async def checked_attempts(ids: Sequence[Any], info: Info) -> list[Any]:
    """For each id the attempt at a test that the viewer made, of a student whom they may read; else `NotFound`."""
    connector = info.connectors.assessments
    columns = info.columns_of("AttemptToCheck") | {"test_id", "student_id", "school_id"}
    found = await info.read(connector.attempts_by_ids, ids, columns=columns)
    tests = await info.read(
        connector.tests_by_ids,
        [own and own["test_id"] for own in found],
        columns=frozenset({"author_id", "school_id"}),
    )
    viewer = info.viewer
    return [
        own
        if own
        and test
        and test["author_id"] == viewer.person_id
        and test["school_id"] in viewer.school_ids
        and viewer.may_read_student(own["student_id"], own["school_id"])
        else NotFound()
        for own, test in zip(found, tests, strict=True)
    ]


async def answers_of_attempts(attempts: Sequence[TestAttempt], info: Info) -> list[list[CheckedAnswer]]:
    """For each attempt all questions with the student's answers and the points for them."""
    tests = await _tests_of(attempts, info)
    return [
        [
            CheckedAnswer(
                question=question,
                option_ids=answer["option_ids"],
                text=answer["text"],
                number=answer["number"],
                points=points,
            )
            for question, answer, points in _with_answers(test, attempt)
        ]
        for attempt, test in zip(attempts, tests, strict=True)
    ]


async def questions_of_attempts(attempts: Sequence[TestAttempt], info: Info) -> list[list[AskedQuestion]]:
    """For each attempt of a student's own the questions with their answers; what is right once the test is closed."""
    tests = await _tests_of(attempts, info)
    now = info.now
    return [
        [
            AskedQuestion(
                _id=question["_id"],
                kind=question["kind"],
                text=question["text"],
                points=question["points"],
                options=[{"_id": one["_id"], "text": one["text"]} for one in question["options"]],
                option_ids=answer["option_ids"],
                answer_text=answer["text"],
                answer_number=answer["number"],
                awarded=points if now > test["closes_at"] else None,
                correct_answers=correct_answers(question) if now > test["closes_at"] else None,
            )
            for question, answer, points in _with_answers(test, attempt)
        ]
        for attempt, test in zip(attempts, tests, strict=True)
    ]


async def _tests_of(attempts: Sequence[TestAttempt], info: Info) -> list[Any]:
    read = info.connectors.assessments.tests_by_ids
    columns = frozenset({"questions", "closes_at"})
    return await info.read(read, [attempt["test_id"] for attempt in attempts], columns=columns)


def _with_answers(test: Mapping[str, Any] | None, attempt: TestAttempt) -> list[tuple[Question, GivenAnswer, Any]]:
    answers = {answer["question_id"]: answer for answer in attempt.get("answers") or ()}
    points = {one["question_id"]: one["points"] for one in attempt.get("awarded") or ()}
    return [
        (question, answers.get(question["_id"], _NOTHING), points.get(question["_id"]))
        for question in (test or {}).get("questions") or ()
    ]


def questions_of(test: Mapping[str, Any]) -> list[Question]:
    """The questions of a test; none of a test that is taken elsewhere."""
    return list(test.get("questions") or ())
