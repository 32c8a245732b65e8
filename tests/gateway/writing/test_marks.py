"""Marks that teachers give, change and remove, rule by rule. Today is Wednesday 18 November 2026.

Ivan's marks in mathematics of this quarter that count: 5 with weight 1 (9 November), 4 with weight 3 (16 November).
The work `today` is a control work of this day; its kind has weight 3.
"""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

TEACHER: Final = Role.TEACHER
MARK: Final = (
    "mark { id value numericValue weight version comment isPoint pointValidUntil givenOn countsTowardsAverage }"
)
AVERAGES: Final = """student { performance(subjectId: "%s") { average simpleAverage weightedAverage markCount
  weekly { weekStartsOn average markCount } marks { value } } }"""


def one_mark(acts: Acting, **changes: Any) -> dict[str, Any]:
    """What `giveMark` takes to give Ivan a 3 for the work of today."""
    return {"workId": acts.id("Work", "today"), "studentId": acts.id("Student", "ivan"), "value": "3", **changes}


def marks_of_class(acts: Acting, **values: str) -> dict[str, Any]:
    """What `giveMarks` takes to give students marks for the work of today."""
    rows = [{"studentId": acts.id("Student", student), "value": value} for student, value in values.items()]
    return {"workId": acts.id("Work", "today"), "marks": rows}


async def mark_of(acts: Acting, key: str) -> dict[str, Any]:
    [mark] = await acts.found("grades.marks", _id=acts.id("Mark", key))
    return mark


async def marks_today(acts: Acting) -> list[dict[str, Any]]:
    return await acts.found("grades.marks", work_id=acts.id("Work", "today"))


async def nothing_is_written(acts: Acting) -> bool:
    return await marks_today(acts) == await acts.found("grades.facts") == await acts.found("grades.idempotency") == []


# ── giveMark ──


async def test_a_teacher_gives_a_mark_at_a_lesson(acts: Acting) -> None:
    lesson = acts.own("Lesson", "wed1", "ivan")
    sent = one_mark(acts, comment="Хорошо", lessonId=lesson)
    fields = f"{MARK} lesson {{ id marks {{ value }} }} student {{ id }} warnings {{ code }}"
    payload = await acts.act("smirnov", TEACHER, "giveMark", sent, fields)
    [stored] = await marks_today(acts)
    assert payload == {
        "mark": {
            "id": stored["_id"],
            "value": "3",
            "numericValue": "3",
            "weight": 3,
            "version": 1,
            "comment": "Хорошо",
            "isPoint": False,
            "pointValidUntil": None,
            "givenOn": "2026-11-18",
            "countsTowardsAverage": True,
        },
        "lesson": {"id": lesson, "marks": [{"value": "3"}]},
        "student": {"id": acts.id("Student", "ivan")},
        "warnings": [],
        "userErrors": [],
    }
    assert stored["class_id"] == acts.id("Class", "7a")
    assert stored["lesson_id"] == acts.id("Lesson", "wed1")
    assert stored["given_by_id"] == acts.id("Person", "smirnov")
    assert stored["scale_id"] == acts.id("GradeScale", "five")
    assert (stored["journal"], stored["history"]) == ("MAIN", [])


async def test_the_fact_of_a_mark_holds_its_fields_and_of_the_comment_the_length(acts: Acting) -> None:
    await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, comment="Хорошо"))
    [fact] = await acts.found("grades.facts")
    [stored] = await marks_today(acts)
    assert (fact["action"], fact["object_id"], fact["student_id"]) == (
        "giveMark",
        stored["_id"],
        acts.id("Student", "ivan"),
    )
    assert fact["actor"] == {"person_id": acts.id("Person", "smirnov"), "role": "TEACHER"}
    after = {change["field"]: change["after"] for change in fact["changes"]}
    assert (after["value"], after["weight"], after["given_on"]) == ("3", 3, "2026-11-18")
    assert after["comment"]["length"] == len("Хорошо")
    assert "Хорошо" not in str(fact)
    assert all(change["before"] is None for change in fact["changes"])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"value": "1"}, ("OUT_OF_RANGE", ["value"], "2")),
        ({"value": "6"}, ("OUT_OF_RANGE", ["value"], "5")),
        ({"value": "4.5"}, ("INVALID_INPUT", ["value"], None)),
        ({"value": "4,5"}, ("INVALID_INPUT", ["value"], None)),
        ({"value": "•"}, ("INVALID_INPUT", ["value"], None)),
        ({"value": "NaN"}, ("INVALID_INPUT", ["value"], None)),
        ({"value": "1e9"}, ("INVALID_INPUT", ["value"], None)),
        ({"value": " "}, ("REQUIRED", ["value"], None)),
        ({"weight": 0}, ("OUT_OF_RANGE", ["weight"], "1")),
        ({"weight": 6}, ("OUT_OF_RANGE", ["weight"], "5")),
        ({"comment": "а" * 1_001}, ("TOO_LONG", ["comment"], "1000")),
        ({"comment": " "}, ("REQUIRED", ["comment"], None)),
        ({"workId": "wrk_nothing"}, ("NOT_FOUND", ["workId"], None)),
        ({"studentId": "stu_nobody"}, ("NOT_FOUND", ["studentId"], None)),
        ({"lessonId": "les_nothing"}, ("NOT_FOUND", ["lessonId"], None)),
        ({"scaleId": "scl_nothing"}, ("NOT_FOUND", ["scaleId"], None)),
        ({"givenOn": "2026-08-31"}, ("OUT_OF_RANGE", ["givenOn"], "2026-09-01")),
        ({"givenOn": "2027-09-01"}, ("OUT_OF_RANGE", ["givenOn"], "2027-08-31")),
    ],
)
async def test_an_input_that_cannot_be_used_is_refused_with_its_path(
    acts: Acting, changes: dict[str, Any], problem: tuple[Any, ...]
) -> None:
    payload = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, **changes), MARK)
    assert limits_of(payload) == [problem]
    assert payload["mark"] is None
    assert await nothing_is_written(acts)


