"""Actions of teachers who make a test, and who change it until it is assigned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from connectors.assessments import Question, Test
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, SubjectId, TestId, mint
from gateway.averages import stored
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.assessments.questions import NewQuestion, checked_questions
from gateway.teaching import made_test, teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

NO_TEST: Final = Text("There is no such test of yours.", "У вас нет такого теста.")
_NO_SUBJECT: Final = Text("You teach no such subject.", "Вы не ведёте такого предмета.")
_CLOSED: Final = Text("The test would be closed already.", "Тест уже был бы закрыт.")
_REVERSED: Final = Text("The test closes before it opens.", "Тест закрывается раньше, чем открывается.")
_ATTEMPTS: Final = Text("From 1 to {limit} attempts.", "От 1 до {limit} попыток.")
_ASSIGNED: Final = Text("The test is assigned already: make another one.", "Тест уже назначен: создайте другой.")
_TAKEN_ELSEWHERE: Final = Text("This test is kept in another system.", "Этот тест хранится в другой системе.")

_RECORDED: Final = ("subject_id", "opens_at", "closes_at", "question_count", "max_score", "attempt_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTest:
    """A test with its questions."""

    subject_id: SubjectId
    """The subject of the test, which the teacher teaches."""

    title: str
    """The name of the test."""

    opens_at: datetime
    """From when on the test can be taken."""

    closes_at: datetime
    """Until when the test can be taken."""

    attempt_limit: int = 1
    """How many attempts each student has."""

    questions: tuple[NewQuestion, ...]
    """The questions in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTest:
    """A test with what is to be changed of it; what is left out, or null, stays."""

    test_id: PublicId
    """The id of the test, as `createTest` answered it."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`AuthoredTest.version`); null changes the test whatever its version is."""

    title: str | None = None
    """The new name."""

    opens_at: datetime | None = None
    """From when on the test can be taken."""

    closes_at: datetime | None = None
    """Until when the test can be taken."""

    attempt_limit: int | None = None
    """How many attempts each student has."""

    questions: tuple[NewQuestion, ...] | None = None
    """All questions in their order, in the place of those that the test has."""


async def create_test(input: CreateTest, info: Info, transaction: Transaction) -> Outcome:
    """Make a test in a subject that the viewer teaches (F95); nobody sees it until it is assigned."""
    problems, rules = Problems(), info.writing.rules
    own = await teaching(info)
    schools = [one["school_id"] for one in own.assignments if one["subject_id"] == input.subject_id]
    school = schools[0] if schools else None
    if school is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_SUBJECT, "subjectId")
    title = checked_text(input.title, problems, "title", most=rules.work_title_characters)
    now = info.now_at(school)
    _check_window(input.opens_at, input.closes_at, now, problems)
    _check_attempts(input.attempt_limit, info, problems)
    test_id = TestId(mint("Test", uuid4().hex))
    questions = checked_questions(test_id, input.questions, info, problems)
    problems.check()
    if school is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    test = Test(
        _id=test_id,
        school_id=school,
        title=title,
        subject_id=input.subject_id,
        author_id=info.viewer.person_id,
        opens_at=input.opens_at,
        closes_at=input.closes_at,
        question_count=len(questions),
        max_score=_sum(questions),
        attempt_limit=input.attempt_limit,
        questions=questions,
        created_at=now,
        version=1,
    )
    await transaction.insert("tests", [test])
    done = fact(info, "createTest", test_id, school, after=_recorded(test))
    return Outcome({"test_id": test_id, "done_at": now.isoformat()}, [done])


async def update_test(input: UpdateTest, info: Info, transaction: Transaction) -> Outcome:
    """Change a test of the viewer's that nobody has yet (F95)."""
    problems = Problems()
    found: Any = await transaction.find_one("tests", {"_id": input.test_id}, columns=frozenset())
    assigned = await transaction.count("assignments", {"test_id": input.test_id}, most=1)
    test = found if made_test(found, await teaching(info), info) else None
    if test is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_TEST, "testId")
    elif "questions" not in test:
        problems.add(UserErrorCode.NOT_ALLOWED, _TAKEN_ELSEWHERE, "testId")
    elif assigned:
        problems.add(UserErrorCode.NOT_ALLOWED, _ASSIGNED, "testId")
    problems.require_version(input.version)
    if test is not None:
        problems.is_stale(input.version, test)
    changed = _changed(input, test, info, problems)
    problems.check()
    if test is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    now = info.now_at(test["school_id"])
    ids = {"test_id": test["_id"], "done_at": now.isoformat()}
    if all(test[name] == value for name, value in changed.items()):
        return Outcome(ids, is_new=False)
    await transaction.update("tests", {"_id": test["_id"]}, {"$set": changed, "$inc": {"version": 1}})
    before, after = _recorded(test), _recorded({**test, **changed})
    return Outcome(ids, [fact(info, "updateTest", test["_id"], test["school_id"], before=before, after=after)])


def _changed(input: UpdateTest, test: Any, info: Info, problems: Problems) -> dict[str, Any]:
    """The columns that are changed; notes the problems of what was sent."""
    changed: dict[str, Any] = {}
    if input.title is not None:
        most = info.writing.rules.work_title_characters
        changed["title"] = checked_text(input.title, problems, "title", most=most)
    window = {
        name: moment
        for name, moment in (("opens_at", input.opens_at), ("closes_at", input.closes_at))
        if moment is not None
    }
    if window and test is not None:
        whole = {"opens_at": test["opens_at"], "closes_at": test["closes_at"], **window}
        _check_window(whole["opens_at"], whole["closes_at"], info.now_at(test["school_id"]), problems)
    if input.attempt_limit is not None:
        _check_attempts(input.attempt_limit, info, problems)
        changed["attempt_limit"] = input.attempt_limit
    if input.questions is not None:
        questions = checked_questions(TestId(input.test_id), input.questions, info, problems)
        changed |= {"questions": questions, "question_count": len(questions), "max_score": _sum(questions)}
    return {**changed, **window}


def _check_window(opens_at: datetime, closes_at: datetime, now: datetime, problems: Problems) -> None:
    if closes_at <= opens_at:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "closesAt")
    elif closes_at <= now:
        problems.add(UserErrorCode.OUT_OF_RANGE, _CLOSED, "closesAt", limit=now.isoformat(timespec="seconds"))


def _check_attempts(sent: int, info: Info, problems: Problems) -> None:
    most = info.writing.rules.test_attempts
    if not 1 <= sent <= most:
        limit = 1 if sent < 1 else most
        problems.add(UserErrorCode.OUT_OF_RANGE, _ATTEMPTS.format(limit=most), "attemptLimit", limit=limit)


def _sum(questions: Sequence[Question]) -> int | float:
    return stored(sum((Decimal(str(one["points"])) for one in questions), Decimal(0)))


def _recorded(test: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a test that facts record: neither its questions nor its name."""
    return {name: test[name] for name in _RECORDED}
