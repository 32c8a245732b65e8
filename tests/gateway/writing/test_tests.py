"""Tests that teachers make and students take. Today is Wednesday 18 November 2026; the time of day is the real one."""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.building import at
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.seeing import answers

STUDENT, TEACHER, LEADER, PARENT = Role.STUDENT, Role.TEACHER, Role.CLASS_TEACHER, Role.PARENT
OPENS, CLOSES = "2026-11-17T08:00:00+05:00", "2026-11-20T20:00:00+05:00"
ATTEMPT: Final = """attempt { id number state score submittedAt questions { id kind text points options { id text }
  optionIds answerText answerNumber awarded correctAnswers } } test { state attemptsLeft }"""
AUTHORED: Final = """{ viewer { authoredTests { totalCount nodes { id title assignedTo maxScore
  questions { id kind acceptedAnswers number options { id text isCorrect } }
  attempts(state: SUBMITTED) { totalCount nodes { id version state score person { givenName }
    answers { question { id text } optionIds text number points } } } } } } }"""
QUESTIONS: Final[list[dict[str, Any]]] = [
    {"kind": "ONE", "text": "2 + 2", "points": "1", "options": [{"text": "4", "isCorrect": True}, {"text": "5"}]},
    {
        "kind": "SEVERAL",
        "text": "Чётные",
        "points": "2.5",
        "options": [{"text": "2", "isCorrect": True}, {"text": "3"}, {"text": "4", "isCorrect": True}],
    },
    {"kind": "NUMBER", "text": "Пи", "points": "1.5", "number": "3.14", "tolerance": "0.01"},
    {"kind": "TEXT", "text": "Ёлка по-русски", "points": "2", "acceptedAnswers": ["Ель", "ёлка"]},
]
OPEN_QUESTION: Final[dict[str, Any]] = {"kind": "TEXT", "text": "Докажите теорему", "points": "3"}


def new_test(acts: Acting, **changes: Any) -> dict[str, Any]:
    return {
        "subjectId": acts.id("Subject", "math"),
        "title": "Контрольный тест",
        "opensAt": OPENS,
        "closesAt": CLOSES,
        "attemptLimit": 2,
        "questions": QUESTIONS,
        **changes,
    }


async def a_test(acts: Acting, *, to: dict[str, Any] | None = None, **changes: Any) -> str:
    """The id of a test of Smirnov's, assigned to 7А where nothing else is said."""
    sent = new_test(acts, **changes)
    payload = await acts.act("smirnov", TEACHER, "createTest", sent, "id doneAt", Idempotency_Key=str(sent)[-200:])
    assert payload["userErrors"] == []
    audience = to or {"classId": acts.id("Class", "7a")}
    assert await acts.codes("smirnov", TEACHER, "assignTest", {"testId": payload["id"], "audience": audience}) == []
    found: str = payload["id"]
    return found


def own(acts: Acting, test: str, student: str = "ivan") -> str:
    return f"{test}.{acts.id('Student', student)}"


async def started(acts: Acting, test: str, who: str = "ivan") -> dict[str, Any]:
    payload = await acts.act(who, STUDENT, "startTest", {"testId": own(acts, test, who)}, ATTEMPT)
    assert payload["userErrors"] == []
    attempt: dict[str, Any] = payload["attempt"]
    return attempt


def right(attempt: dict[str, Any]) -> list[dict[str, Any]]:
    """The right answers to the first four questions."""
    one, several, number, text = attempt["questions"][:4]
    return [
        {"questionId": one["id"], "optionIds": [one["options"][0]["id"]]},
        {"questionId": several["id"], "optionIds": [several["options"][2]["id"], several["options"][0]["id"]]},
        {"questionId": number["id"], "number": "3.15"},
        {"questionId": text["id"], "text": "  ЕЛКА "},
    ]


async def close(acts: Acting, test: str) -> None:
    """Have the test closed since the evening before."""
    await acts.change("assessments.tests", {"_id": test}, {"$set": {"closes_at": at("2026-11-17", "20:00")}})


async def submit(acts: Acting, attempt: dict[str, Any], answers: Any = (), who: str = "ivan") -> dict[str, Any]:
    sent = {"attemptId": attempt["id"], "answers": list(answers)}
    payload = await acts.act(who, STUDENT, "submitTest", sent, ATTEMPT)
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["attempt"]
    return found


