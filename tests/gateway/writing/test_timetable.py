"""What administrators change in the timetable, rule by rule. Today is Wednesday 18 November 2026.

All lessons of the school by hand are in room 21 of the main building. On Monday 23 November there are none; the bells
of that day are 1: 08:30 to 09:10, 2: 09:20 to 10:00, 3: 10:20 to 11:00 for the first shift.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

import pytest

from auth.viewer import Role
from gateway.settings import CacheSettings
from tests.gateway.building import Builder, at
from tests.gateway.writing.acting import Acting, acting, codes_of, limits_of

ADMIN: Final = ("admin", Role.ADMINISTRATOR)
LESSON: Final = """lesson { id number startsAt endsAt room building status version teachers { id } subject { id }
  substitution { originalTeacher { id } substituteTeacher { id } insteadOfSubject { id } }
  movedTo { id startsAt number status movedFrom { id } } }"""
TIMETABLE: Final = """query ($class: ID!, $week: Date) { class(id: $class) { timetable(week: $week) { days { lessons {
  id number startsAt room status teachers { id } movedTo { id startsAt } movedFrom { id } } } } } }"""
MONDAY: Final = "2026-11-23"


async def put(acts: Acting, key: str, day: str, number: int, **changes: Any) -> str:
    """Add a lesson to the timetable, as an import would; without a teacher, a room or a class of those before."""
    one = Builder(acts.prefix)
    one.lesson(key, day, number, "phys", **changes)
    [lesson] = one.documents["schedule", "lessons"]
    await acts.client[f"{acts.prefix}_schedule"].lessons.insert_one(dict(lesson))
    return str(lesson["_id"])


async def timetable(
    acts: Acting, school_class: str, week: str, who: tuple[str, Role] = ("olga", Role.PARENT)
) -> dict[str, dict[str, Any]]:
    """The lessons of a week by their ids, as *who* reads them."""
    answer = await acts.answer(*who, TIMETABLE, {"class": acts.id("Class", school_class), "week": week})
    assert "errors" not in answer
    days = answer["data"]["class"]["timetable"]["days"]
    return {lesson["id"]: lesson for day in days for lesson in day["lessons"]}


async def facts(acts: Acting) -> list[dict[str, Any]]:
    return await acts.found("schedule.facts")


async def unchanged(acts: Acting) -> bool:
    """Whether no lesson was changed, and no fact or key written."""
    changed = await acts.found("schedule.lessons", version={"$exists": True})
    return changed == await facts(acts) == await acts.found("schedule.idempotency") == []


def each_change(acts: Acting) -> dict[str, dict[str, Any]]:
    """An input of each mutation that changes a lesson, without the lesson and its version."""
    return {
        "editLesson": {"room": "31"},
        "moveLesson": {"date": MONDAY},
        "cancelLesson": {},
        "substitute": {"teacherId": acts.id("Person", "zamenin")},
    }


async def test_the_room_of_a_lesson_is_seen_by_all_at_once_after_it_was_edited(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    values = {"lessonId": lesson, "version": 0, "room": " 35 ", "building": None}
    payload = await acts.act(*ADMIN, "editLesson", values, LESSON)
    assert payload["userErrors"] == []
    assert (payload["lesson"]["room"], payload["lesson"]["building"]) == ("35", None)
    assert payload["lesson"]["version"] == 1
    assert (await timetable(acts, "7a", "2026-11-21"))[lesson]["room"] == "35"
    own = acts.own("Lesson", "sat1", "ivan")
    answer = await acts.answer(
        "ivan", Role.STUDENT, "query ($id: ID!) { node(id: $id) { ... on Lesson { room } } }", {"id": own}
    )
    assert answer["data"]["node"]["room"] == "35"
    [fact] = await facts(acts)
    assert (fact["action"], fact["object_id"], fact["student_id"]) == ("editLesson", lesson, None)
    assert fact["actor"] == {"person_id": acts.id("Person", "admin"), "role": "ADMINISTRATOR"}
    assert fact["changes"] == [
        {"field": "room", "before": "21", "after": "35"},
        {"field": "building", "before": "Главный корпус", "after": None},
    ]


async def test_a_lesson_takes_place_when_the_bells_say_after_its_number_was_edited(acts: Acting) -> None:
    lesson = await put(acts, "mon1st", MONDAY, 1)
    payload = await acts.act(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "number": 3}, LESSON)
    assert payload["userErrors"] == []
    assert payload["lesson"]["startsAt"] == "2026-11-23T10:20:00+05:00"
    assert payload["lesson"]["endsAt"] == "2026-11-23T11:00:00+05:00"
    own_times = {"lessonId": lesson, "version": 1, "startsAt": "10:30", "endsAt": "11:10"}
    payload = await acts.act(*ADMIN, "editLesson", own_times, LESSON)
    assert (payload["lesson"]["number"], payload["lesson"]["startsAt"]) == (3, "2026-11-23T10:30:00+05:00")
    # Both shifts have a second lesson: the one at 09:20 is nearer to this one than that at 14:45.
    payload = await acts.act(*ADMIN, "editLesson", {"lessonId": lesson, "version": 2, "number": 2}, LESSON)
    assert payload["lesson"]["startsAt"] == "2026-11-23T09:20:00+05:00"
    problems = await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 3, "number": 9})
    assert problems == [("INVALID_INPUT", ["number"])]


async def test_teachers_who_were_wrong_in_the_timetable_are_edited_without_a_substitution(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    rusova = acts.id("Person", "rusova")
    values = {"lessonId": lesson, "version": 0, "teacherIds": [acts.id("Person", "rusova-twice"), rusova]}
    payload = await acts.act(*ADMIN, "editLesson", values, LESSON)
    assert payload["userErrors"] == []
    assert (payload["lesson"]["teachers"], payload["lesson"]["substitution"]) == ([{"id": rusova}], None)
    [stored] = await acts.found("schedule.lessons", _id=lesson)
    assert stored["teacher_ids"] == [rusova]
    strangers = ["olga", "ivan", "admin", "ushla", "nobody"]
    values = {"lessonId": lesson, "version": 1, "teacherIds": [acts.id("Person", own) for own in strangers]}
    assert await acts.codes(*ADMIN, "editLesson", values) == [("NOT_FOUND", ["teacherIds", str(n)]) for n in range(5)]
    # The substitute of Tuesday is not a teacher whom the timetable had wrong.
    values = {"lessonId": acts.id("Lesson", "tue2"), "version": 0, "teacherIds": [rusova]}
    assert await acts.codes(*ADMIN, "editLesson", values) == [("NOT_ALLOWED", ["teacherIds"])]


async def test_all_problems_of_an_input_come_at_once_in_its_order(acts: Acting) -> None:
    values = {
        "lessonId": "les_nothing",
        "number": 21,
        "startsAt": "10:00",
        "room": " ",
        "building": "К" * 51,
    }
    payload = await acts.act(*ADMIN, "editLesson", values)
    assert limits_of(payload) == [
        ("NOT_FOUND", ["lessonId"], None),
        ("REQUIRED", ["version"], None),
        ("OUT_OF_RANGE", ["number"], "20"),
        ("REQUIRED", ["endsAt"], None),
        ("REQUIRED", ["room"], None),
        ("TOO_LONG", ["building"], "50"),
    ]
    lesson = acts.id("Lesson", "sat1")
    values = {"lessonId": lesson, "date": "2026-11-17", "number": -1, "startsAt": "10:00", "endsAt": "10:00"}
    payload = await acts.act(*ADMIN, "moveLesson", values)
    assert limits_of(payload) == [
        ("REQUIRED", ["version"], None),
        ("OUT_OF_RANGE", ["date"], "2026-11-18"),
        ("OUT_OF_RANGE", ["number"], "0"),
        ("INVALID_INPUT", ["endsAt"], None),
    ]
    values = {"lessonId": lesson, "version": 0, "teacherIds": [acts.id("Person", "smirnov")] * 11}
    assert await acts.codes(*ADMIN, "editLesson", values) == [("TOO_MANY", ["teacherIds"])]
    assert await unchanged(acts)


async def test_a_lesson_that_is_edited_overlaps_no_other_in_room_teacher_or_class(acts: Acting) -> None:
    lesson = await put(acts, "mon1st", MONDAY, 1, teacher="rusova", room="30")
    room = await put(
        acts, "mon2nd room", MONDAY, 2, teacher="anglin", room="31", classes=("9a",), time=("09:20", "10:00")
    )
    teacher = await put(
        acts, "mon2nd rusova", MONDAY, 2, teacher="rusova", room="40", classes=("7b",), time=("09:20", "10:00")
    )
    own = await put(acts, "mon2nd 7a", MONDAY, 2, teacher="zamenin", room="41", time=("09:20", "10:00"))
    at_two = {"lessonId": lesson, "version": 0, "number": 2, "room": "31"}
    payload = await acts.act(*ADMIN, "editLesson", at_two, "lesson { number version } overlapping { id }")
    assert codes_of(payload) == [
        ("OVERLAPS", ["number"]),
        ("OVERLAPS", ["number"]),
        ("OVERLAPS", ["room"]),
    ]
    assert [error["message"] for error in payload["userErrors"]] == [
        "The teacher has another lesson at this time.",
        "The class has another lesson at this time.",
        "Another lesson is in this room at this time.",
    ]
    assert payload["lesson"] == {"number": 1, "version": 0}
    assert [one["id"] for one in payload["overlapping"]] == [teacher, own, room]
    assert await unchanged(acts)
    payload = await acts.act(
        *ADMIN, "editLesson", at_two | {"ignoreOverlaps": True}, "lesson { number } overlapping { id }"
    )
    assert payload == {"lesson": {"number": 2}, "overlapping": [], "userErrors": []}
    # Overlaps that were there before are no problem of another change.
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 1, "room": "32"}) == []
    busy = {"lessonId": own, "version": 0, "teacherIds": [acts.id("Person", "rusova")]}
    assert await acts.codes(*ADMIN, "editLesson", busy) == [("OVERLAPS", ["teacherIds"])]


async def test_lessons_one_after_the_other_do_not_overlap_nor_does_one_that_is_cancelled(acts: Acting) -> None:
    lesson = await put(acts, "mon1st", MONDAY, 1)
    await put(acts, "mon after", MONDAY, 3, time=("10:00", "10:40"))
    await put(acts, "mon cancelled", MONDAY, 2, time=("09:20", "10:00"), status="CANCELLED")
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "number": 2}) == []


async def test_groups_overlap_only_where_somebody_learns_in_both(acts: Acting) -> None:
    elsewhere = {"teacher": "zamenin", "room": "50"}
    of_ivan = await put(acts, "mon eng1", MONDAY, 1, group="eng1", teacher="anglin")
    parallel = await put(acts, "mon eng2", MONDAY, 2, group="eng2", time=("09:20", "10:00"), **elsewhere)
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": parallel, "version": 0, "number": 1}) == []
    # Ivan plays chess and learns English in the first group.
    chess = await put(
        acts,
        "mon chess",
        MONDAY,
        3,
        group="chess",
        classes=("7a", "7b"),
        teacher="rusova",
        room="51",
        time=("10:20", "11:00"),
    )
    first = {"lessonId": chess, "version": 0, "number": 1}
    payload = await acts.act(*ADMIN, "editLesson", first, "overlapping { id }")
    assert codes_of(payload) == [("OVERLAPS", ["number"])]
    assert payload["overlapping"] == [{"id": of_ivan}]


async def test_a_moved_lesson_stays_where_it_was_and_says_where_it_takes_place(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    values = {"lessonId": lesson, "version": 0, "date": MONDAY, "number": 2, "room": "35"}
    payload = await acts.act(*ADMIN, "moveLesson", values, LESSON)
    assert payload["userErrors"] == []
    target = payload["lesson"]["movedTo"]["id"]
    assert payload["lesson"]["status"] == "MOVED"
    assert payload["lesson"]["movedTo"] == {
        "id": target,
        "startsAt": "2026-11-23T09:20:00+05:00",
        "number": 2,
        "status": "PLANNED",
        "movedFrom": {"id": lesson},
    }
    before = (await timetable(acts, "7a", "2026-11-21"))[lesson]
    assert (before["number"], before["startsAt"], before["room"]) == (1, "2026-11-21T08:30:00+05:00", "21")
    assert before["movedTo"] == {"id": target, "startsAt": "2026-11-23T09:20:00+05:00"}
    after = await timetable(acts, "7a", MONDAY, ("ivan", Role.STUDENT))
    assert (after[target]["room"], after[target]["teachers"]) == ("35", [{"id": acts.id("Person", "smirnov")}])
    diary = """query ($s: ID!) { student(id: $s) { diary(week: "2026-11-21") { days { lessons {
      id status movedTo { id startsAt } } } } } }"""
    answer = await acts.answer("olga", Role.PARENT, diary, {"s": acts.id("Student", "ivan")})
    days = answer["data"]["student"]["diary"]["days"]
    shown = {one["id"]: one for day in days for one in day["lessons"]}[acts.own("Lesson", "sat1", "ivan")]
    assert (shown["status"], shown["movedTo"]) == ("MOVED", {"id": target, "startsAt": "2026-11-23T09:20:00+05:00"})
    [fact] = await facts(acts)
    assert {change["field"]: (change["before"], change["after"]) for change in fact["changes"]} == {
        "status": ("PLANNED", "MOVED"),
        "moved_to_id": (None, target),
        "date": ("2026-11-21", MONDAY),
        "number": (1, 2),
        "starts_at": (at("2026-11-21", "08:30"), at(MONDAY, "09:20")),
        "ends_at": (at("2026-11-21", "09:10"), at(MONDAY, "10:00")),
        "room": ("21", "35"),
    }
    # Sent again, it moves nothing; the moved lesson can be moved on, but the original cannot.
    assert await acts.codes(*ADMIN, "moveLesson", values) == []
    assert len(await facts(acts)) == 1
    other = values | {"version": 1, "date": "2026-11-24"}
    assert await acts.codes(*ADMIN, "moveLesson", other) == [("NOT_ALLOWED", ["lessonId"])]
    assert await acts.codes(*ADMIN, "moveLesson", other | {"lessonId": target}) == []


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        ("2026-11-17", ("OUT_OF_RANGE", ["date"])),
        ("2027-09-01", ("OUT_OF_RANGE", ["date"])),
        ("2027-01-04", ("INVALID_INPUT", ["date"])),  # winter holidays
        ("2026-11-22", ("INVALID_INPUT", ["number"])),  # a Sunday, which has no bells
        ("2026-11-21", ("INVALID_INPUT", ["date"])),  # where it is already, at a time that is no bell's
    ],
)
async def test_a_lesson_is_moved_to_a_day_of_study_alone(
    acts: Acting, day: str, problem: tuple[str, list[str]]
) -> None:
    values = {"lessonId": acts.id("Lesson", "sat1"), "version": 0, "date": day}
    assert await acts.codes(*ADMIN, "moveLesson", values) == [problem]
    assert await unchanged(acts)


async def test_a_lesson_is_moved_to_a_sunday_at_a_time_of_its_own(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    values = {"lessonId": lesson, "version": 0, "date": "2026-11-22", "startsAt": "12:00", "endsAt": "12:40"}
    payload = await acts.act(*ADMIN, "moveLesson", values, LESSON)
    assert payload["userErrors"] == []
    assert payload["lesson"]["movedTo"]["startsAt"] == "2026-11-22T12:00:00+05:00"


async def test_a_lesson_is_not_moved_onto_another_unless_that_is_wanted(acts: Acting) -> None:
    taken = await put(acts, "mon1st", MONDAY, 1, room=None)
    values = {"lessonId": acts.id("Lesson", "sat1"), "version": 0, "date": MONDAY}
    payload = await acts.act(*ADMIN, "moveLesson", values, "overlapping { id } lesson { status }")
    assert codes_of(payload) == [
        ("OVERLAPS", ["number"]),  # the teacher
        ("OVERLAPS", ["number"]),  # the class
    ]
    assert payload["overlapping"] == [{"id": taken}]
    assert payload["lesson"] == {"status": "PLANNED"}
    assert await unchanged(acts)
    assert await acts.codes(*ADMIN, "moveLesson", values | {"ignoreOverlaps": True}) == []


async def test_a_lesson_with_marks_or_attendance_is_neither_moved_nor_cancelled(acts: Acting) -> None:
    lesson = acts.id("Lesson", "mon1")
    for name, more in (("cancelLesson", {}), ("moveLesson", {"date": MONDAY})):
        values = {"lessonId": lesson, "version": 0, **more}
        assert await acts.codes(*ADMIN, name, values) == [("NOT_ALLOWED", ["lessonId"])]
    attended = acts.id("Lesson", "mon2")
    assert await acts.codes(*ADMIN, "cancelLesson", {"lessonId": attended, "version": 0}) == [
        ("NOT_ALLOWED", ["lessonId"])
    ]
    # Its room may be corrected, and who gave it.
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "room": "22"}) == []


async def test_a_remark_keeps_no_lesson_from_being_cancelled(acts: Acting) -> None:
    # Anna's lesson has a remark and nothing else: an administrator must not learn of it.
    values = {"lessonId": acts.id("Lesson", "monb"), "version": 0}
    assert await acts.codes(*ADMIN, "cancelLesson", values) == []


async def test_a_cancelled_lesson_can_take_place_after_all(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    for _ in range(2):  # the second time nothing is left to do
        payload = await acts.act(*ADMIN, "cancelLesson", {"lessonId": lesson, "version": 0}, LESSON)
        assert (payload["userErrors"], payload["lesson"]["status"], payload["lesson"]["version"]) == (
            [],
            "CANCELLED",
            1,
        )
    assert (await timetable(acts, "7a", "2026-11-21"))[lesson]["status"] == "CANCELLED"
    other = {"lessonId": lesson, "version": 1, "room": "1"}
    assert await acts.codes(*ADMIN, "editLesson", other) == [("NOT_ALLOWED", ["lessonId"])]
    assert await acts.codes(
        *ADMIN, "substitute", {"lessonId": lesson, "version": 1, "teacherId": acts.id("Person", "zamenin")}
    ) == [("NOT_ALLOWED", ["lessonId"])]
    await put(acts, "in its place", "2026-11-21", 1)
    back = {"lessonId": lesson, "version": 1, "isCancelled": False}
    assert await acts.codes(*ADMIN, "cancelLesson", back) == [("OVERLAPS", None)] * 3
    payload = await acts.act(*ADMIN, "cancelLesson", back | {"ignoreOverlaps": True}, LESSON)
    assert (payload["userErrors"], payload["lesson"]["status"]) == ([], "PLANNED")
    assert [fact["action"] for fact in await facts(acts)] == ["cancelLesson", "cancelLesson"]
    moved = acts.id("Lesson", "tue4")
    for is_cancelled in (True, False):
        values = {"lessonId": moved, "version": 0, "isCancelled": is_cancelled}
        assert await acts.codes(*ADMIN, "cancelLesson", values) == [("NOT_ALLOWED", ["lessonId"])]


SUBSTITUTIONS: Final = (
    """{ viewer { substitutions(week: "2026-11-21") { id members { person { id } lesson { id } } } } }"""
)


async def substituted(acts: Acting, who: str = "zamenin") -> list[str]:
    """The lessons of this week at which a teacher substitutes, besides the one of Tuesday."""
    answer = await acts.answer(who, Role.TEACHER, SUBSTITUTIONS)
    return [one["id"] for one in answer["data"]["viewer"]["substitutions"] if one["id"] != acts.id("Lesson", "tue2")]


async def test_a_substitute_has_that_lesson_and_no_other(acts: Acting) -> None:
    lesson, zamenin, smirnov = acts.id("Lesson", "sat1"), acts.id("Person", "zamenin"), acts.id("Person", "smirnov")
    own, next_one = acts.own("Lesson", "sat1", "ivan"), acts.own("Lesson", "sat2", "ivan")
    read = "query ($id: ID!) { node(id: $id) { id } }"
    assert await substituted(acts) == []
    assert (await acts.answer("zamenin", Role.TEACHER, read, {"id": own}))["data"]["node"] is None
    values = {"lessonId": lesson, "version": 0, "teacherId": zamenin}
    payload = await acts.act(*ADMIN, "substitute", values, LESSON)
    assert payload["userErrors"] == []
    assert payload["lesson"]["teachers"] == [{"id": zamenin}]
    assert payload["lesson"]["substitution"] == {
        "originalTeacher": {"id": smirnov},
        "substituteTeacher": {"id": zamenin},
        "insteadOfSubject": None,
    }
    assert await substituted(acts) == [lesson]
    assert (await acts.answer("zamenin", Role.TEACHER, read, {"id": own}))["data"]["node"] == {"id": own}
    assert (await acts.answer("zamenin", Role.TEACHER, read, {"id": next_one}))["data"]["node"] is None
    assert (await timetable(acts, "7a", "2026-11-21"))[lesson]["teachers"] == [{"id": zamenin}]
    [fact] = await facts(acts)
    assert {change["field"]: change["after"] for change in fact["changes"]} == {
        "teacher_ids": [zamenin],
        "original_teacher_id": smirnov,
        "substitute_teacher_id": zamenin,
    }
    # Another substitute takes the lesson over: the first one has it no longer, and who was planned stays.
    rusova = acts.id("Person", "rusova")
    values = {"lessonId": lesson, "version": 1, "teacherId": acts.id("Person", "rusova-twice")}
    payload = await acts.act(*ADMIN, "substitute", values, LESSON)
    assert payload["lesson"]["substitution"]["originalTeacher"] == {"id": smirnov}
    assert payload["lesson"]["teachers"] == [{"id": rusova}]
    assert await substituted(acts) == []
    assert await substituted(acts, "rusova") == [lesson]
    back = {"lessonId": lesson, "version": 2, "teacherId": None}
    payload = await acts.act(*ADMIN, "substitute", back, LESSON)
    assert (payload["lesson"]["teachers"], payload["lesson"]["substitution"]) == ([{"id": smirnov}], None)
    assert await substituted(acts, "rusova") == []


async def test_a_substitution_ends_when_the_lesson_is_moved_to_another_day_but_not_within_its_own(acts: Acting) -> None:
    lesson, zamenin = acts.id("Lesson", "sat1"), acts.id("Person", "zamenin")
    values = {"lessonId": lesson, "version": 0, "teacherId": zamenin, "subjectId": acts.id("Subject", "phys")}
    assert await acts.codes(*ADMIN, "substitute", values) == []
    later = {"lessonId": lesson, "version": 1, "date": "2026-11-21", "startsAt": "12:00", "endsAt": "12:40"}
    payload = await acts.act(*ADMIN, "moveLesson", later, "lesson { movedTo { id } }")
    assert payload["userErrors"] == []
    moved = payload["lesson"]["movedTo"]["id"]
    [stored] = await acts.found("schedule.lessons", _id=moved)
    assert (stored["teacher_ids"], stored["subject_id"]) == ([zamenin], acts.id("Subject", "phys"))
    payload = await acts.act(
        *ADMIN,
        "moveLesson",
        {"lessonId": moved, "version": 1, "date": MONDAY, "number": 1},
        "lesson { movedTo { id } }",
    )
    assert payload["userErrors"] == []
    [stored] = await acts.found("schedule.lessons", _id=payload["lesson"]["movedTo"]["id"])
    assert (stored["teacher_ids"], stored["subject_id"]) == ([acts.id("Person", "smirnov")], acts.id("Subject", "math"))
    assert stored["substitution"] is None


async def test_a_lesson_of_another_subject_keeps_the_one_that_was_planned(acts: Acting) -> None:
    lesson, phys = acts.id("Lesson", "sat1"), acts.id("Subject", "phys")
    payload = await acts.act(*ADMIN, "substitute", {"lessonId": lesson, "version": 0, "subjectId": phys}, LESSON)
    assert payload["userErrors"] == []
    assert payload["lesson"]["subject"] == {"id": phys}
    assert payload["lesson"]["substitution"] == {
        "originalTeacher": None,
        "substituteTeacher": None,
        "insteadOfSubject": {"id": acts.id("Subject", "math")},
    }
    both = {"lessonId": lesson, "version": 1, "teacherId": acts.id("Person", "zamenin")}
    payload = await acts.act(*ADMIN, "substitute", both, LESSON)
    assert payload["lesson"]["substitution"]["insteadOfSubject"] == {"id": acts.id("Subject", "math")}
    back = {"lessonId": lesson, "version": 2, "subjectId": None, "teacherId": None}
    payload = await acts.act(*ADMIN, "substitute", back, LESSON)
    assert (payload["lesson"]["subject"], payload["lesson"]["substitution"]) == (
        {"id": acts.id("Subject", "math")},
        None,
    )
    # Marks were given in mathematics: the subject stays, the teacher may be corrected.
    marked = {"lessonId": acts.id("Lesson", "mon1"), "version": 0}
    assert await acts.codes(*ADMIN, "substitute", marked | {"subjectId": phys}) == [("NOT_ALLOWED", ["subjectId"])]
    assert await acts.codes(*ADMIN, "substitute", marked | {"teacherId": acts.id("Person", "zamenin")}) == []


async def test_who_cannot_be_a_substitute_is_not_found(acts: Acting) -> None:
    lesson = {"lessonId": acts.id("Lesson", "sat1"), "version": 0}
    moscow = {"school_ids": [acts.id("School", "moscow")]}
    await acts.change("directory.people", {"_id": acts.id("Person", "anglin")}, {"$set": moscow})
    for who in ("olga", "ivan", "admin", "ushla", "anglin", "nobody"):
        values = lesson | {"teacherId": acts.id("Person", who), "subjectId": acts.id("Subject", "prog")}
        assert await acts.codes(*ADMIN, "substitute", values) == [
            ("NOT_FOUND", ["teacherId"]),
            ("NOT_FOUND", ["subjectId"]),
        ], who
    assert await acts.codes(*ADMIN, "substitute", lesson) == [("REQUIRED", None)]
    assert await unchanged(acts)


async def test_a_substitute_of_one_of_two_teachers_takes_the_place_that_is_named(acts: Acting) -> None:
    smirnov, rusova, zamenin = (acts.id("Person", own) for own in ("smirnov", "rusova", "zamenin"))
    lesson = await put(acts, "two teachers", MONDAY, 1, teacher_ids=[smirnov, rusova])
    values = {"lessonId": lesson, "version": 0, "teacherId": zamenin}
    assert await acts.codes(*ADMIN, "substitute", values) == [("REQUIRED", ["originalTeacherId"])]
    stranger = values | {"originalTeacherId": acts.id("Person", "anglin")}
    assert await acts.codes(*ADMIN, "substitute", stranger) == [("NOT_FOUND", ["originalTeacherId"])]
    payload = await acts.act(*ADMIN, "substitute", values | {"originalTeacherId": rusova}, LESSON)
    assert payload["lesson"]["teachers"] == [{"id": smirnov}, {"id": zamenin}]
    # Who was planned first is no substitute.
    payload = await acts.act(*ADMIN, "substitute", {"lessonId": lesson, "version": 1, "teacherId": rusova}, LESSON)
    assert (payload["lesson"]["teachers"], payload["lesson"]["substitution"]) == (
        [{"id": smirnov}, {"id": rusova}],
        None,
    )


async def test_a_substitute_who_teaches_elsewhere_at_that_time_is_a_problem_that_can_be_overridden(
    acts: Acting,
) -> None:
    await put(acts, "zamenin's", "2026-11-21", 1, teacher="zamenin", classes=("9a",), room="50")
    values = {"lessonId": acts.id("Lesson", "sat1"), "version": 0, "teacherId": acts.id("Person", "zamenin")}
    assert await acts.codes(*ADMIN, "substitute", values) == [("OVERLAPS", ["teacherId"])]
    assert await acts.codes(*ADMIN, "substitute", values | {"ignoreOverlaps": True}) == []


async def test_a_lesson_that_was_changed_meanwhile_is_a_conflict_that_shows_it(acts: Acting) -> None:
    lesson = acts.id("Lesson", "sat1")
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "room": "30"}) == []
    for name, change in each_change(acts).items():
        stale = {"lessonId": lesson, "version": 0, **change}
        payload = await acts.act(*ADMIN, name, stale, "lesson { room version status }")
        assert limits_of(payload) == [("CONFLICT", ["version"], "1")]
        assert payload["lesson"] == {"room": "30", "version": 1, "status": "PLANNED"}
    assert len(await facts(acts)) == 1
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": None, "room": "31"}) == []
    # What is as wanted already is no conflict.
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "room": "31"}) == []


async def test_nothing_is_said_of_lessons_at_schools_that_the_administrator_does_not_run(acts: Acting) -> None:
    smirnov = acts.id("Person", "smirnov")
    await put(acts, "elsewhere", MONDAY, 1, school="moscow", classes=("i21",), teacher="smirnov")
    lesson = await put(acts, "mon2nd", MONDAY, 2, time=("09:20", "10:00"))
    assert await acts.codes(*ADMIN, "editLesson", {"lessonId": lesson, "version": 0, "number": 1}) == []
    foreign = {"lessonId": acts.id("Lesson", "elsewhere"), "version": 0, "teacherIds": [smirnov], "room": "1"}
    assert await acts.codes(*ADMIN, "editLesson", foreign) == [("NOT_FOUND", ["lessonId"])]


async def test_a_lesson_of_another_school_year_is_not_changed(acts: Acting) -> None:
    lesson = await put(acts, "last year", "2026-04-20", 1)
    for name, change in each_change(acts).items():
        values = {"lessonId": lesson, "version": 0, **change}
        assert await acts.codes(*ADMIN, name, values) == [("NOT_ALLOWED", ["lessonId"])], name


async def test_of_two_lessons_that_are_moved_into_one_room_at_once_the_later_one_overlaps(acts: Acting) -> None:
    first = await put(acts, "one", "2026-11-24", 1, teacher="rusova", classes=("7b",))
    second = await put(acts, "other", "2026-11-24", 2, teacher="anglin", classes=("9a",), time=("09:20", "10:00"))
    answers = await asyncio.gather(
        *(
            acts.codes(*ADMIN, "moveLesson", {"lessonId": own, "version": 0, "date": MONDAY, "number": 3})
            for own in (first, second)
        )
    )
    assert sorted(map(len, answers)) == [0, 1]
    assert [("OVERLAPS", ["room"])] in answers


async def test_the_commands_of_a_change_do_not_grow_with_the_lessons_at_that_time(acts: Acting) -> None:
    lesson = {"lessonId": acts.id("Lesson", "sat1"), "version": 0, "date": MONDAY, "number": 2, "ignoreOverlaps": False}
    bearer = acts.bearer(*ADMIN)
    counts = []
    for others in (1, 12):
        for number in range(others):
            of_group = {"group": f"g{number % 2}", "classes": ("7a",), "time": ("09:20", "10:00")}
            await put(acts, f"at that time {others} {number}", MONDAY, 2, **of_group)
        await acts.served.warm(bearer)
        acts.served.recorder.clear()
        assert len(await acts.codes(*ADMIN, "moveLesson", lesson)) == 3
        counts.append(sorted((place, name) for place, name, _ in acts.served.recorder.commands))
    assert counts[0] == counts[1]


@pytest.fixture
async def cached(acts: Acting, mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    """The school behind caches that keep answers for as long as they may."""
    async with acting(mongo_uri, redis_uri, f"{acts.prefix}_cached", cache=CacheSettings()) as served:
        yield served


async def test_what_was_cached_before_is_not_shown_after_a_change_nor_later_in_its_operation(cached: Acting) -> None:
    lesson = cached.id("Lesson", "sat1")
    assert (await timetable(cached, "7a", "2026-11-21"))[lesson]["room"] == "21"
    document = """mutation ($input: EditLessonInput!, $next: EditLessonInput!) {
      first: editLesson(input: $input) {
        lesson { room classes { id timetable(week: "2026-11-21") { days { lessons { id room } } } } } }
      second: editLesson(input: $next) { lesson { room } userErrors { code } } }"""
    variables = {
        "input": {"lessonId": lesson, "version": 0, "room": "35"},
        "next": {"lessonId": lesson, "version": 1, "room": "36"},
    }
    data = (await cached.answer(*ADMIN, document, variables))["data"]
    [own] = data["first"]["lesson"]["classes"]
    shown = {one["id"]: one["room"] for day in own["timetable"]["days"] for one in day["lessons"]}
    assert shown[lesson] == "35"
    assert data["second"] == {"lesson": {"room": "36"}, "userErrors": []}
    assert (await timetable(cached, "7a", "2026-11-21"))[lesson]["room"] == "36"
    assert (await timetable(cached, "7a", "2026-11-21", ("smirnov", Role.TEACHER)))[lesson]["room"] == "36"


async def test_a_lesson_that_has_ended_is_held_when_it_takes_place_after_all(acts: Acting) -> None:
    lesson = acts.id("Lesson", "tue1")
    payload = await acts.act(*ADMIN, "cancelLesson", {"lessonId": lesson, "version": 0, "isCancelled": False}, LESSON)
    assert payload["userErrors"] == []
    assert payload["lesson"]["status"] == "HELD"
    assert datetime.fromisoformat(payload["lesson"]["startsAt"]) == at("2026-11-17", "08:30")
