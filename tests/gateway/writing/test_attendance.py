"""Attendance that teachers record, rule by rule. Today is Wednesday 18 November 2026.

Until then 8 lessons were held for Ivan: mathematics on 20 October, mathematics and Russian on 10 November, three on
Monday, Russian and physics on Tuesday. He was late for mathematics on Monday, missed Russian on Monday and all of
Tuesday, and was excused on 10 November.
"""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from gateway.settings import CacheSettings
from tests.gateway.writing.acting import Acting, acting, mutation

WEEK: Final = 'diary(week: "2026-11-16") { days { lessons { id attendance { status minutesLate reason } } } }'
SUMMARY: Final = "attendanceSummary { present absent late excused lessons }"
TOTALS: Final = f"{SUMMARY} missedLessons(first: 20) {{ nodes {{ id }} }} {WEEK}"


def entry(acts: Acting, student: str, status: str, **more: Any) -> dict[str, Any]:
    return {"studentId": acts.id("Student", student), "status": status, **more}


def register(acts: Acting, lesson: str, *records: dict[str, Any]) -> dict[str, Any]:
    return {"lessonId": acts.id("Lesson", lesson), "records": list(records)}


async def recorded(acts: Acting, lesson: str, *records: dict[str, Any], who: str = "smirnov") -> list[Any]:
    """The codes and paths of the problems."""
    return await acts.codes(who, Role.TEACHER, "recordAttendance", register(acts, lesson, *records))


async def seen(acts: Acting, student: str, fields: str) -> dict[str, Any]:
    """What the student sees of themselves."""
    answer = await acts.answer(student, Role.STUDENT, f"{{ viewer {{ student {{ {fields} }} }} }}")
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["viewer"]["student"]
    return found


async def test_a_class_is_recorded_at_once_and_read_right_after(acts: Acting) -> None:
    sent = register(
        acts,
        "mon1",
        entry(acts, "ivan", "ABSENT"),
        entry(acts, "petr", "LATE", minutesLate=12),
        entry(acts, "fedor", "EXCUSED", reason="  Олимпиада "),
        entry(acts, "yakov", "PRESENT"),
    )
    fields = "lessons { id attendance { status minutesLate reason } } students { id }"
    payload = await acts.act("smirnov", Role.TEACHER, "recordAttendance", sent, fields)
    assert payload == {
        "lessons": [
            {"id": acts.own("Lesson", "mon1", who), "attendance": {"status": s, "minutesLate": m, "reason": r}}
            for who, s, m, r in (
                ("ivan", "ABSENT", None, None),
                ("petr", "LATE", 12, None),
                ("fedor", "EXCUSED", None, "Олимпиада"),
                ("yakov", "PRESENT", None, None),
            )
        ],
        "students": [{"id": acts.id("Student", who)} for who in ("ivan", "petr", "fedor", "yakov")],
        "userErrors": [],
    }
    facts = await acts.found("diary.facts")
    assert {fact["student_id"] for fact in facts} == {acts.id("Student", w) for w in ("ivan", "petr", "fedor", "yakov")}
    [of_ivan] = [fact for fact in facts if fact["student_id"] == acts.id("Student", "ivan")]
    assert of_ivan["changes"] == [
        {"field": "status", "before": "LATE", "after": "ABSENT"},
        {"field": "minutes_late", "before": 7, "after": None},
    ]
    [of_fedor] = [fact for fact in facts if fact["student_id"] == acts.id("Student", "fedor")]
    assert {change["field"]: change["after"] for change in of_fedor["changes"]} == {
        "lesson_id": acts.id("Lesson", "mon1"),
        "status": "EXCUSED",
        "reason": {"length": 9, "hmac": None},
    }


