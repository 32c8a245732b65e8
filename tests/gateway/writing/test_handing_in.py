"""The round trip of homework, rule by rule. Today is Wednesday 18 November 2026."""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.uploading import announced, put, uploaded

WORK: Final = """homework { status submission { id state text isLate answer version
  attachments { id name url sizeBytes } } } student { id }"""
INBOX: Final = """query ($state: SubmissionState, $group: ID, $of_class: ID, $first: Int = 20, $after: String) {
  viewer { submissions(state: $state, groupId: $group, classId: $of_class, first: $first, after: $after) { totalCount
    pageInfo { endCursor hasNextPage }
    nodes { id state text answer isLate version student { id } homework { id text }
      attachments { id name url } } } } }"""
FIRST: Final = ["attachmentIds", "0"]
PHOTO: Final = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 17 + b"\0\0\0\0IEND\xaeB`\x82"


async def handed_in(acts: Acting, who: str = "ivan", task: str = "today", **sent: Any) -> dict[str, Any]:
    values = {"homeworkId": acts.own("Homework", task, who), **sent}
    return await acts.act(who, Role.STUDENT, "submitHomework", values, WORK)


async def withdrawn(acts: Acting, who: str = "ivan", task: str = "today") -> dict[str, Any]:
    values = {"homeworkId": acts.own("Homework", task, who)}
    return await acts.act(who, Role.STUDENT, "withdrawSubmission", values, WORK)


async def answered(acts: Acting, work: str, who: str = "smirnov", **sent: Any) -> dict[str, Any]:
    fields = "submission { id state answer version }"
    return await acts.act(who, Role.TEACHER, "answerSubmission", {"submissionId": work, **sent}, fields)


async def inbox(acts: Acting, who: str = "smirnov", role: Role = Role.TEACHER, **variables: Any) -> dict[str, Any]:
    answer = await acts.answer(who, role, INBOX, variables)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["viewer"]["submissions"]
    return found


async def content(acts: Acting, url: str) -> tuple[int, bytes]:
    response = await acts.served.client.get(url)
    return response.status, await response.read()


