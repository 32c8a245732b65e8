"""Curricula, work programmes, the coloured calendar, module courses (F90 to F93)."""

from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool


async def test_curriculum_is_of_the_year_that_has_begun_though_the_next_is_known(tiny: TinySchool) -> None:
    own = await tiny.ivan("curriculum { academicYear name }")
    assert own["curriculum"] == {"academicYear": "2026/27", "name": "Учебный план 2026/27"}


@pytest.mark.parametrize("year", ["2025/26", "2027/28"])
async def test_curriculum_of_another_year_can_be_chosen(tiny: TinySchool, year: str) -> None:
    assert (await tiny.ivan(f'curriculum(academicYear: "{year}") {{ academicYear }}'))["curriculum"] == {
        "academicYear": year
    }


async def test_curriculum_is_null_where_there_is_none(tiny: TinySchool) -> None:
    assert (await tiny.ivan('curriculum(academicYear: "2001/02") { id }'))["curriculum"] is None
    assert (await tiny.by_mother("curriculum { id }", "anna"))["curriculum"] is None


async def test_curriculum_tells_workload_and_hours_over_the_year(tiny: TinySchool) -> None:
    fields = "subject { name } workloadHours hoursPerWeek hoursByMonth { month hours } passedHours"
    own = await tiny.by_mother(f"curriculum {{ items {{ {fields} }} }}")
    assert own["curriculum"]["items"] == [
        {
            "subject": {"name": "Математика"},
            "workloadHours": 170,
            "hoursPerWeek": "5",
            "hoursByMonth": [{"month": 9, "hours": 22}, {"month": 10, "hours": 20}],
            "passedHours": 50,
        },
        {
            "subject": {"name": "Русский язык"},
            "workloadHours": 68,
            "hoursPerWeek": "2.5",
            "hoursByMonth": [],
            "passedHours": None,
        },
    ]


async def test_work_programmes_are_those_of_this_year_by_name(tiny: TinySchool) -> None:
    own = await tiny.ivan("workProgrammes { name subject { name } topics { number title hours section } }")
    assert [programme["name"] for programme in own["workProgrammes"]] == ["Программа math", "Программа rus"]
    assert own["workProgrammes"][0]["topics"] == [
        {"number": 1, "title": "Дроби", "hours": 10, "section": "Числа"},
        {"number": 2, "title": "Углы", "hours": None, "section": None},
    ]


async def test_work_programmes_of_one_subject(tiny: TinySchool) -> None:
    own = await tiny.ivan(f'workProgrammes(subjectId: "{tiny.id("Subject", "rus")}") {{ name }}')
    assert own["workProgrammes"] == [{"name": "Программа rus"}]


async def test_work_programmes_are_an_empty_list_where_there_are_none(tiny: TinySchool) -> None:
    assert (await tiny.by_mother("workProgrammes { name }", "anna"))["workProgrammes"] == []


@pytest.mark.parametrize("who", [("ivan", Role.STUDENT), ("smirnov", Role.TEACHER), ("analyst", Role.ANALYST)])
async def test_calendar_periods_stand_in_time_each_with_its_colour(tiny: TinySchool, who: tuple[str, Role]) -> None:
    query = '{ school { calendar(academicYear: "2026/27") { kind startsOn endsOn colour } } }'
    assert (await tiny.data(*who, query))["school"]["calendar"] == [
        {"kind": "STUDY", "startsOn": "2026-09-01", "endsOn": "2026-10-25", "colour": "#4CAF50"},
        {"kind": "HOLIDAYS", "startsOn": "2026-10-26", "endsOn": "2026-11-04", "colour": "#FFC107"},
        {"kind": "PUBLIC_HOLIDAY", "startsOn": "2026-11-04", "endsOn": "2026-11-04", "colour": "#F44336"},
    ]


async def test_calendar_is_of_all_years_without_one(tiny: TinySchool) -> None:
    found = (await tiny.data("ivan", Role.STUDENT, "{ school { calendar { colour } } }"))["school"]["calendar"]
    assert [period["colour"] for period in found] == ["#AABBCC", "#4CAF50", "#FFC107", "#F44336"]


# ── module courses ──


async def courses(tiny: TinySchool, fields: str, student: str = "ivan") -> dict[str, Any]:
    own = await tiny.of_student(student, Role.STUDENT, student, f"moduleCourses {{ title {fields} }}")
    return {course.pop("title").removeprefix("Курс "): course for course in own["moduleCourses"]}


async def test_courses_are_those_offered_to_ones_class_by_title(tiny: TinySchool) -> None:
    assert list(await courses(tiny, "kind")) == ["drama", "robots"]
    assert list(await courses(tiny, "kind", "anna")) == ["for 7b"]


async def test_free_places_are_what_the_choices_leave_and_null_without_a_limit(tiny: TinySchool) -> None:
    found = await courses(tiny, "capacity freePlaces")
    assert found == {
        "drama": {"capacity": None, "freePlaces": None},
        "robots": {"capacity": 2, "freePlaces": 0},
    }
    assert (await courses(tiny, "freePlaces", "anna"))["for 7b"] == {"freePlaces": 10}


async def test_choice_names_the_period_and_is_the_students_own(tiny: TinySchool) -> None:
    found = await courses(tiny, "choice { period { name } chosenAt } periods { name startsOn endsOn }")
    assert found["robots"]["choice"] == {
        "period": {"name": "II полугодие"},
        "chosenAt": "2026-09-05T12:00:00+05:00",
    }
    assert found["drama"]["choice"] is None  # Petr's is not Ivan's
    assert [period["name"] for period in found["drama"]["periods"]] == ["I полугодие", "II полугодие"]


@pytest.mark.parametrize("who", [("olga", Role.PARENT), ("kuznetsova", Role.CLASS_TEACHER)])
async def test_courses_are_the_students_alone_and_nobody_elses_are_read(
    tiny: TinySchool, who: tuple[str, Role]
) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ moduleCourses {{ title }} }} }}'
    [error] = await tiny.failing(*who, query)
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert tiny.served.recorder.touched("curriculum", "module_courses") == 0