async def test_a_value_of_another_scale_is_found_there(acts: Acting) -> None:
    payload = await acts.act(
        "smirnov", TEACHER, "giveMark", one_mark(acts, value="зачёт"), "mark { numericValue scale { name } }"
    )
    assert payload["mark"] == {"numericValue": None, "scale": {"name": "Зачётная"}}
    on_scale = one_mark(acts, value="5", studentId=acts.id("Student", "petr"), scaleId=acts.id("GradeScale", "passed"))
    assert await acts.codes("smirnov", TEACHER, "giveMark", on_scale) == [("INVALID_INPUT", ["value"])]


async def test_a_work_bounds_the_points_of_its_marks(acts: Acting) -> None:
    points = {
        "_id": acts.id("GradeScale", "points"),
        "school_id": acts.id("School", "perm"),
        "name": "Баллы",
        "min_value": 0,
        "max_value": 100,
        "values": [],
    }
    await acts.client[f"{acts.prefix}_grades"].grade_scales.insert_one(points)
    work = {"_id": acts.id("Work", "m2")}  # of at most 20 points
    await acts.change("grades.works", work, {"$set": {"scale_id": points["_id"]}})
    sent = one_mark(acts, workId=work["_id"], studentId=acts.id("Student", "petr"), value="20.5")
    payload = await acts.act("smirnov", TEACHER, "giveMark", sent)
    assert [(error["code"], error["limit"]) for error in payload["userErrors"]] == [("OUT_OF_RANGE", "20")]
    payload = await acts.act("smirnov", TEACHER, "giveMark", sent | {"value": "12,5"}, "mark { value numericValue }")
    assert payload["mark"] == {"value": "12,5", "numericValue": "12.5"}


async def test_all_problems_of_an_input_come_in_its_order(acts: Acting) -> None:
    sent = one_mark(acts, studentId="stu_nobody", value="9", weight=9, lessonId="les_nothing", scaleId=None)
    assert await acts.codes("smirnov", TEACHER, "giveMark", sent) == [
        ("NOT_FOUND", ["studentId"]),
        ("OUT_OF_RANGE", ["value"]),
        ("OUT_OF_RANGE", ["weight"]),
        ("NOT_FOUND", ["lessonId"]),
    ]
    assert await nothing_is_written(acts)


async def test_a_student_has_one_mark_for_a_work(acts: Acting) -> None:
    first = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), "mark { id }")
    payload = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, value="4"), "mark { id value }")
    assert codes_of(payload) == [("TAKEN", ["studentId"])]
    assert payload["mark"] == {"id": first["mark"]["id"], "value": "3"}
    assert len(await acts.found("grades.facts")) == 1


async def test_the_same_mark_sent_again_changes_nothing(acts: Acting) -> None:
    payloads = [await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), MARK) for _ in range(2)]
    assert payloads[0] == payloads[1]
    assert len(await marks_today(acts)) == len(await acts.found("grades.facts")) == 1


async def test_of_marks_given_at_once_for_one_work_one_is_given(acts: Acting) -> None:
    values = ["2", "3", "4", "5"]
    payloads = await asyncio.gather(
        *(acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, value=value), "mark { value }") for value in values)
    )
    [stored] = await marks_today(acts)
    assert [bool(payload["userErrors"]) for payload in payloads].count(False) == 1
    assert {payload["mark"]["value"] for payload in payloads} == {stored["value"]}


async def test_two_marks_of_a_subject_and_a_day_are_allowed_with_a_warning(acts: Acting) -> None:
    work = acts.id("Work", "petr m")
    fields = "mark { id } warnings { code message field mark { value } }"
    first = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), fields)
    assert first["warnings"] == []
    second = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, workId=work, value="4"), fields)
    assert second["userErrors"] == []
    assert second["warnings"] == [
        {
            "code": "SAME_DAY",
            "message": "The student has another mark in the subject on this day.",
            "field": ["studentId"],
            "mark": {"value": "4"},
        }
    ]


async def test_a_mark_of_no_kind_has_the_least_weight_and_counts(acts: Acting) -> None:
    await acts.change("grades.works", {"_id": acts.id("Work", "today")}, {"$set": {"kind_id": None}})
    payload = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), MARK)
    assert (payload["mark"]["weight"], payload["mark"]["countsTowardsAverage"]) == (1, True)


