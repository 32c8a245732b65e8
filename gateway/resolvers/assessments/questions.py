"""The questions of a test that a teacher sends, and what may be wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.assessments import Option, Question, QuestionKind
from connectors.vocabulary import TestId, mint
from gateway.averages import stored
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.assessments.scoring import folded
from gateway.writing import Problems, UserErrorCode

_NO_QUESTIONS: Final = Text("A test has at least one question.", "В тесте должен быть хотя бы один вопрос.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_POINTS: Final = Text("Points are above 0 and at most {limit}.", "Баллы больше 0 и не больше {limit}.")
_EXACT: Final = Text("Points have at most two decimal places.", "У баллов не более двух знаков после запятой.")
_OPTIONS: Final = Text("Offer at least two options.", "Предложите хотя бы два варианта.")
_ONE_RIGHT: Final = Text("Exactly one option is right.", "Верным должен быть ровно один вариант.")
_SOME_RIGHT: Final = Text("At least one option is right.", "Верным должен быть хотя бы один вариант.")
_TWICE: Final = Text("Two options are the same.", "Два варианта одинаковы.")
_NO_NUMBER: Final = Text("Say which number is right.", "Укажите верное число.")
_NEGATIVE: Final = Text("A tolerance is 0 or more.", "Допуск — число не меньше 0.")
_NOT_OF_KIND: Final = Text("A question of this kind has no such value.", "У вопроса этого вида нет такого значения.")

FEWEST_OPTIONS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOption:
    """An option of a question."""

    text: str
    """The answer that is offered."""

    is_correct: bool = False
    """Whether this answer is the right one, or one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A question of a test."""

    kind: QuestionKind
    """How the question is answered."""

    text: str
    """The question."""

    points: Decimal
    """The points for the right answer."""

    options: tuple[NewOption, ...] | None = None
    """The options of a question of the kinds ONE and SEVERAL."""

    accepted_answers: tuple[str, ...] | None = None
    """The right answers of a question of the kind TEXT, compared without case; without them the teacher gives the
    points."""

    number: Decimal | None = None
    """The right answer of a question of the kind NUMBER."""

    tolerance: Decimal | None = None
    """How far from the right number an answer may lie; null: not at all."""


def checked_questions(test_id: TestId, sent: Sequence[NewQuestion], info: Info, problems: Problems) -> list[Question]:
    """The questions as they are stored; notes their problems."""
    most = info.writing.rules.test_questions
    if not sent:
        problems.add(UserErrorCode.REQUIRED, _NO_QUESTIONS, "questions")
    elif len(sent) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "questions", limit=most)
        return []
    return [
        _question(mint("TestQuestion", test_id, place), one, place, info, problems) for place, one in enumerate(sent)
    ]


def _question(question_id: str, sent: NewQuestion, place: int, info: Info, problems: Problems) -> Question:
    rules, at = info.writing.rules, ("questions", place)
    has_options = sent.kind in {QuestionKind.ONE, QuestionKind.SEVERAL}
    text = checked_text(sent.text, problems, *at, "text", most=rules.question_characters)
    _check_points(sent.points, rules.most_points, problems, *at, "points")
    options = _options(question_id, sent, at, info, problems) if has_options else []
    accepted = [
        checked_text(one, problems, *at, "acceptedAnswers", number, most=rules.question_characters)
        for number, one in enumerate((sent.accepted_answers or ())[: rules.test_options])
    ]
    if len(sent.accepted_answers or ()) > rules.test_options:
        limit = rules.test_options
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=limit), *at, "acceptedAnswers", limit=limit)
    if sent.kind == QuestionKind.NUMBER and sent.number is None:
        problems.add(UserErrorCode.REQUIRED, _NO_NUMBER, *at, "number")
    if sent.tolerance is not None and sent.tolerance < 0:
        problems.add(UserErrorCode.OUT_OF_RANGE, _NEGATIVE, *at, "tolerance", limit=0)
    for name, value, kinds in (
        ("options", sent.options, {QuestionKind.ONE, QuestionKind.SEVERAL}),
        ("acceptedAnswers", sent.accepted_answers, {QuestionKind.TEXT}),
        ("number", sent.number, {QuestionKind.NUMBER}),
        ("tolerance", sent.tolerance, {QuestionKind.NUMBER}),
    ):
        if value is not None and sent.kind not in kinds:
            problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, *at, name)
    return Question(
        _id=question_id,
        kind=sent.kind,
        text=text,
        points=stored(sent.points),
        options=options,
        accepted=accepted,
        number=None if sent.number is None else stored(sent.number),
        tolerance=stored(sent.tolerance or Decimal(0)),
    )


def _options(
    question_id: str, sent: NewQuestion, at: tuple[str | int, ...], info: Info, problems: Problems
) -> list[Option]:
    rules, options = info.writing.rules, sent.options or ()
    if len(options) < FEWEST_OPTIONS:
        problems.add(UserErrorCode.REQUIRED, _OPTIONS, *at, "options", limit=FEWEST_OPTIONS)
        return []
    if len(options) > rules.test_options:
        limit = rules.test_options
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=limit), *at, "options", limit=limit)
        return []
    right = sum(one.is_correct for one in options)
    if sent.kind == QuestionKind.ONE and right != 1:
        problems.add(UserErrorCode.INVALID_INPUT, _ONE_RIGHT, *at, "options")
    elif not right:
        problems.add(UserErrorCode.INVALID_INPUT, _SOME_RIGHT, *at, "options")
    found: list[Option] = []
    for number, one in enumerate(options):
        where = (*at, "options", number, "text")
        text = checked_text(one.text, problems, *where, most=rules.question_characters)
        if text and any(folded(other["text"]) == folded(text) for other in found):
            problems.add(UserErrorCode.TAKEN, _TWICE, *where)
        found.append(Option(_id=mint("TestOption", question_id, number), text=text, is_correct=one.is_correct))
    return found


def _check_points(sent: Decimal, most: int, problems: Problems, *path: str | int) -> None:
    if not 0 < sent <= most:
        limit = 0 if sent <= 0 else most
        problems.add(UserErrorCode.OUT_OF_RANGE, _POINTS.format(limit=most), *path, limit=limit)
    elif sent != round(sent, 2):
        problems.add(UserErrorCode.INVALID_INPUT, _EXACT, *path)
