"""Curriculum, portfolio and assessments: what the smaller subsystems have."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.connectors.demo.generated import Generated

NOW = datetime(2026, 11, 18, 13, tzinfo=ZoneInfo("Asia/Yekaterinburg"))


def test_hours_of_a_discipline_are_those_of_its_months(demo: Generated) -> None:
    for curriculum in demo["curriculum.curricula"]:
        for item in curriculum["items"]:
            assert item["workload_hours"] == sum(month["hours"] for month in item["hours_by_month"]) > 0
            assert 0 < item["passed_hours"] < item["workload_hours"]


def test_every_class_has_a_curriculum_and_programmes_for_what_it_is_taught(demo: Generated) -> None:
    planned = {class_id for one in demo["curriculum.curricula"] for class_id in one["class_ids"]}
    programmes = {(c, p["subject_id"]) for p in demo["curriculum.work_programmes"] for c in p["class_ids"]}
    taught = {
        (lesson["class_ids"][0], lesson["subject_id"])
        for lesson in demo["schedule.lessons"]
        if not lesson["is_extended"] and len(lesson["class_ids"]) == 1
    }

    assert planned == set(demo.classes)
    assert taught <= programmes


def test_the_calendar_is_coloured_by_kind(demo: Generated) -> None:
    colours = {(period["kind"], period["colour"]) for period in demo["curriculum.calendar_periods"]}
    assert {kind for kind, _ in colours} == {"STUDY", "HOLIDAYS", "EXAMS", "PRACTICE", "PUBLIC_HOLIDAY"}
    assert len({colour for _, colour in colours}) == len(colours)


def test_no_course_has_more_students_than_places(demo: Generated) -> None:
    courses = {course["_id"]: course for course in demo["curriculum.module_courses"]}
    chosen = Counter(choice["course_id"] for choice in demo["curriculum.course_choices"])

    assert all(count <= (courses[one]["capacity"] or count) for one, count in chosen.items())
    assert any(count == courses[one]["capacity"] for one, count in chosen.items())
    for choice in demo["curriculum.course_choices"]:
        assert choice["period_id"] in {period["_id"] for period in courses[choice["course_id"]]["periods"]}


def test_points_of_an_achievement_are_those_of_the_scoring_table(demo: Generated) -> None:
    tables = {table["type_id"]: table for table in demo["portfolio.scoring_tables"]}
    for one in demo["portfolio.achievements"]:
        table = tables[one["type_id"]]
        for part in one["rounds"]:
            place = part["place"]
            assert part["points"] == (
                table["points_by_place"][place - 1] if place else table["points_for_participation"]
            )
        assert (one["presence_points"] or 0) <= table["max_presence_points"]
        assert (one["defence_points"] or 0) <= table["max_defence_points"]
        parts = sum(part["points"] for part in one["rounds"])
        assert one["points"] == parts + (one["presence_points"] or 0) + (one["defence_points"] or 0) > 0


def test_achievements_are_of_every_kind_and_status(demo: Generated) -> None:
    kinds = {one["_id"]: one["kind"] for one in demo["portfolio.achievement_types"]}
    assert {kinds[one["type_id"]] for one in demo["portfolio.achievements"]} == {"ROUNDS", "POINTS"}
    statuses = {one["status"] for one in demo["portfolio.achievements"]}
    assert statuses == {"UNCONFIRMED", "CONFIRMED", "REJECTED"}


def test_tests_are_over_running_and_to_come(demo: Generated) -> None:
    tests = demo["assessments.tests"]
    assert any(test["closes_at"] < NOW for test in tests)
    assert any(test["opens_at"] <= NOW <= test["closes_at"] for test in tests)
    assert any(test["opens_at"] > NOW for test in tests)


def test_attempts_are_within_the_window_and_the_number_allowed(demo: Generated) -> None:
    tests = {test["_id"]: test for test in demo["assessments.tests"]}
    assigned = {(row["test_id"], row["student_id"]) for row in demo["assessments.assignments"]}
    for attempt in demo["assessments.attempts"]:
        test = tests[attempt["test_id"]]
        assert (attempt["test_id"], attempt["student_id"]) in assigned
        assert 1 <= attempt["number"] <= test["attempt_limit"]
        assert test["opens_at"] <= attempt["started_at"] <= min(NOW, test["closes_at"])
        assert (attempt["submitted_at"] is None) == (attempt["state"] == "STARTED")
        assert (attempt["score"] is not None) == (attempt["state"] == "CHECKED")
        assert attempt["submitted_at"] is None or attempt["submitted_at"] <= min(NOW, test["closes_at"])
    assert {attempt["state"] for attempt in demo["assessments.attempts"]} == {"STARTED", "SUBMITTED", "CHECKED"}