# ── taking ──


async def test_a_test_with_closed_answers_has_its_points_at_once(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    assert (attempt["number"], attempt["state"], attempt["score"]) == (1, "STARTED", None)
    assert [question["text"] for question in attempt["questions"]] == ["2 + 2", "Чётные", "Пи", "Ёлка по-русски"]
    shown = await submit(acts, attempt, right(attempt))
    # 1 + 2.5 + 1.5 + 2: 3.15 lies within 0.01 of 3.14, «елка» is «ёлка».
    assert (shown["state"], shown["score"]) == ("CHECKED", "7")
    second = await started(acts, test)
    wrong = right(second)
    wrong[1]["optionIds"].pop()
    wrong[2]["number"] = "3.16"
    shown = await submit(acts, second, wrong)
    assert (shown["number"], shown["score"]) == (2, "3")


async def test_what_is_saved_stays_over_a_reload_and_later_answers_take_its_place(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    answers = right(attempt)
    for part in (answers[:2], [{**answers[0], "optionIds": [attempt["questions"][0]["options"][1]["id"]]}]):
        sent = {"attemptId": attempt["id"], "answers": part}
        assert await acts.codes("ivan", STUDENT, "saveAnswers", sent) == []
    again = await started(acts, test)
    assert again["id"] == attempt["id"]
    chosen = [question["optionIds"] for question in again["questions"]]
    assert chosen[0] == [attempt["questions"][0]["options"][1]["id"]]
    assert sorted(chosen[1]) == sorted(answers[1]["optionIds"])
    taken_back = {"attemptId": attempt["id"], "answers": [{"questionId": answers[1]["questionId"]}]}
    assert await acts.codes("ivan", STUDENT, "saveAnswers", taken_back) == []
    shown = await submit(acts, again, answers[2:])
    assert shown["score"] == "3.5"  # the wrong one, none, 1.5 and 2


async def test_answers_that_are_saved_at_once_all_stay(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    await asyncio.gather(
        *(
            acts.codes("ivan", STUDENT, "saveAnswers", {"attemptId": attempt["id"], "answers": [answer]})
            for answer in right(attempt)
        )
    )
    assert (await submit(acts, attempt))["score"] == "7"


async def test_a_repeated_submission_is_one(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    sent = {"attemptId": attempt["id"], "answers": right(attempt)}
    payloads = await asyncio.gather(
        *(acts.act("ivan", STUDENT, "submitTest", sent, "attempt { score }", Idempotency_Key="once") for _ in range(6))
    )
    assert [payload["attempt"]["score"] for payload in payloads] == ["7"] * 6
    assert [fact["action"] for fact in await acts.found("assessments.facts", action="submitTest")] == ["submitTest"]
    empty = await submit(acts, attempt)
    assert empty["score"] == "7"


async def test_attempts_are_exactly_as_many_as_the_limit_however_many_start_at_once(acts: Acting) -> None:
    test = await a_test(acts, attemptLimit=3)

    async def take() -> list[Any]:
        payload = await acts.act("ivan", STUDENT, "startTest", {"testId": own(acts, test)}, "attempt { id }")
        if payload["attempt"]:
            await acts.act("ivan", STUDENT, "submitTest", {"attemptId": payload["attempt"]["id"]})
        return codes_of(payload)

    for _ in range(4):
        await asyncio.gather(*(take() for _ in range(8)))
    found = await asyncio.gather(*(take() for _ in range(8)))
    stored = await acts.found("assessments.attempts", test_id=test)
    assert sorted(one["number"] for one in stored) == [1, 2, 3]
    assert found == [[("ATTEMPTS_EXHAUSTED", ["testId"])]] * 8


async def test_one_attempt_is_started_of_ten_at_once(acts: Acting) -> None:
    test = await a_test(acts)
    found = await asyncio.gather(*(started(acts, test) for _ in range(10)))
    assert len({attempt["id"] for attempt in found}) == 1
    assert len(await acts.found("assessments.facts", action="startTest")) == 1


@pytest.mark.parametrize(
    ("window", "retry_at"),
    [(("2026-11-19", "2026-11-20"), "2026-11-19T08:00:00+05:00"), (("2026-11-16", "2026-11-17"), None)],
)
async def test_a_test_is_taken_within_its_window(acts: Acting, window: tuple[str, str], retry_at: str | None) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    opens, closes = at(window[0], "08:00"), at(window[1], "20:00")
    await acts.change("assessments.tests", {"_id": test}, {"$set": {"opens_at": opens, "closes_at": closes}})
    payload = await acts.act("ivan", STUDENT, "startTest", {"testId": own(acts, test)}, "test { state }")
    assert codes_of(payload) == [("WINDOW_CLOSED", ["testId"])]
    assert payload["userErrors"][0]["retryAt"] == retry_at
    for name in ("saveAnswers", "submitTest"):
        sent = {"attemptId": attempt["id"], "answers": right(attempt)}
        assert await acts.codes("ivan", STUDENT, name, sent) == [("WINDOW_CLOSED", ["attemptId"])]
    [stored] = await acts.found("assessments.attempts", _id=attempt["id"])
    assert (stored["state"], stored["answers"]) == ("STARTED", [])


async def test_right_answers_and_points_of_questions_come_when_the_test_is_closed(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    shown = await submit(acts, attempt, right(attempt))
    assert {(one["awarded"], str(one["correctAnswers"])) for one in shown["questions"]} == {(None, "None")}
    await close(acts, test)
    query = "{ viewer { student { tests { id attempts { questions { awarded correctAnswers } } } } } }"
    answer = await acts.answer("ivan", STUDENT, query)
    [closed] = [one for one in answer["data"]["viewer"]["student"]["tests"] if one["id"] == own(acts, test)]
    assert closed["attempts"][0]["questions"] == [
        {"awarded": "1", "correctAnswers": ["4"]},
        {"awarded": "2.5", "correctAnswers": ["2", "4"]},
        {"awarded": "1.5", "correctAnswers": ["3.14"]},
        {"awarded": "2", "correctAnswers": ["Ель", "ёлка"]},
    ]


async def test_problems_of_answers_are_named_together_and_nothing_is_saved(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    one, several, number, text = attempt["questions"]
    answers = [
        {"questionId": "tqu_nothing", "text": "?"},
        {"questionId": one["id"], "optionIds": [option["id"] for option in one["options"]]},
        {"questionId": several["id"], "optionIds": [one["options"][0]["id"]]},
        {"questionId": number["id"], "text": "три"},
        {"questionId": text["id"], "text": "а" * 5_001},
        {"questionId": text["id"], "number": "1"},
    ]
    payload = await acts.act("ivan", STUDENT, "saveAnswers", {"attemptId": attempt["id"], "answers": answers})
    assert limits_of(payload) == [
        ("NOT_FOUND", ["answers", "0", "questionId"], None),
        ("INVALID_INPUT", ["answers", "1", "optionIds"], None),
        ("NOT_FOUND", ["answers", "2", "optionIds"], None),
        ("INVALID_INPUT", ["answers", "3", "text"], None),
        ("TOO_LONG", ["answers", "4", "text"], "5000"),
        ("TAKEN", ["answers", "5", "questionId"], None),
        ("INVALID_INPUT", ["answers", "5", "number"], None),
    ]
    [stored] = await acts.found("assessments.attempts", _id=attempt["id"])
    assert (stored["answers"], stored["version"]) == ([], 1)


async def test_an_attempt_that_was_handed_in_takes_no_answers(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    await submit(acts, attempt)
    sent = {"attemptId": attempt["id"], "answers": right(attempt)}
    assert await acts.codes("ivan", STUDENT, "saveAnswers", sent) == [("NOT_ALLOWED", ["attemptId"])]


async def test_another_students_attempt_and_a_test_that_is_not_assigned_are_not_found(acts: Acting) -> None:
    test = await a_test(acts, to={"studentIds": [acts.id("Student", "petr")]})
    assert await acts.codes("ivan", STUDENT, "startTest", {"testId": own(acts, test)}) == [("NOT_FOUND", ["testId"])]
    others = {"testId": own(acts, test, "petr")}
    assert await acts.codes("ivan", STUDENT, "startTest", others) == [("NOT_FOUND", ["testId"])]
    attempt = await started(acts, test, "petr")
    for name in ("saveAnswers", "submitTest"):
        sent = {"attemptId": attempt["id"], "answers": []}
        assert await acts.codes("ivan", STUDENT, name, sent) == [("NOT_FOUND", ["attemptId"])]


# ── making ──


def question(place: int, **changes: Any) -> list[dict[str, Any]]:
    """The questions, one of them changed."""
    return [{**one, **changes} if number == place else one for number, one in enumerate(QUESTIONS)]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"title": ""}, [("REQUIRED", ["title"], None)]),
        ({"closesAt": OPENS}, [("INVALID_INPUT", ["closesAt"], None)]),
        ({"attemptLimit": 0}, [("OUT_OF_RANGE", ["attemptLimit"], "1")]),
        ({"attemptLimit": 21}, [("OUT_OF_RANGE", ["attemptLimit"], "20")]),
        ({"questions": []}, [("REQUIRED", ["questions"], None)]),
        ({"questions": [OPEN_QUESTION] * 101}, [("TOO_MANY", ["questions"], "100")]),
        ({"questions": question(0, points="0")}, [("OUT_OF_RANGE", ["questions", "0", "points"], "0")]),
        ({"questions": question(0, points="1.001")}, [("INVALID_INPUT", ["questions", "0", "points"], None)]),
        ({"questions": question(0, options=[{"text": "4"}])}, [("REQUIRED", ["questions", "0", "options"], "2")]),
        (
            {"questions": question(0, options=[{"text": "4"}, {"text": "5"}])},
            [("INVALID_INPUT", ["questions", "0", "options"], None)],
        ),
        (
            {"questions": question(1, options=[{"text": "Да", "isCorrect": True}, {"text": "да"}])},
            [("TAKEN", ["questions", "1", "options", "1", "text"], None)],
        ),
        ({"questions": question(2, number=None)}, [("REQUIRED", ["questions", "2", "number"], None)]),
        ({"questions": question(2, tolerance="-1")}, [("OUT_OF_RANGE", ["questions", "2", "tolerance"], "0")]),
        ({"questions": question(3, number="1")}, [("INVALID_INPUT", ["questions", "3", "number"], None)]),
        ({"questions": question(3, text=" ")}, [("REQUIRED", ["questions", "3", "text"], None)]),
        (
            {"title": "", "questions": question(2, number=None)},
            [("REQUIRED", ["title"], None), ("REQUIRED", ["questions", "2", "number"], None)],
        ),
    ],
)
async def test_problems_of_a_test_are_named_together(
    acts: Acting, changes: dict[str, Any], problems: list[Any]
) -> None:
    payload = await acts.act("smirnov", TEACHER, "createTest", new_test(acts, **changes), Idempotency_Key="k")
    assert limits_of(payload) == problems
    assert await acts.found("assessments.facts") == []


async def test_a_teacher_makes_tests_in_their_subjects(acts: Acting) -> None:
    sent = new_test(acts, subjectId=acts.id("Subject", "rus"))
    payload = await acts.act("smirnov", TEACHER, "createTest", sent, Idempotency_Key="k")
    assert codes_of(payload) == [("NOT_FOUND", ["subjectId"])]
    over = new_test(acts, opensAt="2026-11-02T08:00:00+05:00", closesAt="2026-11-03T08:00:00+05:00")
    payload = await acts.act("smirnov", TEACHER, "createTest", over, Idempotency_Key="k")
    assert codes_of(payload) == [("OUT_OF_RANGE", ["closesAt"])]


async def test_a_test_is_assigned_once_to_each_and_to_those_alone_who_are_taught(acts: Acting) -> None:
    test = await a_test(acts, to={"studentIds": [acts.id("Student", "ivan")]})
    for _ in range(2):
        audience = {"classId": acts.id("Class", "7a")}
        assert await acts.codes("smirnov", TEACHER, "assignTest", {"testId": test, "audience": audience}) == []
    assert len(await acts.found("assessments.assignments", test_id=test)) == 6
    assert len(await acts.found("assessments.facts", action="assignTest")) == 2
    refused: list[tuple[dict[str, Any], list[str]]] = [
        ({"classId": acts.id("Class", "9a")}, ["classId"]),
        ({"groupId": acts.id("Group", "unknown")}, ["groupId"]),
        ({"studentIds": [acts.id("Student", "ivan"), acts.id("Student", "maria")]}, ["studentIds", "1"]),
    ]
    for others, path in refused:
        sent: dict[str, Any] = {"testId": test, "audience": others}
        assert await acts.codes("smirnov", TEACHER, "assignTest", sent) == [("NOT_FOUND", ["audience", *path])]
        assert await acts.codes("rusova", TEACHER, "assignTest", sent) == [("NOT_FOUND", ["testId"])]
    await close(acts, test)
    sent = {"testId": test, "audience": {"classId": acts.id("Class", "7b")}}
    assert await acts.codes("smirnov", TEACHER, "assignTest", sent) == [("WINDOW_CLOSED", ["testId"])]


# ── changing ──

EDITABLE: Final = (
    "{ viewer { authoredTests { nodes { id title version maxScore opensAt attemptLimit questions { text } } } } }"
)


async def an_unassigned_test(acts: Acting) -> str:
    payload = await acts.act("smirnov", TEACHER, "createTest", new_test(acts), "id", Idempotency_Key="unassigned")
    found: str = payload["id"]
    return found


async def test_a_test_is_changed_until_it_is_assigned(acts: Acting) -> None:
    test = await an_unassigned_test(acts)
    sent = {"testId": test, "version": 1, "title": "Другой тест", "questions": QUESTIONS[:2], "attemptLimit": 3}
    payload = await acts.act("smirnov", TEACHER, "updateTest", sent, "id doneAt")
    assert (payload["userErrors"], payload["id"]) == ([], test)
    shown = await acts.answer("smirnov", TEACHER, EDITABLE)
    [found] = [one for one in shown["data"]["viewer"]["authoredTests"]["nodes"] if one["id"] == test]
    assert found == {
        "id": test,
        "title": "Другой тест",
        "version": 2,
        "maxScore": "3.5",
        "opensAt": OPENS,
        "attemptLimit": 3,
        "questions": [{"text": "2 + 2"}, {"text": "Чётные"}],
    }
    assert await acts.codes("smirnov", TEACHER, "updateTest", {**sent, "version": 2}) == []
    assert len(await acts.found("assessments.facts", action="updateTest")) == 1, "the second one changed nothing"
    assert "Другой" not in str(await acts.found("assessments.facts"))
    audience = {"classId": acts.id("Class", "7a")}
    assert await acts.codes("smirnov", TEACHER, "assignTest", {"testId": test, "audience": audience}) == []
    late = {"testId": test, "version": None, "title": "Поздно"}
    assert await acts.codes("smirnov", TEACHER, "updateTest", late) == [("NOT_ALLOWED", ["testId"])]
    attempt = await started(acts, test)
    assert [one["text"] for one in attempt["questions"]] == ["2 + 2", "Чётные"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"version": 2}, [("CONFLICT", ["version"], "1")]),
        ({"title": ""}, [("REQUIRED", ["title"], None)]),
        ({"title": "а" * 201}, [("TOO_LONG", ["title"], "200")]),
        ({"closesAt": OPENS}, [("INVALID_INPUT", ["closesAt"], None)]),
        ({"opensAt": CLOSES}, [("INVALID_INPUT", ["closesAt"], None)]),
        ({"attemptLimit": 0}, [("OUT_OF_RANGE", ["attemptLimit"], "1")]),
        ({"questions": []}, [("REQUIRED", ["questions"], None)]),
        ({"questions": [OPEN_QUESTION] * 101}, [("TOO_MANY", ["questions"], "100")]),
        (
            {"questions": question(1, options=[{"text": "Да", "isCorrect": True}, {"text": "да"}])},
            [("TAKEN", ["questions", "1", "options", "1", "text"], None)],
        ),
        (
            {"title": "", "attemptLimit": 21, "questions": question(2, number=None)},
            [
                ("REQUIRED", ["title"], None),
                ("OUT_OF_RANGE", ["attemptLimit"], "20"),
                ("REQUIRED", ["questions", "2", "number"], None),
            ],
        ),
    ],
)
async def test_problems_of_a_change_are_named_together(
    acts: Acting, changes: dict[str, Any], problems: list[Any]
) -> None:
    test = await an_unassigned_test(acts)
    before = await acts.found("assessments.tests", _id=test)
    payload = await acts.act("smirnov", TEACHER, "updateTest", {"testId": test, "version": 1, **changes})
    assert limits_of(payload) == problems
    assert await acts.found("assessments.tests", _id=test) == before
    assert await acts.found("assessments.facts", action="updateTest") == []