async def test_homework_goes_from_the_teacher_to_the_student_and_back_until_it_is_marked(acts: Acting) -> None:
    sheet = await uploaded(acts, "smirnov", Role.TEACHER, b"%PDF-1.4 a sheet", name="Задачи.pdf")
    task = {"lessonId": acts.id("Lesson", "sat1"), "text": "Задача 5", "attachmentIds": [sheet]}
    set_ = await acts.act(
        "smirnov", Role.TEACHER, "assignHomework", task, "homework { id attachments { url } }", Idempotency_Key="k"
    )
    shared = set_["homework"]["id"]
    assert await content(acts, set_["homework"]["attachments"][0]["url"]) == (200, b"%PDF-1.4 a sheet")
    # The student and the family read the task with its material.
    own = f"{shared}.{acts.id('Student', 'ivan')}"
    seen = "query ($id: ID!) { node(id: $id) { ... on Homework { status attachments { name url mediaType } } } }"
    for who, role in (("ivan", Role.STUDENT), ("olga", Role.PARENT)):
        found = (await acts.answer(who, role, seen, {"id": own}))["data"]["node"]
        [attachment] = found["attachments"]
        assert (attachment["name"], attachment["mediaType"]) == ("Задачи.pdf", "application/pdf")
        assert await content(acts, attachment["url"]) == (200, b"%PDF-1.4 a sheet")
    # Handed in with a photo.
    photo = await uploaded(acts, "ivan", Role.STUDENT, PHOTO, name="Фото.png")
    values = {"homeworkId": own, "text": " Решение ", "attachmentIds": [photo]}
    first = await acts.act("ivan", Role.STUDENT, "submitHomework", values, WORK)
    work = first["homework"]["submission"]
    assert (first["homework"]["status"], work["state"], work["text"]) == ("SUBMITTED", "SUBMITTED", "Решение")
    # The teacher finds it, looks at the photo, and returns it.
    [waiting] = [one for one in (await inbox(acts, state="SUBMITTED"))["nodes"] if one["id"] == work["id"]]
    assert waiting["student"] == {"id": acts.id("Person", "ivan")}
    assert waiting["homework"] == {"id": own, "text": "Задача 5"}
    assert await content(acts, waiting["attachments"][0]["url"]) == (200, PHOTO)
    returned = await answered(acts, work["id"], version=1, decision="RETURNED", answer="Не видно")
    assert returned["submission"] == {"id": work["id"], "state": "RETURNED", "answer": "Не видно", "version": 2}
    for who, role in (("ivan", Role.STUDENT), ("olga", Role.PARENT)):
        assert (await acts.answer(who, role, seen, {"id": own}))["data"]["node"]["status"] == "RETURNED"
    # Handed in again, checked and marked in one operation.
    better = await uploaded(acts, "ivan", Role.STUDENT, PHOTO + b"!", name="Фото 2.png")
    again = await acts.act("ivan", Role.STUDENT, "submitHomework", {**values, "attachmentIds": [better]}, WORK)
    assert [one["id"] for one in again["homework"]["submission"]["attachments"]] == [better]
    assert again["homework"]["submission"]["answer"] == "Не видно"
    both = """mutation ($answer: AnswerSubmissionInput!, $mark: GiveMarkInput!) {
      answerSubmission(input: $answer) { submission { state } userErrors { code } }
      giveMark(input: $mark) { mark { value } userErrors { code } } }"""
    sent = {
        "answer": {"submissionId": work["id"], "version": 3, "decision": "CHECKED", "answer": "Молодец"},
        "mark": {"workId": acts.id("Work", "today"), "studentId": acts.id("Student", "ivan"), "value": "5"},
    }
    answer = await acts.answer("smirnov", Role.TEACHER, both, sent)
    assert answer["data"]["answerSubmission"] == {"submission": {"state": "CHECKED"}, "userErrors": []}
    assert answer["data"]["giveMark"] == {"mark": {"value": "5"}, "userErrors": []}
    family = """query ($id: ID!, $student: ID!) { node(id: $id) { ... on Homework { status } }
      student(id: $student) { marks(first: 1) { nodes { value } } } }"""
    variables = {"id": own, "student": acts.id("Student", "ivan")}
    for who, role in (("ivan", Role.STUDENT), ("olga", Role.PARENT)):
        data = (await acts.answer(who, role, family, variables))["data"]
        assert (data["node"]["status"], data["student"]["marks"]["nodes"][0]["value"]) == ("CHECKED", "5")
    actions = [fact["action"] for fact in await acts.found("diary.facts")]
    assert actions == ["assignHomework", "submitHomework", "answerSubmission", "submitHomework", "answerSubmission"]


async def test_work_is_late_after_the_day_on_which_it_was_due(acts: Acting) -> None:
    assert (await handed_in(acts, text="Решение"))["homework"]["submission"]["isLate"] is False
    assert (await handed_in(acts, task="late", text="Решение"))["homework"]["submission"]["isLate"] is True


async def test_returned_work_is_as_late_as_it_was_at_first(acts: Acting) -> None:
    place = {"homework_id": acts.id("Homework", "late"), "student_id": acts.id("Student", "fedor")}
    await acts.change("diary.submissions", place, {"$set": {"answered_at": None, "is_late": False}})
    [work] = await acts.found("diary.submissions", **place)
    await answered(acts, work["_id"], version=0, decision="RETURNED", answer="Ещё раз")
    for _ in range(2):
        payload = await handed_in(acts, "fedor", "late", text="Решение")
        assert payload["homework"]["submission"]["isLate"] is False


async def test_work_handed_in_anew_takes_the_place_of_the_old(acts: Acting) -> None:
    first, second = [await uploaded(acts, "ivan", Role.STUDENT, one) for one in (b"1", b"22")]
    await handed_in(acts, attachmentIds=[first])
    payload = await handed_in(acts, text="Ещё", attachmentIds=[first, second])
    work = payload["homework"]["submission"]
    assert ([one["id"] for one in work["attachments"]], work["version"]) == ([first, second], 2)
    payload = await handed_in(acts, text="Только текст")
    assert payload["homework"]["submission"]["attachments"] == []
    assert len(await acts.found("diary.submissions", student_id=acts.id("Student", "ivan"))) == 1
    assert len(await acts.found("diary.attached_files", released_at=None)) == 0