async def test_marks_of_a_kind_that_does_not_count_do_not_count(acts: Acting) -> None:
    kind = {"_id": acts.id("WorkKind", "control")}
    await acts.change("grades.work_kinds", kind, {"$set": {"counts_towards_average": False}})
    await acts.served.warm(acts.bearer("smirnov", TEACHER))
    work = {"_id": acts.id("Work", "today")}
    await acts.change("grades.works", work, {"$set": {"kind_id": acts.id("WorkKind", "fresh")}})
    fresh = {"_id": acts.id("WorkKind", "fresh"), "school_id": acts.id("School", "perm"), "name": "ЖДЗ"}
    of_kind = {**fresh, "abbreviation": None, "weight": 2, "counts_towards_average": False}
    await acts.client[f"{acts.prefix}_grades"].work_kinds.insert_one(of_kind)
    payload = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), MARK)
    assert (payload["mark"]["weight"], payload["mark"]["countsTowardsAverage"]) == (2, False)


# ── what follows from a mark ──


async def test_averages_are_right_in_the_answer_to_a_mark(acts: Acting) -> None:
    averages = AVERAGES % acts.id("Subject", "math")
    payload = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), averages)
    [row] = payload["student"]["performance"]
    # (5 × 1 + 4 × 3 + 3 × 3) ÷ 7 = 3.714…; (5 + 4 + 3) ÷ 3 = 4; of this week (4 × 3 + 3 × 3) ÷ 6 = 3.5
    assert (row["average"], row["simpleAverage"], row["weightedAverage"]) == ("3.71", "4.00", "3.71")
    assert row["weekly"] == [
        {"weekStartsOn": "2026-11-09", "average": "5.00", "markCount": 1},
        {"weekStartsOn": "2026-11-16", "average": "3.50", "markCount": 6},
    ]


async def test_averages_are_right_between_the_mutations_of_one_operation_and_for_the_parent_after_it(
    acts: Acting,
) -> None:
    averages = AVERAGES % acts.id("Subject", "math")
    own = '{ student(id: "%s") { performance(subjectId: "%s") { average } } }'
    read = own % (acts.id("Student", "ivan"), acts.id("Subject", "math"))
    before = await acts.answer("olga", Role.PARENT, read)
    assert before["data"]["student"]["performance"] == [{"average": "4.25"}]  # (5 × 1 + 4 × 3) ÷ 4
    query = f"""mutation ($a: GiveMarkInput!, $b: GiveMarkInput!) {{
      a: giveMark(input: $a) {{ {averages} }} b: giveMark(input: $b) {{ {averages} }} }}"""
    second = one_mark(acts, workId=acts.id("Work", "petr m"), value="5", weight=5)
    answer = await acts.answer("smirnov", TEACHER, query, {"a": one_mark(acts), "b": second})
    rows = [answer["data"][name]["student"]["performance"][0] for name in "ab"]
    # 26 ÷ 7 = 3.714…; (26 + 25) ÷ 12 = 4.25
    assert [(row["average"], row["markCount"]) for row in rows] == [("3.71", 7), ("4.25", 8)]
    after = await acts.answer("olga", Role.PARENT, read)
    assert after["data"]["student"]["performance"] == [{"average": "4.25"}]


async def test_the_family_sees_a_mark_and_staff_alone_its_history(acts: Acting) -> None:
    first = await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts), "mark { id }")
    mark = first["mark"]["id"]
    await acts.act("smirnov", TEACHER, "changeMark", {"markId": mark, "version": 1, "value": "4"})
    shown = '{ node(id: "%s") { ... on Mark { value version %s } } }'
    for who, role in (("olga", Role.PARENT), ("ivan", Role.STUDENT)):
        answer = await acts.answer(who, role, shown % (mark, ""))
        assert answer["data"]["node"] == {"value": "4", "version": 2}
        refused = await acts.answer(who, role, shown % (mark, "history { oldValue }"))
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    history = "history { oldValue newValue changedBy { id } }"
    answer = await acts.answer("kuznetsova", Role.CLASS_TEACHER, shown % (mark, history))
    by = {"id": acts.id("Person", "smirnov")}
    assert answer["data"]["node"]["history"] == [{"oldValue": "3", "newValue": "4", "changedBy": by}]


# ── when marks may be given ──


async def test_a_mark_of_a_day_to_come_waits_for_it(acts: Acting) -> None:
    sent = one_mark(acts, lessonId=acts.id("Lesson", "sat1"))
    payload = await acts.act("smirnov", TEACHER, "giveMark", sent)
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["retryAt"]) == (
        "WINDOW_CLOSED",
        ["lessonId"],
        "2026-11-21T00:00:00+05:00",
    )
    assert await nothing_is_written(acts)


async def test_marks_of_a_period_are_taken_until_it_closes(acts: Acting) -> None:
    # The first quarter ended on 1 November; a week later, on 8 November, it closed.
    sent = one_mark(acts, givenOn="2026-10-20")
    payload = await acts.act("smirnov", TEACHER, "giveMark", sent)
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["retryAt"]) == ("WINDOW_CLOSED", ["givenOn"], None)
    school = {"_id": acts.id("School", "perm")}
    await acts.change("directory.schools", school, {"$set": {"periods_close_after_days": 17}})
    await _until(acts, sent, [])
    stored = await marks_today(acts)
    assert [mark["given_on"] for mark in stored] == ["2026-10-20"]


