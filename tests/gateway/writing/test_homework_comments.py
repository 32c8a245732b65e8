"""Comments on a task are dialogues that belong to it (F58). Today is Wednesday 18 November 2026.

Smirnov set 7А, where Ivan and Petr learn, the task "today" in mathematics; Olga and Igor are Ivan's parents.
"""

from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of
from tests.gateway.writing.test_messages import ROLES, act, check_numbers, query, recipients, send

SENT: Final = "conversations { id title isGroup homework { id text } participants { familyName } }"
REFUSED: Final = [("RECIPIENT_NOT_ALLOWED", ["to", "homework"])]


def task(acts: Acting, student: str = "ivan", key: str = "today") -> str:
    return acts.own("Homework", key, student)


async def comment(acts: Acting, who: str, own: str, *to: str, text: str = "Вопрос") -> dict[str, Any]:
    about: dict[str, Any] = {"homeworkId": own} | ({"to": list(to)} if to else {})
    return await act(acts, who, "sendMessage", {"to": {"homework": about}, "text": text}, SENT)


async def on_task(acts: Acting, who: str, student: str = "ivan") -> list[list[str]]:
    """The texts of each conversation about the task that somebody sees."""
    fields = "conversations { messages { nodes { body } } }"
    found = await query(acts, who, f'{{ node(id: "{task(acts, student)}") {{ ... on Homework {{ {fields} }} }} }}')
    return [[one["body"] for one in own["messages"]["nodes"]] for own in found["node"]["conversations"]]


async def test_a_student_asks_the_teacher_about_a_task_and_each_pair_has_one_conversation(acts: Acting) -> None:
    question = await comment(acts, "ivan", task(acts), text="Какой номер?")
    [own] = question["conversations"]
    assert own["homework"] == {"id": task(acts), "text": "Задание today"}
    assert (own["title"], own["isGroup"]) == (None, False)
    assert {one["familyName"] for one in own["participants"]} == {"Иванов", "Смирнов"}
    answered = await comment(acts, "smirnov", task(acts), "STUDENTS", text="Пятый")
    assert [one["id"] for one in answered["conversations"]] == [own["id"]]
    assert await on_task(acts, "ivan") == await on_task(acts, "smirnov") == [["Пятый", "Какой номер?"]]
    letter = (await send(acts, "ivan", recipients(acts, "smirnov")))["conversations"][0]["id"]
    assert letter != own["id"]
    about = f'{{ node(id: "{letter}") {{ ... on Conversation {{ homework {{ id }} }} }} }}'
    assert await query(acts, "ivan", about) == {"node": {"homework": None}}
    assert (await send(acts, "ivan", {"conversationId": own["id"]}, "Спасибо"))["userErrors"] == []
    assert len((await on_task(acts, "smirnov"))[0]) == 3
    await check_numbers(acts)


async def test_parents_and_the_student_see_nothing_of_each_other_s_comments(acts: Acting) -> None:
    await comment(acts, "olga", task(acts), text="Сын болел")
    assert await on_task(acts, "olga") == [["Сын болел"]]
    for who in ("ivan", "igor"):
        assert await on_task(acts, who) == []
    assert await on_task(acts, "smirnov") == [["Сын болел"]]
    both = await comment(acts, "smirnov", task(acts), "STUDENTS", "GUARDIANS", text="До пятницы")
    assert len(both["conversations"]) == 3
    assert await on_task(acts, "ivan") == await on_task(acts, "igor") == [["До пятницы"]]
    assert await on_task(acts, "olga") == [["До пятницы", "Сын болел"]]


async def test_a_task_that_was_set_for_one_student_is_commented_on(acts: Acting) -> None:
    own = task(acts, "petr", "petr's own")
    for who in ("petr", "pavel"):
        [found] = (await comment(acts, who, own))["conversations"]
        assert found["homework"] == {"id": own, "text": "Задание petr's own"}


@pytest.mark.parametrize(
    ("who", "student", "key"),
    [
        ("olga", "petr", "today"),  # another family's
        ("ivan", "petr", "today"),
        ("ivan", "ivan", "petr's own"),  # set for Petr alone
        ("ivan", "ivan", "english 2"),  # of the other group
        ("granny", "ivan", "today"),  # her right has ended
        ("rusova", "ivan", "today"),  # teaches another subject
        ("kuznetsova", "anna", "b2026-11-10"),  # leads another class
        ("olga", "ivan", "of nobody"),
    ],
)
async def test_a_task_that_the_viewer_may_not_read_is_not_found(acts: Acting, who: str, student: str, key: str) -> None:
    for own in (task(acts, student, key), "hw_nothing.stu_nobody", "nothing"):
        payload = await comment(acts, who, own)
        assert codes_of(payload) == [("NOT_FOUND", ["to", "homework", "homeworkId"])]
    assert await acts.found("messages.facts") == []


