"""Actions of teachers who make a test: its questions and window, and whom it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from connectors.assessments import Option, Question, QuestionKind, Test, TestAssignment
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import ClassId, GroupId, PublicId, SchoolId, StudentId, SubjectId, TestId, mint
from gateway.averages import stored
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.assessments.scoring import folded
from gateway.teaching import Teaching, made_test, teaches, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

NO_TEST: Final = Text("There is no such test of yours.", "У вас нет такого теста.")
_NO_SUBJECT: Final = Text("You teach no such subject.", "Вы не ведёте такого предмета.")
_NO_QUESTIONS: Final = Text("A test has at least one question.", "В тесте должен быть хотя бы один вопрос.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_CLOSED: Final = Text("The test would be closed already.", "Тест уже был бы закрыт.")
_REVERSED: Final = Text("The test closes before it opens.", "Тест закрывается раньше, чем открывается.")
_ATTEMPTS: Final = Text("From 1 to {limit} attempts.", "От 1 до {limit} попыток.")
_POINTS: Final = Text("Points are above 0 and at most {limit}.", "Баллы больше 0 и не больше {limit}.")
_EXACT: Final = Text("Points have at most two decimal places.", "У баллов не более двух знаков после запятой.")
_OPTIONS: Final = Text("Offer at least two options.", "Предложите хотя бы два варианта.")
_ONE_RIGHT: Final = Text("Exactly one option is right.", "Верным должен быть ровно один вариант.")
_SOME_RIGHT: Final = Text("At least one option is right.", "Верным должен быть хотя бы один вариант.")
_TWICE: Final = Text("Two options are the same.", "Два варианта одинаковы.")
_NO_NUMBER: Final = Text("Say which number is right.", "Укажите верное число.")
_NEGATIVE: Final = Text("A tolerance is 0 or more.", "Допуск — число не меньше 0.")
_NOT_OF_KIND: Final = Text("A question of this kind has no such value.", "У вопроса этого вида нет такого значения.")
_NO_STUDENT: Final = Text("You teach no such student this subject.", "Вы не ведёте этот предмет у такого ученика.")
_NO_CLASS: Final = Text("You teach no such class this subject.", "Вы не ведёте этот предмет в таком классе.")
_NO_GROUP: Final = Text("You teach no such study group this subject.", "Вы не ведёте этот предмет в такой группе.")
_NOBODY: Final = Text("Name at least one student.", "Назовите хотя бы одного ученика.")
_OVER: Final = Text("The test is closed already.", "Тест уже закрыт.")

FEWEST_OPTIONS: Final = 2
_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "memberships", "merged_to"})


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
class TestAudience:
    """Whom a test is assigned to: a class, a study group or single students; exactly one of them."""

    is_one_of = True

    class_id: ClassId | None = None
    """All who are in the class today."""

    group_id: GroupId | None = None
    """All who are in the study group today."""

    student_ids: tuple[StudentId, ...] | None = None
    """Single students."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTest:
    """A test and whom it is assigned to."""

    test_id: PublicId
    """The id of the test, as `createTest` answered it."""

    audience: TestAudience
    """Whom the test is for; those who have it already keep it."""


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
    if input.closes_at <= input.opens_at:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "closesAt")
    elif input.closes_at <= now:
        problems.add(UserErrorCode.OUT_OF_RANGE, _CLOSED, "closesAt", limit=now.isoformat(timespec="seconds"))
    if not 1 <= input.attempt_limit <= rules.test_attempts:
        limit = 1 if input.attempt_limit < 1 else rules.test_attempts
        text = _ATTEMPTS.format(limit=rules.test_attempts)
        problems.add(UserErrorCode.OUT_OF_RANGE, text, "attemptLimit", limit=limit)
    test_id = TestId(mint("Test", uuid4().hex))
    questions = _questions(test_id, input.questions, info, problems)
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
        max_score=stored(sum((Decimal(str(one["points"])) for one in questions), Decimal(0))),
        attempt_limit=input.attempt_limit,
        questions=questions,
        created_at=now,
    )
    await transaction.insert("tests", [test])
    shown = ("subject_id", "opens_at", "closes_at", "question_count", "max_score", "attempt_limit")
    after: dict[str, Any] = {name: test[name] for name in shown}  # type: ignore[literal-required] # its own keys
    done = fact(info, "createTest", test_id, school, after=after)
    return Outcome({"test_id": test_id, "done_at": now.isoformat()}, [done])