async def test_a_school_may_take_marks_for_some_days_only(acts: Acting) -> None:
    school = {"_id": acts.id("School", "perm")}
    await acts.change("directory.schools", school, {"$set": {"marks_within_days": 1}})
    await _until(acts, one_mark(acts, givenOn="2026-11-16"), [("WINDOW_CLOSED", ["givenOn"])])
    assert await acts.codes("smirnov", TEACHER, "giveMark", one_mark(acts, givenOn="2026-11-17")) == []
    mark = {"markId": acts.id("Mark", "m2"), "version": None, "value": "5"}
    assert await acts.codes("smirnov", TEACHER, "changeMark", mark) == [("WINDOW_CLOSED", ["markId"])]
    removed = {"markId": acts.id("Mark", "m2"), "version": None}
    assert await acts.codes("smirnov", TEACHER, "removeMark", removed) == [("WINDOW_CLOSED", ["markId"])]


async def _until(acts: Acting, sent: dict[str, Any], codes: list[Any]) -> None:
    """Send `giveMark` until the rules of the school, which are cached, are the new ones."""
    for _ in range(200):
        if await acts.codes("smirnov", TEACHER, "giveMark", sent) == codes:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(codes)


@pytest.mark.parametrize(
    ("lesson", "problem"),
    [
        ("tue1", ("NOT_ALLOWED", ["lessonId"])),  # cancelled
        ("tue4", ("NOT_ALLOWED", ["lessonId"])),  # moved to another day
        ("mon3", ("NOT_FOUND", ["lessonId"])),  # of another teacher
        ("monb", ("NOT_FOUND", ["studentId"])),  # of another class
    ],
)
async def test_a_lesson_has_to_be_one_of_the_teacher_that_takes_place(
    acts: Acting, lesson: str, problem: tuple[str, list[str]]
) -> None:
    sent = one_mark(acts, lessonId=acts.id("Lesson", lesson))
    assert await acts.codes("smirnov", TEACHER, "giveMark", sent) == [problem]


async def test_a_lesson_of_one_student_is_not_one_of_another(acts: Acting) -> None:
    sent = one_mark(acts, lessonId=acts.own("Lesson", "wed1", "petr"))
    assert await acts.codes("smirnov", TEACHER, "giveMark", sent) == [("NOT_FOUND", ["lessonId"])]
    other_day = one_mark(acts, lessonId=acts.id("Lesson", "wed1"), givenOn="2026-11-17")
    assert await acts.codes("smirnov", TEACHER, "giveMark", other_day) == [("INVALID_INPUT", ["givenOn"])]


# ── who may give marks ──


@pytest.mark.parametrize(
    ("student", "work", "problem"),
    [
        ("anna", "today", ("NOT_FOUND", ["studentId"])),  # taught, but the work is of another class
        ("maria", "today", ("NOT_FOUND", ["studentId"])),  # of another school
        ("ivan", "after", ("NOT_FOUND", ["workId"])),  # Russian
        ("ivan", "english 1", ("NOT_FOUND", ["workId"])),  # of a group of another teacher
        ("ivan-twice", "today", ("NOT_FOUND", ["studentId"])),  # a duplicate that was merged
        ("timofey", "timofey b", ("NOT_FOUND", ["studentId"])),  # a work of the class that he left
    ],
)
async def test_a_teacher_marks_their_own_students_in_their_own_subjects(
    acts: Acting, student: str, work: str, problem: tuple[str, list[str]]
) -> None:
    sent = one_mark(acts, studentId=acts.id("Student", student), workId=acts.id("Work", work))
    assert await acts.codes("smirnov", TEACHER, "giveMark", sent) == [problem]
    assert await acts.found("grades.facts") == []


async def test_a_right_that_has_ended_gives_no_mark_for_days_on_which_it_was_held(acts: Acting) -> None:
    work = {"_id": acts.id("Work", "today")}
    await acts.change("grades.works", work, {"$set": {"subject_id": acts.id("Subject", "phys")}})
    await acts.change(
        "directory.schools", {"_id": acts.id("School", "perm")}, {"$set": {"periods_close_after_days": 100}}
    )
    # Zamenin taught physics in 7А until 31 October.
    for day in ("2026-10-20", "2026-11-18"):
        sent = one_mark(acts, givenOn=day)
        assert await acts.codes("zamenin", TEACHER, "giveMark", sent) == [("NOT_FOUND", ["workId"])]


async def test_a_right_withdrawn_a_moment_ago_gives_none(acts: Acting) -> None:
    assert await acts.codes("smirnov", TEACHER, "giveMark", one_mark(acts)) == []
    assignment = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    await acts.change("directory.staff_assignments", assignment, {"$set": {"ends_on": "2026-11-17"}})
    other = one_mark(acts, studentId=acts.id("Student", "petr"))
    assert await acts.codes("smirnov", TEACHER, "giveMark", other) == [("NOT_FOUND", ["workId"])]


async def test_a_class_teacher_marks_what_they_themselves_teach_in_their_class(acts: Acting) -> None:
    assert await acts.codes("kuznetsova", Role.CLASS_TEACHER, "giveMark", one_mark(acts)) == [("NOT_FOUND", ["workId"])]
    assignment = {"_id": acts.id("StaffAssignment", "smirnov:None:math:7a:None")}
    await acts.change(
        "directory.staff_assignments", assignment, {"$set": {"person_id": acts.id("Person", "kuznetsova")}}
    )
    assert await acts.codes("kuznetsova", Role.CLASS_TEACHER, "giveMark", one_mark(acts)) == []


# ── substitutes ──


@pytest.fixture
async def substituted(acts: Acting) -> Acting:
    """Zamenin takes Rusova's lesson of Russian on 17 November; one work of that day stands in the journal."""
    work = {"_id": acts.id("Work", "r1")}
    await acts.change("grades.works", work, {"$set": {"planned_on": "2026-11-17", "title": "Диктант"}})
    return acts


