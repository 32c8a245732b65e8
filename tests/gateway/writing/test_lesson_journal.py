"""The journal of a class or a study group, as a teacher works on it. Today is Wednesday 18 November 2026."""

from typing import Any, Final

import pytest

from auth.viewer import Role
from gateway.engine.prepare.visibility import View
from gateway.operations.explain import prepared
from gateway.schema.query import graphql_schema
from tests.gateway.writing.acting import Acting

JOURNAL: Final = """query ($group: ID, $class: ID, $subject: ID, $days: Days!) {
  lessonJournal(groupId: $group, classId: $class, subjectId: $subject, days: $days) { %s } }"""
WEEK: Final = {"first": "2026-11-16", "last": "2026-11-22"}
GRID: Final = """class { name } group { name } subject { name } lessons { id date } works { id title }
  rows { person { displayName } student { id finalGrades(subjectId: $subject) { value } }
    lessons { id attendance { status } } marks { value } }"""


async def journal(acts: Acting, who: str, role: Role, fields: str = GRID, **variables: Any) -> dict[str, Any]:
    return await acts.answer(who, role, JOURNAL % fields, {"days": WEEK, **variables})


def of_class(acts: Acting, school_class: str = "7a", subject: str = "math") -> dict[str, Any]:
    return {"class": acts.id("Class", school_class), "subject": acts.id("Subject", subject)}


async def test_the_journal_of_a_class_has_a_row_for_each_student_and_a_place_for_each_work(acts: Acting) -> None:
    answer = await journal(acts, "smirnov", Role.TEACHER, **of_class(acts))
    assert "errors" not in answer
    shown = answer["data"]["lessonJournal"]
    assert (shown["class"], shown["group"], shown["subject"]) == ({"name": "7A"}, None, {"name": "Математика"})
    lessons = ["mon1", "tue1", "tue4", "wed1", "sat1", "sat2"]
    assert [lesson["id"] for lesson in shown["lessons"]] == [acts.id("Lesson", key) for key in lessons]
    # The works planned for this week: m2 on Monday, `today` on Wednesday. Marks of this week name further ones, which
    # are not in the school's works.
    assert [work["title"] for work in shown["works"]] == ["Работа m2", "Работа today"]
    names = [row["person"]["displayName"].split()[0] for row in shown["rows"]]
    assert names == ["Иванов", "Петров", "Римский-Корсаков", "Сёмина", "Тимофеев", "Фёдоров"]
    [ivan, *others] = shown["rows"]
    assert ivan["student"]["id"] == acts.id("Student", "ivan")
    assert ivan["marks"] == [{"value": "4"}, None]
    assert [grade["value"] for grade in ivan["student"]["finalGrades"]] == ["4", "5", "4"]
    assert [lesson["id"] for lesson in ivan["lessons"]] == [acts.own("Lesson", key, "ivan") for key in lessons]
    assert ivan["lessons"][0]["attendance"] == {"status": "LATE"}
    assert all(row["marks"] == [None, None] for row in others)


async def test_the_journal_of_a_group_has_its_members_and_its_own_subject(acts: Acting) -> None:
    answer = await journal(acts, "anglin", Role.TEACHER, group=acts.id("Group", "eng1"))
    shown = answer["data"]["lessonJournal"]
    assert (shown["group"], shown["subject"]) == ({"name": "eng1"}, {"name": "Английский язык"})
    assert [lesson["id"] for lesson in shown["lessons"]] == [acts.id("Lesson", "mon3")]
    assert [row["person"]["displayName"].split()[0] for row in shown["rows"]] == ["Иванов", "Петров"]


async def test_a_student_who_came_later_stands_from_then_on_and_one_who_left_no_more(acts: Acting) -> None:
    variables = of_class(acts) | {"days": {"first": "2026-10-19", "last": "2026-10-25"}}
    answer = await journal(acts, "smirnov", Role.TEACHER, **variables)
    names = [row["person"]["displayName"].split()[0] for row in answer["data"]["lessonJournal"]["rows"]]
    assert "Тимофеев" not in names
    variables = of_class(acts, "7b") | {"days": {"first": "2026-10-19", "last": "2026-11-22"}}
    answer = await journal(acts, "smirnov", Role.TEACHER, **variables)
    rows = answer["data"]["lessonJournal"]["rows"]
    [timofey] = [row for row in rows if row["student"]["id"] == acts.id("Student", "timofey")]
    # Of 7Б he has the lessons until 1 November, and the mark of 20 October.
    assert [lesson["id"] for lesson in timofey["lessons"]] == [acts.own("Lesson", "b2026-10-20", "timofey")]
    assert [mark["value"] for mark in timofey["marks"] if mark] == ["5"]


