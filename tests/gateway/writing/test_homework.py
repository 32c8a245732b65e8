"""Homework that teachers set, rule by rule. Today is Wednesday 18 November 2026."""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

TASK: Final = """homework { id version kind text assignedOn dueOn estimatedMinutes isIndividual author { id }
  tasks { id status } }"""
CLASS: Final = ("ivan", "petr", "yakov", "alyona", "timofey", "fedor")
"""The students of 7А in the order of their names."""


async def assigned(
    acts: Acting, key: str = "k", who: str = "smirnov", fields: str = TASK, **sent: Any
) -> dict[str, Any]:
    """The payload of a task that is due on Saturday unless *sent* says otherwise."""
    whole = {"lessonId": acts.id("Lesson", "sat1"), "text": "Задача 5", **sent}
    return await acts.act(who, Role.TEACHER, "assignHomework", whole, fields, Idempotency_Key=key)


async def problems(acts: Acting, who: str = "smirnov", **sent: Any) -> list[Any]:
    payload = await assigned(acts, who=who, fields="homework { id }", **sent)
    assert payload["homework"] is None
    return limits_of(payload)


async def changed(acts: Acting, task: str, who: str = "smirnov", **sent: Any) -> dict[str, Any]:
    return await acts.act(who, Role.TEACHER, "updateHomework", {"homeworkId": task, **sent}, TASK)


async def seen(acts: Acting, student: str, lesson: str) -> list[dict[str, Any]]:
    """The homework that a student sees at a lesson, new tasks first."""
    query = """query ($id: ID!) { node(id: $id) { ... on Lesson { homework { id text version status } } } }"""
    answer = await acts.answer(student, Role.STUDENT, query, {"id": acts.own("Lesson", lesson, student)})
    assert "errors" not in answer, answer["errors"]
    found: list[dict[str, Any]] = answer["data"]["node"]["homework"]
    return found


async def test_homework_is_set_for_who_attends_the_lesson_on_its_day(acts: Acting) -> None:
    payload = await assigned(acts, estimatedMinutes=30, text=" Задача 5\r\n")
    task = payload["homework"]["id"]
    assert payload == {
        "homework": {
            "id": task,
            "version": 1,
            "kind": "HOMEWORK",
            "text": "Задача 5",
            "assignedOn": "2026-11-18",
            "dueOn": "2026-11-21",
            "estimatedMinutes": 30,
            "isIndividual": False,
            "author": {"id": acts.id("Person", "smirnov")},
            "tasks": [{"id": f"{task}.{acts.id('Student', who)}", "status": "ASSIGNED"} for who in CLASS],
        },
        "userErrors": [],
    }
    for student in CLASS:
        [own] = await seen(acts, student, "sat1")
        assert own == {
            "id": f"{task}.{acts.id('Student', student)}",
            "text": "Задача 5",
            "version": 1,
            "status": "ASSIGNED",
        }
    [fact] = await acts.found("diary.facts")
    assert (fact["action"], fact["object_id"], fact["student_id"]) == ("assignHomework", task, None)
    values = {change["field"]: change["after"] for change in fact["changes"]}
    assert values == {
        "kind": "HOMEWORK",
        "lesson_id": acts.id("Lesson", "sat1"),
        "due_on": "2026-11-21",
        "estimated_minutes": 30,
        "text": {"length": 8, "hmac": None},
    }


async def test_who_was_not_yet_in_the_class_does_not_get_its_task(acts: Acting) -> None:
    # Timofey came to 7А on 2 November.
    payload = await assigned(acts, lessonId=acts.id("Lesson", "a2026-10-20"), kind="CLASSWORK")
    students = [task["id"].partition(".")[2] for task in payload["homework"]["tasks"]]
    assert students == [acts.id("Student", who) for who in CLASS if who != "timofey"]
    assert (payload["homework"]["assignedOn"], payload["homework"]["dueOn"]) == ("2026-10-20", None)
    later = await assigned(acts, key="k2", lessonId=acts.id("Lesson", "a2026-11-10"), kind="CLASSWORK")
    assert len(later["homework"]["tasks"]) == 6


async def test_a_group_s_task_is_for_the_group(acts: Acting) -> None:
    lesson = acts.own("Lesson", "mon3", "petr")
    payload = await assigned(acts, who="anglin", lessonId=lesson, kind="CLASSWORK")
    assert [task["id"].partition(".")[2] for task in payload["homework"]["tasks"]] == acts.school.ids(
        "Student", ("ivan", "petr")
    )


async def test_an_individual_task_is_for_the_students_named_alone(acts: Acting) -> None:
    named = acts.school.ids("Student", ("petr", "alyona", "petr"))
    payload = await assigned(acts, studentIds=named)
    assert payload["homework"]["isIndividual"] is True
    assert [task["id"].partition(".")[2] for task in payload["homework"]["tasks"]] == named[:2]
    assert len(await seen(acts, "petr", "sat1")) == 1
    assert await seen(acts, "ivan", "sat1") == []


