"""Homework that nobody ticked off is overdue only at a school that asks for ticks."""

import os
from collections.abc import AsyncIterator
from datetime import date

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder
from tests.gateway.served import served


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"ticks_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    one = Builder(prefix)
    one.person("olga", "Иванова Ольга", ["PARENT"], ["asking", "trusting"])
    for school, changes in (("asking", {"asks_for_ticks": True}), ("trusting", {})):
        one.home = school
        one.school(school, **changes)
        one.school_class(school)
        one.subject(school, "Математика")
        one.student(school, f"Иванов {school}", one.enrolment(school))
        one.guardianship("olga", school, "мать")
        for key, day in (("past", "2026-11-16"), ("returned", "2026-11-17"), ("today", "2026-11-18")):
            one.homework(f"{school} {key}", None, day, school, classes=(school,), author_id=None)
        one.submission(f"{school} returned", school, "RETURNED", answer="Переделать")
    await one.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=date(2026, 11, 18)) as gateway:
        yield TinySchool(gateway, one)


async def test_school_that_asks_for_ticks_has_overdue_homework(tiny: TinySchool) -> None:
    fields = "school { asksForHomeworkTicks } homework { nodes { status } }"
    data = await tiny.data("olga", Role.PARENT, f"{{ viewer {{ children {{ {fields} }} }} }}")
    assert [
        (child["school"]["asksForHomeworkTicks"], [task["status"] for task in child["homework"]["nodes"]])
        for child in data["viewer"]["children"]
    ] == [(True, ["ASSIGNED", "RETURNED", "OVERDUE"]), (False, ["ASSIGNED", "RETURNED", "ASSIGNED"])]
    assert tiny.served.recorder.touched("directory", "schools") <= 2
