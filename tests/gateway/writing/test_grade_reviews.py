"""Requests to review marks: families ask, teachers answer. Today is Wednesday 18 November 2026.

Ivan's marks in mathematics of this quarter that count: 5 with weight 1 (`m1`, 9 November) and 4 with weight 3 (`m2`, 16
November), an average of (5 + 12) / 4 = 4.25.
"""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

PARENT, STUDENT, TEACHER, ADMIN = Role.PARENT, Role.STUDENT, Role.TEACHER, Role.ADMINISTRATOR
REVIEW: Final = "review { id state reason answer oldValue newValue version requestedBy { id } answeredBy { id } }"


def request(acts: Acting, mark: str = "m2", **changes: Any) -> dict[str, Any]:
    return {"markId": acts.id("Mark", mark), "reason": "Вторая задача решена", **changes}


async def requested(acts: Acting, mark: str = "m2", who: str = "olga", role: Role = PARENT) -> dict[str, Any]:
    payload = await acts.act(who, role, "requestGradeReview", request(acts, mark), REVIEW)
    assert payload["userErrors"] == []
    review: dict[str, Any] = payload["review"]
    return review


def answer(review: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"reviewId": review["id"], "version": 1, "answer": "Верно, исправил", **changes}


async def test_a_parent_asks_and_the_teacher_changes_the_mark(acts: Acting) -> None:
    review = await requested(acts)
    assert review == {
        "id": review["id"],
        "state": "OPEN",
        "reason": "Вторая задача решена",
        "answer": None,
        "oldValue": None,
        "newValue": None,
        "version": 1,
        "requestedBy": {"id": acts.id("Person", "olga")},
        "answeredBy": None,
    }
    math = acts.id("Subject", "math")
    fields = f"""{REVIEW} mark {{ value version reviews {{ id state }}
      history {{ oldValue newValue review {{ id }} changedBy {{ id }} }} }}
      student {{ performance(subjectId: "{math}") {{ weightedAverage }} }}"""
    payload = await acts.act("smirnov", TEACHER, "answerGradeReview", answer(review, newValue="5"), fields)
    assert payload["userErrors"] == []
    shown = payload["review"]
    assert (shown["state"], shown["oldValue"], shown["newValue"], shown["version"]) == ("CHANGED", "4", "5", 2)
    assert shown["answeredBy"] == {"id": acts.id("Person", "smirnov")}
    assert payload["mark"]["value"] == "5"
    assert payload["mark"]["reviews"] == [{"id": review["id"], "state": "CHANGED"}]
    assert payload["mark"]["history"][-1] == {
        "oldValue": "4",
        "newValue": "5",
        "review": {"id": review["id"]},
        "changedBy": {"id": acts.id("Person", "smirnov")},
    }
    # (5 · 1 + 5 · 3) / 4
    assert payload["student"]["performance"] == [{"weightedAverage": "5.00"}]


async def test_a_mark_that_is_upheld_stays_and_the_family_reads_why(acts: Acting) -> None:
    review = await requested(acts, who="ivan", role=STUDENT)
    payload = await acts.act("admin", ADMIN, "answerGradeReview", answer(review, answer="Ошибка во второй"), REVIEW)
    assert payload["userErrors"] == []
    [stored] = await acts.found("grades.marks", _id=acts.id("Mark", "m2"))
    assert (stored["value"], len(stored["history"])) == ("4", 1)
    for who, role in (("ivan", STUDENT), ("olga", PARENT)):
        query = '{ student(id: "%s") { gradeReviews(first: 1) { totalCount nodes { state answer } } } }'
        shown = await acts.answer(who, role, query % acts.id("Student", "ivan"))
        assert shown["data"]["student"]["gradeReviews"] == {
            "totalCount": 4,
            "nodes": [{"state": "UPHELD", "answer": "Ошибка во второй"}],
        }


async def test_facts_hold_states_and_digests_of_texts(acts: Acting) -> None:
    review = await requested(acts)
    await acts.act("smirnov", TEACHER, "answerGradeReview", answer(review, newValue="5"))
    facts = await acts.found("grades.facts")
    assert [(fact["action"], fact["object_id"]) for fact in facts] == [
        ("requestGradeReview", review["id"]),
        ("answerGradeReview", acts.id("Mark", "m2")),
        ("answerGradeReview", review["id"]),
    ]
    assert "задача" not in str(facts)
    assert "исправил" not in str(facts)
    changes = {change["field"]: (change["before"], change["after"]) for change in facts[2]["changes"]}
    assert changes["state"] == ("OPEN", "CHANGED")
    assert (changes["old_value"], changes["new_value"]) == ((None, "4"), (None, "5"))


