from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.connectors.demo.generated import Generated, generated

TODAY = "2026-11-18"


def test_a_student_has_one_mark_for_a_work(demo: Generated) -> None:
    pairs = [(mark["student_id"], mark["work_id"]) for mark in demo["grades.marks"]]
    assert len(set(pairs)) == len(pairs)


def test_some_lessons_have_two_marks_of_one_student(demo: Generated) -> None:
    at = Counter((mark["student_id"], mark["lesson_id"]) for mark in demo["grades.marks"])
    assert sum(count > 1 for count in at.values()) > 100


def test_a_student_of_the_school_gets_about_ten_marks_a_week(demo: Generated) -> None:
    marked = {p["student_id"] for p in demo.students.values() if p["school_id"] == demo.school}
    marked -= {s for s in marked if demo.classes[demo.students[s]["enrolments"][-1]["class_id"]]["grade_level"] == 1}
    marks = sum(mark["student_id"] in marked for mark in demo["grades.marks"])
    weeks = (7 * 6 + 4 + 13 + 3) / 6  # from 1 September, without the autumn holidays
    assert 8 <= marks / len(marked) / weeks <= 12


def test_first_graders_get_no_marks(demo: Generated) -> None:
    first = next(one["_id"] for one in demo["directory.classes"] if one["name"] == "1А")
    assert not [mark for mark in demo["grades.marks"] if mark["class_id"] == first]


def test_weights_go_from_one_to_five_and_marks_have_that_of_their_kind(demo: Generated) -> None:
    kinds = {kind["_id"]: kind for kind in demo["grades.work_kinds"]}

    assert {kind["weight"] for kind in kinds.values()} == {1, 2, 3, 4, 5}
    assert all(mark["weight"] == kinds[mark["kind_id"]]["weight"] for mark in demo["grades.marks"])


def test_marks_are_values_of_their_scale(demo: Generated) -> None:
    scales = {s["_id"]: {v["value"]: v["numeric_value"] for v in s["values"]} for s in demo["grades.grade_scales"]}
    for mark in demo["grades.marks"]:
        if not mark["is_point"]:
            assert scales[mark["scale_id"]][mark["value"]] == mark["numeric_value"]


def test_dots_are_open_overdue_and_answered(demo: Generated) -> None:
    dots = [mark for mark in demo["grades.marks"] if mark["is_point"]]
    answered = [mark for mark in demo["grades.marks"] if any(c["old_value"] == "•" for c in mark["history"])]

    assert any(dot["point_valid_until"] >= TODAY for dot in dots)
    assert any(dot["point_valid_until"] < TODAY for dot in dots)
    assert answered
    assert all(dot["numeric_value"] is None and not dot["counts_towards_average"] for dot in dots)
    assert all(mark["numeric_value"] is not None and not mark["is_point"] for mark in answered)


def test_marks_have_comments_histories_exams_and_some_do_not_count(demo: Generated) -> None:
    marks = demo["grades.marks"]

    assert any(mark["comment"] for mark in marks if not mark["is_point"])
    assert any(mark["history"] and mark["history"][0]["old_value"].isdigit() for mark in marks)
    assert any(mark["is_exam"] and mark["weight"] == 5 for mark in marks)
    assert any(mark["numeric_value"] is not None and not mark["counts_towards_average"] for mark in marks)


def test_the_college_has_a_scale_of_pass_and_fail(demo: Generated) -> None:
    values = {mark["value"] for mark in demo["grades.marks"] if mark["school_id"] == demo.college}
    assert {"зачёт", "незачёт"} < values
    assert "зачёт" not in {mark["value"] for mark in demo["grades.marks"] if mark["school_id"] == demo.school}


def test_control_works_are_planned_ahead(demo: Generated) -> None:
    planned = [work for work in demo["grades.works"] if work["planned_on"] > TODAY]

    assert planned
    assert all(work["is_control_work"] for work in planned)
    assert not {work["_id"] for work in planned} & {mark["work_id"] for mark in demo["grades.marks"]}