async def test_a_change_says_which_version_was_seen_and_is_the_author_s(acts: Acting) -> None:
    test = await an_unassigned_test(acts)
    assert await acts.codes("smirnov", TEACHER, "updateTest", {"testId": test}) == [("REQUIRED", ["version"])]
    sent = {"testId": test, "version": 1, "title": "Чужой"}
    assert await acts.codes("rusova", TEACHER, "updateTest", sent) == [("NOT_FOUND", ["testId"])]
    elsewhere = {"testId": acts.id("Test", "not assigned"), "version": 0, "title": "Тест"}
    assert await acts.codes("smirnov", TEACHER, "updateTest", elsewhere) == [("NOT_ALLOWED", ["testId"])]


async def test_nobody_has_a_test_that_is_changed_while_it_is_assigned(acts: Acting) -> None:
    for number in range(6):
        sent = new_test(acts, questions=QUESTIONS[:1])
        created = await acts.act("smirnov", TEACHER, "createTest", sent, "id", Idempotency_Key=f"race {number}")
        change = {"testId": created["id"], "version": 1, "questions": QUESTIONS}
        audience = {"classId": acts.id("Class", "7a")}
        changed, assigned = await asyncio.gather(
            acts.codes("smirnov", TEACHER, "updateTest", change),
            acts.codes("smirnov", TEACHER, "assignTest", {"testId": created["id"], "audience": audience}),
        )
        assert assigned == []
        [stored] = await acts.found("assessments.tests", _id=created["id"])
        assert stored["question_count"] == (4 if changed == [] else 1)
        assert changed in ([], [("NOT_ALLOWED", ["testId"]), ("CONFLICT", ["version"])])
        actions = [one["action"] for one in await acts.found("assessments.facts", object_id=created["id"])]
        assert actions in (["createTest", "updateTest", "assignTest"], ["createTest", "assignTest"])