async def test_one_request_of_a_mark_is_open_however_many_are_sent_at_once(acts: Acting) -> None:
    people = [("olga", PARENT), ("igor", PARENT), ("ivan", STUDENT)] * 5
    payloads = await asyncio.gather(
        *(acts.act(who, role, "requestGradeReview", request(acts), "review { id }") for who, role in people)
    )
    stored = await acts.found("grades.grade_reviews", state="OPEN")
    assert len(stored) == 1
    assert sorted(str(codes_of(payload)) for payload in payloads) == ["[('TAKEN', ['markId'])]"] * 14 + ["[]"]
    assert {payload["review"]["id"] for payload in payloads} == {stored[0]["_id"]}
    assert len(await acts.found("grades.facts")) == 1


async def test_an_answered_request_lets_another_one_be_sent(acts: Acting) -> None:
    first = await requested(acts)
    await acts.act("smirnov", TEACHER, "answerGradeReview", answer(first))
    second = await requested(acts)
    assert second["id"] != first["id"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"markId": "mrk_nothing"}, [("NOT_FOUND", ["markId"], None)]),
        ({"reason": " "}, [("REQUIRED", ["reason"], None)]),
        ({"reason": "\u202eа"}, [("INVALID_INPUT", ["reason"], None)]),
        ({"reason": "а" * 2_001}, [("TOO_LONG", ["reason"], "2000")]),
        ({"markId": "mrk_nothing", "reason": ""}, [("NOT_FOUND", ["markId"], None), ("REQUIRED", ["reason"], None)]),
    ],
)
async def test_problems_of_a_request_are_named_together(
    acts: Acting, changes: dict[str, Any], problems: list[Any]
) -> None:
    payload = await acts.act("olga", PARENT, "requestGradeReview", {**request(acts), **changes})
    assert limits_of(payload) == problems
    assert await acts.found("grades.grade_reviews", state="OPEN") == await acts.found("grades.facts") == []


@pytest.mark.parametrize(("mark", "code"), [("point", "NOT_ALLOWED"), ("last year", "WINDOW_CLOSED")])
async def test_points_and_marks_of_another_year_are_not_reviewed(acts: Acting, mark: str, code: str) -> None:
    assert await acts.codes("olga", PARENT, "requestGradeReview", request(acts, mark)) == [(code, ["markId"])]


async def test_requests_of_a_day_are_bounded(acts: Acting) -> None:
    await acts.act("olga", PARENT, "requestGradeReview", request(acts))
    counter = {"_id": f"requestGradeReview:{acts.id('Person', 'olga')}:{acts.id('Student', 'ivan')}"}
    await acts.change("grades.daily_changes", counter, {"$set": {"changes": 20}})
    payload = await acts.act("olga", PARENT, "requestGradeReview", request(acts, "m1"))
    [error] = payload["userErrors"]
    assert (error["code"], error["limit"], error["retryAt"]) == ("TOO_MANY", "20", "2026-11-19T00:00:00+05:00")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"reviewId": "grv_nothing"}, [("NOT_FOUND", ["reviewId"], None)]),
        ({"version": 0}, [("CONFLICT", ["version"], "1")]),
        ({"answer": " "}, [("REQUIRED", ["answer"], None)]),
        ({"answer": "а" * 2_001}, [("TOO_LONG", ["answer"], "2000")]),
        ({"newValue": "6"}, [("OUT_OF_RANGE", ["newValue"], "5")]),
        ({"newValue": "4"}, [("INVALID_INPUT", ["newValue"], None)]),
        ({"newValue": "отлично"}, [("INVALID_INPUT", ["newValue"], None)]),
        ({"answer": "", "newValue": "1"}, [("REQUIRED", ["answer"], None), ("OUT_OF_RANGE", ["newValue"], "2")]),
    ],
)
async def test_problems_of_an_answer_are_named_together(
    acts: Acting, changes: dict[str, Any], problems: list[Any]
) -> None:
    review = await requested(acts)
    payload = await acts.act("smirnov", TEACHER, "answerGradeReview", {**answer(review), **changes}, REVIEW)
    assert limits_of(payload) == problems
    if changes != {"reviewId": "grv_nothing"}:
        assert payload["review"]["state"] == "OPEN"
    assert len(await acts.found("grades.facts")) == 1


