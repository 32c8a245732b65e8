from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from connectors.demo.calendar import school_year
from connectors.directory import SchoolKind
from tests.connectors.demo.generated import Generated

PERM = ZoneInfo("Asia/Yekaterinburg")
NOW = datetime(2026, 11, 18, 13, tzinfo=PERM)
SATURDAY = 6
SECOND_SHIFT_FROM = "14:00"


def local(instant: datetime) -> str:
    return instant.astimezone(PERM).strftime("%H:%M")


def test_no_lesson_is_held_on_a_holiday(demo: Generated) -> None:
    for school, kind in ((demo.school, SchoolKind.SCHOOL), (demo.college, SchoolKind.COLLEGE)):
        year = school_year(kind, 2026)
        days = {lesson["date"] for lesson in demo["schedule.lessons"] if lesson["school_id"] == school}
        assert all(year.is_study_day(date.fromisoformat(day)) for day in days)


def test_lessons_run_from_september_to_four_weeks_after_today(demo: Generated) -> None:
    days = [lesson["date"] for lesson in demo["schedule.lessons"]]
    assert (min(days), max(days)) == ("2026-09-01", "2026-12-16")


def test_saturdays_are_for_grades_from_the_fifth(demo: Generated) -> None:
    levels = {
        demo.classes[class_id]["grade_level"]
        for lesson in demo["schedule.lessons"]
        if date.fromisoformat(lesson["date"]).isoweekday() == SATURDAY
        for class_id in lesson["class_ids"]
        if demo.classes[class_id]["school_id"] == demo.school
    }
    assert levels == set(range(5, 12))


def test_every_week_of_a_class_has_its_hours(demo: Generated) -> None:
    story = demo.story("STUDENT", "dots").class_id
    weeks = Counter(
        date.fromisoformat(lesson["date"]).isocalendar().week
        for lesson in demo["schedule.lessons"]
        if lesson["class_ids"] == [story] and lesson["group_id"] is None and lesson["status"] != "MOVED"
    )
    cut_short = {36, 43, 45, 51}  # the first, before and after the autumn holidays, the last of the window
    assert all(27 <= count <= 29 for week, count in weeks.items() if week not in cut_short), weeks


def test_some_classes_have_lessons_in_a_second_shift(demo: Generated) -> None:
    for name in ("6А", "8А"):
        own = next(one["_id"] for one in demo["directory.classes"] if one["name"] == name)
        starts = {local(x["starts_at"]) for x in demo["schedule.lessons"] if x["class_ids"] == [own]}
        assert min(starts) == SECOND_SHIFT_FROM


def test_lessons_are_held_until_now_and_planned_from_then_on(demo: Generated) -> None:
    for lesson in demo["schedule.lessons"]:
        if lesson["status"] in {"HELD", "PLANNED"}:
            assert (lesson["status"] == "HELD") == (lesson["ends_at"] <= NOW)


def test_lessons_are_cancelled_moved_and_substituted(demo: Generated) -> None:
    statuses = Counter(lesson["status"] for lesson in demo["schedule.lessons"])
    changes = [lesson["substitution"] for lesson in demo["schedule.lessons"] if lesson["substitution"]]

    assert statuses["CANCELLED"] > 20
    assert statuses["MOVED"] > 5
    assert sum(change["substitute_teacher_id"] is not None for change in changes) > 20
    assert sum(change["instead_of_subject_id"] is not None for change in changes) > 5


def test_a_substituted_lesson_is_given_by_the_substitute(demo: Generated) -> None:
    for lesson in demo["schedule.lessons"]:
        change = lesson["substitution"]
        if change and change["substitute_teacher_id"]:
            assert lesson["teacher_ids"] == [change["substitute_teacher_id"]]
            assert change["original_teacher_id"] not in lesson["teacher_ids"]


