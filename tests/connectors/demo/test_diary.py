from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.connectors.demo.generated import Generated

NOW = datetime(2026, 11, 18, 13, tzinfo=ZoneInfo("Asia/Yekaterinburg"))
TODAY = "2026-11-18"
MONDAY = 1


def test_nearly_every_lesson_has_homework(demo: Generated) -> None:
    due = {task["lesson_id"] for task in demo["diary.homework"] if task["kind"] == "HOMEWORK"}
    names = {"Алгебра", "История", "Английский язык", "Русский язык"}
    held = [
        lesson["_id"]
        for lesson in demo["schedule.lessons"]
        if lesson["status"] == "HELD" and demo.subjects[lesson["subject_id"]]["name"] in names
    ]
    assert sum(lesson in due for lesson in held) > 0.8 * len(held)


def test_homework_is_set_at_an_earlier_lesson_and_due_at_its_own(demo: Generated) -> None:
    for task in demo["diary.homework"]:
        lesson = demo.lessons[task["lesson_id"]]
        assert task["date"] == lesson["date"]
        assert task["subject_id"] == lesson["subject_id"] or task["_id"] in demo.displaced["diary.homework"]
        assert task["assigned_on"] <= TODAY
        if task["kind"] == "HOMEWORK":
            assert task["assigned_on"] <= task["due_on"] == lesson["date"]
            assert task["estimated_minutes"] > 0


def test_some_homework_is_individual_or_has_files(demo: Generated) -> None:
    homework = demo["diary.homework"]
    assert all(bool(task["student_ids"]) == task["is_individual"] for task in homework)
    assert any(task["is_individual"] for task in homework)
    files = [file for task in homework for file in task["attachments"]]
    assert files
    assert all(file["url"].startswith("https://files.example.test/") for file in files)


def test_submissions_are_in_every_state_and_never_after_now(demo: Generated) -> None:
    submissions = demo["diary.submissions"]
    assert {row["state"] for row in submissions} == {"DONE", "SUBMITTED", "RETURNED", "CHECKED"}
    assert max(row["submitted_at"] for row in submissions) <= NOW
    assert any(row["is_late"] for row in submissions)


def test_attendance_names_who_was_away_and_seldom_who_was_there(demo: Generated) -> None:
    rows = demo["diary.attendance"]
    counts = Counter(row["status"] for row in rows)

    assert all(counts[status] > 100 for status in ("PRESENT", "ABSENT", "LATE", "EXCUSED"))
    assert all((row["minutes_late"] is not None) == (row["status"] == "LATE") for row in rows)
    assert all(row["reason"] for row in rows if row["status"] == "EXCUSED")
    assert any(row["lesson_id"] is None for row in rows)


def test_a_student_has_one_attendance_record_for_a_lesson(demo: Generated) -> None:
    keys = [(row["student_id"], row["lesson_id"] or row["date"]) for row in demo["diary.attendance"]]
    assert len(set(keys)) == len(keys)


def test_nobody_gets_a_mark_with_a_value_for_a_lesson_he_missed(demo: Generated) -> None:
    missed = {
        (row["student_id"], row["lesson_id"])
        for row in demo["diary.attendance"]
        if row["status"] in {"ABSENT", "EXCUSED"}
    }
    for mark in demo["grades.marks"]:
        if (mark["student_id"], mark["lesson_id"]) in missed:
            assert mark["is_point"] or mark["history"]


def test_absence_notices_are_of_every_kind_and_state(demo: Generated) -> None:
    notices = demo["diary.absence_notices"]

    assert {row["kind"] for row in notices} == {"LESSONS", "DAYS", "SPAN"}
    assert {row["state"] for row in notices} == {"SENT", "CONFIRMED", "REJECTED", "CANCELLED"}
    assert all(bool(row["lesson_ids"]) == (row["kind"] == "LESSONS") for row in notices)
    assert any(row["days"]["first"] > TODAY for row in notices)


def test_notices_and_acknowledgements_come_from_guardians_in_force(demo: Generated) -> None:
    rights = {(g["person_id"], g["student_id"]): g for g in demo["directory.guardianships"]}
    sent = [(n["sent_by_id"], n["student_id"], min(n["days"]["first"], TODAY)) for n in demo["diary.absence_notices"]]
    sent += [(a["person_id"], a["student_id"], a["week_starts_on"]) for a in demo["diary.acknowledgements"]]
    for person, student, day in sent:
        right = rights[person, student]
        assert right["data_access"]
        assert (right["valid_from"] or "") <= day <= (right["valid_to"] or "9")


def test_only_weeks_that_are_over_are_acknowledged(demo: Generated) -> None:
    rows = demo["diary.acknowledgements"]
    assert rows
    for row in rows:
        assert date.fromisoformat(row["week_starts_on"]).isoweekday() == MONDAY
        assert row["week_starts_on"] <= "2026-11-09"
        assert row["acknowledged_at"] < NOW
    assert len({(row["student_id"], row["week_starts_on"], row["person_id"]) for row in rows}) == len(rows)


def test_remarks_agree_with_the_sex_of_the_student(demo: Generated) -> None:
    for remark in demo["diary.remarks"]:
        assert "{" not in remark["text"]
        patronymic = demo.students[remark["student_id"]]["patronymic"]
        if "Опоздал" in remark["text"]:
            assert ("Опоздала " in remark["text"]) == patronymic.endswith("на")
