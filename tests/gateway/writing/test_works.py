"""Works that teachers make and control works that they plan. Today is Wednesday 18 November 2026."""

from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, mutation

TEACHER: Final = Role.TEACHER
WORK: Final = "work { id title plannedOn isControlWork subject { name } kind { name } }"


def work(acts: Acting, **changes: Any) -> dict[str, Any]:
    return {
        "audience": {"classId": acts.id("Class", "7a")},
        "subjectId": acts.id("Subject", "math"),
        "title": "Диктант",
        **changes,
    }


async def act(acts: Acting, who: str, name: str, sent: dict[str, Any], fields: str = WORK) -> dict[str, Any]:
    return await acts.act(who, TEACHER, name, sent, fields, Idempotency_Key="k")


async def test_a_work_of_a_class_is_made_and_marked(acts: Acting) -> None:
    sent = work(acts, kindId=acts.id("WorkKind", "answer"), title="  Устный счёт ")
    payload = await act(acts, "smirnov", "createWork", sent)
    shown = payload["work"]
    assert {**shown, "id": None} == {
        "id": None,
        "title": "Устный счёт",
        "plannedOn": "2026-11-18",
        "isControlWork": False,
        "subject": {"name": "Математика"},
        "kind": {"name": "answer"},
    }
    [stored] = await acts.found("grades.works", _id=shown["id"])
    assert stored["class_ids"] == [acts.id("Class", "7a")]
    assert stored["created_by_id"] == acts.id("Person", "smirnov")
    [fact] = await acts.found("grades.facts")
    assert (fact["action"], fact["object_id"], fact["student_id"]) == ("createWork", shown["id"], None)
    mark = {"workId": shown["id"], "studentId": acts.id("Student", "petr"), "value": "5"}
    assert await acts.codes("smirnov", TEACHER, "giveMark", mark) == []


async def test_a_work_is_made_once_for_each_key(acts: Acting) -> None:
    first = await act(acts, "smirnov", "createWork", work(acts))
    again = await act(acts, "smirnov", "createWork", work(acts))
    assert first == again
    assert len(await acts.found("grades.works", title="Диктант")) == 1
    answer = await acts.answer("smirnov", TEACHER, mutation("createWork"), {"input": work(acts)})
    assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REQUIRED"


async def test_a_work_of_a_lesson_takes_its_day_its_subject_and_its_students(acts: Acting) -> None:
    sent = {"audience": {"lessonId": acts.own("Lesson", "mon1", "ivan")}, "title": "Дроби"}
    payload = await act(acts, "smirnov", "createWork", sent)
    assert (payload["work"]["plannedOn"], payload["work"]["subject"]) == ("2026-11-16", {"name": "Математика"})
    [stored] = await acts.found("grades.works", title="Дроби")
    assert stored["lesson_id"] == acts.id("Lesson", "mon1")


async def test_a_work_of_a_group_is_in_its_own_subject(acts: Acting) -> None:
    sent = {"audience": {"groupId": acts.id("Group", "eng1")}, "title": "Unit 3"}
    payload = await act(acts, "anglin", "createWork", sent)
    assert payload["work"]["subject"] == {"name": "Английский язык"}
    mark = {"workId": payload["work"]["id"], "value": "5"}
    petr, fedor = (mark | {"studentId": acts.id("Student", student)} for student in ("petr", "fedor"))
    assert await acts.codes("anglin", TEACHER, "giveMark", petr) == []
    assert await acts.codes("anglin", TEACHER, "giveMark", fedor) == [("NOT_FOUND", ["studentId"])]


async def test_the_scale_of_a_work_is_that_of_its_marks(acts: Acting) -> None:
    payload = await act(acts, "smirnov", "createWork", work(acts, scaleId=acts.id("GradeScale", "passed")))
    mark = {"workId": payload["work"]["id"], "studentId": acts.id("Student", "petr"), "value": "5"}
    assert await acts.codes("smirnov", TEACHER, "giveMark", mark) == [("INVALID_INPUT", ["value"])]
    assert await acts.codes("smirnov", TEACHER, "giveMark", mark | {"value": "зачёт"}) == []


async def test_a_planned_control_work_is_in_the_calendar_of_the_class_and_of_no_other(acts: Acting) -> None:
    sent = work(acts, title="Контрольная", plannedOn="2026-11-27")
    payload = await act(acts, "smirnov", "planControlWork", sent)
    assert payload["work"]["isControlWork"] is True
    query = '{ student(id: "%s") { plannedControlWorks { title plannedOn } } }'
    shown = []
    for student in ("ivan", "anna"):
        answer = await acts.answer("olga", Role.PARENT, query % acts.id("Student", student))
        works = answer["data"]["student"]["plannedControlWorks"]
        shown.append({"title": "Контрольная", "plannedOn": "2026-11-27"} in works)
    assert shown == [True, False]