async def test_work_can_be_taken_back_until_it_is_checked(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, b"1")
    await handed_in(acts, attachmentIds=[file])
    payload = await withdrawn(acts)
    assert payload["homework"] == {"status": "ASSIGNED", "submission": None}
    assert await acts.found("diary.attached_files", released_at=None) == []
    assert codes_of(await withdrawn(acts)) == [("NOT_ALLOWED", ["homeworkId"])]
    work = (await handed_in(acts, text="Решение"))["homework"]["submission"]
    await answered(acts, work["id"], version=1, decision="RETURNED", answer="Ещё раз")
    assert codes_of(await withdrawn(acts)) == [("NOT_ALLOWED", ["homeworkId"])]
    await handed_in(acts, text="Решение 2")
    back = (await withdrawn(acts))["homework"]
    assert (back["status"], back["submission"]["answer"], back["submission"]["text"]) == ("RETURNED", "Ещё раз", None)
    await handed_in(acts, text="Решение 3")
    await answered(acts, work["id"], version=None, decision="CHECKED")
    for payload in (await withdrawn(acts), await handed_in(acts, text="Поздно")):
        assert codes_of(payload) == [("NOT_ALLOWED", ["homeworkId"])]
        assert payload["homework"]["status"] == "CHECKED"


@pytest.mark.parametrize(
    ("task", "sent", "expected"),
    [
        ("today", {}, [("REQUIRED", None)]),
        ("today", {"text": " "}, [("REQUIRED", ["text"])]),
        ("today", {"text": "ы" * 10_001}, [("TOO_LONG", ["text"])]),
        ("today", {"text": "а\0"}, [("INVALID_INPUT", ["text"])]),
        ("classwork", {"text": "Решение"}, [("NOT_ALLOWED", ["homeworkId"])]),
        ("petr's own", {"text": "Решение"}, [("NOT_FOUND", ["homeworkId"])]),
        ("english 2", {"text": "Решение"}, [("NOT_FOUND", ["homeworkId"])]),
        ("today", {"text": "", "attachmentIds": ["fil_x"]}, [("REQUIRED", ["text"]), ("NOT_FOUND", FIRST)]),
        ("today", {"attachmentIds": ["fil_x"] * 11}, [("TOO_MANY", ["attachmentIds"])]),
    ],
)  # fmt: skip
async def test_what_cannot_be_handed_in_is_named(
    acts: Acting, task: str, sent: dict[str, Any], expected: list[Any]
) -> None:
    assert codes_of(await handed_in(acts, task=task, **sent)) == expected
    assert await acts.found("diary.facts") == await acts.found("diary.attached_files") == []


async def test_a_file_is_attached_once_by_its_owner_for_its_purpose_when_it_is_there(acts: Acting) -> None:
    place = FIRST
    pending = await announced(acts, "ivan", Role.STUDENT, b"1")
    assert codes_of(await handed_in(acts, attachmentIds=[pending["id"]])) == [("FILE_NOT_READY", place)]
    await put(acts, pending["upload"]["url"], b"1")
    assert codes_of(await handed_in(acts, "petr", attachmentIds=[pending["id"]])) == [("NOT_FOUND", place)]
    achievement = await uploaded(acts, "ivan", Role.STUDENT, b"1", purpose="ACHIEVEMENT")
    assert codes_of(await handed_in(acts, attachmentIds=[achievement])) == [("NOT_FOUND", place)]
    twice = await handed_in(acts, attachmentIds=[pending["id"], pending["id"]])
    assert codes_of(twice) == [("INVALID_INPUT", ["attachmentIds", "1"])]
    assert codes_of(await handed_in(acts, attachmentIds=[pending["id"]])) == []
    assert codes_of(await handed_in(acts, task="late", attachmentIds=[pending["id"]])) == [("TAKEN", place)]
    assert len(await acts.found("diary.attached_files")) == 1
    rejected = await uploaded(acts, "ivan", Role.STUDENT, b"22")
    await acts.change("files.files", {"_id": rejected}, {"$set": {"state": "REJECTED"}})
    assert codes_of(await handed_in(acts, attachmentIds=[rejected])) == [("FILE_REJECTED", place)]


async def test_one_of_two_works_gets_a_file_that_both_claim_at_once(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, b"1")
    payloads = await asyncio.gather(*(handed_in(acts, task=one, attachmentIds=[file]) for one in ("today", "late")))
    assert sorted(map(codes_of, payloads)) == [[], [("TAKEN", FIRST)]]