# ── checking ──


async def test_a_teacher_checks_open_answers(acts: Acting) -> None:
    test = await a_test(acts, questions=[QUESTIONS[0], OPEN_QUESTION])
    attempt = await started(acts, test)
    one, text = attempt["questions"]
    answers = [
        {"questionId": one["id"], "optionIds": [one["options"][0]["id"]]},
        {"questionId": text["id"], "text": "Пусть…"},
    ]
    shown = await submit(acts, attempt, answers)
    assert (shown["state"], shown["score"]) == ("SUBMITTED", None)
    found = await acts.answer("smirnov", TEACHER, AUTHORED)
    [authored] = [one for one in found["data"]["viewer"]["authoredTests"]["nodes"] if one["id"] == test]
    assert (authored["assignedTo"], authored["maxScore"], authored["attempts"]["totalCount"]) == (6, "4", 1)
    [waiting] = authored["attempts"]["nodes"]
    assert [(own["text"], own["points"]) for own in waiting["answers"]] == [(None, "1"), ("Пусть…", None)]
    points = [{"questionId": text["id"], "points": "2.5"}]
    sent = {"attemptId": waiting["id"], "version": waiting["version"], "points": points}
    empty = {**sent, "points": []}
    assert await acts.codes("smirnov", TEACHER, "gradeTest", empty) == [("REQUIRED", ["points"])]
    too_many = {**sent, "points": [{**points[0], "points": "3.5"}, {"questionId": "tqu_no", "points": "1"}]}
    payload = await acts.act("smirnov", TEACHER, "gradeTest", too_many)
    assert limits_of(payload) == [
        ("OUT_OF_RANGE", ["points", "0", "points"], "3"),
        ("NOT_FOUND", ["points", "1", "questionId"], None),
    ]
    payload = await acts.act("smirnov", TEACHER, "gradeTest", sent, "attempt { state score version }")
    assert payload == {
        "attempt": {"state": "CHECKED", "score": "3.5", "version": waiting["version"] + 1},
        "userErrors": [],
    }
    assert await acts.codes("smirnov", TEACHER, "gradeTest", sent) == [("CONFLICT", ["version"])]
    assert await acts.codes("rusova", TEACHER, "gradeTest", sent) == [("NOT_FOUND", ["attemptId"])]