@pytest.mark.parametrize("name", ["createWork", "planControlWork"])
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": " "}, ("REQUIRED", ["title"])),
        ({"title": "а" * 201}, ("TOO_LONG", ["title"])),
        ({"subjectId": None}, ("REQUIRED", ["subjectId"])),
        ({"subjectId": "rus"}, ("NOT_FOUND", ["audience", "classId"])),
        ({"kindId": "wkd_nothing"}, ("NOT_FOUND", ["kindId"])),
        ({"scaleId": "scl_nothing"}, ("NOT_FOUND", ["scaleId"])),
        ({"audience": {"classId": "cls_nothing"}}, ("NOT_FOUND", ["audience", "classId"])),
        ({"audience": {"groupId": "grp_nothing"}}, ("NOT_FOUND", ["audience", "groupId"])),
        ({"audience": {"lessonId": "les_nothing"}}, ("NOT_FOUND", ["audience", "lessonId"])),
        ({"audience": {"lessonId": "sat1"}, "plannedOn": "2026-11-20"}, ("INVALID_INPUT", ["plannedOn"])),
        ({"audience": {"lessonId": "mon3"}, "subjectId": None}, ("NOT_FOUND", ["audience", "lessonId"])),
    ],
)
async def test_a_work_that_cannot_be_made_is_refused_with_its_path(
    acts: Acting, name: str, changes: dict[str, Any], problem: tuple[str, list[str]]
) -> None:
    sent = work(acts, plannedOn="2026-11-27") | changes
    if changes.get("subjectId") == "rus":
        sent["subjectId"] = acts.id("Subject", "rus")
    if "lessonId" in sent["audience"]:
        lesson = sent["audience"]["lessonId"]
        sent["audience"] = {"lessonId": lesson if "_" in lesson else acts.id("Lesson", lesson)}
        if "plannedOn" not in changes:
            sent["plannedOn"] = None
    sent = {key: value for key, value in sent.items() if value is not None}
    assert await acts.codes("smirnov", TEACHER, name, sent, Idempotency_Key="k") == [problem]
    assert await acts.found("grades.facts") == await acts.found("grades.idempotency") == []


async def test_days_that_a_work_cannot_have_are_refused(acts: Acting) -> None:
    async def codes(name: str, sent: dict[str, Any]) -> list[Any]:
        return await acts.codes("smirnov", TEACHER, name, sent, Idempotency_Key="k")

    assert await codes("planControlWork", work(acts)) == [("REQUIRED", ["plannedOn"])]
    assert await codes("planControlWork", work(acts, plannedOn="2026-11-17")) == [("OUT_OF_RANGE", ["plannedOn"])]
    assert await codes("planControlWork", work(acts, plannedOn="2027-09-01")) == [("OUT_OF_RANGE", ["plannedOn"])]
    cancelled = {"audience": {"lessonId": acts.id("Lesson", "tue1")}, "title": "Дроби"}
    assert await codes("createWork", cancelled) == [("NOT_ALLOWED", ["audience", "lessonId"])]


async def test_exactly_one_audience_is_named(acts: Acting) -> None:
    both = {"classId": acts.id("Class", "7a"), "groupId": acts.id("Group", "eng1")}
    for audience in ({}, both, {"classId": None}):
        query = mutation("createWork", key="k")
        answer = await acts.answer("smirnov", TEACHER, query, {"input": work(acts, audience=audience)})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_substitute_makes_a_work_for_the_lesson_alone(acts: Acting) -> None:
    at_lesson = {"audience": {"lessonId": acts.id("Lesson", "tue2")}, "title": "Диктант"}
    payload = await act(acts, "zamenin", "createWork", at_lesson)
    assert payload["work"]["plannedOn"] == "2026-11-17"
    mark = {
        "workId": payload["work"]["id"],
        "studentId": acts.id("Student", "ivan"),
        "value": "4",
        "lessonId": acts.id("Lesson", "tue2"),
    }
    assert await acts.codes("zamenin", TEACHER, "giveMark", mark) == []
    of_class = work(acts, subjectId=acts.id("Subject", "rus"))
    codes = await acts.codes("zamenin", TEACHER, "createWork", of_class, Idempotency_Key="other")
    assert codes == [("NOT_FOUND", ["audience", "classId"])]
