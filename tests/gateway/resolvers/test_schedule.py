"""Timetables, bells and breaks, holidays, events (F97 to F101; traps T7 to T10, T14)."""

from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool

WEEK = "timetable(week: %s) { startsOn endsOn days { date lessons { id number } } }"


async def lesson(tiny: TinySchool, key: str, fields: str, week: str = "2026-11-16") -> Any:
    """One lesson of Ivan's timetable."""
    own = await tiny.ivan(f'timetable(week: "{week}") {{ days {{ lessons {{ id {fields} }} }} }}')
    found = [x for day in own["timetable"]["days"] for x in day["lessons"] if x["id"] == tiny.id("Lesson", key)]
    assert len(found) == 1, own
    return found[0]


def keys_by_day(tiny: TinySchool, week: Any, keys: list[str]) -> dict[str, list[str]]:
    names = {tiny.id("Lesson", key): key for key in keys}
    return {d["date"]: [names.get(x["id"], "?") for x in d["lessons"]] for d in week["days"] if d["lessons"]}


@pytest.mark.parametrize("day", ["2026-11-16", "2026-11-18", "2026-11-22"])
async def test_week_is_monday_to_sunday_whatever_day_of_it_is_named(tiny: TinySchool, day: str) -> None:
    own = await tiny.ivan(WEEK % f'"{day}"')
    assert (own["timetable"]["startsOn"], own["timetable"]["endsOn"]) == ("2026-11-16", "2026-11-22")


async def test_week_is_that_of_today_without_a_day(tiny: TinySchool) -> None:
    own = await tiny.ivan("timetable { startsOn }")
    assert own["timetable"]["startsOn"] == "2026-11-16"


async def test_week_has_seven_days_when_some_are_empty(tiny: TinySchool) -> None:
    own = await tiny.ivan(WEEK % '"2026-11-18"')
    days = own["timetable"]["days"]
    assert [day["date"] for day in days] == [f"2026-11-{day}" for day in range(16, 23)]
    assert days[6]["lessons"] == []


async def test_students_timetable_has_the_lessons_of_his_own_group_only(tiny: TinySchool) -> None:
    own = await tiny.ivan(WEEK % '"2026-11-16"')
    keys = ["mon1", "mon2", "mon3", "mon3b", "tue1", "tue2", "tue3", "tue4", "wed1", "wed7", "sat1", "sat2"]
    assert keys_by_day(tiny, own["timetable"], keys) == {
        "2026-11-16": ["mon1", "mon2", "mon3"],
        "2026-11-17": ["tue1", "tue2", "tue3", "tue4"],
        "2026-11-18": ["wed1", "wed7"],
        "2026-11-21": ["sat1", "sat2"],
    }


async def test_class_timetable_shows_the_groups_side_by_side(tiny: TinySchool) -> None:
    week = WEEK % '"2026-11-16"'
    query = f'{{ class(id: "{tiny.id("Class", "7a")}") {{ {week} }} }}'
    answer = await tiny.data("ivan", Role.STUDENT, query)
    monday = answer["class"]["timetable"]["days"][0]["lessons"]
    assert [x["number"] for x in monday] == [1, 2, 3, 3]
    assert {x["id"] for x in monday[2:]} == {tiny.id("Lesson", "mon3"), tiny.id("Lesson", "mon3b")}


@pytest.mark.parametrize("role", [("ivan", Role.STUDENT), ("pavel", Role.PARENT), ("smirnov", Role.TEACHER)])
async def test_timetable_of_another_class_is_readable(tiny: TinySchool, role: tuple[str, Role]) -> None:
    query = f'{{ class(id: "{tiny.id("Class", "9a")}") {{ name timetable {{ days {{ lessons {{ id }} }} }} }} }}'
    answer = await tiny.data(*role, query)
    assert answer["class"]["timetable"]["days"][0]["lessons"] == [{"id": tiny.id("Lesson", "mona9")}]


async def test_timetable_of_a_class_of_another_school_is_not_found(tiny: TinySchool) -> None:
    query = f'{{ class(id: "{tiny.id("Class", "i21")}") {{ timetable {{ startsOn }} }} }}'
    [error] = await tiny.failing("ivan", Role.STUDENT, query)
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["class"])