async def test_a_substitute_marks_at_the_lesson_and_sees_the_mark_and_the_lesson_alone(substituted: Acting) -> None:
    acts = substituted
    sent = {
        "workId": acts.id("Work", "r1"),
        "studentId": acts.id("Student", "petr"),
        "value": "4",
        "lessonId": acts.id("Lesson", "tue2"),
    }
    fields = "mark { id value subject { name } } lesson { id marks { value } } student { id } warnings { code }"
    payload = await acts.act("zamenin", TEACHER, "giveMark", sent, fields)
    assert payload["mark"]["value"] == "4"
    assert payload["lesson"] == {"id": acts.own("Lesson", "tue2", "petr"), "marks": [{"value": "4"}]}
    assert (payload["student"], payload["warnings"], payload["userErrors"]) == (None, [], [])
    changed = await acts.act(
        "zamenin",
        TEACHER,
        "changeMark",
        {"markId": payload["mark"]["id"], "version": 1, "value": "5"},
        "mark { value }",
    )
    assert changed == {"mark": {"value": "5"}, "userErrors": []}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lessonId": None}, ("NOT_FOUND", ["workId"])),  # not at the lesson
        ({"lessonId": "a2026-11-10-2"}, ("NOT_FOUND", ["workId"])),  # another lesson of the same class and subject
        ({"workId": "r2"}, ("NOT_FOUND", ["workId"])),  # a work of another day
        ({"workId": "today"}, ("NOT_FOUND", ["workId"])),  # of another subject
        ({"studentId": "anna"}, ("NOT_FOUND", ["studentId"])),  # of another class
        ({"studentId": "ivan"}, ("NOT_FOUND", ["workId"])),  # has a mark for the work that the substitute cannot see
    ],
)
async def test_a_substitute_marks_nothing_else(
    substituted: Acting, changes: dict[str, Any], problem: tuple[str, list[str]]
) -> None:
    acts = substituted
    keys = {"workId": "r1", "studentId": "petr", "lessonId": "tue2", **changes}
    kinds = {"workId": "Work", "studentId": "Student", "lessonId": "Lesson"}
    if changes.get("workId") == "r2":
        await acts.client[f"{acts.prefix}_grades"].works.insert_one(
            {**(await acts.found("grades.works", _id=acts.id("Work", "r1")))[0], "_id": acts.id("Work", "r2")}
            | {"planned_on": "2026-11-16"}
        )
    sent = {name: key and acts.id(kinds[name], key) for name, key in keys.items()}
    sent = {name: one for name, one in sent.items() if one is not None} | {"value": "4"}
    assert await acts.codes("zamenin", TEACHER, "giveMark", sent) == [problem]
    assert await acts.found("grades.facts") == []


async def test_a_substitute_changes_no_mark_of_another_lesson(substituted: Acting) -> None:
    acts = substituted
    mark = {"markId": acts.id("Mark", "r1"), "version": None, "value": "5"}
    assert await acts.codes("zamenin", TEACHER, "changeMark", mark) == [("NOT_FOUND", ["markId"])]


async def test_a_substitution_that_was_taken_back_gives_nothing(substituted: Acting) -> None:
    acts = substituted
    sent = {
        "workId": acts.id("Work", "r1"),
        "studentId": acts.id("Student", "petr"),
        "value": "4",
        "lessonId": acts.id("Lesson", "tue2"),
    }
    await acts.change("schedule.lessons", {"_id": sent["lessonId"]}, {"$set": {"substitution": None}})
    assert await acts.codes("zamenin", TEACHER, "giveMark", sent) == [("NOT_FOUND", ["workId"])]


# ── giveMarks ──


async def test_marks_of_a_class_are_given_at_once(acts: Acting) -> None:
    sent = marks_of_class(acts, ivan="3", petr="5", fedor="4") | {"lessonId": acts.id("Lesson", "wed1")}
    fields = "marks { value version } students { id } work { title } warnings { code field }"
    payload = await acts.act("smirnov", TEACHER, "giveMarks", sent, fields)
    assert payload == {
        "marks": [{"value": value, "version": 1} for value in ("3", "5", "4")],
        "students": [{"id": acts.id("Student", student)} for student in ("ivan", "petr", "fedor")],
        "work": {"title": "Работа today"},
        "warnings": [],
        "userErrors": [],
    }
    facts = await acts.found("grades.facts")
    assert sorted(fact["student_id"] for fact in facts) == sorted(row["studentId"] for row in sent["marks"])
    assert {fact["action"] for fact in facts} == {"giveMarks"}


async def test_one_row_with_a_problem_keeps_all_others_from_being_given(acts: Acting) -> None:
    sent = marks_of_class(acts, ivan="3", anna="5", petr="9", fedor="4")
    sent["marks"].append({"studentId": acts.id("Student", "ivan"), "value": "5", "weight": 7})
    assert await acts.codes("smirnov", TEACHER, "giveMarks", sent) == [
        ("NOT_FOUND", ["marks", "1", "studentId"]),
        ("OUT_OF_RANGE", ["marks", "2", "value"]),
        ("OUT_OF_RANGE", ["marks", "4", "weight"]),
        ("INVALID_INPUT", ["marks", "4", "studentId"]),
    ]
    assert await nothing_is_written(acts)


