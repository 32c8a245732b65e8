"""Marks, averages, attestation periods, final grades, debts, plans (F69 to F85; T1 to T6, T15, T21 to T23, T26)."""

from typing import Any

import pytest

from auth.viewer import Role
from gateway.averages import ratio
from tests.gateway.asking import TinySchool


async def mark(tiny: TinySchool, key: str, fields: str, student: str = "ivan") -> Any:
    own = await tiny.of_student(student, Role.STUDENT, student, f"marks(first: 100) {{ nodes {{ id {fields} }} }}")
    [found] = [node for node in own["marks"]["nodes"] if node["id"] == tiny.id("Mark", key)]
    return found


async def keys(tiny: TinySchool, arguments: str, who: tuple[str, Role] = ("ivan", Role.STUDENT)) -> list[str]:
    """The keys of Ivan's marks, in the order of the answer."""
    own = await tiny.of_student(*who, "ivan", f"marks(first: 100{arguments}) {{ totalCount nodes {{ id }} }}")
    assert own["marks"]["totalCount"] == len(own["marks"]["nodes"])
    names = {tiny.id("Mark", key): key for key in ALL}
    return [names[node["id"]] for node in own["marks"]["nodes"]]


MATHS = ["m1", "m2", "m3", "point", "open point", "bad point", "q1", "last year"]
ALL = [*MATHS, "r1", "r2", "r3", "e1", "e2", "p1"]


# ── one mark ──


@pytest.mark.parametrize(("key", "weight", "shown"), [("m1", 1, None), ("m2", 3, 3), ("r2", 5, 5), ("e1", 0, None)])
async def test_weight_is_shown_where_it_is_greater_than_one(
    tiny: TinySchool, key: str, weight: int, shown: int
) -> None:
    own = await mark(tiny, key, "weight displayWeight")
    assert (own["weight"], own["displayWeight"]) == (weight, shown)


@pytest.mark.parametrize(
    ("key", "until", "overdue"), [("point", "2026-11-17", True), ("open point", "2026-11-18", False)]
)
async def test_point_tells_until_when_it_waits_and_is_late_after_that_day(
    tiny: TinySchool, key: str, until: str, *, overdue: bool
) -> None:
    own = await mark(tiny, key, "value numericValue isPoint pointValidUntil isOverdue countsTowardsAverage")
    assert own == {
        "id": tiny.id("Mark", key),
        "value": "•",
        "numericValue": None,
        "isPoint": True,
        "pointValidUntil": until,
        "isOverdue": overdue,
        "countsTowardsAverage": False,
    }


async def test_mark_that_is_no_point_is_never_overdue(tiny: TinySchool) -> None:
    assert await mark(tiny, "q1", "isPoint pointValidUntil isOverdue") == {
        "id": tiny.id("Mark", "q1"),
        "isPoint": False,
        "pointValidUntil": None,
        "isOverdue": False,
    }


async def test_point_of_today_stays_a_point_and_becomes_no_two(tiny: TinySchool) -> None:
    own = await mark(tiny, "point", "value numericValue")
    assert own["numericValue"] is None


@pytest.mark.parametrize(
    ("key", "comment", "work", "has_comment"),
    [
        ("m1", "Ответ у доски", {"title": "Работа m1"}, True),
        ("m2", None, {"title": "Работа m2"}, True),
        ("m3", None, None, False),
        ("r1", None, {"title": ""}, False),
    ],
)
async def test_mark_tells_whether_there_is_a_comment_or_a_name_of_its_work(
    tiny: TinySchool, key: str, comment: str | None, work: Any, *, has_comment: bool
) -> None:
    own = await mark(tiny, key, "comment hasComment work { title }")
    assert own == {"id": own["id"], "comment": comment, "hasComment": has_comment, "work": work}


async def test_mark_tells_the_kind_of_work_it_was_given_for(tiny: TinySchool) -> None:
    own = await mark(tiny, "m2", "work { title isControlWork maxScore kind { name weight } } lesson { topic }")
    assert own["work"] == {
        "title": "Работа m2",
        "isControlWork": True,
        "maxScore": "20",
        "kind": {"name": "control", "weight": 3},
    }
    assert own["lesson"] == {"topic": "Дроби"}