def test_no_teacher_is_wanted_in_two_places_at_once(demo: Generated) -> None:
    taken: dict[tuple[str, datetime], str] = {}
    for lesson in demo["schedule.lessons"]:
        if lesson["status"] in {"HELD", "PLANNED"}:
            for teacher in lesson["teacher_ids"]:
                assert taken.setdefault((teacher, lesson["starts_at"]), lesson["_id"]) == lesson["_id"]


def test_no_student_is_wanted_in_two_places_at_once(demo: Generated) -> None:
    taken: dict[tuple[str, datetime], set[str | None]] = defaultdict(set)
    for lesson in demo["schedule.lessons"]:
        if lesson["status"] in {"HELD", "PLANNED"}:
            for class_id in lesson["class_ids"]:
                groups = taken[class_id, lesson["starts_at"]]
                assert lesson["group_id"] not in groups
                groups.add(lesson["group_id"])
                assert len(groups) == 1 or None not in groups


def test_bells_are_shorter_on_the_day_before_a_public_holiday(demo: Generated) -> None:
    short = next(one for one in demo["schedule.bell_schedules"] if one["dates"] and one["school_id"] == demo.school)
    lengths = {
        x["ends_at"] - x["starts_at"]
        for x in demo["schedule.lessons"]
        if x["date"] == "2026-11-03" and x["school_id"] == demo.school
    }

    assert "2026-11-03" in short["dates"]
    assert {length.total_seconds() / 60 for length in lengths} == {30}


def test_lessons_begin_and_end_with_the_bells(demo: Generated) -> None:
    schedules = [one for one in demo["schedule.bell_schedules"] if one["school_id"] == demo.school]
    for lesson in demo["schedule.lessons"]:
        if lesson["school_id"] != demo.school:
            continue
        weekday = date.fromisoformat(lesson["date"]).isoweekday()
        rung = next((s for s in schedules if lesson["date"] in s["dates"]), None) or next(
            s for s in schedules if weekday in s["weekdays"]
        )
        times = {(p["number"], p["starts_at"], p["ends_at"]) for p in rung["periods"]}
        assert (lesson["number"], local(lesson["starts_at"]), local(lesson["ends_at"])) in times


def test_bells_leave_a_break_between_lessons_of_both_shifts(demo: Generated) -> None:
    for schedule in demo["schedule.bell_schedules"]:
        for shift in {period["shift"] for period in schedule["periods"]}:
            periods = [period for period in schedule["periods"] if period["shift"] == shift]
            for earlier, later in pairwise(periods):
                assert earlier["ends_at"] < later["starts_at"]


def test_languages_are_taught_in_halves_and_one_group_joins_two_classes(demo: Generated) -> None:
    groups = demo["directory.groups"]
    joined = next(group for group in groups if group["name"].startswith("Избранные вопросы"))
    lessons = [lesson for lesson in demo["schedule.lessons"] if lesson["group_id"] == joined["_id"]]

    assert sum("подгруппа" in group["name"] for group in groups) == 2 * 23  # all but the first grade
    assert len(joined["class_ids"]) == 2
    assert {tuple(lesson["class_ids"]) for lesson in lessons} == {tuple(joined["class_ids"])}


def test_the_second_half_of_the_day_is_extended(demo: Generated) -> None:
    extended = {demo.subjects[x["subject_id"]]["name"] for x in demo["schedule.lessons"] if x["is_extended"]}
    assert extended == {"Группа продлённого дня", "Робототехника", "Секция волейбола"}


def test_colleges_alternate_some_lessons_by_week(demo: Generated) -> None:
    first_year = next(one["_id"] for one in demo["directory.classes"] if one["name"] == "ИС-26-1")
    weeks: dict[str, set[int]] = defaultdict(set)
    for lesson in demo["schedule.lessons"]:
        if lesson["class_ids"] == [first_year]:
            weeks[lesson["subject_id"]].add(date.fromisoformat(lesson["date"]).isocalendar().week % 2)
    assert sum(len(parities) == 1 for parities in weeks.values()) >= 2