async def test_a_mark_that_is_there_is_named_and_one_that_is_alike_is_left(acts: Acting) -> None:
    assert await acts.codes("smirnov", TEACHER, "giveMarks", marks_of_class(acts, ivan="3", petr="5")) == []
    sent = marks_of_class(acts, ivan="3", petr="4", fedor="4")
    payload = await acts.act("smirnov", TEACHER, "giveMarks", sent, "marks { value }")
    assert codes_of(payload) == [("TAKEN", ["marks", "1", "studentId"])]
    assert len(await marks_today(acts)) == 2
    del sent["marks"][1]
    payload = await acts.act("smirnov", TEACHER, "giveMarks", sent, "marks { value }")
    assert payload == {"marks": [{"value": "3"}, {"value": "4"}], "userErrors": []}
    assert len(await marks_today(acts)) == len(await acts.found("grades.facts")) == 3


async def test_the_number_of_marks_at_once_is_bounded(acts: Acting) -> None:
    rows = [{"studentId": f"stu_{number}", "value": "5"} for number in range(101)]
    sent = {"workId": acts.id("Work", "today"), "marks": rows}
    payload = await acts.act("smirnov", TEACHER, "giveMarks", sent)
    assert limits_of(payload) == [("TOO_MANY", ["marks"], "100")]
    assert await acts.codes("smirnov", TEACHER, "giveMarks", sent | {"marks": []}) == [("REQUIRED", ["marks"])]


async def test_many_marks_warn_of_each_student_with_another_mark_of_the_day(acts: Acting) -> None:
    await acts.act("smirnov", TEACHER, "giveMark", one_mark(acts, workId=acts.id("Work", "petr m")))
    sent = marks_of_class(acts, petr="5", ivan="4")
    payload = await acts.act("smirnov", TEACHER, "giveMarks", sent, "warnings { code field }")
    assert payload["warnings"] == [{"code": "SAME_DAY", "field": ["marks", "1", "studentId"]}]


async def test_the_commands_of_many_marks_do_not_depend_on_their_number(acts: Acting) -> None:
    numbers = []
    students = ["ivan", "petr", "fedor", "alyona", "yakov"]
    for some in (students[:1], students[1:]):
        acts.served.recorder.clear()
        sent = marks_of_class(acts, **dict.fromkeys(some, "4"))
        payload = await acts.act("smirnov", TEACHER, "giveMarks", sent, "marks { value } students { displayName }")
        assert payload["userErrors"] == []
        recorder = acts.served.recorder
        numbers.append((sorted(place for _, place, _ in recorder.commands), [write[:2] for write in recorder.writes]))
    assert numbers[0] == numbers[1]


# ── changeMark and removeMark ──


async def test_a_changed_value_leaves_the_old_one_in_the_history(acts: Acting) -> None:
    sent = {"markId": acts.id("Mark", "m1"), "version": 0, "value": "4", "comment": None}
    averages = AVERAGES % acts.id("Subject", "math")
    payload = await acts.act("smirnov", TEACHER, "changeMark", sent, f"{MARK} {averages}")
    assert (payload["mark"]["value"], payload["mark"]["comment"], payload["mark"]["version"]) == ("4", None, 1)
    assert payload["student"]["performance"][0]["average"] == "4.00"  # (4 × 1 + 4 × 3) ÷ 4
    stored = await mark_of(acts, "m1")
    [change] = stored["history"]
    assert (change["old_value"], change["new_value"], change["changed_by_id"]) == (
        "5",
        "4",
        acts.id("Person", "smirnov"),
    )
    assert stored["numeric_value"] == 4
    [fact] = await acts.found("grades.facts")
    changes = {change["field"]: (change["before"], change["after"]) for change in fact["changes"]}
    assert changes["value"] == ("5", "4")
    assert changes["comment"][1] is None
    assert set(changes) == {"value", "comment"}


async def test_what_is_left_out_of_a_change_stays(acts: Acting) -> None:
    sent = {"markId": acts.id("Mark", "m1"), "version": 0, "weight": 5}
    payload = await acts.act("smirnov", TEACHER, "changeMark", sent, MARK)
    assert (payload["mark"]["value"], payload["mark"]["weight"], payload["mark"]["comment"]) == (
        "5",
        5,
        "Ответ у доски",
    )
    assert (await mark_of(acts, "m1"))["history"] == []
    [fact] = await acts.found("grades.facts")
    assert [(change["field"], change["before"], change["after"]) for change in fact["changes"]] == [("weight", 1, 5)]
    back = {"markId": acts.id("Mark", "m1"), "version": 1, "weight": None}
    payload = await acts.act("smirnov", TEACHER, "changeMark", back, MARK)
    assert payload["mark"]["weight"] == 1


async def test_a_comment_of_the_same_length_is_a_change_that_the_fact_names(acts: Acting) -> None:
    sent = {"markId": acts.id("Mark", "m1"), "version": 0, "comment": "Ответ у стола"}
    assert await acts.codes("smirnov", TEACHER, "changeMark", sent) == []
    [fact] = await acts.found("grades.facts")
    assert [change["field"] for change in fact["changes"]] == ["comment"]