@pytest.mark.parametrize(("key", "scale", "value"), [("p1", "Зачётная", None), ("m1", "Пятибалльная", "5")])
async def test_mark_is_on_its_own_scale(tiny: TinySchool, key: str, scale: str, value: str | None) -> None:
    own = await mark(tiny, key, "value numericValue scale { name minValue values { value isPassing } }")
    assert (own["scale"]["name"], own["numericValue"]) == (scale, value)
    assert own["value"] in {possible["value"] for possible in own["scale"]["values"]}


async def test_school_lists_its_scales(tiny: TinySchool) -> None:
    query = "{ school { gradeScales { name minValue maxValue values { value numericValue isPassing } } } }"
    found = (await tiny.data("ivan", Role.STUDENT, query))["school"]["gradeScales"]
    assert [(s["name"], s["minValue"], s["maxValue"]) for s in found] == [
        ("Зачётная", None, None),
        ("Пятибалльная", "2", "5"),
    ]
    assert found[1]["values"][0] == {"value": "2", "numericValue": "2", "isPassing": False}


async def test_history_is_the_staffs(tiny: TinySchool) -> None:
    query = "marks(first: 100) { nodes { history { changedAt changedBy { familyName } oldValue newValue } } }"
    own = await tiny.of_student("kuznetsova", Role.CLASS_TEACHER, "ivan", query)
    [change] = [change for node in own["marks"]["nodes"] for change in node["history"]]
    assert change == {
        "changedAt": "2026-11-17T12:00:00+05:00",
        "changedBy": {"familyName": "Смирнов"},
        "oldValue": "3",
        "newValue": "4",
    }


# ── lists of marks ──


async def test_marks_stand_the_latest_first_and_past_years_are_among_them(tiny: TinySchool) -> None:
    own = await tiny.ivan("marks(first: 100) { nodes { givenOn } }")
    days = [node["givenOn"] for node in own["marks"]["nodes"]]
    assert days == sorted(days, reverse=True)
    assert (days[0], days[-1]) == ("2026-11-17", "2026-03-10")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (', days: {first: "2026-11-16", last: "2026-11-16"}', {"m2", "m3", "point", "open point", "bad point"}),
        (', days: {first: "2026-03-10", last: "2026-03-10"}', {"last year"}),
        (', minValue: "4.5"', {"m1", "e1", "last year"}),
        (', minValue: "3", maxValue: "3"', {"q1", "r2", "r3"}),
        (', maxValue: "2"', {"m3", "bad point"}),
        (', days: {first: "2020-01-01", last: "2020-01-02"}', set()),
    ],
)
async def test_marks_are_filtered(tiny: TinySchool, arguments: str, wanted: set[str]) -> None:
    assert set(await keys(tiny, arguments)) == wanted


async def test_marks_are_filtered_by_kind_of_work(tiny: TinySchool) -> None:
    assert await keys(tiny, f', kindId: "{tiny.id("WorkKind", "control")}"') == ["m2"]


async def test_marks_are_filtered_by_subject(tiny: TinySchool) -> None:
    assert set(await keys(tiny, f', subjectId: "{tiny.id("Subject", "rus")}"')) == {"r1", "r2", "r3"}


async def test_marks_of_an_attestation_period_are_those_given_within_it(tiny: TinySchool) -> None:
    assert set(await keys(tiny, f', periodId: "{tiny.id("AttestationPeriod", "q1")}"')) == {"q1", "e1"}


async def test_marks_of_a_disciplines_own_period_are_of_that_discipline(tiny: TinySchool) -> None:
    assert await keys(tiny, f', periodId: "{tiny.id("AttestationPeriod", "eng1")}"') == ["e2", "e1"]