async def test_material_may_be_attached_to_several_tasks(acts: Acting) -> None:
    sheet = await uploaded(acts, "smirnov", Role.TEACHER, b"1")
    fields = "homework { id version attachments { id } }"
    task = {"lessonId": acts.id("Lesson", "sat1"), "text": "Задача 5", "attachmentIds": [sheet]}
    tasks = [
        await acts.act("smirnov", Role.TEACHER, "assignHomework", task, fields, Idempotency_Key=key) for key in "ab"
    ]
    assert [one["homework"]["attachments"] for one in tasks] == [[{"id": sheet}]] * 2
    change = {"homeworkId": tasks[1]["homework"]["id"], "version": 1, "attachmentIds": []}
    changed = await acts.act("smirnov", Role.TEACHER, "updateHomework", change, fields)
    assert (changed["homework"]["attachments"], changed["homework"]["version"]) == ([], 2)
    back = {**change, "version": 2, "attachmentIds": [sheet]}
    changed = await acts.act("smirnov", Role.TEACHER, "updateHomework", back, fields)
    assert changed["homework"]["attachments"] == [{"id": sheet}]
    assert len(await acts.found("diary.attached_files", released_at=None)) == 2


async def test_the_teacher_has_work_in_their_subjects_by_state_and_in_pages(acts: Acting) -> None:
    every = await inbox(acts)
    found = [(one["state"], one["student"]["id"]) for one in every["nodes"]]
    assert found[-1] == ("SUBMITTED", acts.id("Person", "petr")), "handed in last"
    assert set(found[:-1]) == {("CHECKED", acts.id("Person", "alyona")), ("RETURNED", acts.id("Person", "fedor"))}
    assert every["totalCount"] == 3
    assert [one["state"] for one in (await inbox(acts, state="SUBMITTED"))["nodes"]] == ["SUBMITTED"]
    first = await inbox(acts, first=2)
    rest = await inbox(acts, first=2, after=first["pageInfo"]["endCursor"])
    assert [one["id"] for one in (*first["nodes"], *rest["nodes"])] == [one["id"] for one in every["nodes"]]
    assert (await inbox(acts, group=acts.id("Group", "eng1")))["nodes"] == []
    assert len((await inbox(acts, of_class=acts.id("Class", "7a")))["nodes"]) == 3
    assert (await inbox(acts, "rusova"))["nodes"] == []


async def test_work_in_another_s_subject_is_not_found(acts: Acting) -> None:
    [work] = await acts.found("diary.submissions", state="SUBMITTED")
    values = {"submissionId": work["_id"], "version": 0, "decision": "CHECKED"}
    assert await acts.codes("rusova", Role.TEACHER, "answerSubmission", values) == [("NOT_FOUND", ["submissionId"])]
    query = "query ($id: ID!) { node(id: $id) { id } }"
    answer = await acts.answer("rusova", Role.TEACHER, query, {"id": work["_id"]})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_an_answer_says_which_version_it_is_about(acts: Acting) -> None:
    work = (await handed_in(acts, text="Решение"))["homework"]["submission"]
    assert codes_of(await answered(acts, work["id"], decision="RETURNED")) == [
        ("REQUIRED", ["version"]),
        ("REQUIRED", ["answer"]),
    ]
    await handed_in(acts, text="Решение 2")
    stale = await answered(acts, work["id"], version=work["version"], decision="CHECKED")
    assert limits_of(stale) == [("CONFLICT", ["version"], "2")]
    assert stale["submission"]["state"] == "SUBMITTED"
    long = await answered(acts, work["id"], version=None, decision="CHECKED", answer="ы" * 5_001)
    assert limits_of(long) == [("TOO_LONG", ["answer"], "5000")]
    done = await answered(acts, work["id"], version=None, decision="CHECKED")
    assert done["submission"] == {"id": work["id"], "state": "CHECKED", "answer": None, "version": 3}
    assert (await answered(acts, work["id"], version=1, decision="CHECKED"))["submission"]["version"] == 3
    assert [fact["action"] for fact in await acts.found("diary.facts")].count("answerSubmission") == 1


