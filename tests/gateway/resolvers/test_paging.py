"""Connections: the size of a page, cursors, counts; the same for every list of the graph."""

import base64
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLObjectType

from auth.viewer import Role
from connectors.assembly import Clients
from gateway.schema.query import build
from tests.gateway.asking import TinySchool

OLGA: Final = ("olga", Role.PARENT)
ADMIN: Final = ("admin", Role.ADMINISTRATOR)
LEADER: Final = ("kuznetsova", Role.CLASS_TEACHER)
# Every list: who asks, what stands around it, the field with its other arguments.
LISTS: Final = {
    "students": (ADMIN, "{ %s }", "students", ""),
    "students of a class": (ADMIN, '{ class(id: "%(class)s") { %%s } }', "students", ""),
    "classes": (ADMIN, "{ %s }", "classes", ""),
    "people": (OLGA, "{ %s }", "people", ""),
    "staff": (ADMIN, "{ %s }", "staff", ""),
    "people found": (ADMIN, "{ %s }", "people", 'search: "иван", '),
    "homework": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "homework", ""),
    "remarks": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "remarks", ""),
    "comments": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "comments", ""),
    "attendance": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "attendance", ""),
    "missed lessons": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "missedLessons", ""),
    "absence notices": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "absenceNotices", ""),
    "reviews of marks": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "gradeReviews", ""),
    "reviews to answer": (("rusova", Role.TEACHER), "{ viewer { %s } }", "gradeReviews", ""),
    "achievements to confirm": (LEADER, "{ viewer { %s } }", "achievementsToConfirm", ""),
    "prepared achievements": (("smirnov", Role.TEACHER), "{ viewer { %s } }", "preparedAchievements", ""),
    "choices of a course": (ADMIN, '{ school { moduleCourses(courseId: "%(robots)s") { %%s } } }', "choices", ""),
    "tests of a teacher": (("smirnov", Role.TEACHER), "{ viewer { %s } }", "authoredTests", ""),
    "attempts at a test": (
        ("smirnov", Role.TEACHER),
        '{ viewer { authoredTests(testId: "%(open)s") { nodes { %%s } } } }',
        "attempts",
        "",
    ),
    "invoices": (OLGA, '{ student(id: "%(ivan)s") { payments { %%s } } }', "invoices", ""),
    "marks": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "marks", ""),
    "marks by kind": (OLGA, '{ student(id: "%(ivan)s") { %%s } }', "marks", "orderBy: KIND, "),
    "curricula": (ADMIN, "{ school { %s } }", "curricula", ""),
    "work programmes": (ADMIN, "{ school { %s } }", "workProgrammes", ""),
    "announcements": (OLGA, "{ %s }", "announcements", ""),
    "unread announcements": (OLGA, "{ %s }", "announcements", "unreadOnly: true, "),
    "notifications": (OLGA, "{ %s }", "notifications", ""),
    "unread notifications": (OLGA, "{ %s }", "notifications", "unreadOnly: true, "),
    "conversations": (OLGA, "{ %s }", "conversations", ""),
    "conversations found": (OLGA, "{ %s }", "conversations", 'search: "в", '),
    "messages": (OLGA, "{ conversations(first: 1) { nodes { %s } } }", "messages", ""),
    "message reports": (ADMIN, "{ %s }", "messageReports", ""),
    "recipients": (OLGA, "{ %s }", "messageRecipients", "category: GUARDIANS, "),
    "achievements": (OLGA, '{ student(id: "%(ivan)s") { portfolio { %%s } } }', "achievements", ""),
}
INFO: Final = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
PAGE: Final = f"edges {{ cursor node {{ id }} }} nodes {{ id }} {INFO} totalCount"


async def answer(tiny: TinySchool, name: str, arguments: str, page: str = PAGE) -> dict[str, Any]:
    who, around, field, more = LISTS[name]
    ids = {
        "class": tiny.id("Class", "7a"),
        "ivan": tiny.id("Student", "ivan"),
        "robots": tiny.id("ModuleCourse", "robots"),
        "open": tiny.id("Test", "open"),
    }
    return await tiny.answer(
        *who, (around % ids if "%(" in around else around) % f"{field}({more}{arguments}) {{ {page} }}"
    )


