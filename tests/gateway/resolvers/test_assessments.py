"""Tests: assigned ones only, their window, their attempts; for the student alone (F94 to F96; traps T16, T21)."""

from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool


async def assigned(tiny: TinySchool, fields: str, arguments: str = "", student: str = "ivan") -> dict[str, Any]:
    own = await tiny.of_student(student, Role.STUDENT, student, f"tests{arguments} {{ title {fields} }}")
    return {test.pop("title").removeprefix("Тест "): test for test in own["tests"]}


async def test_tests_are_those_assigned_the_first_to_close_first(tiny: TinySchool) -> None:
    assert list(await assigned(tiny, "id")) == ["closed", "open", "upcoming"]
    assert list(await assigned(tiny, "id", student="petr")) == ["open"]
    assert await assigned(tiny, "id", student="alyona") == {}


async def test_state_says_where_now_lies_against_the_window(tiny: TinySchool) -> None:
    assert {key: test["state"] for key, test in (await assigned(tiny, "state")).items()} == {
        "closed": "CLOSED",
        "open": "OPEN",
        "upcoming": "UPCOMING",
    }


@pytest.mark.parametrize(("state", "key"), [("OPEN", "open"), ("CLOSED", "closed"), ("UPCOMING", "upcoming")])
async def test_tests_of_one_state_can_be_asked_for(tiny: TinySchool, state: str, key: str) -> None:
    assert list(await assigned(tiny, "id", f"(state: {state})")) == [key]


async def test_attempts_left_are_the_limit_less_those_begun(tiny: TinySchool) -> None:
    assert await assigned(tiny, "attemptLimit attemptsLeft") == {
        "closed": {"attemptLimit": 1, "attemptsLeft": 0},
        "open": {"attemptLimit": 3, "attemptsLeft": 1},
        "upcoming": {"attemptLimit": 3, "attemptsLeft": 3},
    }


async def test_attempts_are_the_students_own_in_order(tiny: TinySchool) -> None:
    found = await assigned(tiny, "attempts { number startedAt submittedAt score state }")
    assert found["open"]["attempts"] == [
        {
            "number": 1,
            "startedAt": "2026-11-17T10:00:00+05:00",
            "submittedAt": "2026-11-17T10:30:00+05:00",
            "score": "17.5",
            "state": "CHECKED",
        },
        {
            "number": 2,
            "startedAt": "2026-11-17T11:00:00+05:00",
            "submittedAt": None,
            "score": None,
            "state": "STARTED",
        },
    ]
    assert (await assigned(tiny, "attempts { number }", student="petr"))["open"]["attempts"] == []


async def test_test_tells_its_window_in_the_schools_time_and_what_it_is_worth(tiny: TinySchool) -> None:
    found = await assigned(tiny, "opensAt closesAt questionCount maxScore subject { name } author { familyName }")
    assert found["open"] == {
        "opensAt": "2026-11-16T08:00:00+05:00",
        "closesAt": "2026-11-20T20:00:00+05:00",
        "questionCount": 10,
        "maxScore": "20",
        "subject": {"name": "Математика"},
        "author": {"familyName": "Смирнов"},
    }


async def test_test_has_an_id_of_its_student(tiny: TinySchool) -> None:
    ids = [(await assigned(tiny, "id", student=student))["open"]["id"] for student in ("ivan", "petr")]
    assert ids == [tiny.own("Test", "open", "ivan"), tiny.own("Test", "open", "petr")]


@pytest.mark.parametrize(
    "who",
    [
        ("olga", Role.PARENT),
        ("smirnov", Role.TEACHER),
        ("kuznetsova", Role.CLASS_TEACHER),
        ("admin", Role.ADMINISTRATOR),
    ],
)
async def test_tests_are_nobody_elses_and_none_is_read(tiny: TinySchool, who: tuple[str, Role]) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ tests {{ title }} }} }}'
    [error] = await tiny.failing(*who, query)
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert tiny.served.recorder.touched("assessments", "tests") == 0
    assert tiny.served.recorder.touched("assessments", "assignments") == 0


async def test_parent_sees_the_control_work_that_a_test_became_and_no_way_to_the_test(tiny: TinySchool) -> None:
    own = await tiny.by_mother("marks(first: 100) { nodes { value work { title isControlWork } } }")
    assert {"title": "Работа m2", "isControlWork": True} in [node["work"] for node in own["marks"]["nodes"]]
    answer = await tiny.answer(
        "olga", Role.PARENT, '{ __type(name: "Work") { fields { name } } test: __type(name: "Test") { name } }'
    )
    assert "test" not in {field["name"] for field in answer["data"]["__type"]["fields"]}
    assert answer["data"]["test"] is None
