"""Actions of students who take a test: start an attempt, save answers, hand it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from connectors.assessments import AttemptState, GivenAnswer, Question, QuestionKind, Test, TestAttempt
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, StudentId, TestId, mint, of_student, shared_and_student
from gateway.averages import stored
from gateway.context import NOBODY, Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.assessments.scoring import awarded_of, score_of
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_TEST: Final = Text("There is no such test.", "Нет такого теста.")
_NO_ATTEMPT: Final = Text("There is no such attempt of yours.", "У вас нет такой попытки.")
_NOT_YET: Final = Text("The test is not open yet.", "Тест ещё не открыт.")
_OVER: Final = Text("The test is closed.", "Тест уже закрыт.")
_NO_ATTEMPTS: Final = Text("All {limit} attempts are used up.", "Использованы все попытки: {limit}.")
_ELSEWHERE: Final = Text("This test is not taken here.", "Этот тест проходят не здесь.")
_HANDED_IN: Final = Text("The attempt was handed in already.", "Попытка уже сдана.")
_NO_QUESTION: Final = Text("The test has no such question.", "В тесте нет такого вопроса.")
_TWICE: Final = Text("This question is answered twice here.", "На этот вопрос здесь два ответа.")
_NO_OPTION: Final = Text("The question has no such option.", "У вопроса нет такого варианта.")
_ONE_OPTION: Final = Text("Choose one option.", "Выберите один вариант.")
_NOT_OF_KIND: Final = Text(
    "A question of this kind is answered in another way.", "На вопрос этого вида отвечают иначе."
)

_ATTEMPT: Final = frozenset({"_id", "school_id", "test_id", "student_id", "number", "state", "answers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTest:
    """The test that a student starts."""

    test_id: PublicId
    """The test (`Test.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question; without any value it is taken back."""

    question_id: PublicId
    """The question (`TestQuestion.id`)."""

    option_ids: tuple[PublicId, ...] | None = None
    """The options chosen (`TestOption.id`), of a question of the kinds ONE and SEVERAL."""

    text: str | None = None
    """The answer to a question of the kind TEXT."""

    number: Decimal | None = None
    """The answer to a question of the kind NUMBER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAnswers:
    """Answers to questions of an attempt; those to other questions stay."""

    attempt_id: PublicId
    """The attempt (`TestAttempt.id`)."""

    answers: tuple[Answer, ...]
    """The answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTest:
    """The attempt that a student hands in."""

    attempt_id: PublicId
    """The attempt (`TestAttempt.id`)."""

    answers: tuple[Answer, ...] = ()
    """Answers that were not saved before."""


class _Attempt(NamedTuple):
    """An attempt of the viewer's and its test."""

    attempt: TestAttempt
    test: Test

    @property
    def ids(self) -> dict[str, Any]:
        return _ids(self.attempt["_id"], self.attempt["test_id"], self.attempt["student_id"])


def _ids(attempt: str, test: TestId, student: StudentId) -> dict[str, Any]:
    return {"attempt_id": attempt, "student_test_id": of_student(test, student)}


async def start_test(input: StartTest, info: Info, transaction: Transaction) -> Outcome:
    """Start an attempt at a test, while it is open and attempts are left; one that is started is found again (F94)."""
    problems = Problems()
    mine = info.viewer.student_id or NOBODY
    named, student = shared_and_student(input.test_id) or (TestId("tst_"), NOBODY)
    pair = {"test_id": named, "student_id": mine}
    test: Any = await transaction.find_one("tests", {"_id": named}, columns=frozenset())
    assigned = await transaction.find_one("assignments", pair, columns=frozenset({"_id"}))
    earlier: Any = await transaction.find("attempts", pair, columns=_ATTEMPT)
    if test is None or assigned is None or student != mine:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_TEST, "testId")
    ids = {"student_test_id": of_student(named, mine)}
    started = next((one for one in earlier if one["state"] == AttemptState.STARTED), None)
    if _is_open(test, info, problems, "testId"):
        if started is not None:
            return Outcome({**ids, "attempt_id": started["_id"]}, is_new=False)
        if not test.get("questions"):
            problems.add(UserErrorCode.NOT_ALLOWED, _ELSEWHERE, "testId")
        elif len(earlier) >= test["attempt_limit"]:
            limit = test["attempt_limit"]
            problems.add(UserErrorCode.ATTEMPTS_EXHAUSTED, _NO_ATTEMPTS.format(limit=limit), "testId", limit=limit)
    problems.check(**ids)
    number = max((one["number"] for one in earlier), default=0) + 1
    attempt = TestAttempt(
        _id=mint("TestAttempt", named, mine, number),
        school_id=test["school_id"],
        test_id=test["_id"],
        student_id=mine,
        number=number,
        started_at=info.now_at(test["school_id"]),
        submitted_at=None,
        score=None,
        state=AttemptState.STARTED,
        answers=[],
        version=1,
    )
    # Of two attempts with one number that are started at once, the later one finds the other.
    await transaction.insert("attempts", [attempt])
    after = {"test_id": attempt["test_id"], "number": number, "state": attempt["state"]}
    done = fact(info, "startTest", attempt["_id"], attempt["school_id"], student_id=mine, after=after)
    return Outcome({**ids, "attempt_id": attempt["_id"]}, [done])


async def save_answers(input: SaveAnswers, info: Info, transaction: Transaction) -> Outcome:
    """Save answers of an attempt, so that nothing is lost where a connection breaks."""
    problems = Problems()
    found = await _found(input.attempt_id, info, transaction, problems)
    if found.attempt["state"] != AttemptState.STARTED:
        problems.add(UserErrorCode.NOT_ALLOWED, _HANDED_IN, "attemptId")
    else:
        _is_open(found.test, info, problems, "attemptId")
    answers = _merged(input.answers, found, info, problems)
    problems.check(**found.ids)
    if answers == found.attempt.get("answers"):
        return Outcome(found.ids, is_new=False)
    change = {"$set": {"answers": answers}, "$inc": {"version": 1}}
    await transaction.update("attempts", {"_id": found.attempt["_id"]}, change)
    done = _fact(found, "saveAnswers", {"answers": len(answers)}, info)
    return Outcome(found.ids, [done])


async def submit_test(input: SubmitTest, info: Info, transaction: Transaction) -> Outcome:
    """Hand an attempt in; where all answers are closed, it has its points at once (F96)."""
    problems = Problems()
    found = await _found(input.attempt_id, info, transaction, problems)
    if found.attempt["state"] != AttemptState.STARTED:
        return Outcome(found.ids, is_new=False)
    _is_open(found.test, info, problems, "attemptId")
    answers = _merged(input.answers, found, info, problems)
    problems.check(**found.ids)
    awarded = awarded_of(found.test.get("questions", []), answers)
    score = score_of(awarded)
    changed: dict[str, Any] = {
        "answers": answers,
        "awarded": awarded,
        "score": score,
        "state": AttemptState.SUBMITTED if score is None else AttemptState.CHECKED,
        "submitted_at": info.now_at(found.attempt["school_id"]),
    }
    await transaction.update("attempts", {"_id": found.attempt["_id"]}, {"$set": changed, "$inc": {"version": 1}})
    after = {"answers": len(answers), "state": changed["state"], "score": score}
    return Outcome(found.ids, [_fact(found, "submitTest", after, info)])


def _fact(found: _Attempt, action: str, after: Mapping[str, Any], info: Info) -> Any:
    attempt = found.attempt
    before = {"answers": len(attempt.get("answers", [])), "state": attempt["state"]}
    shown = {key: value for key, value in before.items() if key in after}
    school, student = attempt["school_id"], attempt["student_id"]
    return fact(info, action, attempt["_id"], school, student_id=student, before=shown, after=after)


async def _found(attempt_id: str, info: Info, transaction: Transaction, problems: Problems) -> _Attempt:
    """The attempt of the viewer's with its test, which is still assigned to them; raises `Rejected` for any other.

    The commands are the same whether there is such an attempt or not.
    """
    mine = info.viewer.student_id or NOBODY
    attempt: Any = await transaction.find_one("attempts", {"_id": attempt_id}, columns=_ATTEMPT)
    named = attempt["test_id"] if attempt else TestId("tst_")
    test: Any = await transaction.find_one("tests", {"_id": named}, columns=frozenset())
    pair = {"test_id": named, "student_id": mine}
    assigned = await transaction.find_one("assignments", pair, columns=frozenset({"_id"}))
    if attempt is None or test is None or assigned is None or attempt["student_id"] != mine:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_ATTEMPT, "attemptId")
    return _Attempt(attempt, test)


def _is_open(test: Test, info: Info, problems: Problems, name: str) -> bool:
    """Whether the test can be taken now; a problem is noted where it cannot."""
    now = info.now
    if now < test["opens_at"]:
        opens_at = test["opens_at"].astimezone(info.zone_of(test["school_id"]))
        problems.add(UserErrorCode.WINDOW_CLOSED, _NOT_YET, name, retry_at=opens_at)
    elif now > test["closes_at"]:
        problems.add(UserErrorCode.WINDOW_CLOSED, _OVER, name)
    else:
        return True
    return False


def _merged(sent: Sequence[Answer], found: _Attempt, info: Info, problems: Problems) -> list[GivenAnswer]:
    """All answers of the attempt, in the order of the questions; notes the problems of those that were sent."""
    questions = {question["_id"]: question for question in found.test.get("questions", [])}
    answers = {answer["question_id"]: answer for answer in found.attempt.get("answers", [])}
    seen: set[str] = set()
    for place, one in enumerate(sent):
        question = questions.get(one.question_id)
        if question is None:
            problems.add(UserErrorCode.NOT_FOUND, _NO_QUESTION, "answers", place, "questionId")
            continue
        if one.question_id in seen:
            problems.add(UserErrorCode.TAKEN, _TWICE, "answers", place, "questionId")
        seen.add(one.question_id)
        answers.pop(question["_id"], None)
        answer = _answer(one, question, place, info, problems)
        if answer["option_ids"] or answer["text"] or answer["number"] is not None:
            answers[question["_id"]] = answer
    return [answers[own] for own in questions if own in answers]


def _answer(sent: Answer, question: Question, place: int, info: Info, problems: Problems) -> GivenAnswer:
    kind, at = question["kind"], ("answers", place)
    has_options = kind in {QuestionKind.ONE, QuestionKind.SEVERAL}
    for name, value, is_right in (
        ("optionIds", sent.option_ids, has_options),
        ("text", sent.text, kind == QuestionKind.TEXT),
        ("number", sent.number, kind == QuestionKind.NUMBER),
    ):
        if value is not None and not is_right:
            problems.add(UserErrorCode.INVALID_INPUT, _NOT_OF_KIND, *at, name)
    options = list(dict.fromkeys(sent.option_ids or ())) if has_options else []
    known = {one["_id"] for one in question["options"]}
    if not known.issuperset(options):
        problems.add(UserErrorCode.NOT_FOUND, _NO_OPTION, *at, "optionIds")
    elif kind == QuestionKind.ONE and len(options) > 1:
        problems.add(UserErrorCode.INVALID_INPUT, _ONE_OPTION, *at, "optionIds")
    text = None
    if sent.text is not None and sent.text.strip():
        text = checked_text(sent.text, problems, *at, "text", most=info.writing.rules.test_answer_characters)
    return GivenAnswer(
        question_id=question["_id"],
        option_ids=[str(one) for one in options],
        text=text,
        number=None if sent.number is None else stored(sent.number),
    )