async def connection(tiny: TinySchool, name: str, arguments: str, page: str = PAGE) -> Any:
    whole_answer = await answer(tiny, name, arguments, page)
    assert "errors" not in whole_answer, whole_answer["errors"]
    return at(whole_answer["data"], name)


def at(data: Any, name: str) -> Any:
    """The connection in the data of an answer: on the way to it there is one field, or one element, at each place."""
    _, _, field, _ = LISTS[name]
    while field not in data:
        [data] = data if isinstance(data, list) else data.values()
    return data[field]


async def failing(tiny: TinySchool, name: str, arguments: str) -> Any:
    [error] = (await answer(tiny, name, arguments))["errors"]
    return error["extensions"]


def test_every_connection_of_the_graph_is_tried() -> None:
    fields = {
        name
        for named in build()._schema.type_map.values()
        if isinstance(named, GraphQLObjectType)
        for name, field in named.fields.items()
        if str(field.type).rstrip("!").endswith("Connection")
    }
    # The tiny school has no audit, no statistics and no files: test_audit, test_disclosures, test_analytics,
    # test_files, test_handing_in and test_integrity turn pages of their own.
    elsewhere = {
        "auditEvents",
        "disclosures",
        "integrityFindings",
        "refusedMutations",
        "points",
        "families",
        "files",
        "submissions",
    }
    assert fields - elsewhere == {field for _, _, field, _ in LISTS.values()}


@pytest.mark.parametrize("name", LISTS)
async def test_pages_make_up_the_whole_list_once_and_in_order(tiny: TinySchool, name: str) -> None:
    whole = await connection(tiny, name, "first: 100")
    pages: list[Any] = []
    after = ""
    while not pages or pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append(await connection(tiny, name, f"first: 2{after}"))
        after = f', after: "{pages[-1]["pageInfo"]["endCursor"]}"'
    assert [node["id"] for page in pages for node in page["nodes"]] == [node["id"] for node in whole["nodes"]]
    assert len(whole["nodes"]) >= 2
    assert {page["totalCount"] for page in pages} == {len(whole["nodes"])}


@pytest.mark.parametrize("name", LISTS)
async def test_edges_are_the_nodes_with_cursors_and_the_ends_are_theirs(tiny: TinySchool, name: str) -> None:
    page = await connection(tiny, name, "first: 2")
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
    assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
    assert len({edge["cursor"] for edge in page["edges"]}) == 2


@pytest.mark.parametrize("name", LISTS)
async def test_page_says_whether_there_are_others_before_and_behind(tiny: TinySchool, name: str) -> None:
    whole = await connection(tiny, name, "first: 100")
    assert (whole["pageInfo"]["hasNextPage"], whole["pageInfo"]["hasPreviousPage"]) == (False, False)
    first = await connection(tiny, name, "first: 1")
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    exact = await connection(tiny, name, f"first: {min(100, len(whole['nodes']))}")
    assert exact["pageInfo"]["hasNextPage"] is False
    last = await connection(tiny, name, f'first: 100, after: "{first["pageInfo"]["endCursor"]}"')
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)


@pytest.mark.parametrize("name", LISTS)
async def test_the_nodes_are_the_same_when_nothing_is_asked_of_the_page(tiny: TinySchool, name: str) -> None:
    whole = await connection(tiny, name, "first: 2")
    found = await answer(tiny, name, "first: 2", "nodes { id }")
    assert at(found["data"], name)["nodes"] == whole["nodes"]


@pytest.mark.parametrize("name", ["students", "marks"])
async def test_one_more_is_read_only_when_the_page_is_to_say_if_there_is_one(tiny: TinySchool, name: str) -> None:
    for page, limit in (("nodes { id }", 2), (f"nodes {{ id }} {INFO}", 3)):
        await answer(tiny, name, "first: 2", page)
        assert [command["limit"] for _, _, command in tiny.served.recorder.commands if "limit" in command] == [limit]


@pytest.mark.parametrize("name", LISTS)
async def test_page_behind_the_last_place_is_empty(tiny: TinySchool, name: str) -> None:
    end = (await connection(tiny, name, "first: 100"))["pageInfo"]["endCursor"]
    page = await connection(tiny, name, f'first: 5, after: "{end}"')
    assert (page["edges"], page["nodes"]) == ([], [])
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }
    assert page["totalCount"] >= 2


NOWHERE: Final = 'days: {first: "2020-08-01", last: "2020-08-02"}, '