async def test_a_stale_version_is_a_conflict_with_the_mark_as_it_is(acts: Acting) -> None:
    mark = acts.id("Mark", "m1")
    assert await acts.codes("smirnov", TEACHER, "changeMark", {"markId": mark, "version": 0, "value": "4"}) == []
    for name, more in (("changeMark", {"value": "3"}), ("removeMark", {})):
        sent = {"markId": mark, "version": 0, **more}
        payload = await acts.act("smirnov", TEACHER, name, sent, "mark { value version }")
        [error] = payload["userErrors"]
        assert (error["code"], error["field"], error["limit"]) == ("CONFLICT", ["version"], "1")
        assert payload["mark"] == {"value": "4", "version": 1}
        without = {key: one for key, one in sent.items() if key != "version"}
        assert await acts.codes("smirnov", TEACHER, name, without) == [("REQUIRED", ["version"])]
    assert await acts.codes("smirnov", TEACHER, "changeMark", {"markId": mark, "version": None, "value": "3"}) == []
    assert len(await acts.found("grades.facts")) == 2


async def test_of_changes_made_at_once_to_one_version_one_is_made(acts: Acting) -> None:
    mark = acts.id("Mark", "m1")
    sent = [{"markId": mark, "version": 0, "value": value} for value in ("2", "3", "4")]
    codes = await asyncio.gather(*(acts.codes("smirnov", TEACHER, "changeMark", one) for one in sent))
    assert sorted(map(len, codes)) == [0, 1, 1]
    assert [code for own in codes for code, _ in own] == ["CONFLICT", "CONFLICT"]
    assert len((await mark_of(acts, "m1"))["history"]) == 1


async def test_problems_of_a_change_come_in_the_order_of_its_input(acts: Acting) -> None:
    sent = {"markId": acts.id("Mark", "m1"), "version": 7, "value": "9", "weight": 9, "comment": " "}
    assert await acts.codes("smirnov", TEACHER, "changeMark", sent) == [
        ("CONFLICT", ["version"]),
        ("OUT_OF_RANGE", ["value"]),
        ("OUT_OF_RANGE", ["weight"]),
        ("REQUIRED", ["comment"]),
    ]
    nothing = {"markId": "mrk_nothing", "version": 0, "value": None}
    assert await acts.codes("smirnov", TEACHER, "changeMark", nothing) == [
        ("NOT_FOUND", ["markId"]),
        ("REQUIRED", ["value"]),
    ]
    assert await acts.found("grades.facts") == []


@pytest.mark.parametrize("mark", ["r1", "q1", "maria", "timofey b"])
async def test_a_mark_of_another_teacher_is_not_found(acts: Acting, mark: str) -> None:
    """Of another subject, of a closed period, of another school, of the class that the student has left."""
    sent = {"markId": acts.id("Mark", mark), "version": None, "value": "5"}
    codes = await acts.codes("smirnov", TEACHER, "changeMark", sent)
    assert codes == [("WINDOW_CLOSED" if mark in {"q1", "timofey b"} else "NOT_FOUND", ["markId"])]


async def test_a_removed_mark_is_gone_and_its_fact_says_what_it_was(acts: Acting) -> None:
    mark = acts.id("Mark", "m2")
    averages = AVERAGES % acts.id("Subject", "math")
    sent = {"markId": mark, "version": 0}
    fields = f"deletedMarkId mark {{ id }} lesson {{ id marks {{ id }} }} {averages}"
    payload = await acts.act("smirnov", TEACHER, "removeMark", sent, fields)
    assert (payload["deletedMarkId"], payload["mark"], payload["userErrors"]) == (mark, None, [])
    assert payload["lesson"]["id"] == acts.own("Lesson", "mon1", "ivan")
    assert mark not in [one["id"] for one in payload["lesson"]["marks"]]
    assert payload["student"]["performance"][0]["average"] == "5.00"
    assert await acts.found("grades.marks", _id=mark) == []
    [fact] = await acts.found("grades.facts")
    before = {change["field"]: change["before"] for change in fact["changes"]}
    assert (fact["action"], before["value"], before["weight"]) == ("removeMark", "4", 3)
    assert await acts.codes("smirnov", TEACHER, "removeMark", sent) == [("NOT_FOUND", ["markId"])]


async def test_a_mark_may_be_given_anew_where_one_was_removed_and_its_history_goes_on(acts: Acting) -> None:
    sent = one_mark(acts, workId=acts.id("Work", "m1"), value="3")
    history = "mark { id history { oldValue newValue changedBy { id } } } "
    await acts.act("smirnov", TEACHER, "changeMark", {"markId": acts.id("Mark", "m1"), "version": 0, "value": "4"})
    await acts.act("smirnov", TEACHER, "removeMark", {"markId": acts.id("Mark", "m1"), "version": 1})
    mark = (await acts.act("smirnov", TEACHER, "giveMark", sent, history))["mark"]
    by = {"id": acts.id("Person", "smirnov")}
    values = [(one["oldValue"], one["newValue"]) for one in mark["history"]]
    assert values == [("5", "4"), ("4", None), (None, "3")]
    assert all(one["changedBy"] == by for one in mark["history"])
    await acts.act("smirnov", TEACHER, "removeMark", {"markId": mark["id"], "version": 1})
    point = {"workId": acts.id("Work", "m1"), "studentId": acts.id("Student", "ivan"), "validUntil": "2026-12-02"}
    mark = (await acts.act("smirnov", TEACHER, "setPoint", point, history))["mark"]
    values = [(one["oldValue"], one["newValue"]) for one in mark["history"]]
    assert values == [("5", "4"), ("4", None), (None, "3"), ("3", None), (None, "•")]