def test_final_grades_are_the_averages_of_the_marks_of_their_period(demo: Generated) -> None:
    periods = {period["_id"]: period for period in demo["grades.attestation_periods"]}
    marks: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for mark in demo["grades.marks"]:
        if mark["counts_towards_average"]:
            marks[mark["student_id"], mark["subject_id"]].append(mark)
    checked = Counter[bool]()
    for grade in demo["grades.final_grades"]:
        if grade["academic_year"] != "2026/27":
            continue
        period, is_weighted = periods[grade["period_id"]], grade["school_id"] == demo.school
        own = [
            mark
            for mark in marks[grade["student_id"], grade["subject_id"]]
            if period["starts_on"] <= mark["given_on"] <= period["ends_on"]
        ]
        if own and grade["computed_average"] is not None:
            weights = [mark["weight"] if is_weighted else 1 for mark in own]
            total = sum(mark["numeric_value"] * weight for mark, weight in zip(own, weights, strict=True))
            average = (Decimal(total) / sum(weights)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert Decimal(str(grade["computed_average"])) == average
            checked[is_weighted] += 1
    assert checked[True] > 2000  # the first quarter of the school, by weights
    assert checked[False] > 50  # the first module of mathematics in the college, plainly


def test_disciplines_of_the_college_have_periods_of_their_own(demo: Generated) -> None:
    own = [p for p in demo["grades.attestation_periods"] if p["subject_id"] and p["academic_year"] == "2026/27"]
    numbers = Counter(demo.subjects[period["subject_id"]]["name"] for period in own)
    assert numbers == {"Математика": 4, "Физическая культура": 1}


def test_last_year_has_final_grades_of_periods_and_of_the_year(demo: Generated) -> None:
    kinds = Counter(grade["kind"] for grade in demo["grades.final_grades"] if grade["academic_year"] == "2025/26")
    assert all(kinds[kind] > 100 for kind in ("PERIOD", "YEAR", "EXAM", "FINAL"))


def test_debts_are_in_every_state_and_mainly_in_the_college(demo: Generated) -> None:
    debts = demo["grades.attestation_debts"]

    assert {debt["state"] for debt in debts} == {"OPEN", "RESIT_PLANNED", "CLOSED"}
    assert sum(debt["school_id"] == demo.college for debt in debts) > len(debts) / 2
    assert all((debt["resit_on"] or "") > TODAY for debt in debts if debt["state"] == "RESIT_PLANNED")


def test_an_open_debt_is_of_a_period_that_was_failed(demo: Generated) -> None:
    grades = {
        (g["student_id"], g["subject_id"], g["period_id"]): g["value"]
        for g in demo["grades.final_grades"]
        if g["kind"] == "PERIOD"
    }
    for debt in demo["grades.attestation_debts"]:
        value = grades[debt["student_id"], debt["subject_id"], debt["period_id"]]
        assert (value in {"3", "зачёт"}) == (debt["state"] == "CLOSED")


def test_marks_of_the_old_class_stay_when_a_student_moves(demo: Generated) -> None:
    student = demo.story("STUDENT", "came from 7А").student_ids[0]
    old, new = demo.students[student]["enrolments"]
    classes: dict[str, set[str]] = defaultdict(set)
    for mark in demo.of_student("grades.marks", student):
        classes[mark["class_id"]].add(mark["given_on"])

    assert max(classes[old["class_id"]]) <= old["ends_on"] < new["starts_on"] <= min(classes[new["class_id"]])


async def test_final_grades_do_not_fail_when_the_marks_of_the_period_are_not_shown() -> None:
    short = await generated(students=60, weeks_back=1, weeks_ahead=1)
    first_quarter = [g for g in short["grades.final_grades"] if g["academic_year"] == "2026/27"]
    assert first_quarter
    assert all(g["computed_average"] is not None for g in first_quarter if g["numeric_value"])