async def test_week_reaches_across_new_year(tiny: TinySchool) -> None:
    own = await tiny.ivan(WEEK % '"2027-01-01"')
    assert own["timetable"]["startsOn"] == "2026-12-28"
    assert own["timetable"]["endsOn"] == "2027-01-03"
    assert keys_by_day(tiny, own["timetable"], ["year1", "year2"]) == {
        "2026-12-28": ["year1"],
        "2027-01-02": ["year2"],
    }


async def test_transferred_student_has_the_lessons_of_the_class_he_was_in_that_day(tiny: TinySchool) -> None:
    weeks = []
    for day in ("2026-10-20", "2026-11-10"):
        own = await tiny.of_student("timofey", Role.STUDENT, "timofey", WEEK % f'"{day}"')
        keys = [f"a{day}", f"b{day}", "a2026-11-10-2"]
        weeks.append(keys_by_day(tiny, own["timetable"], keys))
    assert weeks == [{"2026-10-20": ["b2026-10-20"]}, {"2026-11-10": ["a2026-11-10", "a2026-11-10-2"]}]


async def test_lesson_tells_its_time_with_the_offset_of_its_school(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon1", "startsAt endsAt room building")
    assert own["startsAt"] == "2026-11-16T08:30:00+05:00"
    assert own["endsAt"] == "2026-11-16T09:10:00+05:00"
    assert (own["room"], own["building"]) == ("21", "Главный корпус")


async def test_each_school_tells_its_own_offset_when_a_parent_has_children_at_both(tiny: TinySchool) -> None:
    query = "{ viewer { children { givenName timetable { days { lessons { startsAt } } } } } }"
    children = (await tiny.data("olga", Role.PARENT, query))["viewer"]["children"]
    first = {c["givenName"]: c["timetable"]["days"][0]["lessons"][0]["startsAt"] for c in children}
    assert first == {
        "Анна": "2026-11-16T08:30:00+05:00",
        "Иван": "2026-11-16T08:30:00+05:00",
        "Мария": "2026-11-16T08:30:00+03:00",
    }


async def test_substituted_lesson_keeps_the_teacher_who_was_to_give_it(tiny: TinySchool) -> None:
    names = "originalTeacher { familyName } substituteTeacher { familyName } insteadOfSubject { name }"
    own = await lesson(tiny, "tue2", f"teachers {{ familyName }} substitution {{ {names} }}")
    assert own["teachers"] == [{"familyName": "Заменин"}]
    assert own["substitution"] == {
        "originalTeacher": {"familyName": "Русова"},
        "substituteTeacher": {"familyName": "Заменин"},
        "insteadOfSubject": None,
    }


async def test_lesson_with_another_subject_keeps_the_one_it_stands_for(tiny: TinySchool) -> None:
    own = await lesson(
        tiny, "tue3", "subject { name } substitution { insteadOfSubject { name } originalTeacher { id } }"
    )
    assert own["subject"] == {"name": "Физика"}
    assert own["substitution"] == {"insteadOfSubject": {"name": "Математика"}, "originalTeacher": None}


async def test_cancelled_and_moved_lessons_stay_in_the_timetable_with_their_status(tiny: TinySchool) -> None:
    statuses = {key: (await lesson(tiny, key, "status"))["status"] for key in ("mon1", "tue1", "tue4", "sat2")}
    assert statuses == {"mon1": "HELD", "tue1": "CANCELLED", "tue4": "MOVED", "sat2": "PLANNED"}


async def test_lesson_of_a_metagroup_is_in_the_timetables_of_both_classes(tiny: TinySchool) -> None:
    for student in ("ivan", "anna"):
        own = await tiny.of_student(
            "olga", Role.PARENT, student, "timetable { days { lessons { id isExtended group { name class { id } } } } }"
        )
        wednesday = own["timetable"]["days"][2]["lessons"]
        assert wednesday[-1] == {
            "id": tiny.id("Lesson", "wed7"),
            "isExtended": True,
            "group": {"name": "chess", "class": None},
        }


async def test_group_of_one_class_names_it(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon3", "group { class { name } subject { name } teachers { familyName } }")
    assert own["group"] == {
        "class": {"name": "7A"},
        "subject": {"name": "Английский язык"},
        "teachers": [{"familyName": "Англина"}],
    }


async def test_teacher_of_a_lesson_who_was_merged_is_named_as_the_one_who_remains(tiny: TinySchool) -> None:
    own = await lesson(tiny, "mon2", "teachers { id displayName }")
    assert own["teachers"] == [{"id": tiny.id("Person", "rusova"), "displayName": "Русова Римма"}]


# ── bells ──


async def bells(tiny: TinySchool, on: str | None) -> list[tuple[Any, ...]]:
    argument = f'(on: "{on}")' if on else ""
    query = f"{{ school {{ bells{argument} {{ shift number startsAt endsAt breakMinutes }} }} }}"
    answer = await tiny.data("ivan", Role.STUDENT, query)
    return [tuple(bell.values()) for bell in answer["school"]["bells"]]


USUAL = [
    (1, 1, "08:30", "09:10", 10),
    (1, 2, "09:20", "10:00", 20),
    (1, 3, "10:20", "11:00", None),
    (2, 1, "14:00", "14:40", 5),
    (2, 2, "14:45", "15:25", None),
]


async def test_bells_stand_by_shift_with_the_break_after_each(tiny: TinySchool) -> None:
    assert await bells(tiny, "2026-11-19") == USUAL


async def test_bells_are_those_of_today_without_a_day(tiny: TinySchool) -> None:
    assert await bells(tiny, None) == USUAL


async def test_bells_of_a_weekday_of_its_own_stand_in_time(tiny: TinySchool) -> None:
    assert await bells(tiny, "2026-11-21") == [(1, 1, "09:00", "09:35", 10), (1, 2, "09:45", "10:20", None)]


async def test_bells_of_a_special_date_replace_the_usual_ones(tiny: TinySchool) -> None:
    assert await bells(tiny, "2026-11-20") == [(1, 1, "08:30", "09:00", None)]


@pytest.mark.parametrize("day", ["2026-10-27", "2026-11-04", "2027-01-05"])
async def test_there_are_no_bells_on_holidays(tiny: TinySchool, day: str) -> None:
    assert await bells(tiny, day) == []


async def test_there_are_no_bells_on_sunday(tiny: TinySchool) -> None:
    assert await bells(tiny, "2026-11-22") == []


# ── holidays and events ──


async def test_holidays_of_an_academic_year_stand_in_time(tiny: TinySchool) -> None:
    query = '{ school { holidays(academicYear: "2026/27") { name startsOn endsOn kind } } }'
    found = (await tiny.data("ivan", Role.STUDENT, query))["school"]["holidays"]
    assert [holiday["name"] for holiday in found] == [
        "Осенние каникулы",
        "День народного единства",
        "Зимние каникулы",
        "Новый год",
    ]
    assert found[1] == {
        "name": "День народного единства",
        "startsOn": "2026-11-04",
        "endsOn": "2026-11-04",
        "kind": "PUBLIC_HOLIDAY",
    }


async def test_holidays_are_of_all_years_without_one(tiny: TinySchool) -> None:
    found = (await tiny.data("ivan", Role.STUDENT, "{ school { holidays { name } } }"))["school"]["holidays"]
    assert len(found) == 5


async def test_public_holiday_inside_the_holidays_gives_its_day_the_name(tiny: TinySchool) -> None:
    own = await tiny.ivan('timetable(week: "2026-11-02") { days { holiday } }')
    assert [day["holiday"] for day in own["timetable"]["days"]] == [
        "Осенние каникулы",
        "Осенние каникулы",
        "День народного единства",
        None,
        None,
        None,
        None,
    ]


async def test_holidays_of_one_school_are_not_those_of_another(tiny: TinySchool) -> None:
    own = await tiny.by_mother('timetable(week: "2026-11-02") { days { holiday } }', "maria")
    assert {day["holiday"] for day in own["timetable"]["days"]} == {None}


async def test_events_stand_in_time_with_the_schools_offset(tiny: TinySchool) -> None:
    query = "{ school { events { title startsAt endsAt place } } }"
    assert (await tiny.data("ivan", Role.STUDENT, query))["school"]["events"] == [
        {
            "title": "Собрание",
            "startsAt": "2026-11-19T18:00:00+05:00",
            "endsAt": "2026-11-19T19:30:00+05:00",
            "place": None,
        },
        {"title": "Концерт", "startsAt": "2026-11-20T18:00:00+05:00", "endsAt": None, "place": "Актовый зал"},
    ]


async def test_events_are_those_within_the_days(tiny: TinySchool) -> None:
    query = '{ school { events(days: {first: "2026-11-20", last: "2026-11-20"}) { title } } }'
    assert (await tiny.data("ivan", Role.STUDENT, query))["school"]["events"] == [{"title": "Концерт"}]