@pytest.mark.parametrize("name", ["homework", "remarks", "comments", "attendance", "missed lessons", "marks"])
async def test_empty_list_has_no_page_before_the_cursor_of_another(tiny: TinySchool, name: str) -> None:
    end = (await connection(tiny, name, "first: 1"))["pageInfo"]["endCursor"]
    page = await connection(tiny, name, f'{NOWHERE}first: 5, after: "{end}"')
    assert (page["totalCount"], page["nodes"]) == (0, [])
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (False, False)


async def test_list_that_lies_behind_the_cursor_as_a_whole_has_no_page_before_it(tiny: TinySchool) -> None:
    end = (await connection(tiny, "marks", "first: 1"))["pageInfo"]["endCursor"]
    page = await connection(tiny, "marks", f'days: {{first: "2026-03-10", last: "2026-10-31"}}, after: "{end}"')
    assert len(page["nodes"]) == page["totalCount"] > 0
    assert page["pageInfo"]["hasPreviousPage"] is False


async def test_the_page_before_is_looked_for_only_when_it_is_asked_about(tiny: TinySchool) -> None:
    end = (await connection(tiny, "marks", "first: 1"))["pageInfo"]["endCursor"]
    for page, reads in (("nodes { id } pageInfo { hasNextPage }", 1), ("pageInfo { hasPreviousPage }", 2)):
        await answer(tiny, "marks", f'first: 1, after: "{end}"', page)
        assert tiny.served.recorder.touched("grades", "marks") == reads


@pytest.mark.parametrize("name", LISTS)
async def test_page_of_a_size_that_is_not_allowed_is_refused(tiny: TinySchool, name: str) -> None:
    for first in (0, -1, 101):
        error = await failing(tiny, name, f"first: {first}")
        assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["first"])
        assert str(first) in error["reason"]


def forged(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


@pytest.mark.parametrize("name", ["homework", "marks by kind", "missed lessons", "absence notices", "students"])
@pytest.mark.parametrize(
    "after",
    [
        "",
        "garbage",
        "AAAA",
        "ы",
        "bnVsbA",
        forged(),
        forged("2026-11-16"),
        forged(None, None),
        forged(1, "x"),
        forged(2**63, 2**64 - 1),
        forged({"$gt": ""}, "x"),
        forged(["x"], "x"),
        forged(True, "x", "y"),
        forged("@yesterday", "x"),
        forged("2026-11-16", 1.5, "x"),
        forged("a", "b", "c", "d"),
    ],
    ids=range(16),
)
async def test_cursor_of_no_list_is_refused(tiny: TinySchool, name: str, after: str) -> None:
    error = await failing(tiny, name, f'after: "{after}"')
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["after"])


@pytest.mark.parametrize("name", LISTS)
async def test_cursor_of_a_place_that_no_list_has_is_refused(tiny: TinySchool, name: str) -> None:
    error = await failing(tiny, name, f'after: "{forged(None, False, 0.5)}"')
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["after"])


BEYOND: Final = [
    "@9999-12-31T23:59:59.999999-23:59",
    "@0001-01-01T00:00:00+23:59",
    "@2026-11-16T08:00:00",
    2**63,
    2**64 - 1,
    -(2**63),
    1e308,
    "\0",
]
"""Values that a calendar, or MongoDB, has no place for."""


@pytest.mark.parametrize("name", LISTS)
async def test_cursor_with_a_value_beyond_all_is_refused_or_leads_to_a_page(tiny: TinySchool, name: str) -> None:
    end = (await connection(tiny, name, "first: 1"))["pageInfo"]["endCursor"]
    values = orjson.loads(base64.urlsafe_b64decode(end + "=" * (-len(end) % 4)))
    for at in range(len(values)):
        for beyond in BEYOND:
            after = forged(*values[:at], beyond, *values[at + 1 :])
            errors = (await answer(tiny, name, f'after: "{after}"')).get("errors", ())
            assert all(e["extensions"]["code"] == "INVALID_INPUT" for e in errors), (name, at, beyond)


async def test_cursor_of_a_list_in_another_order_is_refused(tiny: TinySchool) -> None:
    for one, other in (("missed lessons", "marks"), ("absence notices", "remarks"), ("marks", "missed lessons")):
        cursor = (await connection(tiny, one, "first: 1"))["pageInfo"]["endCursor"]
        assert (await failing(tiny, other, f'after: "{cursor}"'))["argument"] == ["after"]