def _questions(test_id: TestId, sent: Sequence[NewQuestion], info: Info, problems: Problems) -> list[Question]:
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


async def assign_test(input: AssignTest, info: Info, transaction: Transaction) -> Outcome:
    """Assign a test of the viewer's to a class, a group or students whom they teach its subject today (F94)."""
    problems = Problems()
    found: Any = await transaction.find_one("tests", {"_id": input.test_id}, columns=frozenset())
    own = await teaching(info)
    test = found if made_test(found, own, info) else None
    school = test["school_id"] if test else next(iter(info.viewer.school_ids), SchoolId("sch_"))
    students = await _students(input.audience, test, own, school, info, problems)
    if test is None:
        problems.found.clear()
        problems.add(UserErrorCode.NOT_FOUND, NO_TEST, "testId")
    elif test["closes_at"] < info.now:
        problems.add(UserErrorCode.WINDOW_CLOSED, _OVER, "testId")
    problems.in_order_of(input)
    problems.check()
    if test is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    there = await transaction.find("assignments", {"test_id": test["_id"]}, columns=frozenset({"student_id"}))
    before = {one["student_id"] for one in there}
    new = [student for student in dict.fromkeys(students) if student not in before]
    now = info.now_at(school).isoformat()
    ids = {"test_id": test["_id"], "done_at": now}
    if not new:
        return Outcome(ids, is_new=False)
    rows = [
        TestAssignment(
            _id=mint("TestAssignment", test["_id"], one), school_id=school, test_id=test["_id"], student_id=one
        )
        for one in new
    ]
    await transaction.insert("assignments", rows)
    done = fact(info, "assignTest", test["_id"], school, after={"students": new})
    return Outcome(ids, [done])


async def _students(
    audience: TestAudience, test: Any, own: Teaching, school: SchoolId, info: Info, problems: Problems
) -> list[StudentId]:
    """The students of an audience whom the viewer teaches the subject today; notes a problem where there are none."""
    directory, today, most = info.connectors.directory, info.today_at(school), info.writing.rules.test_students
    subject = test["subject_id"] if test else None
    if audience.student_ids is not None:
        ids = audience.student_ids
        if not ids or len(ids) > most:
            code, text = (
                (UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most)) if ids else (UserErrorCode.REQUIRED, _NOBODY)
            )
            problems.add(code, text, "audience", "studentIds", limit=most if ids else None)
            return []
        people = await info.read(directory.students_by_ids, ids, columns=_STUDENT)
        for place, person in enumerate(people):
            if not teaches(person, subject, own, today, info):
                problems.add(UserErrorCode.NOT_FOUND, _NO_STUDENT, "audience", "studentIds", place)
        return list(ids)
    is_group = audience.group_id is not None
    groups: Any = directory.groups_by_ids if is_group else directory.classes_by_ids
    read: Any = directory.students_in_groups if is_group else directory.students_in_classes
    key = audience.group_id or audience.class_id
    columns = frozenset({"_id", "class_ids"} if is_group else {"_id"})
    [[found], [members]] = [
        await info.check(groups, [key], columns=columns),
        await info.read(read, [key], columns=_STUDENT, on=today),
    ]
    classes = (found["class_ids"] if is_group else [found["_id"]]) if found else []
    if found is None or not own.of_place(classes, audience.group_id, subject, today):
        text, name = (_NO_GROUP, "groupId") if is_group else (_NO_CLASS, "classId")
        problems.add(UserErrorCode.NOT_FOUND, text, "audience", name)
        return []
    return [person["student_id"] for person in members or () if not person.get("merged_to")]