async def test_where_the_author_has_left_those_who_teach_now_are_asked(acts: Acting) -> None:
    author = {"$set": {"author_id": acts.id("Person", "ushla")}}
    await acts.change("diary.homework", {"_id": acts.id("Homework", "today")}, author)
    [own] = (await comment(acts, "igor", task(acts)))["conversations"]
    assert {one["familyName"] for one in own["participants"]} == {"Иванов", "Смирнов"}
    ended = {"$set": {"ends_on": "2026-11-17"}}
    where = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    await acts.change("directory.staff_assignments", where, ended)
    assert codes_of(await comment(acts, "igor", task(acts))) == REFUSED
    refused = await send(acts, "igor", {"conversationId": own["id"]})
    assert codes_of(refused) == [("RECIPIENT_NOT_ALLOWED", ["to", "conversationId"])]


@pytest.mark.parametrize("key", ["author_id", "person_id"])
async def test_a_teacher_who_was_merged_is_written_to_as_whom_they_are_now(acts: Acting, key: str) -> None:
    once, now = acts.id("Person", "smirnov-once"), acts.id("Person", "smirnov")
    [person] = await acts.found("directory.people", _id=now)
    await acts.insert("directory.people", {**person, "_id": once, "merged_to": now, "identities": []})
    author = {"$set": {"author_id": once if key == "author_id" else None}}
    await acts.change("diary.homework", {"_id": acts.id("Homework", "today")}, author)
    taught = {"person_id": now, "class_id": acts.id("Class", "7a")}
    await acts.change("directory.staff_assignments", taught, {"$set": {"person_id": once}})
    [own] = (await comment(acts, "igor", task(acts)))["conversations"]
    assert {one["familyName"] for one in own["participants"]} == {"Иванов", "Смирнов"}


async def test_whom_a_comment_is_for_is_checked(acts: Acting) -> None:
    path = ["to", "homework", "to"]
    for who in ("ivan", "olga"):
        assert codes_of(await comment(acts, who, task(acts), "GUARDIANS")) == [("INVALID_INPUT", path)]
    wrong = await comment(acts, "smirnov", task(acts), "TEACHERS", "STUDENTS", "ADMINISTRATION")
    assert codes_of(wrong) == [("INVALID_INPUT", [*path, "0"]), ("INVALID_INPUT", [*path, "2"])]
    values = {"to": {"homework": {"homeworkId": task(acts), "to": []}}, "text": " "}
    assert codes_of(await act(acts, "smirnov", "sendMessage", values)) == [("REQUIRED", path), ("REQUIRED", ["text"])]
    await acts.change(
        "directory.guardianships", {"person_id": acts.id("Person", "pavel")}, {"$set": {"valid_to": "2026-11-17"}}
    )
    assert codes_of(await comment(acts, "smirnov", task(acts, "petr"), "GUARDIANS")) == REFUSED
    assert await acts.found("messages.facts") == []


async def test_a_conversation_stays_when_its_task_is_the_student_s_no_longer(acts: Acting) -> None:
    [own] = (await comment(acts, "ivan", task(acts)))["conversations"]
    moved = {"$set": {"student_ids": acts.school.ids("Student", ["petr"])}}
    await acts.change("diary.homework", {"_id": acts.id("Homework", "today")}, moved)
    text = f'{{ node(id: "{own["id"]}") {{ ... on Conversation {{ homework {{ id }} messages {{ totalCount }} }} }} }}'
    for who in ("ivan", "smirnov"):
        assert await query(acts, who, text) == {"node": {"homework": None, "messages": {"totalCount": 1}}}


async def test_comments_take_as_many_commands_whatever_there_is(acts: Acting) -> None:
    counts = []
    for own in (task(acts, "petr"), "hw_nothing.stu_nobody"):
        await acts.served.warm(acts.bearer("olga", ROLES["olga"]))
        acts.served.recorder.clear()
        await comment(acts, "olga", own)
        counts.append(sorted(one[:2] for one in acts.served.recorder.commands))
    assert counts[0] == counts[1]


async def test_a_student_sees_no_difference_when_parents_comment(acts: Acting) -> None:
    fields = "conversations { id } status"
    text = f'{{ node(id: "{task(acts)}") {{ ... on Homework {{ {fields} }} }} conversations {{ totalCount }} }}'
    await acts.answer("ivan", Role.STUDENT, text)
    before = await acts.answer("ivan", Role.STUDENT, text, X_Cost="1")
    await comment(acts, "olga", task(acts))
    await comment(acts, "smirnov", task(acts), "GUARDIANS")
    assert await acts.answer("ivan", Role.STUDENT, text, X_Cost="1") == before
