"""The journal of disclosures: whose reading it records, what it tells families, and what it never tells."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pymongo.errors
import pytest
from graphql import GraphQLObjectType, get_named_type

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.audit.disclosures import DISCLOSURES
from connectors.audit.disclosures import add as write
from connectors.vocabulary import Day
from gateway.disclosures import KIND_OF, DisclosedKind
from gateway.engine.prepare.visibility import View
from gateway.operations import disclosures
from gateway.operations.disclosures import FLUSH_PAUSE_S
from gateway.resolvers.audit import is_of_age
from gateway.schema.query import graphql_schema
from tests.gateway.asking import TinySchool

ROWS: Final = "nodes { day person { id displayName } role kinds count }"
JOURNAL: Final = """{ lessonJournal(groupId: "%(group)s", days: { first: "2026-11-16", last: "2026-11-22" }) {
  rows { lessons { attendance { status } } } } }"""
WITHOUT_KIND: Final = frozenset(
    {"AcademicYear", "AchievementType", "AttestationPeriod", "BellPeriod", "CalendarPeriod", "Class", "Curriculum"}
    | {"CurriculumItem", "GradeScale", "GradeScaleValue", "Group", "HeldRole", "Holiday", "MonthHours", "PageInfo"}
    | {
        "Person",
        "School",
        "SchoolEvent",
        "ScoringTable",
        "Student",
        "Subject",
        "Substitution",
        "TeacherOfSubject",
        "TimetableDay",
        "Topic",
    }
    | {"TimetableLesson", "TimetableWeek", "Work", "WorkKind", "WorkProgramme", "DaysRange"}
)
"""Types that say nothing of one student."""
OF_A_KIND: Final = frozenset(
    {"AchievementRound", "Acknowledgement", "Attachment", "DiaryDay", "MarkChange", "PortfolioRating"}
    | {"PortfolioSection", "RatingArea", "WeeklyAverage"}
    | {"Conversation", "Message", "MessageRevision", "OwnMessageReport"}  # the reader's own, about a homework
)
"""Types that are only reached through another one that has a kind."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The tiny school, with a journal that requests fill."""

    tiny: TinySchool
    rows: Any
    """The collection."""

    async def written(self, count: int) -> list[dict[str, Any]]:
        """The rows, as soon as there are *count* of them."""
        for _ in range(200):
            if await self.rows.count_documents({}) >= count:
                break
            await asyncio.sleep(FLUSH_PAUSE_S / 20)
        found: list[dict[str, Any]] = await self.rows.find({}).sort("_id").to_list(length=None)
        assert len(found) == count
        return found

    async def shown(self, who: str = "olga", role: Role = Role.PARENT, arguments: str = "") -> list[Any]:
        own = f"({arguments})" if arguments else ""
        found = await self.tiny.of_student(who, role, "ivan", f"disclosures{own} {{ totalCount {ROWS} }}")
        nodes: list[Any] = found["disclosures"]["nodes"]
        assert found["disclosures"]["totalCount"] >= len(nodes)
        return nodes

    def row(self, day: str, who: str = "smirnov", *, kinds: Sequence[str] = ("MARKS",), count: int = 1) -> Any:
        own = [kind for kind in kinds if kind not in {"ABSENCE_NOTICES", "DEBTS"}]
        student, person = self.tiny.id("Student", "ivan"), self.tiny.id("Person", who)
        counted = {"kinds": list(kinds), "count": count, "own_kinds": own, "own_count": count if own else 0}
        named = {"student_id": student, "day": day, "person_id": person, "role": "TEACHER"}
        return {"_id": f"{day}|{student}|{person}|TEACHER", **named, **counted}


