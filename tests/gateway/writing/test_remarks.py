"""Remarks and comments that staff write, rule by rule. Today is Wednesday 18 November 2026."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, codes_of, mutation
from tests.gateway.writing.seeing import answers
from tests.gateway.writing.test_roles import WHO

TEXT: Final = "Опоздал с перемены"
KIND: Final = "Дисциплина"
COMMENT: Final = "comment { id text madeOn subject { id } author { id } lesson { id } } student { id } lesson { id }"


async def remarked(acts: Acting, key: str = "k", who: str = "smirnov", **sent: Any) -> dict[str, Any]:
    """The payload of a remark, about Ivan unless *sent* says otherwise."""
    role = Role.CLASS_TEACHER if who == "kuznetsova" else Role.TEACHER
    whole = {"studentId": acts.id("Student", "ivan"), "text": TEXT, **sent}
    return await acts.act(who, role, "addRemark", whole, "id madeAt", Idempotency_Key=f"remark {key}")


async def commented(acts: Acting, key: str = "k", who: str = "smirnov", fields: str = COMMENT, **sent: Any) -> Any:
    role = Role.CLASS_TEACHER if who == "kuznetsova" else Role.TEACHER
    whole = {"studentId": acts.id("Student", "ivan"), "text": "Молодец", **sent}
    return await acts.act(who, role, "addComment", whole, fields, Idempotency_Key=f"comment {key}")


async def withdrawn(acts: Acting, remark: str, who: str = "smirnov", role: Role = Role.TEACHER) -> dict[str, Any]:
    return await acts.act(who, role, "withdrawRemark", {"remarkId": remark}, "withdrawnRemarkId")


async def read_by_parent(acts: Acting, who: str = "olga") -> list[dict[str, Any]]:
    query = """query ($id: ID!) { student(id: $id) { remarks(first: 50) { nodes {
      id text kind madeOn lesson { id } subject { id } author { id } } } } }"""
    answer = await acts.answer(who, Role.PARENT, query, {"id": acts.id("Student", "ivan")})
    found: list[dict[str, Any]] = answer["data"]["student"]["remarks"]["nodes"]
    return found


async def test_a_remark_is_read_by_the_parents_and_answered_by_id_and_time(acts: Acting) -> None:
    before = await read_by_parent(acts)
    lesson = acts.own("Lesson", "mon1", "ivan")
    payload = await remarked(acts, lessonId=lesson, kind=KIND)
    assert payload.keys() == {"id", "madeAt", "userErrors"}
    at = datetime.fromisoformat(payload["madeAt"])
    assert (at.date().isoformat(), at.utcoffset()) == ("2026-11-18", timedelta(hours=5))  # in Perm
    for parent in ("olga", "igor"):
        [new] = [remark for remark in await read_by_parent(acts, parent) if remark not in before]
        assert new == {
            "id": payload["id"],
            "text": TEXT,
            "kind": KIND,
            "madeOn": "2026-11-18",
            "lesson": {"id": lesson},
            "subject": {"id": acts.id("Subject", "math")},
            "author": {"id": acts.id("Person", "smirnov")},
        }
    query = "query ($id: ID!) { node(id: $id) { ... on Lesson { remarks { id } } } }"
    answer = await acts.answer("olga", Role.PARENT, query, {"id": lesson})
    assert payload["id"] in [remark["id"] for remark in answer["data"]["node"]["remarks"]]


async def test_sent_again_with_its_key_a_remark_is_there_once_and_without_one_it_is_refused(acts: Acting) -> None:
    answers = await asyncio.gather(*(remarked(acts) for _ in range(10)))
    assert len({answer["id"] for answer in answers}) == len({answer["madeAt"] for answer in answers}) == 1
    assert len(await acts.found("diary.facts")) == 1
    for name in ("addRemark", "addComment"):
        sent = {"input": {"studentId": acts.id("Student", "ivan"), "text": TEXT}}
        answer = await acts.answer("smirnov", Role.TEACHER, mutation(name), sent)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["IDEMPOTENCY_KEY_REQUIRED"]


async def test_its_author_withdraws_a_remark_by_its_id_once_and_for_all(acts: Acting) -> None:
    remark = (await remarked(acts))["id"]
    for who, role in (("rusova", Role.TEACHER), ("kuznetsova", Role.CLASS_TEACHER)):
        assert codes_of(await withdrawn(acts, remark, who, role)) == [("NOT_FOUND", ["remarkId"])]
    assert remark in [one["id"] for one in await read_by_parent(acts)]
    assert await withdrawn(acts, remark) == {"withdrawnRemarkId": remark, "userErrors": []}
    assert remark not in [one["id"] for one in await read_by_parent(acts)]
    assert await withdrawn(acts, remark) == {"withdrawnRemarkId": remark, "userErrors": []}
    assert codes_of(await withdrawn(acts, remark, "rusova")) == [("NOT_FOUND", ["remarkId"])]
    assert [fact["action"] for fact in await acts.found("diary.facts")] == ["addRemark", "withdrawRemark"]
    # Sent again with its key the remark does not come back.
    assert (await remarked(acts))["id"] == remark
    assert remark not in [one["id"] for one in await read_by_parent(acts)]


async def test_who_no_longer_teaches_the_student_still_withdraws_their_remark_and_who_has_left_does_not(
    acts: Acting,
) -> None:
    first, second = (await remarked(acts, key="1"))["id"], (await remarked(acts, key="2"))["id"]
    assignment = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    person = {"_id": acts.id("Person", "smirnov")}
    left = [{"role": "TEACHER", "school_id": acts.id("School", "perm"), "starts_on": None, "ends_on": "2026-11-17"}]
    try:
        await acts.change("directory.staff_assignments", assignment, {"$set": {"ends_on": "2026-11-17"}})
        assert codes_of(await remarked(acts, key="3")) == [("NOT_FOUND", ["studentId"])]
        assert codes_of(await withdrawn(acts, first)) == []
        await acts.change("directory.people", person, {"$set": {"posts": left}})
        query = mutation("withdrawRemark")
        answer = await acts.answer("smirnov", Role.TEACHER, query, {"input": {"remarkId": second}})
        assert "data" not in answer
    finally:
        await acts.change("directory.people", person, {"$unset": {"posts": 1}})
        await acts.change("directory.staff_assignments", assignment, {"$set": {"ends_on": None}})
    assert second in [one["id"] for one in await read_by_parent(acts)]


async def test_facts_and_keys_hold_nothing_that_a_remark_says(acts: Acting) -> None:
    remark = (await remarked(acts, kind=KIND))["id"]
    await withdrawn(acts, remark)
    await commented(acts, key="c")
    for place in ("facts", "idempotency", "withdrawn_remarks", "daily_changes"):
        held = str(await acts.found(f"diary.{place}"))
        assert not any(said in held for said in (TEXT, KIND, "Молодец")), place
    [fact] = await acts.found("diary.facts", action="addRemark")
    values = {change["field"]: change["after"] for change in fact["changes"]}
    assert values == {
        "made_on": "2026-11-18",
        "subject_id": acts.id("Subject", "math"),
        "kind": {"length": len(KIND), "hmac": None},
        "text": {"length": len(TEXT), "hmac": None},
    }


async def test_a_comment_is_read_by_student_parents_and_author(acts: Acting) -> None:
    lesson = acts.own("Lesson", "mon1", "ivan")
    payload = await commented(acts, lessonId=acts.id("Lesson", "mon1"))
    comment = payload["comment"]
    assert payload == {
        "comment": {
            "id": comment["id"],
            "text": "Молодец",
            "madeOn": "2026-11-18",
            "subject": {"id": acts.id("Subject", "math")},
            "author": {"id": acts.id("Person", "smirnov")},
            "lesson": {"id": lesson},
        },
        "student": {"id": acts.id("Student", "ivan")},
        "lesson": {"id": lesson},
        "userErrors": [],
    }
    query = f'{{ node(id: "{comment["id"]}") {{ ... on TeacherComment {{ text }} }} }}'
    for who, role in (("ivan", Role.STUDENT), ("olga", Role.PARENT), ("kuznetsova", Role.CLASS_TEACHER)):
        assert (await acts.answer(who, role, query))["data"]["node"] == {"text": "Молодец"}
    assert (await acts.answer("rusova", Role.TEACHER, query))["data"]["node"] is None


async def test_a_class_teacher_writes_about_the_class_at_any_lesson_or_none(acts: Acting) -> None:
    lesson = acts.own("Lesson", "mon2", "ivan")  # Rusova's
    assert codes_of(await commented(acts, who="kuznetsova", lessonId=lesson)) == []
    without = await commented(acts, key="2", who="kuznetsova")
    assert (without["comment"]["subject"], without["comment"]["lesson"], without["lesson"]) == (None, None, None)
    of_subject = await commented(acts, key="3", who="kuznetsova", subjectId=acts.id("Subject", "phys"))
    assert of_subject["comment"]["subject"] == {"id": acts.id("Subject", "phys")}
    for number, subject in enumerate((acts.id("Subject", "prog"), "sub_nothing")):
        found = await commented(acts, key=f"s{number}", who="kuznetsova", subjectId=subject)
        assert codes_of(found) == [("NOT_FOUND", ["subjectId"])]
    anna = {"studentId": acts.id("Student", "anna")}
    assert codes_of(await commented(acts, key="4", who="kuznetsova", **anna)) == [("NOT_FOUND", ["studentId"])]
    of_7b = {"lessonId": acts.id("Lesson", "monb")}
    assert codes_of(await commented(acts, key="5", who="kuznetsova", **of_7b)) == [("NOT_FOUND", ["lessonId"])]


async def test_a_teacher_of_several_subjects_says_which_one_it_is_about(acts: Acting) -> None:
    known = await acts.found("directory.staff_assignments", person_id=acts.id("Person", "rusova"))
    second = {**known[0], "_id": "stf_second", "subject_id": acts.id("Subject", "phys")}
    assignments = acts.client[f"{acts.prefix}_directory"].staff_assignments
    await assignments.insert_one(second)
    try:
        assert codes_of(await remarked(acts, who="rusova")) == [("REQUIRED", ["subjectId"])]
        for subject, expected in (("phys", []), ("rus", []), ("math", [("NOT_FOUND", ["subjectId"])])):
            sent = {"subjectId": acts.id("Subject", subject)}
            assert codes_of(await remarked(acts, key=subject, who="rusova", **sent)) == expected
    finally:
        await assignments.delete_one({"_id": "stf_second"})


async def test_a_substitute_writes_at_the_lesson_they_take_and_no_other(acts: Acting) -> None:
    taken = {"lessonId": acts.own("Lesson", "tue2", "ivan")}
    payload = await commented(acts, who="zamenin", fields="comment { id text } lesson { id }", **taken)
    assert (payload["comment"]["text"], payload["lesson"]["id"]) == ("Молодец", taken["lessonId"])
    assert codes_of(await remarked(acts, who="zamenin", **taken)) == []
    for number, sent in enumerate(
        ({}, {"lessonId": acts.id("Lesson", "mon2")}, {"lessonId": acts.id("Lesson", "tue3")})
    ):
        assert codes_of(await remarked(acts, key=f"{number}", who="zamenin", **sent)) == [("NOT_FOUND", ["studentId"])]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"text": " "}, [("REQUIRED", ["text"])]),
        ({"text": "ы" * 2_001, "kind": "ы" * 101}, [("TOO_LONG", ["text"]), ("TOO_LONG", ["kind"])]),
        ({"text": "а\0", "kind": "\u200b"}, [("INVALID_INPUT", ["text"]), ("REQUIRED", ["kind"])]),
        ({"lesson": "sat1"}, [("WINDOW_CLOSED", ["lessonId"])]),
        ({"lesson": "tue1"}, [("NOT_ALLOWED", ["lessonId"])]),
        ({"lesson": "mon2"}, [("NOT_FOUND", ["lessonId"])]),  # Rusova's
        ({"lesson": "monb"}, [("NOT_FOUND", ["lessonId"])]),  # of 7Б, which Smirnov teaches too
        ({"lesson": "mon1", "subject": "rus"}, [("INVALID_INPUT", ["subjectId"])]),
        ({"student": "maria", "text": ""}, [("NOT_FOUND", ["studentId"]), ("REQUIRED", ["text"])]),
    ],
)
async def test_a_value_that_cannot_be_used_is_named(acts: Acting, sent: dict[str, str], expected: list[Any]) -> None:
    ids = {
        f"{kind.lower()}Id": acts.id(kind, sent[kind.lower()])
        for kind in ("Student", "Lesson", "Subject")
        if kind.lower() in sent
    }
    values = {key: value for key, value in sent.items() if key in {"text", "kind"}}
    assert codes_of(await remarked(acts, **ids, **values)) == expected
    assert await acts.found("diary.facts") == await acts.found("diary.idempotency") == []
    assert await acts.found("diary.daily_changes") == []


async def test_a_lesson_of_another_student_is_not_that_of_the_student_named(acts: Acting) -> None:
    petrs = acts.own("Lesson", "mon1", "petr")
    assert codes_of(await remarked(acts, lessonId=petrs)) == [("NOT_FOUND", ["lessonId"])]


async def test_remarks_and_comments_of_one_person_about_a_student_on_a_day_are_bounded(acts: Acting) -> None:
    for write, most in ((remarked, WriteRules().remarks_a_day), (commented, WriteRules().comments_a_day)):
        assert codes_of(await write(acts, key="first")) == []
        action = "addRemark" if write is remarked else "addComment"
        counter = {"_id": f"{action}:{acts.id('Person', 'smirnov')}:{acts.id('Student', 'ivan')}"}
        await acts.change("diary.daily_changes", counter, {"$set": {"changes": most}})
        payload = await write(acts, key="one more")
        [error] = payload["userErrors"]
        assert (error["code"], error["limit"], error["retryAt"]) == (
            "TOO_MANY",
            str(most),
            "2026-11-19T00:00:00+05:00",
        )
        assert codes_of(await write(acts, key="petr", studentId=acts.id("Student", "petr"))) == []


# ── Two worlds: whether there is a remark ──


async def test_nothing_that_a_student_sees_depends_on_a_remark(wide: Acting) -> None:
    acts = wide
    remark = (await remarked(acts, key="first"))["id"]
    assert codes_of(await withdrawn(acts, remark)) == []
    without = await answers(acts, "ivan", Role.STUDENT, remark)
    await acts.restore()
    await acts.client[f"{acts.prefix}_diary"].remarks.delete_many({})
    assert await answers(acts, "ivan", Role.STUDENT, remark) == without
    lesson = acts.own("Lesson", "mon1", "ivan")
    ids = [(await remarked(acts, key=f"{number}", lessonId=lesson, kind=KIND))["id"] for number in range(3)]
    ids.append((await remarked(acts, key="leader", who="kuznetsova"))["id"])
    assert codes_of(await withdrawn(acts, ids[0])) == []
    assert await answers(acts, "ivan", Role.STUDENT, remark) == without
    # An id that exists is answered like one that does not.
    for one in ids:
        *_, by_id = await answers(acts, "ivan", Role.STUDENT, one)
        assert by_id == without[-1]


@pytest.mark.parametrize("role", [Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR])
async def test_no_member_of_staff_reads_a_remark_back_its_author_included(wide: Acting, role: Role) -> None:
    acts = wide
    remark = (await remarked(acts, lessonId=acts.own("Lesson", "mon1", "ivan"), kind=KIND))["id"]
    with_remark = await answers(acts, WHO[role], role, remark)
    said = orjson.dumps([body for _, body, *_ in with_remark]).decode()
    assert not any(words in said for words in (remark, TEXT, KIND))
    assert codes_of(await withdrawn(acts, remark)) == []
    assert await answers(acts, WHO[role], role, remark) == with_remark