# ── setPoint ──


def point(acts: Acting, **changes: Any) -> dict[str, Any]:
    sent = {"workId": acts.id("Work", "today"), "studentId": acts.id("Student", "ivan"), "validUntil": "2026-12-02"}
    return sent | changes


async def test_a_point_is_set_with_its_last_day_and_does_not_count(acts: Acting) -> None:
    averages = AVERAGES % acts.id("Subject", "math")
    sent = point(acts, comment="Сдать проект", lessonId=acts.id("Lesson", "wed1"))
    payload = await acts.act("smirnov", TEACHER, "setPoint", sent, f"{MARK} {averages}")
    mark = payload["mark"]
    assert (mark["value"], mark["numericValue"], mark["isPoint"], mark["pointValidUntil"]) == (
        "•",
        None,
        True,
        "2026-12-02",
    )
    assert (mark["weight"], mark["countsTowardsAverage"], mark["comment"]) == (3, False, "Сдать проект")
    assert payload["student"]["performance"][0]["average"] == "4.25"


async def test_the_validity_of_a_point_is_changed_and_the_point_becomes_a_mark(acts: Acting) -> None:
    first = await acts.act("smirnov", TEACHER, "setPoint", point(acts), "mark { id version }")
    again = await acts.act("smirnov", TEACHER, "setPoint", point(acts), "mark { id version }")
    assert first == again
    later = point(acts, validUntil="2026-12-09")
    payload = await acts.act("smirnov", TEACHER, "setPoint", later, "mark { pointValidUntil }")
    assert codes_of(payload) == [("CONFLICT", ["version"])]
    assert payload["mark"] == {"pointValidUntil": "2026-12-02"}
    payload = await acts.act("smirnov", TEACHER, "setPoint", later | {"version": 1}, "mark { pointValidUntil version }")
    assert payload["mark"] == {"pointValidUntil": "2026-12-09", "version": 2}
    answered = {"markId": first["mark"]["id"], "version": 2, "value": "5"}
    averages = AVERAGES % acts.id("Subject", "math")
    payload = await acts.act("smirnov", TEACHER, "changeMark", answered, f"{MARK} {averages}")
    mark = payload["mark"]
    assert (mark["isPoint"], mark["pointValidUntil"], mark["countsTowardsAverage"]) == (False, None, True)
    # (5 × 1 + 4 × 3 + 5 × 3) ÷ 7 = 4.571…
    assert payload["student"]["performance"][0]["average"] == "4.57"
    [stored] = await marks_today(acts)
    assert [(change["old_value"], change["new_value"]) for change in stored["history"]] == [("•", "5")]


async def test_a_mark_becomes_a_point(acts: Acting) -> None:
    sent = point(acts, workId=acts.id("Work", "m1"), version=0)
    payload = await acts.act("smirnov", TEACHER, "setPoint", sent, MARK)
    assert (payload["mark"]["value"], payload["mark"]["comment"]) == ("•", "Ответ у доски")
    stored = await mark_of(acts, "m1")
    assert [(change["old_value"], change["new_value"]) for change in stored["history"]] == [("5", "•")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"validUntil": "2026-11-17"}, ("OUT_OF_RANGE", ["validUntil"], "2026-11-18")),
        ({"validUntil": "2027-09-01"}, ("OUT_OF_RANGE", ["validUntil"], "2027-08-31")),
        ({"studentId": "stu_nobody"}, ("NOT_FOUND", ["studentId"], None)),
        ({"workId": "wrk_nothing"}, ("NOT_FOUND", ["workId"], None)),
        ({"lessonId": "les_nothing"}, ("NOT_FOUND", ["lessonId"], None)),
        ({"comment": " "}, ("REQUIRED", ["comment"], None)),
    ],
)
async def test_a_point_that_cannot_be_set_is_refused(
    acts: Acting, changes: dict[str, Any], problem: tuple[Any, ...]
) -> None:
    payload = await acts.act("smirnov", TEACHER, "setPoint", point(acts, **changes))
    assert limits_of(payload) == [problem]
    assert await nothing_is_written(acts)


# ── the cost of a change ──


@pytest.mark.parametrize("name", ["giveMark", "giveMarks", "changeMark", "removeMark", "setPoint"])
async def test_a_mutation_of_marks_takes_few_commands(acts: Acting, name: str) -> None:
    sent = {
        "giveMark": one_mark(acts, lessonId=acts.id("Lesson", "wed1")),
        "giveMarks": marks_of_class(acts, ivan="3", petr="4"),
        "changeMark": {"markId": acts.id("Mark", "m1"), "version": 0, "value": "4"},
        "removeMark": {"markId": acts.id("Mark", "m1"), "version": 0},
        "setPoint": point(acts),
    }[name]
    acts.served.recorder.clear()
    payload = await acts.act("smirnov", TEACHER, name, sent)
    assert payload["userErrors"] == []
    # Who the viewer is: 5, once. Of the action: the work and the marks there, or the mark; assignments, students,
    # lessons; and rules of the school, which are cached.
    assert acts.served.recorder.touched("directory", "external_ids") == 1
    assert len(acts.served.recorder.commands) <= 16
    assert [write[:2] for write in acts.served.recorder.writes][-1][1] == "commitTransaction"
    # The change, its fact, the commit; a removed mark leaves its history with its work.
    assert len(acts.served.recorder.writes) == (4 if name == "removeMark" else 3)