async def test_an_answer_says_which_version_was_seen(acts: Acting) -> None:
    review = await requested(acts)
    sent = {"reviewId": review["id"], "answer": "Нет"}
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", sent) == [("REQUIRED", ["version"])]
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", {**sent, "version": None}) == []
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", {**sent, "version": 1}) == [
        ("CONFLICT", ["version"])
    ]
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", {**sent, "version": None}) == [
        ("NOT_ALLOWED", ["reviewId"])
    ]


async def test_of_two_answers_at_once_one_is_given(acts: Acting) -> None:
    review = await requested(acts)
    people = [("smirnov", TEACHER), ("admin", ADMIN)] * 5
    found = await asyncio.gather(
        *(acts.codes(who, role, "answerGradeReview", answer(review, newValue="5")) for who, role in people)
    )
    assert sorted(map(str, found)) == ["[('CONFLICT', ['version'])]"] * 9 + ["[]"]
    [mark] = await acts.found("grades.marks", _id=acts.id("Mark", "m2"))
    assert [change["new_value"] for change in mark["history"]] == ["4", "5"]


async def test_a_closed_window_lets_a_teacher_answer_and_not_change(acts: Acting) -> None:
    review = await requested(acts, "q1")
    sent = answer(review, newValue="4")
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", sent) == [("WINDOW_CLOSED", ["newValue"])]
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", answer(review)) == []


async def test_a_removed_mark_leaves_its_request_to_be_answered(acts: Acting) -> None:
    review = await requested(acts)
    removed = {"markId": acts.id("Mark", "m2"), "version": 0}
    assert await acts.codes("smirnov", TEACHER, "removeMark", removed) == []
    sent = answer(review, newValue="5")
    assert await acts.codes("smirnov", TEACHER, "answerGradeReview", sent) == [("NOT_FOUND", ["newValue"])]
    payload = await acts.act(
        "smirnov", TEACHER, "answerGradeReview", answer(review), "review { state mark { id } student { id } }"
    )
    assert payload["review"] == {"state": "UPHELD", "mark": None, "student": {"id": acts.id("Student", "ivan")}}


INBOX: Final = (
    "{ viewer { gradeReviews(state: OPEN, first: 1%s) "
    "{ totalCount nodes { id mark { value } student { displayName } } pageInfo { hasNextPage endCursor } } } }"
)


async def test_a_teacher_pages_through_the_open_requests_of_their_subjects(acts: Acting) -> None:
    first = await requested(acts, "m1")
    second = await requested(acts, "m2")
    russian = await requested(acts, "r1")
    answered = await requested(acts, "m3")
    await acts.act("smirnov", TEACHER, "answerGradeReview", answer(answered))
    found: list[str] = []
    after, page = "", {}
    for _ in range(2):
        page = (await acts.answer("smirnov", TEACHER, INBOX % after))["data"]["viewer"]["gradeReviews"]
        assert page["totalCount"] == 2
        found += [node["id"] for node in page["nodes"]]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
    assert found == [second["id"], first["id"]]
    assert page["pageInfo"]["hasNextPage"] is False
    other = (await acts.answer("rusova", TEACHER, INBOX % ""))["data"]["viewer"]["gradeReviews"]
    assert [node["id"] for node in other["nodes"]] == [russian["id"]]


async def test_a_request_is_found_by_those_who_read_the_mark_alone(acts: Acting) -> None:
    review = await requested(acts)
    query = f'{{ node(id: "{review["id"]}") {{ id }} }}'
    readers = [("igor", PARENT), ("ivan", STUDENT), ("smirnov", TEACHER), ("kuznetsova", Role.CLASS_TEACHER)]
    for who, role in [*readers, ("admin", ADMIN)]:
        assert (await acts.answer(who, role, query))["data"]["node"] == {"id": review["id"]}
    for who, role in [("rusova", TEACHER), ("petr", STUDENT), ("pavel", PARENT), ("banned", PARENT)]:
        [error] = (await acts.answer(who, role, query))["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_repeated_key_sends_one_request(acts: Acting) -> None:
    for _ in range(2):
        payload = await acts.act(
            "olga", PARENT, "requestGradeReview", request(acts), "review { id }", Idempotency_Key="once"
        )
        assert payload["userErrors"] == []
    assert len(await acts.found("grades.grade_reviews", state="OPEN")) == 1