async def test_marks_of_a_period_and_days_are_those_of_both(tiny: TinySchool) -> None:
    both = f', periodId: "{tiny.id("AttestationPeriod", "q1")}", days: {{first: "2026-10-01", last: "2026-11-30"}}'
    assert await keys(tiny, both) == ["q1"]


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ('periodId: "apd_aaaaaaaaaaaaaaaa"', ["periodId"]),
        ('periodId: "cls_aaaaaaaaaaaaaaaa"', ["periodId"]),
        ('subjectId: "garbage"', ["subjectId"]),
        ('days: {first: "2026-11-16", last: "2026-11-15"}', ["days", "last"]),
        ('minValue: "5", maxValue: "2"', ["maxValue"]),
        ('minValue: "10", maxValue: "9.5"', ["maxValue"]),
    ],
)
async def test_argument_that_makes_no_sense_is_named(tiny: TinySchool, argument: str, path: list[str]) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ marks({argument}) {{ nodes {{ id }} }} }} }}'
    [error] = await tiny.failing("ivan", Role.STUDENT, query)
    assert (error["code"], error["argument"], error["path"]) == ("INVALID_INPUT", path, ["student", "marks"])


async def test_period_of_another_school_is_as_one_that_does_not_exist(tiny: TinySchool) -> None:
    period = tiny.id("AttestationPeriod", "q1")
    query = f'{{ student(id: "{tiny.id("Student", "maria")}") {{ marks(periodId: "{period}") {{ nodes {{ id }} }} }} }}'
    [error] = await tiny.failing("maria", Role.STUDENT, query)
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["periodId"])


@pytest.mark.parametrize("order", ["DATE_ASC", "DATE_DESC", "SUBJECT", "KIND"])
async def test_every_order_of_marks_pages_through_all_of_them_once(tiny: TinySchool, order: str) -> None:
    whole = await keys(tiny, f", orderBy: {order}")
    query = "marks(orderBy: %s, first: 1%s) { nodes { id } pageInfo { endCursor hasNextPage } }"
    found, after = [], ""
    while True:
        page = (await tiny.ivan(query % (order, after)))["marks"]
        found += [node["id"] for node in page["nodes"]]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [tiny.id("Mark", key) for key in whole]
    assert sorted(whole) == sorted(ALL)


async def test_marks_by_date_ascending_are_the_earliest_first(tiny: TinySchool) -> None:
    assert (await keys(tiny, ", orderBy: DATE_ASC"))[:2] == ["last year", "e1"]


async def test_marks_by_subject_keep_each_subject_together_the_latest_first(tiny: TinySchool) -> None:
    own = await tiny.ivan("marks(first: 100, orderBy: SUBJECT) { nodes { givenOn subject { id } } }")
    places = [(node["subject"]["id"], node["givenOn"]) for node in own["marks"]["nodes"]]
    runs = [subject for i, (subject, _) in enumerate(places) if i == 0 or places[i - 1][0] != subject]
    assert len(runs) == len(set(runs)) == 4
    for subject in runs:
        days = [day for own_subject, day in places if own_subject == subject]
        assert days == sorted(days, reverse=True)


async def test_marks_by_kind_keep_each_kind_together(tiny: TinySchool) -> None:
    own = await tiny.ivan("marks(first: 100, orderBy: KIND) { nodes { id work { kind { id } } } }")
    # Only m3 has no kind: it comes before all others.
    assert own["marks"]["nodes"][0]["id"] == tiny.id("Mark", "m3")


async def test_teacher_sees_the_marks_of_his_own_subject_only(tiny: TinySchool) -> None:
    assert set(await keys(tiny, "", ("smirnov", Role.TEACHER))) == set(MATHS)
    assert await keys(tiny, f', subjectId: "{tiny.id("Subject", "rus")}"', ("smirnov", Role.TEACHER)) == []


async def test_marks_of_the_old_class_stay_with_a_student_who_moved(tiny: TinySchool) -> None:
    own = await tiny.of_student("kuznetsova", Role.CLASS_TEACHER, "timofey", "marks { nodes { id lesson { topic } } }")
    assert own["marks"]["nodes"] == [{"id": tiny.id("Mark", "timofey b"), "lesson": {"topic": "Тема b2026-10-20"}}]