@pytest.mark.parametrize("in_cache", [False, True])
async def test_totals_missed_lessons_and_the_week_are_right_after_a_record(
    acts: Acting, mongo_uri: str, redis_uri: str, *, in_cache: bool
) -> None:
    async with acting(mongo_uri, redis_uri, acts.prefix, cache=CacheSettings(enabled=in_cache)) as one:
        await one.restore()
        first = await seen(one, "ivan", TOTALS)
        missed = [node["id"] for node in first["missedLessons"]["nodes"]]
        assert first["attendanceSummary"] == {"present": 2, "absent": 3, "late": 1, "excused": 2, "lessons": 8}
        # Late for mathematics becomes absent; absent in Russian, which Rusova teaches, becomes late.
        sent = {
            "one": register(one, "mon1", entry(one, "ivan", "ABSENT")),
            "two": register(one, "mon1", entry(one, "ivan", "EXCUSED")),
        }
        query = f"""mutation ($one: RecordAttendanceInput!, $two: RecordAttendanceInput!) {{
          one: recordAttendance(input: $one) {{ students {{ {SUMMARY} }} userErrors {{ code }} }}
          two: recordAttendance(input: $two) {{ students {{ {SUMMARY} }} userErrors {{ code }} }} }}"""
        answer = await one.answer("smirnov", Role.TEACHER, query, sent)
        # Smirnov reads mathematics alone: 20 October, 10 November (ill), Monday; none of Tuesday's was held.
        assert answer["data"] == {
            "one": {
                "students": [{"attendanceSummary": {"present": 1, "absent": 1, "late": 0, "excused": 1, "lessons": 3}}],
                "userErrors": [],
            },
            "two": {
                "students": [{"attendanceSummary": {"present": 1, "absent": 0, "late": 0, "excused": 2, "lessons": 3}}],
                "userErrors": [],
            },
        }
        assert await recorded(one, "mon2", entry(one, "ivan", "LATE", minutesLate=3), who="rusova") == []
        now = await seen(one, "ivan", TOTALS)
        assert now["attendanceSummary"] == {"present": 2, "absent": 2, "late": 1, "excused": 3, "lessons": 8}
        assert {node["id"] for node in now["missedLessons"]["nodes"]} == {
            *missed,
            one.own("Lesson", "mon1", "ivan"),
        } - {one.own("Lesson", "mon2", "ivan")}
        week = {lesson["id"]: lesson["attendance"] for day in now["diary"]["days"] for lesson in day["lessons"]}
        assert week[one.own("Lesson", "mon1", "ivan")] == {"status": "EXCUSED", "minutesLate": None, "reason": None}
        assert week[one.own("Lesson", "mon2", "ivan")] == {"status": "LATE", "minutesLate": 3, "reason": None}


async def test_a_record_of_the_lesson_comes_before_that_of_the_day(acts: Acting) -> None:
    # Ivan was ill on 10 November, and came to mathematics all the same.
    assert await recorded(acts, "a2026-11-10", entry(acts, "ivan", "PRESENT")) == []
    found = await seen(acts, "ivan", SUMMARY)
    assert found["attendanceSummary"] == {"present": 3, "absent": 3, "late": 1, "excused": 1, "lessons": 8}


async def test_the_same_record_again_changes_nothing(acts: Acting) -> None:
    records = [entry(acts, "ivan", "LATE", minutesLate=7), entry(acts, "petr", "ABSENT")]
    assert await recorded(acts, "mon1", *records) == []
    assert len(await acts.found("diary.facts")) == 1  # Ivan's stood there already
    answer = await acts.answer(
        "smirnov", Role.TEACHER, mutation("recordAttendance"), {"input": register(acts, "mon1", *records)}
    )
    assert answer["extensions"]["replayed"] == [["recordAttendance"]]
    assert len(await acts.found("diary.facts")) == 1
    assert len(await acts.found("diary.attendance", lesson_id=acts.id("Lesson", "mon1"))) == 2


async def test_all_records_of_another_system_are_changed_so_that_none_outranks_the_teacher_s(acts: Acting) -> None:
    [known] = await acts.found("diary.attendance", _id=acts.id("AttendanceRecord", "late"))
    twice = {**known, "_id": "att_twice", "status": "EXCUSED", "source_status": "уволен"}
    await acts.client[f"{acts.prefix}_diary"].attendance.insert_one(twice)
    assert await recorded(acts, "mon1", entry(acts, "ivan", "PRESENT")) == []
    stored = await acts.found("diary.attendance", lesson_id=acts.id("Lesson", "mon1"))
    assert [(one["status"], one["minutes_late"], one["source_status"]) for one in stored] == [
        ("PRESENT", None, None)
    ] * 2


async def test_two_at_once_leave_one_record(acts: Acting) -> None:
    both = [recorded(acts, "mon1", entry(acts, "petr", status)) for status in ("ABSENT", "EXCUSED") * 4]
    assert await asyncio.gather(*both) == [[]] * 8
    assert len(await acts.found("diary.attendance", student_id=acts.id("Student", "petr"))) == 1


