"""In August every field speaks of the school year whose lessons are over, until September."""

import os
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"summer_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    built = school.build(prefix)
    await built.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=date(2027, 8, 15)) as gateway:
        yield TinySchool(gateway, built)


FIELDS = """school { currentYear { name } } curriculum { academicYear } attendanceSummary { lessons }
  missedLessons { totalCount } workProgrammes { name }"""


@pytest.mark.parametrize("who", [("ivan", Role.STUDENT), ("olga", Role.PARENT), ("admin", Role.ADMINISTRATOR)])
async def test_default_periods_of_august_are_those_of_the_past_year(tiny: TinySchool, who: tuple[str, Role]) -> None:
    own: Any = await tiny.of_student(*who, "ivan", FIELDS)
    assert own["school"]["currentYear"] == {"name": "2026/27"}
    assert own["curriculum"] == {"academicYear": "2026/27"}
    assert [programme["name"] for programme in own["workProgrammes"]] == ["Программа math", "Программа rus"]
    assert own["attendanceSummary"] == {"lessons": 8}
    assert own["missedLessons"] == {"totalCount": 5}
