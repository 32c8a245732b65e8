"""The week, homework, remarks, comments, attendance, absence notices (F48 to F68, F86, F87; T8, T13, T16, T17)."""

from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool


async def week(tiny: TinySchool, fields: str, day: str = "2026-11-16", **who: Any) -> list[Any]:
    """The days of a week of Ivan's diary, as his mother reads it."""
    person, role = who.get("by", ("olga", Role.PARENT))
    student = who.get("student", "ivan")
    own = await tiny.of_student(person, role, student, f'diary(week: "{day}") {{ days {{ {fields} }} }}')
    days: list[Any] = own["diary"]["days"]
    return days


async def lesson(tiny: TinySchool, key: str, fields: str, **who: Any) -> Any:
    """One lesson of Ivan's week."""
    days = await week(tiny, f"lessons {{ id {fields} }}", **who)
    wanted = tiny.own("Lesson", key, who.get("student", "ivan"))
    [found] = [x for day in days for x in day["lessons"] if x["id"] == wanted]
    return found


# ── the week ──


@pytest.mark.parametrize("day", ["2026-11-16", "2026-11-19", "2026-11-22"])
async def test_week_is_monday_to_sunday_whatever_day_of_it_is_named(tiny: TinySchool, day: str) -> None:
    own = await tiny.ivan(f'diary(week: "{day}") {{ startsOn endsOn days {{ date }} }}')
    assert own["diary"] == {
        "startsOn": "2026-11-16",
        "endsOn": "2026-11-22",
        "days": [{"date": f"2026-11-{day}"} for day in range(16, 23)],
    }


async def test_week_is_that_of_today_without_a_day(tiny: TinySchool) -> None:
    assert (await tiny.ivan("diary { startsOn }"))["diary"] == {"startsOn": "2026-11-16"}


async def test_days_without_lessons_are_empty_and_saturday_has_its_own(tiny: TinySchool) -> None:
    days = await week(tiny, "lessons { number }")
    assert [len(day["lessons"]) for day in days] == [3, 4, 2, 0, 0, 2, 0]


async def test_week_reaches_across_new_year_with_its_holidays(tiny: TinySchool) -> None:
    days = await week(tiny, "date holiday lessons { topic }", day="2027-01-03")
    assert [(day["date"], day["holiday"], [x["topic"] for x in day["lessons"]]) for day in days] == [
        ("2026-12-28", None, ["Тема year1"]),
        ("2026-12-29", None, []),
        ("2026-12-30", "Зимние каникулы", []),
        ("2026-12-31", "Зимние каникулы", []),
        ("2027-01-01", "Новый год", []),
        ("2027-01-02", "Новый год", ["Тема year2"]),
        ("2027-01-03", "Новый год", []),
    ]


async def test_lesson_has_an_id_of_its_student_so_that_siblings_never_mix(tiny: TinySchool) -> None:
    ids = []
    for student in ("ivan", "anna"):
        days = await week(tiny, "lessons { id topic }", student=student)
        ids += [x["id"] for x in days[2]["lessons"] if x["topic"] == "Тема wed7"]
    assert ids == [tiny.own("Lesson", "wed7", "ivan"), tiny.own("Lesson", "wed7", "anna")]


async def test_lesson_tells_topic_control_work_and_time_of_its_school(tiny: TinySchool) -> None:
    own = await lesson(tiny, "wed1", "topic isControlWork isExtended startsAt number room status")
    assert own == {
        "id": tiny.own("Lesson", "wed1", "ivan"),
        "topic": "Тема wed1",
        "isControlWork": True,
        "isExtended": False,
        "startsAt": "2026-11-18T08:30:00+05:00",
        "number": 1,
        "room": "21",
        "status": "PLANNED",
    }


async def test_lesson_of_the_second_half_of_the_day_is_in_the_week(tiny: TinySchool) -> None:
    assert (await lesson(tiny, "wed7", "isExtended number"))["isExtended"] is True


async def test_lesson_keeps_whom_and_what_was_substituted(tiny: TinySchool) -> None:
    own = await lesson(tiny, "tue2", "substitution { originalTeacher { familyName } insteadOfSubject { name } }")
    assert own["substitution"] == {"originalTeacher": {"familyName": "Русова"}, "insteadOfSubject": None}