# ── the report card ──


async def rows(tiny: TinySchool, fields: str, arguments: str = "", student: str = "ivan") -> dict[str, Any]:
    """The rows of the report card by subject."""
    own = await tiny.by_mother(f"performance{arguments} {{ subject {{ name }} {fields} }}", student)
    return {row.pop("subject")["name"]: row for row in own["performance"]}


AVERAGES = "average averageKind simpleAverage weightedAverage markCount"


async def test_averages_of_a_school_that_weighs_are_weighted_and_both_are_labelled(tiny: TinySchool) -> None:
    row = (await rows(tiny, AVERAGES))["Математика"]
    # 5 of weight 1 and 4 of weight 3; what does not count is counted as a mark and in no average.
    assert row == {
        "average": "4.25",
        "averageKind": "WEIGHTED",
        "simpleAverage": "4.50",
        "weightedAverage": "4.25",
        "markCount": 6,
    }


async def test_averages_of_a_school_that_does_not_weigh_are_simple(tiny: TinySchool) -> None:
    # 4 of weight 2 and 5 of weight 3.
    assert (await rows(tiny, AVERAGES, student="maria"))["Программирование"] == {
        "average": "4.50",
        "averageKind": "SIMPLE",
        "simpleAverage": "4.50",
        "weightedAverage": "4.60",
        "markCount": 2,
    }


async def test_average_is_rounded_half_up(tiny: TinySchool) -> None:
    # (4·1 + 3·5 + 3·2) ÷ 8 = 3.125, which a banker would make 3.12.
    row = (await rows(tiny, AVERAGES))["Русский язык"]
    assert (row["weightedAverage"], row["simpleAverage"]) == ("3.13", "3.33")


@pytest.mark.parametrize(
    ("total", "count", "text"),
    [(25, 8, "3.13"), (0.125, 1, "0.13"), (2.675, 1, "2.68"), (10, 3, "3.33"), (0, 0, None)],
)
def test_ratio_is_half_up_of_the_number_as_written(total: float, count: int, text: str | None) -> None:
    assert ratio(total, count) == text


async def test_weighted_average_is_null_where_all_weights_are_zero(tiny: TinySchool) -> None:
    row = (await rows(tiny, AVERAGES))["Английский язык"]
    assert (row["average"], row["weightedAverage"], row["simpleAverage"]) == (None, None, "4.50")


async def test_averages_are_null_without_a_mark_that_counts(tiny: TinySchool) -> None:
    row = (await rows(tiny, AVERAGES))["Физика"]
    assert row == {
        "average": None,
        "averageKind": "WEIGHTED",
        "simpleAverage": None,
        "weightedAverage": None,
        "markCount": 1,
    }


async def test_averages_do_not_depend_on_what_else_is_asked(tiny: TinySchool) -> None:
    lean = await rows(tiny, "average")
    full = await rows(tiny, "average marks { id isPoint value weight numericValue countsTowardsAverage }")
    assert {name: row["average"] for name, row in full.items()} == {name: row["average"] for name, row in lean.items()}


async def test_period_without_one_is_each_disciplines_own_current_one(tiny: TinySchool) -> None:
    found = await rows(tiny, "period { name kind } marks { id }")
    assert found["Математика"]["period"] == {"name": "q2", "kind": "QUARTER"}
    assert found["Английский язык"]["period"] == {"name": "eng1", "kind": "HALF_YEAR"}
    # English sums up its half-year, from September; mathematics its quarter.
    assert [own["id"] for own in found["Английский язык"]["marks"]] == [tiny.id("Mark", key) for key in ("e1", "e2")]
    assert tiny.id("Mark", "q1") not in [own["id"] for own in found["Математика"]["marks"]]