@pytest.fixture
async def journal(tiny: TinySchool) -> AsyncIterator[Journal]:
    settings = tiny.served.settings
    uri = settings.mongo.uri
    assert uri is not None
    async with Clients(uri.get_secret_value(), prefix=settings.mongo.prefix, timeout_s=30) as clients:
        rows = clients.connectors.databases["audit"][DISCLOSURES.name]
        await asyncio.sleep(FLUSH_PAUSE_S + 0.2)  # what other tests read is written by then
        await rows.delete_many({})
        yield Journal(tiny, rows)
        await rows.delete_many({})


@pytest.mark.parametrize(
    ("who", "role", "fields", "kinds"),
    [
        ("smirnov", Role.TEACHER, "marks { totalCount } attendance { nodes { status } }", {"MARKS", "ATTENDANCE"}),
        ("kuznetsova", Role.CLASS_TEACHER, "birthDate guardians { relation }", {"PERSONAL", "CONTACTS"}),
        ("kuznetsova", Role.CLASS_TEACHER, "diary { days { lessons { marks { value } } } }", {"DIARY", "MARKS"}),
        ("kuznetsova", Role.CLASS_TEACHER, "absenceNotices { totalCount }", {"ABSENCE_NOTICES"}),
        ("admin", Role.ADMINISTRATOR, "email attestationDebts { state }", {"CONTACTS", "DEBTS"}),
        ("admin", Role.ADMINISTRATOR, "portfolio { rating { score } } finalGrades { value }", {"PORTFOLIO", "MARKS"}),
        ("smirnov", Role.TEACHER, "comments { nodes { text } } homework { totalCount }", {"COMMENTS", "DIARY"}),
    ],
)
async def test_a_reading_is_recorded_with_its_kinds(
    journal: Journal, who: str, role: Role, fields: str, kinds: set[str]
) -> None:
    for _ in range(2):
        await journal.tiny.of_student(who, role, "ivan", fields)
    [row] = await journal.written(1)
    assert (row["student_id"], row["person_id"]) == (journal.tiny.id("Student", "ivan"), journal.tiny.id("Person", who))
    assert (row["role"], set(row["kinds"])) == (role, kinds)
    # Both may be counted by one writing, or the second by a later one.
    for _ in range(100):
        if (row := await journal.rows.find_one({}))["count"] == 2:
            break
        await asyncio.sleep(FLUSH_PAUSE_S / 10)
    assert row["count"] == 2


async def test_names_alone_are_no_reading_of_data(journal: Journal) -> None:
    await journal.tiny.data("smirnov", Role.TEACHER, "{ students(first: 50) { nodes { displayName class { name } } } }")
    await asyncio.sleep(1.5 * FLUSH_PAUSE_S)
    assert await journal.written(0) == []


async def test_students_and_guardians_leave_no_trace(journal: Journal) -> None:
    everything = "marks { totalCount } diary { days { lessons { id } } } attendance { totalCount } birthDate"
    await journal.tiny.of_student("ivan", Role.STUDENT, "ivan", everything)
    await journal.tiny.of_student("olga", Role.PARENT, "ivan", f"{everything} remarks {{ nodes {{ text }} }}")
    await asyncio.sleep(1.5 * FLUSH_PAUSE_S)
    assert await journal.written(0) == []


async def test_a_list_writes_a_row_for_each_student_of_the_page(journal: Journal) -> None:
    query = "{ students(first: 3) { nodes { id marks { totalCount } } } }"
    nodes = (await journal.tiny.data("kuznetsova", Role.CLASS_TEACHER, query))["students"]["nodes"]
    rows = await journal.written(3)
    assert {row["student_id"] for row in rows} == {node["id"] for node in nodes}