async def test_a_tick_is_no_work(acts: Acting) -> None:
    [tick] = await acts.found("diary.submissions", state="DONE")
    values = {"submissionId": tick["_id"], "version": 0, "decision": "CHECKED"}
    assert await acts.codes("smirnov", Role.TEACHER, "answerSubmission", values) == [("NOT_FOUND", ["submissionId"])]
    payload = await handed_in(acts, text="Решение")
    assert payload["homework"]["submission"]["id"] == tick["_id"]


async def test_work_and_its_files_are_their_student_s_and_the_teacher_s(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, b"1")
    work = (await handed_in(acts, attachmentIds=[file]))["homework"]["submission"]
    own = work["attachments"][0]["url"]
    assert await content(acts, own) == (200, b"1")
    [seen] = [one for one in (await inbox(acts))["nodes"] if one["id"] == work["id"]]
    teacher = seen["attachments"][0]["url"]
    assert await content(acts, teacher) == (200, b"1")
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for who, role in (("petr", Role.STUDENT), ("olga", Role.PARENT), ("admin", Role.ADMINISTRATOR)):
        answer = await acts.answer(who, role, query, {"id": work["id"]})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    posts = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    await acts.change("directory.staff_assignments", posts, {"$set": {"ends_on": "2026-11-17"}})
    assert (await content(acts, teacher))[0] == 404, "the address outlives no right"
    await handed_in(acts, text="Без файла")
    assert (await content(acts, own))[0] == 404, "nor the file's place in the work"


async def test_a_day_has_so_many_changes_of_a_student(acts: Acting) -> None:
    counter = f"submitHomework:{acts.id('Person', 'ivan')}:{acts.id('Student', 'ivan')}"
    changes = acts.client[f"{acts.prefix}_diary"]["daily_changes"]
    await changes.insert_one({"_id": counter, "day": "2026-11-18", "changes": 50})
    [(code, path, limit)] = limits_of(await handed_in(acts, text="Решение"))
    assert (code, path, limit) == ("TOO_MANY", None, "50")


# ── items of a task, which the teacher ticks ──

ITEMS: Final = ["№ 5", "№ 6, чётные", "Правило"]


async def with_items(acts: Acting, **sent: Any) -> dict[str, Any]:
    """The payload of a homework of 7А that consists of items."""
    task = {"lessonId": acts.id("Lesson", "sat1"), "text": "Задачи", "items": ITEMS, **sent}
    fields = "homework { id version items }"
    return await acts.act("smirnov", Role.TEACHER, "assignHomework", task, fields, Idempotency_Key=f"items {sent}")


async def ticked(acts: Acting, work: str, *items: str, **sent: Any) -> dict[str, Any]:
    values = {"submissionId": work, "version": None, "decision": "CHECKED", "doneItems": list(items), **sent}
    fields = "submission { state doneItems version }"
    return await acts.act("smirnov", Role.TEACHER, "answerSubmission", values, fields)


async def test_the_teacher_ticks_the_items_that_are_done_and_the_student_sees_them(acts: Acting) -> None:
    shared = (await with_items(acts))["homework"]
    assert shared["items"] == ITEMS
    own = f"{shared['id']}.{acts.id('Student', 'ivan')}"
    values = {"homeworkId": own, "text": "Решение"}
    fields = "homework { items submission { id doneItems } }"
    handed = (await acts.act("ivan", Role.STUDENT, "submitHomework", values, fields))["homework"]
    assert (handed["items"], handed["submission"]["doneItems"]) == (ITEMS, [])
    work = handed["submission"]["id"]
    back = await ticked(acts, work, "Правило", "№ 5", decision="RETURNED", answer="Доделать № 6")
    assert back["submission"] == {"state": "RETURNED", "doneItems": ["№ 5", "Правило"], "version": 2}
    query = "query ($id: ID!) { node(id: $id) { ... on Homework { submission { doneItems answer } } } }"
    seen = (await acts.answer("ivan", Role.STUDENT, query, {"id": own}))["data"]["node"]["submission"]
    assert seen == {"doneItems": ["№ 5", "Правило"], "answer": "Доделать № 6"}
    # Handed in anew they stay until the next answer; what is left out there leaves them, too.
    again = await acts.act("ivan", Role.STUDENT, "submitHomework", {**values, "text": "Ещё"}, fields)
    assert again["homework"]["submission"]["doneItems"] == ["№ 5", "Правило"]
    unchanged = await ticked(acts, work, doneItems=None, answer="Доделать № 6", decision="RETURNED")
    assert unchanged["submission"]["doneItems"] == ["№ 5", "Правило"]
    # The names are those of the day of the tick.
    change = {"homeworkId": shared["id"], "version": 1, "items": ["Другое"]}
    assert await acts.codes("smirnov", Role.TEACHER, "updateHomework", change) == []
    seen = (await acts.answer("ivan", Role.STUDENT, query, {"id": own}))["data"]["node"]["submission"]
    assert seen["doneItems"] == ["№ 5", "Правило"]
    assert (await ticked(acts, work))["submission"]["doneItems"] == []
    assert (await ticked(acts, work))["submission"]["version"] == 5, "ticked alike, it is the same answer"
    said = str(await acts.found("diary.facts"))
    assert not any(words in said for words in (*ITEMS, "Другое", "Доделать"))