async def test_report_card_of_a_period_is_of_that_period(tiny: TinySchool) -> None:
    found = await rows(tiny, "average period { name }", f'(periodId: "{tiny.id("AttestationPeriod", "q1")}")')
    assert found["Математика"] == {"average": "3.00", "period": {"name": "q1"}}
    # The other subjects of the curriculum are there without marks.
    assert found["Русский язык"] == {"average": None, "period": {"name": "q1"}}


async def test_report_card_of_a_disciplines_own_period_is_of_that_discipline(tiny: TinySchool) -> None:
    assert (await rows(tiny, "markCount", f'(periodId: "{tiny.id("AttestationPeriod", "eng1")}")')) == {
        "Английский язык": {"markCount": 2}
    }


async def test_report_card_of_one_subject_has_one_row(tiny: TinySchool) -> None:
    found = await rows(tiny, "markCount", f'(subjectId: "{tiny.id("Subject", "rus")}")')
    assert found == {"Русский язык": {"markCount": 3}}


async def test_report_card_of_a_period_without_marks_has_the_subjects_of_the_curriculum(tiny: TinySchool) -> None:
    assert await rows(tiny, "markCount", f'(periodId: "{tiny.id("AttestationPeriod", "q3")}")') == {
        "Математика": {"markCount": 0},
        "Русский язык": {"markCount": 0},
    }


async def test_dynamics_are_the_averages_week_by_week(tiny: TinySchool) -> None:
    found = await rows(tiny, "weekly { weekStartsOn average markCount }")
    assert found["Математика"]["weekly"] == [
        {"weekStartsOn": "2026-11-09", "average": "5.00", "markCount": 1},
        {"weekStartsOn": "2026-11-16", "average": "4.00", "markCount": 5},
    ]
    assert found["Физика"]["weekly"] == [{"weekStartsOn": "2026-11-16", "average": None, "markCount": 1}]


async def test_class_average_is_of_all_marks_of_the_class_in_the_period(tiny: TinySchool) -> None:
    # Ivan 5·1 + 4·3, the others 4, 3, 5, 4: 33 ÷ 8 = 4.125.
    assert (await rows(tiny, "classAverage"))["Математика"]["classAverage"] == "4.13"


async def test_class_average_of_fewer_than_five_students_is_not_told(tiny: TinySchool) -> None:
    # In Russian four students of 7А have marks; in 7Б there are three students.
    assert (await rows(tiny, "classAverage"))["Русский язык"]["classAverage"] is None
    assert (await rows(tiny, "average classAverage", student="anna"))["Математика"] == {
        "average": "4.00",
        "classAverage": None,
    }


async def test_row_carries_the_final_grade_of_its_period(tiny: TinySchool) -> None:
    grade = "finalGrade { value computedAverage }"
    assert (await rows(tiny, grade))["Математика"]["finalGrade"] == {"value": "5", "computedAverage": None}
    assert (await rows(tiny, grade))["Русский язык"]["finalGrade"] is None
    earlier = await rows(tiny, grade, f'(periodId: "{tiny.id("AttestationPeriod", "q1")}")')
    assert earlier["Математика"]["finalGrade"] == {"value": "4", "computedAverage": "3.50"}


async def test_teacher_reads_the_row_of_his_own_subject(tiny: TinySchool) -> None:
    own = await tiny.of_student("smirnov", Role.TEACHER, "ivan", "performance { subject { name } average }")
    assert own["performance"] == [{"subject": {"name": "Математика"}, "average": "4.25"}]


# ── attestation periods, final grades, debts, plans ──


async def periods(tiny: TinySchool, arguments: str) -> list[str]:
    query = f"{{ school {{ attestationPeriods{arguments} {{ name }} }} }}"
    found = (await tiny.data("ivan", Role.STUDENT, query))["school"]["attestationPeriods"]
    return [period["name"] for period in found]


async def test_discipline_has_its_own_number_of_attestation_periods(tiny: TinySchool) -> None:
    assert await periods(tiny, f'(subjectId: "{tiny.id("Subject", "eng")}")') == ["eng1", "eng2"]
    assert await periods(tiny, f'(subjectId: "{tiny.id("Subject", "math")}")') == ["q1", "q2", "q3"]