async def test_lesson_carries_all_marks_of_one_subject_on_one_day(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon1", "marks { id }")
    assert {mark["id"] for mark in own["marks"]} == {tiny.id("Mark", "m2"), tiny.id("Mark", "m3")}


async def test_lesson_carries_homework_due_at_it_and_classwork_apart(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon1", "homework { text kind } classwork { text kind dueOn status }")
    assert own["homework"] == [{"text": "Задание late", "kind": "HOMEWORK"}]
    assert own["classwork"] == [{"text": "Задание classwork", "kind": "CLASSWORK", "dueOn": None, "status": None}]


async def test_lesson_carries_attendance_comments_and_for_a_parent_remarks(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon1", "attendance { status minutesLate } comments { text } remarks { text }")
    assert own["attendance"] == {"status": "LATE", "minutesLate": 7}
    assert own["comments"] == [{"text": "Слово praise"}]
    assert own["remarks"] == [{"text": "Слово noise"}]


async def test_teacher_sees_the_lessons_of_his_own_subject_only(tiny: TinySchool) -> None:
    days = await week(tiny, "lessons { subject { name } }", by=("smirnov", Role.TEACHER))
    assert {x["subject"]["name"] for day in days for x in day["lessons"]} == {"Математика"}


async def test_two_weeks_of_one_student_are_both_whole(tiny: TinySchool) -> None:
    own = await tiny.ivan(
        'now: diary(week: "2026-11-16") { days { lessons { topic } } }'
        'then: diary(week: "2026-11-10") { days { lessons { topic } } }'
    )
    assert sum(len(day["lessons"]) for day in own["now"]["days"]) == 11
    assert [len(day["lessons"]) for day in own["then"]["days"]] == [0, 2, 0, 0, 0, 0, 0]


# ── acknowledgement ──


async def acknowledged(tiny: TinySchool, who: str, role: Role, day: str) -> Any:
    own = await tiny.of_student(
        who, role, "ivan", f'diary(week: "{day}") {{ acknowledgement {{ acknowledgedAt by {{ id }} }} }}'
    )
    return own["diary"]["acknowledgement"]


@pytest.mark.parametrize(("parent", "hour"), [("olga", "10"), ("igor", "18")])
async def test_acknowledgement_of_a_parent_is_his_own(tiny: TinySchool, parent: str, hour: str) -> None:
    assert await acknowledged(tiny, parent, Role.PARENT, "2026-11-11") == {
        "acknowledgedAt": f"2026-11-15T{hour}:00:00+05:00",
        "by": {"id": tiny.id("Person", parent)},
    }


async def test_acknowledgement_is_null_for_the_parent_who_has_not_seen_the_week(tiny: TinySchool) -> None:
    assert await acknowledged(tiny, "olga", Role.PARENT, "2026-11-16") is None


async def test_class_teacher_is_shown_the_latest_acknowledgement_of_any_parent(tiny: TinySchool) -> None:
    found = await acknowledged(tiny, "kuznetsova", Role.CLASS_TEACHER, "2026-11-11")
    assert found["by"] == {"id": tiny.id("Person", "igor")}


# ── homework ──


async def tasks(tiny: TinySchool, student: str, arguments: str = "") -> dict[str, Any]:
    own = await tiny.of_student(
        student,
        Role.STUDENT,
        student,
        f"homework(first: 100{arguments}) {{ nodes {{ text status dueOn assignedOn }} }}",
    )
    return {node["text"].removeprefix("Задание "): node for node in own["homework"]["nodes"]}


async def test_homework_is_the_latest_first_with_the_time_it_takes(tiny: TinySchool) -> None:
    own = await tiny.ivan("homework { nodes { text estimatedMinutes assignedOn dueOn attachments { name url } } }")
    nodes = own["homework"]["nodes"]
    assert nodes[0] == {
        "text": "Задание today",
        "estimatedMinutes": 45,
        "assignedOn": "2026-11-16",
        "dueOn": "2026-11-18",
        "attachments": [{"name": "today.pdf", "url": "https://files.example/today.pdf"}],
    }
    assert nodes[-1]["assignedOn"] == "2026-10-20"


async def test_individual_homework_is_its_students_only(tiny: TinySchool) -> None:
    assert "petr's own" in await tasks(tiny, "petr")
    assert "petr's own" not in await tasks(tiny, "ivan")


async def test_individual_homework_of_another_is_not_at_ones_lesson(tiny: TinySchool) -> None:
    assert (await lesson(tiny, "wed1", "homework { text }"))["homework"] == [{"text": "Задание today"}]
    his = await lesson(tiny, "wed1", "homework { text isIndividual }", by=("pavel", Role.PARENT), student="petr")
    assert {"text": "Задание petr's own", "isIndividual": True} in his["homework"]


async def test_homework_of_a_group_is_its_members_only(tiny: TinySchool) -> None:
    own = await tasks(tiny, "ivan")
    assert "english" in own
    assert "english 2" not in own


async def test_homework_after_a_transfer_is_what_was_set_while_in_each_class(tiny: TinySchool) -> None:
    own = await tasks(tiny, "timofey")
    assert {"b2026-10-20", "a2026-11-10"} <= own.keys()
    assert not {"a2026-10-20", "b2026-11-10"} & own.keys()


@pytest.mark.parametrize(
    ("student", "task", "status"),
    [
        ("ivan", "today", "DONE"),
        ("petr", "today", "ASSIGNED"),
        ("ivan", "late", "ASSIGNED"),
        ("petr", "late", "SUBMITTED"),
        ("alyona", "late", "CHECKED"),
        ("fedor", "late", "RETURNED"),
        ("ivan", "classwork", None),
    ],
)
async def test_homework_status_follows_what_the_student_did(
    tiny: TinySchool, student: str, task: str, status: str
) -> None:
    assert (await tasks(tiny, student))[task]["status"] == status


async def test_class_teacher_reads_that_homework_was_returned(tiny: TinySchool) -> None:
    own = await tiny.of_student("kuznetsova", Role.CLASS_TEACHER, "fedor", "homework { nodes { text status } }")
    assert {"text": "Задание late", "status": "RETURNED"} in own["homework"]["nodes"]


async def test_homework_is_of_the_days_and_the_subject_asked_for(tiny: TinySchool) -> None:
    days = ', days: {first: "2026-11-16", last: "2026-11-16"}'
    assert (await tasks(tiny, "ivan", days)).keys() == {"late", "classwork", "english"}
    subject = f', subjectId: "{tiny.id("Subject", "eng")}"'
    assert (await tasks(tiny, "ivan", subject)).keys() == {"english"}


async def test_parent_reads_the_status_of_homework_though_not_what_was_handed_in(tiny: TinySchool) -> None:
    homework = "homework { nodes { status submission { id } } }"
    query = f'{{ student(id: "{tiny.id("Student", "petr")}") {{ {homework} }} }}'
    answer = await tiny.answer("pavel", Role.PARENT, query)
    assert "SUBMITTED" in [node["status"] for node in answer["data"]["student"]["homework"]["nodes"]]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}


async def submission(tiny: TinySchool, student: str, task: str) -> Any:
    fields = "text submission { submittedAt text isLate state answer attachments { name } }"
    own = await tiny.of_student(student, Role.STUDENT, student, f"homework {{ nodes {{ {fields} }} }}")
    [found] = [node for node in own["homework"]["nodes"] if node["text"] == f"Задание {task}"]
    return found["submission"]


async def test_student_reads_what_he_handed_in_and_the_answer(tiny: TinySchool) -> None:
    assert await submission(tiny, "petr", "late") == {
        "submittedAt": "2026-11-17T21:00:00+05:00",
        "text": "Решение",
        "isLate": True,
        "state": "SUBMITTED",
        "answer": "Молодец",
        "attachments": [{"name": "решение.pdf"}],
    }


async def test_returned_homework_is_to_be_done_again_with_the_teachers_word(tiny: TinySchool) -> None:
    own = await submission(tiny, "fedor", "late")
    assert (own["state"], own["answer"]) == ("RETURNED", "Переделать")


async def test_ticked_off_homework_has_nothing_handed_in(tiny: TinySchool) -> None:
    assert await submission(tiny, "ivan", "today") is None


# ── remarks and comments ──


async def test_remarks_stand_the_latest_first_for_the_parent(tiny: TinySchool) -> None:
    own = await tiny.by_mother("remarks { totalCount nodes { madeOn text kind subject { name } lesson { topic } } }")
    assert own["remarks"] == {
        "totalCount": 2,
        "nodes": [
            {
                "madeOn": "2026-11-16",
                "text": "Слово noise",
                "kind": "Поведение",
                "subject": {"name": "Математика"},
                "lesson": {"topic": "Дроби"},
            },
            {"madeOn": "2026-11-12", "text": "Слово late again", "kind": "Поведение", "subject": None, "lesson": None},
        ],
    }


async def test_remarks_are_those_within_the_days(tiny: TinySchool) -> None:
    own = await tiny.by_mother('remarks(days: {first: "2026-11-12", last: "2026-11-15"}) { nodes { text } }')
    assert own["remarks"]["nodes"] == [{"text": "Слово late again"}]


@pytest.mark.parametrize("fields", ["remarks { totalCount }", "diary { days { lessons { remarks { id } } } }"])
async def test_student_learns_nothing_of_remarks_and_none_is_read(tiny: TinySchool, fields: str) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ {fields} }} }}'
    errors = await tiny.failing("ivan", Role.STUDENT, query)
    assert {error["code"] for error in errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    assert tiny.served.recorder.touched("diary", "remarks") == 0


async def test_comments_are_the_students_too_and_no_remark_is_among_them(tiny: TinySchool) -> None:
    own = await tiny.ivan("comments { totalCount nodes { text author { familyName } } }")
    assert own["comments"] == {
        "totalCount": 2,
        "nodes": [
            {"text": "Слово praise", "author": {"familyName": "Смирнов"}},
            {"text": "Слово reading", "author": {"familyName": "Смирнов"}},
        ],
    }


async def test_teacher_reads_the_comments_of_his_own_subject_only(tiny: TinySchool) -> None:
    own = await tiny.of_student("smirnov", Role.TEACHER, "ivan", "comments { totalCount nodes { text } }")
    assert own["comments"] == {"totalCount": 1, "nodes": [{"text": "Слово praise"}]}


# ── attendance ──


async def test_attendance_stands_the_latest_first_with_the_words_of_the_source(tiny: TinySchool) -> None:
    own = await tiny.ivan("attendance { totalCount nodes { date status reason sourceStatus lesson { topic } } }")
    assert own["attendance"]["totalCount"] == 5
    assert [node["date"] for node in own["attendance"]["nodes"]] == ["2026-11-17", *["2026-11-16"] * 3, "2026-11-10"]
    assert own["attendance"]["nodes"][-1] == {
        "date": "2026-11-10",
        "status": "EXCUSED",
        "reason": "Болезнь",
        "sourceStatus": "уволен",
        "lesson": None,
    }


@pytest.mark.parametrize(
    ("arguments", "statuses"),
    [
        ("statuses: [ABSENT, LATE]", ["ABSENT", "ABSENT", "LATE"]),
        ("statuses: []", []),
        ('days: {first: "2026-11-10", last: "2026-11-10"}', ["EXCUSED"]),
        ('days: {first: "2026-11-16", last: "2026-11-16"}, statuses: [PRESENT]', ["PRESENT"]),
    ],
)
async def test_attendance_is_filtered_by_days_and_statuses(
    tiny: TinySchool, arguments: str, statuses: list[str]
) -> None:
    own = await tiny.ivan(f"attendance({arguments}) {{ totalCount nodes {{ status }} }}")
    assert sorted(node["status"] for node in own["attendance"]["nodes"]) == statuses
    assert own["attendance"]["totalCount"] == len(statuses)


async def test_attendance_of_a_subject_is_also_that_of_whole_days_on_which_it_was_taught(tiny: TinySchool) -> None:
    own = await tiny.ivan(f'attendance(subjectId: "{tiny.id("Subject", "rus")}") {{ nodes {{ date status }} }}')
    assert own["attendance"]["nodes"] == [
        {"date": "2026-11-17", "status": "ABSENT"},
        {"date": "2026-11-16", "status": "ABSENT"},
        {"date": "2026-11-10", "status": "EXCUSED"},
    ]


async def test_two_records_of_one_day_are_both_kept(tiny: TinySchool) -> None:
    own = await tiny.of_student("fedor", Role.STUDENT, "fedor", "attendance { totalCount nodes { date status } }")
    assert own["attendance"]["totalCount"] == 2
    assert {node["status"] for node in own["attendance"]["nodes"]} == {"ABSENT", "EXCUSED"}


async def test_summary_counts_every_lesson_held_once_and_a_day_for_all_its_lessons(tiny: TinySchool) -> None:
    # Monday: late, absent, there. Tuesday, absent all day: two held. On the 10th, excused all day: two. October: there.
    own = await tiny.ivan("attendanceSummary { lessons present absent late excused }")
    assert own["attendanceSummary"] == {"lessons": 8, "present": 2, "absent": 3, "late": 1, "excused": 2}


async def test_summary_is_of_the_days_and_the_subject(tiny: TinySchool) -> None:
    days = 'days: {first: "2026-11-16", last: "2026-11-16"}'
    own = await tiny.ivan(
        f"all: attendanceSummary({days}) {{ lessons present absent late excused }}"
        f'rus: attendanceSummary({days}, subjectId: "{tiny.id("Subject", "rus")}") {{ lessons absent }}'
    )
    assert own["all"] == {"lessons": 3, "present": 1, "absent": 1, "late": 1, "excused": 0}
    assert own["rus"] == {"lessons": 1, "absent": 1}


async def test_missed_lessons_are_single_ones_and_those_of_whole_days_with_their_topics(tiny: TinySchool) -> None:
    own = await tiny.ivan("missedLessons { totalCount nodes { date topic status } }")
    # Neither the cancelled nor the moved lesson of Tuesday was missed: they did not take place then.
    assert [(node["date"], node["topic"]) for node in own["missedLessons"]["nodes"]] == [
        ("2026-11-17", "Тема tue3"),
        ("2026-11-17", "Тема tue2"),
        ("2026-11-16", "Тема mon2"),
        ("2026-11-10", "Тема a2026-11-10-2"),
        ("2026-11-10", "Тема a2026-11-10"),
    ]
    assert own["missedLessons"]["totalCount"] == 5


async def test_missed_lessons_are_those_within_the_days(tiny: TinySchool) -> None:
    own = await tiny.ivan('missedLessons(days: {first: "2026-11-11", last: "2026-11-16"}) { nodes { topic } }')
    assert own["missedLessons"]["nodes"] == [{"topic": "Тема mon2"}]


async def test_missed_lessons_are_none_for_who_was_always_there(tiny: TinySchool) -> None:
    own = await tiny.of_student("petr", Role.STUDENT, "petr", "missedLessons { totalCount nodes { id } }")
    assert own["missedLessons"] == {"totalCount": 0, "nodes": []}


# ── absence notices ──


async def test_absence_notices_tell_their_state_and_lessons(tiny: TinySchool) -> None:
    fields = "kind state days { first last } reason sentBy { id } sentAt confirmedBy { id } confirmedAt lessons { id }"
    own = await tiny.by_mother(f"absenceNotices {{ totalCount nodes {{ {fields} }} }}")
    assert own["absenceNotices"] == {
        "totalCount": 2,
        "nodes": [
            {
                "kind": "LESSONS",
                "state": "SENT",
                "days": {"first": "2026-11-16", "last": "2026-11-16"},
                "reason": "Болезнь",
                "sentBy": {"id": tiny.id("Person", "olga")},
                "sentAt": "2026-11-16T07:00:00+05:00",
                "confirmedBy": None,
                "confirmedAt": None,
                "lessons": [{"id": tiny.own("Lesson", "mon2", "ivan")}],
            },
            {
                "kind": "SPAN",
                "state": "CONFIRMED",
                "days": {"first": "2026-11-10", "last": "2026-11-12"},
                "reason": "Болезнь",
                "sentBy": {"id": tiny.id("Person", "igor")},
                "sentAt": "2026-11-10T07:00:00+05:00",
                "confirmedBy": {"id": tiny.id("Person", "kuznetsova")},
                "confirmedAt": "2026-11-10T09:00:00+05:00",
                "lessons": [],
            },
        ],
    }


async def test_class_teacher_reads_absence_notices_and_a_subject_teacher_does_not(tiny: TinySchool) -> None:
    own = await tiny.of_student("kuznetsova", Role.CLASS_TEACHER, "ivan", "absenceNotices { totalCount }")
    assert own["absenceNotices"]["totalCount"] == 2
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ absenceNotices {{ totalCount }} }} }}'
    [error] = await tiny.failing("smirnov", Role.TEACHER, query)
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