@pytest.mark.parametrize(
    ("who", "role", "query", "kinds"),
    [
        ("smirnov", Role.TEACHER, '{ node(id: "%(mark)s") { ... on Mark { value } } }', {"MARKS"}),
        ("smirnov", Role.TEACHER, '{ node(id: "%(lesson)s") { ... on Lesson { marks { id } } } }', {"DIARY", "MARKS"}),
        ("smirnov", Role.TEACHER, '{ node(id: "%(homework)s") { ... on Homework { text } } }', {"DIARY"}),
        (
            "anglin",
            Role.TEACHER,
            JOURNAL,
            {"DIARY", "ATTENDANCE"},
        ),
        (
            "kuznetsova",
            Role.CLASS_TEACHER,
            "{ viewer { absenceNotices { nodes { reason } } } }",
            {"ABSENCE_NOTICES"},
        ),
        ("admin", Role.ADMINISTRATOR, '{ people(search: "иванов иван") { nodes { phone } } }', {"CONTACTS"}),
    ],
)
async def test_other_ways_to_data_are_recorded_too(
    journal: Journal, who: str, role: Role, query: str, kinds: set[str]
) -> None:
    tiny = journal.tiny
    ids = {"mark": tiny.id("Mark", "m1"), "lesson": tiny.own("Lesson", "mon1", "ivan")}
    ids |= {"homework": tiny.own("Homework", "today", "ivan"), "group": tiny.id("Group", "eng1")}
    await tiny.data(who, role, query % ids)
    for _ in range(100):
        if await journal.rows.count_documents({}):
            break
        await asyncio.sleep(FLUSH_PAUSE_S / 10)
    row = await journal.rows.find_one({"student_id": tiny.id("Student", "ivan")})
    assert set(row["kinds"]) == kinds


async def test_what_is_not_found_is_no_reading(journal: Journal) -> None:
    tiny = journal.tiny
    for key in ("ivan", "maria"):
        query = f'{{ student(id: "{tiny.id("Student", key)}") {{ marks {{ totalCount }} }} }}'
        await tiny.answer("zamenin" if key == "ivan" else "kuznetsova", Role.TEACHER, query)
    await asyncio.sleep(1.5 * FLUSH_PAUSE_S)
    assert await journal.written(0) == []


async def test_guardians_read_the_latest_day_first_and_in_pages(journal: Journal) -> None:
    days = ["2026-11-16", "2026-11-18", "2026-11-17"]
    await journal.rows.insert_many([journal.row(day, count=number + 1) for number, day in enumerate(days)])
    shown = await journal.shown()
    assert [(row["day"], row["count"]) for row in shown] == [("2026-11-18", 2), ("2026-11-17", 3), ("2026-11-16", 1)]
    smirnov = {"id": journal.tiny.id("Person", "smirnov"), "displayName": shown[0]["person"]["displayName"]}
    assert {key: value for key, value in shown[0].items() if key not in {"day", "count"}} == {
        "person": smirnov,
        "role": "TEACHER",
        "kinds": ["MARKS"],
    }
    assert smirnov["displayName"].startswith("Смирнов")
    page = await journal.tiny.by_mother("disclosures(first: 2) { pageInfo { hasNextPage endCursor } nodes { day } }")
    assert page["disclosures"]["pageInfo"]["hasNextPage"]
    after = page["disclosures"]["pageInfo"]["endCursor"]
    assert [row["day"] for row in await journal.shown(arguments=f'after: "{after}"')] == ["2026-11-16"]
    only = 'days: { first: "2026-11-17", last: "2026-11-17" }'
    assert [row["count"] for row in await journal.shown(arguments=only)] == [3]


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("smirnov", Role.TEACHER),
        ("kuznetsova", Role.CLASS_TEACHER),
        ("admin", Role.ADMINISTRATOR),
    ],
)
async def test_staff_do_not_see_that_there_is_a_journal(journal: Journal, who: str, role: Role) -> None:
    student = journal.tiny.id("Student", "ivan")
    query = f'{{ student(id: "{student}") {{ disclosures {{ totalCount }} }} }}'
    [error] = await journal.tiny.failing(who, role, query)
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def test_a_student_who_is_not_of_age_reads_no_journal(journal: Journal) -> None:
    await journal.rows.insert_one(journal.row("2026-11-18"))
    student = journal.tiny.id("Student", "ivan")
    query = f'{{ student(id: "{student}") {{ displayName disclosures {{ totalCount }} }} }}'
    [error] = await journal.tiny.failing("ivan", Role.STUDENT, query)
    assert (error["code"], error["path"]) == ("NOT_OF_AGE", ["student", "disclosures"])