@pytest.mark.parametrize("name", LISTS)
async def test_first_is_twenty_when_it_is_null_or_left_out(tiny: TinySchool, name: str) -> None:
    left_out = await connection(tiny, name, "after: null")
    assert left_out == await connection(tiny, name, "first: null")
    assert left_out == await connection(tiny, name, "first: 20")


EMPTY: Final = ["homework", "remarks", "comments", "attendance", "missedLessons", "absenceNotices", "marks"]


@pytest.mark.parametrize("field", [*EMPTY, "portfolio { achievements"])
async def test_list_without_anything_is_empty_and_not_null(tiny: TinySchool, field: str) -> None:
    closing = " }" * field.count("{")
    own = await tiny.by_mother(f"{field}(first: 5) {{ {PAGE} }}{closing}", "maria") if "marks" not in field else None
    if own is None:
        days = '(days: {first: "2020-01-01", last: "2020-01-02"})'
        own = await tiny.by_mother(f"marks{days} {{ {PAGE} }}", "maria")
    [found] = own.values()
    found = found.get("achievements", found)
    assert found == {
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "totalCount": 0,
    }


# ── while rows are added ──


@pytest.fixture
async def adding(tiny: TinySchool) -> AsyncIterator[Any]:
    """Insert a mark of Vera's, as long as the test lasts."""
    mongo = tiny.served.settings.mongo
    async with Clients(mongo.uri.get_secret_value(), prefix=mongo.prefix, timeout_s=10) as clients:
        marks = clients.connectors.grades.source.database["marks"]
        model = await marks.find_one({"student_id": tiny.id("Student", "vera")})
        added: list[str] = []

        async def add(key: str, day: str) -> str:
            own = tiny.id("Mark", f"vera {key}")
            added.append(own)
            await marks.insert_one({**model, "_id": own, "work_id": tiny.id("Work", f"vera {key}"), "given_on": day})
            return own

        yield add
        await marks.delete_many({"_id": {"$in": added}})


@pytest.mark.parametrize("order", ["DATE_DESC", "DATE_ASC"])
async def test_cursor_stays_valid_while_rows_are_added_before_and_behind_it(
    tiny: TinySchool, adding: Any, order: str
) -> None:
    days = ["2026-09-10", "2026-09-11", "2026-09-12", "2026-09-13"]
    ids = [await adding(day, day) for day in days]
    expected = ids if order == "DATE_ASC" else ids[::-1]
    period = 'days: {first: "2026-09-01", last: "2026-09-30"}'

    async def page(after: str) -> Any:
        fields = f"marks({period}, orderBy: {order}, first: 2{after}) {{ nodes {{ id }} pageInfo {{ endCursor }} }}"
        return (await tiny.of_student("vera", Role.STUDENT, "vera", fields))["marks"]

    first = await page("")
    earlier, later = await adding("a", "2026-09-01"), await adding("b", "2026-09-20")
    second = await page(f', after: "{first["pageInfo"]["endCursor"]}"')
    third = await page(f', after: "{second["pageInfo"]["endCursor"]}"')
    found = [node["id"] for part in (first, second, third) for node in part["nodes"]]
    assert found == [*expected, later if order == "DATE_ASC" else earlier]


async def test_cursor_stays_valid_when_its_own_row_is_gone(tiny: TinySchool, adding: Any) -> None:
    ids = [await adding(day, day) for day in ("2026-09-10", "2026-09-11", "2026-09-12")]
    mongo = tiny.served.settings.mongo
    fields = 'marks(days: {first: "2026-09-01", last: "2026-09-30"}, first: %s) { nodes { id } pageInfo { endCursor } }'
    first = (await tiny.of_student("vera", Role.STUDENT, "vera", fields % "1"))["marks"]
    async with Clients(mongo.uri.get_secret_value(), prefix=mongo.prefix, timeout_s=10) as clients:
        await clients.connectors.grades.source.database["marks"].delete_one({"_id": first["nodes"][0]["id"]})
    rest = fields % f'5, after: "{first["pageInfo"]["endCursor"]}"'
    second = (await tiny.of_student("vera", Role.STUDENT, "vera", rest))["marks"]
    assert [node["id"] for node in second["nodes"]] == [ids[1], ids[0]]