async def test_attestation_periods_are_all_of_the_year_without_a_subject(tiny: TinySchool) -> None:
    assert sorted(await periods(tiny, '(academicYear: "2026/27")')) == ["eng1", "eng2", "q1", "q2", "q3"]
    assert await periods(tiny, '(academicYear: "2025/26")') == []


async def test_final_grades_are_of_all_years_the_latest_first(tiny: TinySchool) -> None:
    own = await tiny.ivan("finalGrades { academicYear kind value period { name } subject { name } }")
    assert [grade["academicYear"] for grade in own["finalGrades"]] == ["2026/27", "2026/27", "2025/26", "2025/26"]
    assert {(g["kind"], g["value"], g["period"]["name"]) for g in own["finalGrades"] if g["period"]} == {
        ("PERIOD", "4", "q1"),
        ("PERIOD", "5", "q2"),
    }


async def test_final_grades_of_a_past_year_can_be_chosen(tiny: TinySchool) -> None:
    own = await tiny.ivan('finalGrades(academicYear: "2025/26") { value kind }')
    assert sorted(grade["value"] for grade in own["finalGrades"]) == ["3", "4"]
    assert {grade["kind"] for grade in own["finalGrades"]} == {"YEAR"}


async def test_final_grade_need_not_follow_from_the_average(tiny: TinySchool) -> None:
    query = (
        f'finalGrades(academicYear: "2026/27", subjectId: "{tiny.id("Subject", "math")}") {{ value computedAverage }}'
    )
    assert {"value": "4", "computedAverage": "3.50"} in (await tiny.ivan(query))["finalGrades"]


DEBTS = "attestationDebts { subject { name } period { name } since resitOn state }"


@pytest.mark.parametrize(
    "who", [("olga", Role.PARENT), ("kuznetsova", Role.CLASS_TEACHER), ("admin", Role.ADMINISTRATOR)]
)
async def test_debts_stand_the_oldest_first_for_who_may_see_them(tiny: TinySchool, who: tuple[str, Role]) -> None:
    own = await tiny.of_student(*who, "ivan", DEBTS)
    assert [(d["subject"]["name"], d["since"], d["resitOn"], d["state"]) for d in own["attestationDebts"]] == [
        ("Русский язык", "2026-06-01", None, "CLOSED"),
        ("Физика", "2026-10-31", "2026-12-01", "RESIT_PLANNED"),
    ]
    assert own["attestationDebts"][0]["period"] == {"name": "q1"}


@pytest.mark.parametrize("who", [("ivan", Role.STUDENT), ("smirnov", Role.TEACHER)])
async def test_debts_are_not_read_for_the_student_nor_a_subject_teacher(
    tiny: TinySchool, who: tuple[str, Role]
) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ {DEBTS} }} }}'
    errors = await tiny.failing(*who, query)
    assert {error["code"] for error in errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    assert tiny.served.recorder.touched("grades", "attestation_debts") == 0


async def plans(tiny: TinySchool, arguments: str = "", who: tuple[str, Role] = ("ivan", Role.STUDENT)) -> list[str]:
    own = await tiny.of_student(*who, "ivan", f"plannedControlWorks{arguments} {{ title plannedOn }}")
    return [work["title"].removeprefix("Работа ") for work in own["plannedControlWorks"]]


async def test_planned_control_works_are_from_today_on_in_time(tiny: TinySchool) -> None:
    # Neither of 7Б, nor of the other English group, nor what is no control work.
    assert await plans(tiny) == ["today", "next", "english 1", "after"]


async def test_planned_control_works_are_those_within_the_days(tiny: TinySchool) -> None:
    assert await plans(tiny, '(days: {first: "2026-11-01", last: "2026-11-18"})') == ["m2", "today"]


async def test_teacher_sees_the_control_works_of_his_own_subject(tiny: TinySchool) -> None:
    assert await plans(tiny, who=("smirnov", Role.TEACHER)) == ["today", "next"]
