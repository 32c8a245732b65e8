"""The action of a teacher who checks an attempt: the points for each question."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connectors.assessments import AttemptState, Awarded, Question
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId
from gateway.averages import stored
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.assessments.scoring import awarded_of, score_of
from gateway.teaching import made_test, teaching
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_ATTEMPT: Final = Text("There is no such attempt at a test of yours.", "Нет такой попытки вашего теста.")
_STARTED: Final = Text("The student has not handed it in yet.", "Ученик ещё не сдал эту попытку.")
_NO_QUESTION: Final = Text("The test has no such question.", "В тесте нет такого вопроса.")
_TWICE: Final = Text("This question has points twice here.", "У этого вопроса здесь дважды указаны баллы.")
_POINTS: Final = Text("From 0 to {limit} points.", "От 0 до {limit} баллов.")
_EXACT: Final = Text("Points have at most two decimal places.", "У баллов не более двух знаков после запятой.")
_MISSING: Final = Text("Give points for each question that awaits them.", "Оцените все вопросы, которые ждут баллов.")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPoints:
    """The points for the answer to one question."""

    question_id: PublicId
    """The question (`AuthoredQuestion.id`)."""

    points: Decimal
    """The points, from 0 to those of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeTest:
    """An attempt with the points that the teacher gives."""

    attempt_id: PublicId
    """The attempt (`AttemptToCheck.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`AttemptToCheck.version`); null checks the attempt whatever its version is."""

    points: tuple[QuestionPoints, ...]
    """The points for questions with open answers, and for others where the teacher overrules what was computed."""


async def grade_test(input: GradeTest, info: Info, transaction: Transaction) -> Outcome:
    """Give the points for an attempt that was handed in, or that its student left open when the test closed (F96)."""
    problems = Problems()
    attempt: Any = await transaction.find_one("attempts", {"_id": input.attempt_id}, columns=frozenset())
    test: Any = await transaction.find_one("tests", {"_id": attempt and attempt["test_id"]}, columns=frozenset())
    own = await teaching(info)
    is_found = (
        attempt is not None
        and made_test(test, own, info)
        and info.viewer.may_read_student(attempt["student_id"], attempt["school_id"])
    )
    if not is_found:
        problems.add(UserErrorCode.NOT_FOUND, _NO_ATTEMPT, "attemptId")
    problems.require_version(input.version)
    if not is_found:
        problems.check()
    ids = {"attempt_id": attempt["_id"]}
    problems.is_stale(input.version, attempt)
    closes_at = test["closes_at"].astimezone(info.zone_of(test["school_id"]))
    if attempt["state"] == AttemptState.STARTED and info.now <= closes_at:
        problems.add(UserErrorCode.NOT_ALLOWED, _STARTED, "attemptId", retry_at=closes_at)
    questions: list[Question] = test.get("questions", [])
    before = attempt.get("awarded") or awarded_of(questions, attempt.get("answers", []))
    awarded = _awarded(input.points, questions, before, problems)
    score = score_of(awarded)
    if score is None and not problems.found:
        problems.add(UserErrorCode.REQUIRED, _MISSING, "points")
    problems.in_order_of(input)
    problems.check(**ids)
    changed: dict[str, Any] = {"awarded": awarded, "score": score, "state": AttemptState.CHECKED}
    if all(attempt.get(key) == value for key, value in changed.items()):
        return Outcome(ids, is_new=False)
    changed["checked_by_id"] = info.viewer.person_id
    await transaction.update("attempts", {"_id": attempt["_id"]}, {"$set": changed, "$inc": {"version": 1}})
    done = fact(
        info,
        "gradeTest",
        attempt["_id"],
        attempt["school_id"],
        student_id=attempt["student_id"],
        before={"state": attempt["state"], "score": attempt["score"]},
        after={"state": changed["state"], "score": score},
    )
    return Outcome(ids, [done])


def _awarded(
    sent: Sequence[QuestionPoints], questions: Sequence[Question], before: Sequence[Awarded], problems: Problems
) -> list[Awarded]:
    """The points for all questions, with those that were sent; notes their problems."""
    most = {question["_id"]: question["points"] for question in questions}
    points = {one["question_id"]: one["points"] for one in before}
    seen: set[str] = set()
    for place, one in enumerate(sent):
        limit = most.get(one.question_id)
        if limit is None:
            problems.add(UserErrorCode.NOT_FOUND, _NO_QUESTION, "points", place, "questionId")
            continue
        if one.question_id in seen:
            problems.add(UserErrorCode.TAKEN, _TWICE, "points", place, "questionId")
        seen.add(one.question_id)
        if not 0 <= one.points <= Decimal(str(limit)):
            bound = 0 if one.points < 0 else limit
            problems.add(
                UserErrorCode.OUT_OF_RANGE, _POINTS.format(limit=limit), "points", place, "points", limit=bound
            )
        elif one.points != round(one.points, 2):
            problems.add(UserErrorCode.INVALID_INPUT, _EXACT, "points", place, "points")
        points[one.question_id] = stored(one.points)
    return [Awarded(question_id=own, points=points.get(own)) for own in most]