async def test_each_bad_row_has_its_error_and_nothing_is_recorded(acts: Acting) -> None:
    problems = await recorded(
        acts,
        "mon1",
        entry(acts, "ivan", "ABSENT"),
        entry(acts, "anna", "ABSENT"),  # of 7Б
        {"studentId": "stu_nobody", "status": "ABSENT"},
        entry(acts, "petr", "ABSENT", minutesLate=5),
        entry(acts, "fedor", "LATE", minutesLate=0),
        entry(acts, "yakov", "LATE", minutesLate=41),
        entry(acts, "ivan", "PRESENT"),
        entry(acts, "alyona", "EXCUSED", reason="\u200b"),
        entry(acts, "ivan-twice", "ABSENT"),
    )
    assert problems == [
        ("NOT_FOUND", ["records", "1", "studentId"]),
        ("NOT_FOUND", ["records", "2", "studentId"]),
        ("INVALID_INPUT", ["records", "3", "minutesLate"]),
        ("OUT_OF_RANGE", ["records", "4", "minutesLate"]),
        ("OUT_OF_RANGE", ["records", "5", "minutesLate"]),
        ("INVALID_INPUT", ["records", "6", "studentId"]),
        ("REQUIRED", ["records", "7", "reason"]),
        ("NOT_FOUND", ["records", "8", "studentId"]),
    ]
    assert await acts.found("diary.facts") == []
    assert len(await acts.found("diary.attendance", lesson_id=acts.id("Lesson", "mon1"))) == 1


async def test_rows_are_named_and_bounded(acts: Acting) -> None:
    assert await recorded(acts, "mon1") == [("REQUIRED", ["records"])]
    many = [entry(acts, "ivan", "ABSENT")] * 151
    assert await recorded(acts, "mon1", *many) == [("TOO_MANY", ["records"])]
    long = entry(acts, "ivan", "EXCUSED", reason="ы" * 501)
    assert await recorded(acts, "mon1", long) == [("TOO_LONG", ["records", "0", "reason"])]
    sent = {"lessonId": acts.id("Lesson", "mon1"), "records": [{"studentId": "stu_x", "status": "GONE"}]}
    answer = await acts.answer("smirnov", Role.TEACHER, mutation("recordAttendance"), {"input": sent})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    for field in ("studentId", "status"):
        row = {**entry(acts, "ivan", "ABSENT"), field: None}
        answer = await acts.answer(
            "smirnov", Role.TEACHER, mutation("recordAttendance"), {"input": {**sent, "records": [row]}}
        )
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


async def test_a_lesson_is_recorded_from_its_beginning_on_if_it_takes_place(acts: Acting) -> None:
    ivan = entry(acts, "ivan", "ABSENT")
    payload = await acts.act("smirnov", Role.TEACHER, "recordAttendance", register(acts, "sat1", ivan))
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["retryAt"]) == (
        "WINDOW_CLOSED",
        ["lessonId"],
        "2026-11-21T08:30:00+05:00",
    )
    assert await recorded(acts, "tue1", ivan) == [("NOT_ALLOWED", ["lessonId"])]  # cancelled
    assert await recorded(acts, "tue4", ivan) == [("NOT_ALLOWED", ["lessonId"])]  # moved
    # Two problems of one input are two errors in its order.
    late = entry(acts, "petr", "PRESENT", minutesLate=1)
    assert await recorded(acts, "tue1", ivan, late) == [
        ("NOT_ALLOWED", ["lessonId"]),
        ("INVALID_INPUT", ["records", "1", "minutesLate"]),
    ]
    assert await acts.found("diary.facts") == []


async def test_a_lesson_of_another_school_year_is_not_recorded(acts: Acting) -> None:
    lesson = {"_id": acts.id("Lesson", "mon1")}
    await acts.change("schedule.lessons", lesson, {"$set": {"date": "2026-05-20"}})
    assignment = {"person_id": acts.id("Person", "smirnov"), "class_id": acts.id("Class", "7a")}
    student = {"_id": acts.id("Person", "ivan")}
    try:
        await acts.change("directory.staff_assignments", assignment, {"$set": {"starts_on": None}})
        await acts.change("directory.people", student, {"$set": {"enrolments.0.starts_on": "2025-09-01"}})
        payload = await acts.act(
            "smirnov", Role.TEACHER, "recordAttendance", register(acts, "mon1", entry(acts, "ivan", "ABSENT"))
        )
    finally:
        await acts.change("directory.people", student, {"$set": {"enrolments.0.starts_on": "2026-09-01"}})
        await acts.change("directory.staff_assignments", assignment, {"$set": {"starts_on": "2026-09-01"}})
        await acts.change("schedule.lessons", lesson, {"$set": {"date": "2026-11-16"}})
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["limit"]) == ("OUT_OF_RANGE", ["lessonId"], "2026-09-01")