async def test_an_attempt_that_was_left_open_is_checked_when_the_test_is_closed(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    saved = {"attemptId": attempt["id"], "answers": right(attempt)[:2]}
    assert await acts.codes("ivan", STUDENT, "saveAnswers", saved) == []
    sent = {"attemptId": attempt["id"], "version": None, "points": []}
    assert await acts.codes("smirnov", TEACHER, "gradeTest", sent) == [("NOT_ALLOWED", ["attemptId"])]
    await close(acts, test)
    payload = await acts.act("smirnov", TEACHER, "gradeTest", sent, "attempt { state score }")
    assert payload["attempt"] == {"state": "CHECKED", "score": "3.5"}


# ── the journal ──

MARKS: Final = [{"value": "5", "minScore": "6"}, {"value": "4", "minScore": "3.5"}, {"value": "3", "minScore": "2"}]


async def test_the_mark_is_seen_by_the_parent_and_the_test_by_no_way(acts: Acting) -> None:
    test = await a_test(acts)
    before = await _of_parent(acts)
    first = await started(acts, test)
    await submit(acts, first, right(first)[:1])  # 1 point
    second = await started(acts, test)
    await submit(acts, second, right(second)[:2])  # 3.5 points, the best
    of_petr = await started(acts, test, "petr")
    await submit(acts, of_petr, right(of_petr), "petr")  # 7 points
    of_fedor = await started(acts, test, "fedor")
    await submit(acts, of_fedor, who="fedor")  # nothing
    assert await _of_parent(acts) == before
    sent = {"testId": test, "marks": MARKS, "kindId": acts.id("WorkKind", "control")}
    assert await acts.codes("smirnov", TEACHER, "publishTestToJournal", sent) == [("WINDOW_CLOSED", ["testId"])]
    await close(acts, test)
    fields = "work { id title isControlWork maxScore kind { name } } marks { value weight }"
    payload = await acts.act("smirnov", TEACHER, "publishTestToJournal", sent, fields)
    assert payload["userErrors"] == []
    assert payload["work"] | {"id": None} == {
        "id": None,
        "title": "Контрольный тест",
        "isControlWork": True,
        "maxScore": "7",
        "kind": {"name": "control"},
    }
    assert sorted(mark["value"] for mark in payload["marks"]) == ["4", "5"]
    assert {mark["weight"] for mark in payload["marks"]} == {3}
    after = await _of_parent(acts)
    new = [mark for mark in after["marks"]["nodes"] if mark not in before["marks"]["nodes"]]
    assert new == [{"value": "4", "work": {"title": "Контрольный тест", "isControlWork": True}}]
    for text in (f'{{ node(id: "{own(acts, test)}") {{ id }} }}', f'{{ node(id: "{first["id"]}") {{ id }} }}'):
        answer = await acts.answer("olga", PARENT, text)
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    payload = await acts.act("smirnov", TEACHER, "publishTestToJournal", sent, fields)
    assert codes_of(payload) == [("TAKEN", ["testId"])]
    assert len(await acts.found("grades.works", test_id=test)) == 1
    assert test not in str(await acts.found("grades.facts"))  # administrators read the audit of works, and no test


async def test_nothing_that_a_parent_sees_depends_on_a_test(wide: Acting) -> None:
    """Made, changed, assigned, taken and checked: byte for byte, header by header, read by read."""
    acts = wide
    test = await an_unassigned_test(acts)
    hidden = own(acts, test)
    await acts.restore()
    without = await answers(acts, "olga", PARENT, hidden)
    assert await an_unassigned_test(acts) != test
    test = await a_test(acts, questions=[*QUESTIONS, OPEN_QUESTION])
    attempt = await started(acts, test)
    saved = {"attemptId": attempt["id"], "answers": right(attempt)}
    assert await acts.codes("ivan", STUDENT, "saveAnswers", saved) == []
    assert await answers(acts, "olga", PARENT, hidden) == without
    await submit(acts, attempt)
    points = [{"questionId": attempt["questions"][4]["id"], "points": "3"}]
    sent = {"attemptId": attempt["id"], "version": None, "points": points}
    assert await acts.codes("smirnov", TEACHER, "gradeTest", sent) == []
    await close(acts, test)
    assert await answers(acts, "olga", PARENT, hidden) == without
    # An id that exists is answered like one that does not.
    for one in (test, own(acts, test), attempt["id"], attempt["questions"][0]["id"]):
        *_, by_id = await answers(acts, "olga", PARENT, one)
        assert by_id == without[-1]


async def _of_parent(acts: Acting) -> dict[str, Any]:
    """All that a parent is told, byte for byte, of marks, works and lessons."""
    query = """query ($id: ID!) { student(id: $id) { marks { totalCount nodes { value work { title isControlWork } } }
      plannedControlWorks { id title } diary { days { lessons { id marks { id } } } } performance { markCount } } }"""
    answer = await acts.answer("olga", PARENT, query, {"id": acts.id("Student", "ivan")})
    found: dict[str, Any] = answer["data"]["student"]
    return found


async def test_of_ten_publications_at_once_one_is_made(acts: Acting) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    await submit(acts, attempt, right(attempt))
    await close(acts, test)
    found = await asyncio.gather(
        *(acts.codes("smirnov", TEACHER, "publishTestToJournal", {"testId": test, "marks": MARKS}) for _ in range(10))
    )
    assert sorted(map(str, found)) == ["[('TAKEN', ['testId'])]"] * 9 + ["[]"]
    [work] = await acts.found("grades.works", test_id=test)
    assert [mark["value"] for mark in await acts.found("grades.marks", work_id=work["_id"])] == ["5"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"testId": "tst_nothing"}, [("NOT_FOUND", ["testId"], None)]),
        ({"marks": []}, [("REQUIRED", ["marks"], None)]),
        ({"marks": [{"value": "6", "minScore": "1"}]}, [("OUT_OF_RANGE", ["marks", "0", "value"], "5")]),
        ({"marks": [{"value": "5", "minScore": "8"}]}, [("OUT_OF_RANGE", ["marks", "0", "minScore"], "7")]),
        ({"marks": [MARKS[0], {**MARKS[0], "value": "4"}]}, [("TAKEN", ["marks", "1", "minScore"], None)]),
        ({"kindId": "wkd_nothing"}, [("NOT_FOUND", ["kindId"], None)]),
        ({"scaleId": "scl_nothing"}, [("NOT_FOUND", ["scaleId"], None)]),
        ({"givenOn": "2026-08-01"}, [("OUT_OF_RANGE", ["givenOn"], "2026-09-01")]),
        ({"title": ""}, [("REQUIRED", ["title"], None)]),
    ],
)
async def test_problems_of_a_publication_are_named(acts: Acting, changes: dict[str, Any], problems: list[Any]) -> None:
    test = await a_test(acts)
    attempt = await started(acts, test)
    await submit(acts, attempt, right(attempt))
    await close(acts, test)
    payload = await acts.act("smirnov", TEACHER, "publishTestToJournal", {"testId": test, "marks": MARKS, **changes})
    assert limits_of(payload) == problems
    assert await acts.found("grades.facts") == await acts.found("grades.works", test_id=test) == []


async def test_attempts_are_checked_before_they_are_published(acts: Acting) -> None:
    test = await a_test(acts, questions=[OPEN_QUESTION])
    sent = {"testId": test, "marks": [{"value": "5", "minScore": "3"}]}
    attempt = await started(acts, test)
    await submit(acts, attempt, [{"questionId": attempt["questions"][0]["id"], "text": "Пусть…"}])
    await close(acts, test)
    payload = await acts.act("smirnov", TEACHER, "publishTestToJournal", sent)
    assert limits_of(payload) == [("NOT_ALLOWED", ["testId"], "1")]


async def test_facts_hold_no_question_and_no_answer(acts: Acting) -> None:
    test = await a_test(acts, questions=[OPEN_QUESTION])
    attempt = await started(acts, test)
    await submit(acts, attempt, [{"questionId": attempt["questions"][0]["id"], "text": "Пусть дан треугольник"}])
    facts = str(await acts.found("assessments.facts"))
    assert "теорему" not in facts
    assert "треугольник" not in facts
