"""Every mutation × every role × whose it is: their own, another's, and one to which the right has ended."""

from typing import Any, Final

import pytest

from auth.viewer import Role
from gateway.schema.query import graphql_schema
from tests.gateway.writing.acting import Acting, mutation

WHO: Final = {
    Role.STUDENT: "ivan",
    Role.PARENT: "olga",
    Role.TEACHER: "smirnov",
    Role.CLASS_TEACHER: "kuznetsova",
    Role.ADMINISTRATOR: "admin",
    Role.ANALYST: "analyst",
}
MAY: Final = {
    "acknowledgeDiary": Role.PARENT,
    "submitAbsenceNotice": Role.PARENT,
    "cancelAbsenceNotice": Role.PARENT,
    "confirmAbsenceNotice": Role.CLASS_TEACHER,
    "rejectAbsenceNotice": Role.CLASS_TEACHER,
    "markHomeworkDone": Role.STUDENT,
}
PAYLOAD: Final = {
    "acknowledgeDiary": "week { startsOn } student { id }",
    "submitAbsenceNotice": "notice { id } student { id }",
    "cancelAbsenceNotice": "notice { id } student { id }",
    "confirmAbsenceNotice": "notice { id } student { id }",
    "rejectAbsenceNotice": "notice { id } student { id }",
    "markHomeworkDone": "homework { id } student { id }",
}
UNLIKE: Final = {"Date", "X-Request-ID"}
"""Headers that differ between any two answers."""
ENDED: Final = "granny"
"""A guardian of Ivan until the end of October."""


async def inputs(acts: Acting, name: str, student: str) -> dict[str, Any]:
    """What a mutation takes for something of *student*'s."""
    own = acts.id("Student", student)
    if name == "acknowledgeDiary":
        return {"studentId": own, "weekStart": "2026-11-02"}
    if name == "submitAbsenceNotice":
        return {"studentId": own, "absence": {"days": ["2026-12-01"]}, "reason": "Болеет"}
    if name == "markHomeworkDone":
        for task in await acts.found("diary.homework", kind="HOMEWORK", student_ids=None):
            done = await acts.found("diary.submissions", homework_id=task["_id"])
            if not done and task["class_ids"] == [acts.id("Class", "7a")] and task["group_id"] is None:
                return {"homeworkId": f"{task['_id']}.{own}"}
        raise AssertionError("the school has no homework that nobody has done")
    notice: dict[str, Any] = {
        "_id": acts.id("AbsenceNotice", f"of {student}"),
        "school_id": acts.id("School", "perm"),
        "student_id": own,
        "kind": "DAYS",
        "days": {"first": "2026-12-01", "last": "2026-12-01"},
        "lesson_ids": [],
        "reason": "Болеет",
        "state": "SENT",
        "sent_by_id": acts.id("Person", "olga"),
        "sent_at": None,
        "confirmed_by_id": None,
        "confirmed_at": None,
    }
    await acts.client[f"{acts.prefix}_diary"].absence_notices.insert_one(notice)
    return {"noticeId": notice["_id"], "version": 0}


def test_every_mutation_is_tried() -> None:
    root = graphql_schema().mutation_type
    assert root is not None
    assert set(root.fields) == set(MAY)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MAY)
async def test_a_mutation_is_carried_out_for_its_role_and_refused_whole_to_others(
    acts: Acting, name: str, role: Role
) -> None:
    given = await inputs(acts, name, "ivan")
    answer = await acts.answer(WHO[role], role, mutation(name, key="k"), {"input": given})
    shown = await acts.answer(WHO[role], role, "{ __schema { mutationType { fields { name } } } }")
    root = shown["data"]["__schema"]["mutationType"]
    names = {field["name"] for field in root["fields"]} if root else set()
    if role is MAY[name]:
        assert answer["data"][name]["userErrors"] == []
        assert len(await acts.found("diary.facts", action=name)) == 1
        assert name in names
    else:
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
        assert await acts.found("diary.facts") == []
        assert name not in names


@pytest.mark.parametrize("name", MAY)
async def test_what_is_another_s_is_not_found_like_what_does_not_exist(acts: Acting, name: str) -> None:
    role = MAY[name]
    stranger = "anna" if role is Role.CLASS_TEACHER else "petr"
    nothing = await inputs(acts, name, stranger)
    others = await _told(acts, name, nothing)
    nobodys = await _told(acts, name, _of_nobody(nothing))
    assert others == nobodys
    assert [error["code"] for error in others[0]["data"][name]["userErrors"]] == ["NOT_FOUND"]
    assert await acts.found("diary.facts") == []


async def _told(acts: Acting, name: str, given: dict[str, Any]) -> tuple[Any, ...]:
    """All that an answer says: its body, its headers, and the commands that it took."""
    bearer = acts.bearer(WHO[MAY[name]], MAY[name])
    await acts.served.warm(bearer)
    acts.served.recorder.clear()
    response = await acts.served.client.post(
        "/graphql",
        json={"query": mutation(name, PAYLOAD[name]), "variables": {"input": given}},
        headers={"Authorization": f"Bearer {bearer}", "Idempotency-Key": "k", "X-Cost": "1"},
    )
    recorder = acts.served.recorder
    return (
        await response.json(),
        {key: value for key, value in response.headers.items() if key not in UNLIKE},
        sorted((database, collection) for database, collection, _ in recorder.commands),
        recorder.writes[:],
    )


def _of_nobody(given: dict[str, Any]) -> dict[str, Any]:
    nobody = {"studentId": "stu_nobody", "noticeId": "abn_nothing", "homeworkId": "hw_nothing.stu_nobody"}
    return {key: nobody.get(key, value) for key, value in given.items()}


@pytest.mark.parametrize("name", [name for name, role in MAY.items() if role is Role.PARENT])
async def test_a_right_that_has_ended_gives_none(acts: Acting, name: str) -> None:
    given = await inputs(acts, name, "ivan")
    codes = await acts.codes(ENDED, Role.PARENT, name, given, Idempotency_Key="k")
    assert [code for code, _ in codes] == ["NOT_FOUND"]
    barred = await acts.codes("banned", Role.PARENT, name, given, Idempotency_Key="k")
    assert barred == codes
    assert await acts.found("diary.facts") == []