async def test_only_who_teaches_the_lesson_records_it(acts: Acting) -> None:
    ivan = entry(acts, "ivan", "ABSENT")
    for who, lesson in (("rusova", "mon1"), ("smirnov", "mon2"), ("anglin", "mon3b"), ("zamenin", "mon1")):
        assert await recorded(acts, lesson, ivan, who=who) == [("NOT_FOUND", ["lessonId"])], (who, lesson)
    assert await recorded(acts, "mon3", ivan, who="anglin") == []
    assert await recorded(acts, "mon3", entry(acts, "fedor", "ABSENT"), who="anglin") == [
        ("NOT_FOUND", ["records", "0", "studentId"])  # of the other group
    ]
    # Timofey came to 7А on 2 November.
    assert await recorded(acts, "a2026-10-20", entry(acts, "timofey", "ABSENT")) == [
        ("NOT_FOUND", ["records", "0", "studentId"])
    ]
    assert await recorded(acts, "a2026-11-10", entry(acts, "timofey", "ABSENT")) == []


async def test_a_substitute_records_the_lesson_they_take_and_no_other(acts: Acting) -> None:
    ivan = entry(acts, "ivan", "PRESENT")
    fields = "lessons { id attendance { status } }"
    payload = await acts.act("zamenin", Role.TEACHER, "recordAttendance", register(acts, "tue2", ivan), fields)
    assert payload == {
        "lessons": [{"id": acts.own("Lesson", "tue2", "ivan"), "attendance": {"status": "PRESENT"}}],
        "userErrors": [],
    }
    for lesson in ("mon2", "a2026-11-10-2", "tue3"):
        assert await recorded(acts, lesson, ivan, who="zamenin") == [("NOT_FOUND", ["lessonId"])]
    assert await recorded(acts, "tue2", entry(acts, "anna", "ABSENT"), who="zamenin") == [
        ("NOT_FOUND", ["records", "0", "studentId"])
    ]
    # Nothing more of the student is read by it.
    answer = await acts.answer(
        "zamenin",
        Role.TEACHER,
        mutation("recordAttendance", "students { id displayName }"),
        {"input": register(acts, "tue2", entry(acts, "ivan", "ABSENT"))},
    )
    assert answer["data"]["recordAttendance"]["students"] == [None]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"NOT_FOUND"}


async def test_a_notice_of_absence_changes_neither_what_is_recorded_nor_what_is_answered(acts: Acting) -> None:
    """Students and teachers do not see notices: a record that depended on one would tell them of it."""
    answers = []
    for has_notice in (False, True):
        await acts.restore()
        await acts.client[f"{acts.prefix}_diary"].absence_notices.delete_many({})
        if has_notice:
            await acts.client[f"{acts.prefix}_diary"].absence_notices.insert_one(
                {
                    "_id": "abn_confirmed",
                    "school_id": acts.id("School", "perm"),
                    "student_id": acts.id("Student", "ivan"),
                    "kind": "DAYS",
                    "days": {"first": "2026-11-16", "last": "2026-11-16"},
                    "lesson_ids": [],
                    "reason": "Болеет",
                    "state": "CONFIRMED",
                    "sent_by_id": acts.id("Person", "olga"),
                    "sent_at": None,
                    "confirmed_by_id": acts.id("Person", "kuznetsova"),
                    "confirmed_at": None,
                }
            )
        sent = register(acts, "mon1", entry(acts, "ivan", "ABSENT"))
        payload = await acts.act(
            "smirnov",
            Role.TEACHER,
            "recordAttendance",
            sent,
            f"lessons {{ attendance {{ status }} }} students {{ {SUMMARY} }}",
        )
        answers.append((payload, await seen(acts, "ivan", TOTALS)))
    assert answers[0] == answers[1]
    assert answers[0][0]["lessons"] == [{"attendance": {"status": "ABSENT"}}]


async def test_the_commands_of_a_record_do_not_depend_on_the_number_of_students(acts: Acting) -> None:
    people = ("ivan", "petr", "fedor", "yakov", "alyona", "timofey")
    counts = []
    for students in (people[:1], people):
        await acts.restore()
        await acts.answer("smirnov", Role.TEACHER, "{ __typename }")
        acts.served.recorder.clear()
        records = [entry(acts, one, "EXCUSED") for one in students]
        fields = f"lessons {{ attendance {{ status }} }} students {{ {SUMMARY} }}"
        await acts.act("smirnov", Role.TEACHER, "recordAttendance", register(acts, "mon1", *records), fields)
        counts.append((len(acts.served.recorder.commands), [write[1:] for write in acts.served.recorder.writes]))
    assert counts[0] == counts[1]
    assert counts[0][1] == [("update", "attendance"), ("insert", "facts"), ("commitTransaction", 1)]