async def test_what_was_written_is_in_the_journal_at_once(acts: Acting) -> None:
    rows = [{"studentId": acts.id("Student", student), "value": "4"} for student in ("petr", "fedor")]
    sent = {"workId": acts.id("Work", "today"), "marks": rows}
    assert await acts.codes("smirnov", Role.TEACHER, "giveMarks", sent) == []
    answer = await journal(acts, "smirnov", Role.TEACHER, **of_class(acts))
    marks = [row["marks"][1] for row in answer["data"]["lessonJournal"]["rows"]]
    assert marks == [None, {"value": "4"}, None, None, None, {"value": "4"}]


@pytest.mark.parametrize(
    ("who", "role", "place"),
    [
        ("smirnov", Role.TEACHER, ("7a", "rus")),  # a subject of another teacher
        ("rusova", Role.TEACHER, ("7b", "rus")),  # a class of another teacher
        ("zamenin", Role.TEACHER, ("7a", "phys")),  # taught until October
        ("zamenin", Role.TEACHER, ("7a", "rus")),  # one lesson of it substituted
        ("smirnov", Role.TEACHER, ("i21", "prog")),  # of another school
        ("kuznetsova", Role.CLASS_TEACHER, ("7b", "math")),  # a class that she does not lead
        ("kuznetsova", Role.CLASS_TEACHER, ("7a", "prog")),  # her class, a subject of another school
        ("kuznetsova", Role.CLASS_TEACHER, ("7a", "nothing")),
    ],
)
async def test_a_journal_of_somebody_else_is_not_found(
    acts: Acting, who: str, role: Role, place: tuple[str, str]
) -> None:
    answer = await journal(acts, who, role, "rows { person { id } }", **of_class(acts, *place))
    assert answer["data"] == {"lessonJournal": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
    nowhere = {"class": "cls_nothing", "subject": acts.id("Subject", place[1])}
    other = await journal(acts, who, role, "rows { person { id } }", **nowhere)
    assert other["data"] == answer["data"]
    assert other["errors"][0]["message"] == answer["errors"][0]["message"]


async def test_a_class_teacher_has_the_journals_of_all_subjects_of_the_class(acts: Acting) -> None:
    answer = await journal(acts, "kuznetsova", Role.CLASS_TEACHER, **of_class(acts, subject="rus"))
    assert "errors" not in answer
    assert len(answer["data"]["lessonJournal"]["rows"]) == 6


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({}, "classId"),
        ({"class": "cls_a", "group": "grp_a"}, "groupId"),
        ({"class": "cls_a"}, "subjectId"),
        ({"group": "grp_a", "days": {"first": "2026-09-01", "last": "2026-12-31"}}, "days"),
        ({"group": "grp_a", "days": {"first": "2026-11-20", "last": "2026-11-16"}}, "days"),
        ({"group": "cls_a"}, "groupId"),
    ],
)
async def test_arguments_that_name_no_journal_are_refused(
    acts: Acting, variables: dict[str, Any], argument: str
) -> None:
    answer = await journal(acts, "smirnov", Role.TEACHER, "works { id }", **variables)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["extensions"]["argument"][0] == argument


async def test_families_and_administrators_do_not_see_that_there_are_journals(acts: Acting) -> None:
    for who, role in (("olga", Role.PARENT), ("ivan", Role.STUDENT), ("admin", Role.ADMINISTRATOR)):
        answer = await journal(acts, who, role, "works { id }", **of_class(acts))
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
        shown = await acts.answer(who, role, '{ __type(name: "LessonJournal") { name } }')
        assert shown["data"] == {"__type": None}


async def test_the_commands_of_a_journal_do_not_depend_on_the_number_of_its_rows(acts: Acting) -> None:
    numbers = []
    grid = GRID + " rows { student { performance(subjectId: $subject) { average } } }"
    for school_class, days in (("7b", WEEK), ("7a", WEEK), ("7a", {"first": "2026-11-02", "last": "2026-12-30"})):
        for _ in range(2):  # the second time nothing is to be learned for the caches
            acts.served.recorder.clear()
            answer = await journal(acts, "smirnov", Role.TEACHER, grid, **of_class(acts, school_class), days=days)
            assert "errors" not in answer
        numbers.append(len(acts.served.recorder.commands))
    few, many, most = numbers
    # Assignments, members, marks, works by plan and by id, attendance, final grades, and of the report card the marks.
    assert few <= many == most
    assert most <= few + 2  # 7Б has no marks, and no works of marks, in this week
    assert most <= 20


def test_a_journal_is_priced_by_its_days_and_its_grid() -> None:
    def cost(fields: str, last: str) -> int:
        days = {"first": "2026-11-01", "last": last}
        operation = prepared(JOURNAL % fields, None, View(graphql_schema(), Role.TEACHER.value))
        return operation.prepared.cost.estimated({"class": "cls_a", "subject": "sub_a", "days": days})

    week, month = cost("works { id }", "2026-11-07"), cost("works { id }", "2026-11-30")
    assert month - week == 30 - 7
    assert cost("rows { marks { value } }", "2026-11-07") >= week + 30 * 20