async def test_sent_again_with_its_key_a_task_is_there_once(acts: Acting) -> None:
    first, again = await assigned(acts), await assigned(acts)
    assert first == again
    assert len(await acts.found("diary.homework", version=1)) == 1
    await asyncio.gather(*(assigned(acts, key="other") for _ in range(8)))
    assert len(await acts.found("diary.homework", version=1)) == 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"text": "\u200b"}, ("REQUIRED", ["text"], None)),
        ({"text": "ы" * 5_001}, ("TOO_LONG", ["text"], "5000")),
        ({"text": "а\0"}, ("INVALID_INPUT", ["text"], None)),
        ({"estimatedMinutes": 0}, ("OUT_OF_RANGE", ["estimatedMinutes"], "1")),
        ({"estimatedMinutes": 601}, ("OUT_OF_RANGE", ["estimatedMinutes"], "600")),
        ({"studentIds": []}, ("REQUIRED", ["studentIds"], None)),
        ({"studentIds": ["stu_x"] * 151}, ("TOO_MANY", ["studentIds"], "150")),
        ({"studentIds": ["stu_x"]}, ("NOT_FOUND", ["studentIds", "0"], None)),
    ],
)
async def test_a_value_that_cannot_be_used_is_named(
    acts: Acting, sent: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert await problems(acts, **sent) == [expected]
    assert await acts.found("diary.facts") == await acts.found("diary.idempotency") == []


async def test_all_problems_come_at_once_in_the_order_of_the_input(acts: Acting) -> None:
    students = acts.school.ids("Student", ("petr", "anna"))
    found = await problems(acts, lessonId=acts.id("Lesson", "tue1"), text="", studentIds=students, estimatedMinutes=-1)
    assert found == [
        ("NOT_ALLOWED", ["lessonId"], None),  # cancelled
        ("REQUIRED", ["text"], None),
        ("NOT_FOUND", ["studentIds", "1"], None),
        ("OUT_OF_RANGE", ["estimatedMinutes"], "1"),
    ]


async def test_homework_is_not_due_in_the_past(acts: Acting) -> None:
    past = acts.id("Lesson", "mon1")
    assert await problems(acts, lessonId=past) == [("OUT_OF_RANGE", ["lessonId"], "2026-11-18")]
    assert (await assigned(acts, lessonId=past, kind="CLASSWORK"))["userErrors"] == []
    assert (await assigned(acts, key="today", lessonId=acts.id("Lesson", "wed1")))["userErrors"] == []


async def test_only_who_teaches_the_lesson_sets_homework_for_it(acts: Acting) -> None:
    for who in ("rusova", "anglin", "zamenin"):
        assert await problems(acts, who=who) == [("NOT_FOUND", ["lessonId"], None)]
    taken = {"lessonId": acts.id("Lesson", "tue2"), "kind": "CLASSWORK"}
    payload = await assigned(acts, key="taken", who="zamenin", **taken)
    assert payload["homework"]["tasks"] == []  # the substitute reads no more of the class than the lesson
    assert await problems(acts, who="zamenin", lessonId=acts.id("Lesson", "mon2"), kind="CLASSWORK") == [
        ("NOT_FOUND", ["lessonId"], None)
    ]


async def test_a_task_is_changed_for_all_and_read_right_after(acts: Acting) -> None:
    task = (await assigned(acts, estimatedMinutes=30))["homework"]["id"]
    own = f"{task}.{acts.id('Student', 'petr')}"
    payload = await changed(acts, own, version=1, text="Задача 6", lessonId=acts.id("Lesson", "sat2"))
    homework = payload["homework"]
    assert (homework["id"], homework["version"], homework["text"], homework["estimatedMinutes"]) == (
        task,
        2,
        "Задача 6",
        30,
    )
    assert [one["text"] for one in await seen(acts, "ivan", "sat2")] == ["Задача 6"]
    assert await seen(acts, "ivan", "sat1") == []
    assert (await changed(acts, task, version=2, estimatedMinutes=None))["homework"]["estimatedMinutes"] is None
    fact = (await acts.found("diary.facts", action="updateHomework"))[0]
    assert [change["field"] for change in fact["changes"]] == ["lesson_id", "text"]
    assert fact["changes"][1]["before"] == fact["changes"][1]["after"] == {"length": 8, "hmac": None}


async def test_a_task_for_all_becomes_one_for_some_and_back(acts: Acting) -> None:
    task = (await assigned(acts))["homework"]["id"]
    payload = await changed(acts, task, version=1, studentIds=[acts.id("Student", "petr")])
    assert payload["homework"]["isIndividual"] is True
    assert await seen(acts, "ivan", "sat1") == []
    assert len(await seen(acts, "petr", "sat1")) == 1
    payload = await changed(acts, task, version=2, studentIds=None)
    assert payload["homework"]["isIndividual"] is False
    assert len(await seen(acts, "ivan", "sat1")) == 1
    payload = await changed(acts, task, version=3, studentIds=[acts.id("Student", "anna")])
    assert codes_of(payload) == [("NOT_FOUND", ["studentIds", "0"])]


async def test_a_stale_version_is_a_conflict_beside_the_task_as_it_is_now(acts: Acting) -> None:
    task = (await assigned(acts))["homework"]["id"]
    assert (await changed(acts, task, version=1, text="Задача 6"))["userErrors"] == []
    stale = await changed(acts, task, version=1, text="Задача 7")
    assert limits_of(stale) == [("CONFLICT", ["version"], "2")]
    assert (stale["homework"]["text"], stale["homework"]["version"]) == ("Задача 6", 2)
    # Sent once more it finds what it wanted.
    assert (await changed(acts, task, version=1, text="Задача 6"))["userErrors"] == []
    assert (await changed(acts, task, version=None, text="Задача 7"))["homework"]["version"] == 3
    missing = await changed(acts, task, text="Задача 8")
    assert codes_of(missing) == [("REQUIRED", ["version"])]
    both = await asyncio.gather(*(changed(acts, task, version=3, text=f"Задача {n}") for n in (10, 11)))
    assert sorted([error["code"] for error in one["userErrors"]] for one in both) == [[], ["CONFLICT"]]


async def test_a_change_is_checked_like_a_new_task(acts: Acting) -> None:
    task = (await assigned(acts))["homework"]["id"]
    payload = await changed(acts, task, version=1, lessonId=acts.id("Lesson", "monb"), text=None, estimatedMinutes=0)
    assert codes_of(payload) == [
        ("OUT_OF_RANGE", ["lessonId"]),  # on Monday
        ("NOT_ALLOWED", ["lessonId"]),  # of 7Б
        ("REQUIRED", ["text"]),
        ("OUT_OF_RANGE", ["estimatedMinutes"]),
    ]
    payload = await changed(acts, task, version=1, lessonId=None)
    assert codes_of(payload) == [("NOT_FOUND", ["lessonId"])]
    assert len(await acts.found("diary.facts")) == 1


async def test_that_a_task_is_of_another_year_is_named_once(acts: Acting) -> None:
    year = {"_id": acts.id("AcademicYear", "2026/27")}
    await acts.change("directory.academic_years", year, {"$set": {"starts_on": "2026-11-17"}})
    task = acts.id("Homework", "classwork")
    payload = await changed(acts, task, version=0, lessonId=acts.id("Lesson", "mon1"), text="Задача 6")
    assert limits_of(payload) == [("OUT_OF_RANGE", ["lessonId"], "2026-11-17")]
    payload = await changed(acts, task, version=0, text="Задача 6")
    assert limits_of(payload) == [("OUT_OF_RANGE", ["homeworkId"], "2026-11-17")]


async def test_a_task_of_a_class_or_subject_not_taught_is_not_found(acts: Acting) -> None:
    for who in ("rusova", "anglin", "zamenin"):
        payload = await changed(acts, acts.id("Homework", "today"), who=who, version=0, text="Задача 6")
        assert codes_of(payload) == [("NOT_FOUND", ["homeworkId"])]
        assert payload["homework"] is None


async def test_an_imported_task_without_a_lesson_is_changed_by_who_teaches_its_class(acts: Acting) -> None:
    task = {"_id": acts.id("Homework", "today")}
    await acts.change("diary.homework", task, {"$set": {"lesson_id": None}})
    payload = await changed(acts, task["_id"], version=0, studentIds=[acts.id("Student", "petr")])
    assert [one["id"].partition(".")[2] for one in payload["homework"]["tasks"]] == [acts.id("Student", "petr")]
    refused = await changed(acts, task["_id"], who="rusova", version=1, text="Задача 6")
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]


async def test_the_commands_of_a_task_do_not_depend_on_its_students(acts: Acting) -> None:
    counts = []
    for number, students in enumerate((("petr",), CLASS)):
        await acts.answer("smirnov", Role.TEACHER, "{ __typename }")
        acts.served.recorder.clear()
        await assigned(acts, key=f"{number}", studentIds=acts.school.ids("Student", students))
        counts.append((len(acts.served.recorder.commands), [write[1:] for write in acts.served.recorder.writes]))
    assert counts[0] == counts[1]
    assert counts[0][1] == [
        ("insert", "homework"),
        ("insert", "facts"),
        ("insert", "idempotency"),
        ("commitTransaction", 1),
    ]
