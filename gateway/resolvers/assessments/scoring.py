"""Gives the points of a test where the answer is closed, and says what was right once the test is closed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.assessments import Awarded, GivenAnswer, Question, QuestionKind
from gateway.averages import stored


def awarded_of(questions: Sequence[Question], answers: Sequence[GivenAnswer]) -> list[Awarded]:
    """The points for each question; None where the teacher has to give them."""
    by_question = {answer["question_id"]: answer for answer in answers}
    return [Awarded(question_id=one["_id"], points=_points(one, by_question.get(one["_id"]))) for one in questions]


def _points(question: Question, answer: GivenAnswer | None) -> int | float | None:
    if answer is None:
        return 0
    if is_open(question):
        return None
    return question["points"] if _is_right(question, answer) else 0


def is_open(question: Mapping[str, Any]) -> bool:
    """Whether the teacher gives the points for the question."""
    return question["kind"] == QuestionKind.TEXT and not question["accepted"]


def _is_right(question: Question, answer: GivenAnswer) -> bool:
    match question["kind"]:
        case QuestionKind.TEXT:
            return folded(answer["text"] or "") in {folded(text) for text in question["accepted"]}
        case QuestionKind.NUMBER:
            if answer["number"] is None or question["number"] is None:
                return False
            distance = abs(Decimal(str(answer["number"])) - Decimal(str(question["number"])))
            return distance <= Decimal(str(question["tolerance"]))
        case _:
            return set(answer["option_ids"]) == {one["_id"] for one in question["options"] if one["is_correct"]}


def folded(text: str) -> str:
    """A text as answers are compared: without case, ё as е, with single spaces."""
    return " ".join(text.casefold().replace("ё", "е").split())


def score_of(awarded: Sequence[Awarded]) -> int | float | None:
    """The sum of the points; None while the points for some question are not given."""
    points = [one["points"] for one in awarded]
    known = [Decimal(str(one)) for one in points if one is not None]
    return stored(sum(known, Decimal(0))) if len(known) == len(points) else None


def correct_answers(question: Question) -> list[str]:
    """The right answer in words; of an open question there is none."""
    if question["kind"] == QuestionKind.TEXT:
        return question["accepted"]
    if question["kind"] == QuestionKind.NUMBER:
        return [] if question["number"] is None else [format(Decimal(str(question["number"])).normalize(), "f")]
    return [one["text"] for one in question["options"] if one["is_correct"]]
