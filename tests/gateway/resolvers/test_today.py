"""What day it is, is for each school to say (trap T7), though the date line may run between two of one parent."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from auth.viewer import Role
from gateway.averages import SMALLEST_CLASS
from gateway.context import Clock
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder
from tests.gateway.served import served

EAST: Final = "Pacific/Kiritimati"
WEST: Final = "Pacific/Pago_Pago"
"""25 hours apart: whenever it is, it is another day there."""


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"today_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    one = Builder(prefix)
    one.person("parent", "Parent Of Two", ["PARENT"], ["east", "west"])
    one.person("parent of rated", "Parent Of Rated", ["PARENT"], ["east", "west"])
    one.person("admin", "Admin Of Both", ["ADMINISTRATOR"], ["east", "west"])
    one.person("leader", "Leader Today", ["CLASS_TEACHER"], ["east", "west"])
    for school, zone in (("east", EAST), ("west", WEST)):
        one.home = school
        today = datetime.now(ZoneInfo(zone)).date()
        tomorrow = (today + timedelta(days=1)).isoformat()
        one.school(school, time_zone=zone)
        for key, level in (("until today", 1), ("from today", 2)):
            one.school_class(f"{school} {key}", level=level)
        # He leaves a class at the end of the day it is there, and is in another from tomorrow on.
        here = one.enrolment(f"{school} until today", today.isoformat(), today.isoformat())
        one.student(school, f"Child {school.title()}", here, one.enrolment(f"{school} from today", tomorrow))
        one.school_class(f"{school} rated", level=3)
        for number in range(SMALLEST_CLASS):
            key = f"{school} rated {number}"
            one.student(
                key, f"Rated {school.title()}", one.enrolment(f"{school} rated", today.isoformat(), today.isoformat())
            )
            one.achievement(key, key, "olympiad", 4.0)
        one.guardianship("parent of rated", f"{school} rated 0", "мать")
        one.guardianship("parent", school, "мать", valid_from=today.isoformat(), valid_to=today.isoformat())
        one.assignment("leader", leads=f"{school} until today", ends_on=today.isoformat())
        point: dict[str, Any] = {"is_point": True, "point_valid_until": today.isoformat()}
        one.mark("point " + school, school, today.isoformat(), "•", **point)
    await one.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=None) as gateway:
        yield TinySchool(gateway, one)


async def children(tiny: TinySchool, fields: str) -> dict[str, Any]:
    answer = await tiny.data("parent", Role.PARENT, f"{{ viewer {{ children {{ familyName givenName {fields} }} }} }}")
    return {child["givenName"]: child for child in answer["viewer"]["children"]}


async def test_class_is_that_of_the_day_it_is_at_the_school(tiny: TinySchool) -> None:
    found = await children(tiny, "class { gradeLevel }")
    assert {name: child["class"] for name, child in found.items()} == {
        "East": {"gradeLevel": 1},
        "West": {"gradeLevel": 1},
    }


async def test_people_of_a_class_are_those_of_the_day_it_is_at_its_school(tiny: TinySchool) -> None:
    found = await children(tiny, "class { members { givenName } parents { familyName } classTeacher { givenName } }")
    for name, child in found.items():
        assert child["class"] == {
            "members": [{"givenName": name}],
            "parents": [{"familyName": "Parent"}],
            "classTeacher": {"givenName": "Today"},
        }
    answer = await tiny.data("parent", Role.PARENT, "{ people { nodes { displayName } } }")
    names = [person["displayName"] for person in answer["people"]["nodes"]]
    assert names == ["Child East", "Child West", "Leader Today", "Parent Of Two"]


async def test_students_of_a_class_are_those_of_the_day_it_is_at_its_school(tiny: TinySchool) -> None:
    for school in ("east", "west"):
        query = f'{{ students(classId: "{tiny.id("Class", f"{school} until today")}") {{ nodes {{ givenName }} }} }}'
        found = (await tiny.data("admin", Role.ADMINISTRATOR, query))["students"]["nodes"]
        assert found == [{"givenName": school.title()}]


async def test_class_average_is_of_those_in_the_class_on_the_day_it_is_at_its_school(tiny: TinySchool) -> None:
    query = "{ viewer { children { givenName portfolio { rating { classAverage } } } } }"
    answer = await tiny.data("parent of rated", Role.PARENT, query)
    assert {child["givenName"]: child["portfolio"]["rating"] for child in answer["viewer"]["children"]} == {
        "East": {"classAverage": "4.00"},
        "West": {"classAverage": "4.00"},
    }


async def test_point_of_today_is_not_late_at_either_school(tiny: TinySchool) -> None:
    found = await children(tiny, "marks { nodes { isOverdue } }")
    assert {name: child["marks"]["nodes"] for name, child in found.items()} == {
        "East": [{"isOverdue": False}],
        "West": [{"isOverdue": False}],
    }


async def test_week_is_the_one_it_is_at_the_school(tiny: TinySchool) -> None:
    found = await children(tiny, "diary { startsOn } timetable { startsOn }")
    for name, zone in (("East", EAST), ("West", WEST)):
        today = datetime.now(ZoneInfo(zone)).date()
        monday = (today - timedelta(days=today.weekday())).isoformat()
        assert (found[name]["diary"], found[name]["timetable"]) == ({"startsOn": monday}, {"startsOn": monday})


@pytest.mark.parametrize("zone", [EAST, WEST, "Asia/Yekaterinburg", "UTC"])
def test_day_that_stands_for_today_is_today_in_every_zone(zone: str) -> None:
    clock = Clock(date(2026, 11, 18))
    assert clock.day(ZoneInfo(zone)) == "2026-11-18"
    assert clock.now(ZoneInfo(zone)).date() == date(2026, 11, 18)


def test_clock_without_a_day_of_its_own_is_the_time_it_is() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)
