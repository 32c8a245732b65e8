"""The record of a whole day says the same of its lessons in every field and to every role (F86, F87)."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder
from tests.gateway.served import served

ILL, TOLD_BETTER, TWICE, IN_MATHS = "2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"
DAYS = (ILL, TOLD_BETTER, TWICE, IN_MATHS)
STATUSES = ("PRESENT", "ABSENT", "LATE", "EXCUSED")


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"days_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    one = Builder(prefix)
    one.school("perm")
    one.school_class("7a")
    for key in ("math", "rus"):
        one.subject(key, key)
    one.student("ivan", "Иванов Иван", one.enrolment("7a"))
    one.person("olga", "Иванова Ольга", ["PARENT"])
    one.guardianship("olga", "ivan", "мать")
    one.person("smirnov", "Смирнов Сергей", ["TEACHER"])
    one.assignment("smirnov", teaches="math", to="7a")
    one.person("admin", "Директоров Дмитрий", ["ADMINISTRATOR"])
    one.person("leader", "Кузнецова Клара", ["CLASS_TEACHER"])
    one.assignment("leader", leads="7a")
    for day in DAYS:
        one.lesson(f"{day} 1", day, 1, "math")
        one.lesson(f"{day} 2", day, 2, "rus", time=("09:20", "10:00"))
        one.lesson(f"{day} 3", day, 3, "math", time=("10:20", "11:00"), status="CANCELLED")
    one.attendance("ill", "ivan", ILL, "EXCUSED", reason="Болезнь")
    one.attendance("away", "ivan", TOLD_BETTER, "ABSENT")
    one.attendance("came", "ivan", TOLD_BETTER, "LATE", f"{TOLD_BETTER} 2", "rus", minutes_late=20)
    one.attendance("first word", "ivan", TWICE, "ABSENT")
    one.attendance("excuse", "ivan", TWICE, "EXCUSED")
    one.attendance("maths", "ivan", IN_MATHS, "ABSENT", None, "math")
    await one.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=date(2026, 11, 18)) as gateway:
        yield TinySchool(gateway, one)


ALL = [
    ("ivan", Role.STUDENT),
    ("olga", Role.PARENT),
    ("leader", Role.CLASS_TEACHER),
    ("admin", Role.ADMINISTRATOR),
]
TEACHER = ("smirnov", Role.TEACHER)
WEEK = f'diary(week: "{ILL}") {{ days {{ date lessons {{ number attendance {{ status }} }} }} }}'
SUMMARY = "attendanceSummary { present absent late excused lessons }"


async def lessons(tiny: TinySchool, who: tuple[str, Role]) -> dict[tuple[str, int], str | None]:
    """The status of each lesson of the week, by day and number."""
    own = await tiny.of_student(*who, "ivan", WEEK)
    return {
        (day["date"], lesson["number"]): lesson["attendance"] and lesson["attendance"]["status"]
        for day in own["diary"]["days"]
        for lesson in day["lessons"]
    }


EXPECTED = {
    (ILL, 1): "EXCUSED",
    (ILL, 2): "EXCUSED",
    (TOLD_BETTER, 1): "ABSENT",
    (TOLD_BETTER, 2): "LATE",
    (TWICE, 1): "EXCUSED",
    (TWICE, 2): "EXCUSED",
    (IN_MATHS, 1): "ABSENT",
    (IN_MATHS, 2): None,
    **dict.fromkeys([(day, 3) for day in DAYS]),
}


@pytest.mark.parametrize("who", ALL)
async def test_record_of_a_day_speaks_for_each_lesson_without_a_record_of_its_own(
    tiny: TinySchool, who: tuple[str, Role]
) -> None:
    assert await lessons(tiny, who) == EXPECTED


async def test_teacher_reads_it_of_the_lessons_of_his_subject(tiny: TinySchool) -> None:
    assert await lessons(tiny, TEACHER) == {
        place: shown_status for place, shown_status in EXPECTED.items() if place[1] != 2
    }


@pytest.mark.parametrize("who", [*ALL, TEACHER])
async def test_summary_and_missed_lessons_agree_with_the_lessons(tiny: TinySchool, who: tuple[str, Role]) -> None:
    held = {place: shown_status for place, shown_status in (await lessons(tiny, who)).items() if place[1] != 3}
    own = await tiny.of_student(*who, "ivan", f"{SUMMARY} missedLessons {{ totalCount nodes {{ date number }} }}")
    counts = Counter(shown_status or "PRESENT" for shown_status in held.values())
    assert own["attendanceSummary"] == {
        **{status.lower(): counts[status] for status in STATUSES},
        "lessons": len(held),
    }
    missed = sorted(
        (place for place, shown_status in held.items() if shown_status in {"ABSENT", "EXCUSED"}), reverse=True
    )
    assert [(node["date"], node["number"]) for node in own["missedLessons"]["nodes"]] == missed
    assert own["missedLessons"]["totalCount"] == len(missed)


async def listed(tiny: TinySchool, who: tuple[str, Role], arguments: str = "") -> list[str]:
    """The keys of the records, in the order of the list, read two at a time."""
    keys = {tiny.id("AttendanceRecord", key): key for key in ("ill", "away", "came", "first word", "excuse", "maths")}
    found: list[str] = []
    after = ""
    while True:
        page = "{ totalCount nodes { id } pageInfo { endCursor hasNextPage } }"
        own = (await tiny.of_student(*who, "ivan", f"attendance(first: 2{after}{arguments}) {page}"))["attendance"]
        found += [keys[node["id"]] for node in own["nodes"]]
        if not own["pageInfo"]["hasNextPage"]:
            assert own["totalCount"] == len(found)
            return found
        after = f', after: "{own["pageInfo"]["endCursor"]}"'


async def test_records_of_a_subject_are_also_those_of_the_days_on_which_it_was_taught(tiny: TinySchool) -> None:
    def of(subject: str) -> str:
        return f', subjectId: "{tiny.id("Subject", subject)}"'

    days = {"ill", "away", "first word", "excuse"}
    for who in ALL:
        assert set(await listed(tiny, who)) == {*days, "came", "maths"}
        assert set(await listed(tiny, who, of("math"))) == {*days, "maths"}
        assert set(await listed(tiny, who, of("rus"))) == {*days, "came"}
    assert set(await listed(tiny, TEACHER)) == {*days, "maths"}
    assert set(await listed(tiny, TEACHER, of("math"))) == {*days, "maths"}
    assert await listed(tiny, TEACHER, of("rus")) == []


@pytest.mark.parametrize("who", [*ALL, TEACHER])
async def test_records_are_filtered_by_status_and_days(tiny: TinySchool, who: tuple[str, Role]) -> None:
    of = f', subjectId: "{tiny.id("Subject", "math")}"'
    assert set(await listed(tiny, who, f"{of}, statuses: [EXCUSED]")) == {"ill", "excuse"}
    days = f', days: {{first: "{TOLD_BETTER}", last: "{TOLD_BETTER}"}}'
    assert await listed(tiny, who, f"{of}{days}") == ["away"]


async def test_records_need_no_more_commands_than_whole_days_lessons_and_a_page(tiny: TinySchool) -> None:
    await tiny.of_student(*TEACHER, "ivan", "attendance { nodes { id } }")
    recorder: Any = tiny.served.recorder
    assert (recorder.touched("diary", "attendance"), recorder.touched("schedule", "lessons")) == (2, 1)