async def test_items_that_moved_meanwhile_are_ticked_by_their_words(acts: Acting) -> None:
    shared = (await with_items(acts))["homework"]["id"]
    values = {"homeworkId": f"{shared}.{acts.id('Student', 'ivan')}", "text": "Решение"}
    work = (await acts.act("ivan", Role.STUDENT, "submitHomework", values, WORK))["homework"]["submission"]["id"]
    assert (await ticked(acts, work, "№ 6, чётные"))["submission"]["doneItems"] == ["№ 6, чётные"]
    change = {"homeworkId": shared, "version": 1, "items": ["Новое", "№ 5", "Правило"]}
    assert await acts.codes("smirnov", Role.TEACHER, "updateHomework", change) == []
    # What the answer gave out is taken again, though the task no longer has the item.
    assert (await ticked(acts, work, "№ 5", "№ 6, чётные"))["submission"]["doneItems"] == ["№ 6, чётные", "№ 5"]
    assert (await ticked(acts, work, "Правило"))["submission"]["doneItems"] == ["Правило"]
    assert codes_of(await ticked(acts, work, "№ 5", "№ 6, чётные")) == [("NOT_FOUND", ["doneItems", "1"])]


async def test_an_item_that_is_not_there_is_named_and_nothing_is_ticked(acts: Acting) -> None:
    shared = (await with_items(acts))["homework"]["id"]
    values = {"homeworkId": f"{shared}.{acts.id('Student', 'ivan')}", "text": "Решение"}
    work = (await acts.act("ivan", Role.STUDENT, "submitHomework", values, WORK))["homework"]["submission"]["id"]
    payload = await ticked(acts, work, "№ 50", "№ 6, чётные", "", decision="RETURNED", answer=None)
    assert codes_of(payload) == [
        ("NOT_FOUND", ["doneItems", "0"]),
        ("NOT_FOUND", ["doneItems", "2"]),
        ("REQUIRED", ["answer"]),
    ]
    [stored] = await acts.found("diary.submissions", _id=work)
    assert (stored["done_items"], stored["version"]) == ([], 1)
    whole = (await handed_in(acts, text="Решение"))["homework"]["submission"]["id"]
    assert codes_of(await ticked(acts, whole, "№ 5")) == [("NOT_FOUND", ["doneItems", "0"])]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["№ 5", " "], [("REQUIRED", ["items", "1"], None)]),
        (["№ 5", "№ 5 "], [("TAKEN", ["items", "1"], None)]),
        (["ы" * 201], [("TOO_LONG", ["items", "0"], "200")]),
        (["а\0"], [("INVALID_INPUT", ["items", "0"], None)]),
        ([str(number) for number in range(31)], [("TOO_MANY", ["items"], "30")]),
    ],
)
async def test_items_that_cannot_be_set_are_named(acts: Acting, items: list[str], expected: list[Any]) -> None:
    assert limits_of(await with_items(acts, items=items)) == expected
    shared = (await with_items(acts))["homework"]
    change = {"homeworkId": shared["id"], "version": 1, "items": items}
    assert limits_of(await acts.act("smirnov", Role.TEACHER, "updateHomework", change)) == expected
    same = {**change, "items": ITEMS}
    changed = await acts.act("smirnov", Role.TEACHER, "updateHomework", same, "homework { version items }")
    assert changed["homework"] == {"version": 1, "items": ITEMS}
    none = await acts.act("smirnov", Role.TEACHER, "updateHomework", {**change, "items": None}, "homework { items }")
    assert none["homework"]["items"] == []