async def test_a_student_of_age_reads_it_without_what_is_hidden_from_them(journal: Journal) -> None:
    people = await _people(journal)
    person = journal.tiny.id("Person", "ivan")
    born = (await people.find_one({"_id": person}))["birth_date"]
    await people.update_one({"_id": person}, {"$set": {"birth_date": "2008-11-18"}})
    try:
        await journal.rows.insert_many(
            [
                journal.row("2026-11-18", "kuznetsova", kinds=("ABSENCE_NOTICES", "DEBTS")),
                journal.row("2026-11-17", kinds=("DEBTS", "MARKS"), count=2),
            ]
        )
        [row] = await journal.shown("ivan", Role.STUDENT)
        assert (row["day"], row["kinds"], row["count"]) == ("2026-11-17", ["MARKS"], 2)
        found = await journal.tiny.ivan("disclosures { totalCount }")
        assert found["disclosures"]["totalCount"] == 1
        assert [own["kinds"] for own in await journal.shown()] == [["ABSENCE_NOTICES", "DEBTS"], ["MARKS", "DEBTS"]]
    finally:
        await people.update_one({"_id": person}, {"$set": {"birth_date": born}})


async def _people(journal: Journal) -> Any:
    database = journal.rows.database
    return database.client[database.name.rpartition("_")[0] + "_directory"]["people"]


@pytest.mark.parametrize(
    ("born", "today", "is_it"),
    [
        ("2008-11-18", "2026-11-18", True),
        ("2008-11-19", "2026-11-18", False),
        ("2008-02-29", "2026-02-28", False),
        ("2008-02-29", "2026-03-01", True),
        (None, "2026-11-18", False),
    ],
)
def test_majority_begins_on_the_birthday(born: str | None, today: str, *, is_it: bool) -> None:
    assert is_of_age(born, Day(today)) == is_it


async def test_a_database_that_is_away_delays_no_answer_and_loses_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_away = True

    async def add(*arguments: Any) -> None:
        if is_away:
            raise pymongo.errors.AutoReconnect("away")
        await write(*arguments)

    monkeypatch.setattr(disclosures, "add", add)
    await journal.tiny.of_student("smirnov", Role.TEACHER, "ivan", "marks { totalCount }")
    await asyncio.sleep(1.5 * FLUSH_PAUSE_S)
    await journal.tiny.of_student("smirnov", Role.TEACHER, "ivan", "attendance { totalCount }")
    assert await journal.written(0) == []
    is_away = False
    [row] = await journal.written(1)
    assert (row["count"], set(row["kinds"])) == (2, {"MARKS", "ATTENDANCE"})


def test_every_type_that_staff_reach_from_a_student_has_a_kind() -> None:
    reached: set[str] = set()
    for role in (Role.TEACHER, Role.CLASS_TEACHER, Role.ADMINISTRATOR):
        waiting = [View(graphql_schema(), role).schema.type_map["Student"]]
        while waiting:
            named = waiting.pop()
            if named.name in reached or not isinstance(named, GraphQLObjectType):
                continue
            reached.add(named.name)
            waiting += [get_named_type(field.type) for field in named.fields.values()]
    pages = {name for name in reached if name.endswith(("Connection", "Edge"))}
    assert reached - pages - KIND_OF.keys() <= WITHOUT_KIND | OF_A_KIND, "say in gateway/disclosures.py what it tells"
    assert set(KIND_OF.values()) | {DisclosedKind.CHANGES} == set(DisclosedKind)
