"""Lists of the graph as files, over HTTP: the rows of the JSON answer, by the rights of the same viewer."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import icalendar
import orjson
import pytest
from structlog.testing import capture_logs

from auth.viewer import Role
from gateway.exports.formats import Format
from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served

MARKS: Final = """query Marks($id: ID!, $first: Int) {
  student(id: $id) {
    displayName
    marks(first: $first) { totalCount nodes { value weight givenOn isPoint subject { name } work { kind { name } } } }
  }
}"""
COLUMNS: Final = ["student.displayName", "value", "weight", "givenOn", "isPoint", "subject.name", "work.kind.name"]


async def download(
    tiny: TinySchool,
    who: str,
    role: Role,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    kind: Format = Format.CSV,
    language: str = "en",
    **parameters: Any,
) -> tuple[int, Mapping[str, str], bytes]:
    """The status, the headers and the content of the file that an operation becomes."""
    response = await tiny.served.client.post(
        "/graphql",
        json={"query": query, "variables": variables or {}, **parameters},
        headers={
            "Authorization": f"Bearer {tiny.bearer(who, role)}",
            "Accept": f"{kind.media_type}, application/json;q=0.5",
            "Accept-Language": language,
            "Accept-Encoding": "identity",
        },
    )
    return response.status, response.headers, await response.read()


async def table(*arguments: Any, **options: Any) -> list[list[str]]:
    """The rows of a CSV file, the titles first."""
    status, _, body = await download(*arguments, **options)
    assert status == 200, body
    return list(csv.reader(io.StringIO(body.decode())))


async def code(*arguments: Any, **options: Any) -> tuple[int, str]:
    """The status and the code of the error that an operation without a file is answered with."""
    status, _, body = await download(*arguments, **options)
    return status, json.loads(body)["errors"][0]["extensions"]["code"]


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    ("who", "role"), [("ivan", Role.STUDENT), ("olga", Role.PARENT), ("admin", Role.ADMINISTRATOR)]
)
@pytest.mark.parametrize("first", [1, 3, 100])
async def test_a_file_has_every_row_of_the_list_whatever_the_size_of_its_pages(
    tiny: TinySchool, who: str, role: Role, first: int
) -> None:
    ivan = tiny.id("Student", "ivan")
    answer = await tiny.data(
        who, role, MARKS.replace("$id: ID!, $first: Int", "$first: Int = 100").replace("$id", f'"{ivan}"')
    )
    marks = answer["student"]["marks"]
    assert marks["totalCount"] == len(marks["nodes"]) > 3
    titles, *rows = await table(tiny, who, role, MARKS, {"id": ivan, "first": first})
    assert titles == COLUMNS
    assert rows == [
        [
            answer["student"]["displayName"],
            *(text_of(mark[key]) for key in ("value", "weight", "givenOn", "isPoint")),
            text_of(mark["subject"] and mark["subject"]["name"]),
            text_of(mark["work"] and mark["work"]["kind"]["name"]),
        ]
        for mark in marks["nodes"]
    ]


async def test_a_file_begins_after_the_cursor_of_the_document(tiny: TinySchool) -> None:
    query = "query($id: ID!, $from: String) { student(id: $id) { marks(first: 2, after: $from) { nodes { id } %s } } }"
    variables = {"id": tiny.id("Student", "ivan")}
    _, *rows = await table(tiny, "olga", Role.PARENT, query % "", variables)
    answer = await tiny.served.data(tiny.bearer("olga", Role.PARENT), query % "pageInfo { endCursor }", variables)
    cursor = answer["student"]["marks"]["pageInfo"]["endCursor"]
    _, *later = await table(tiny, "olga", Role.PARENT, query % "", {**variables, "from": cursor})
    literal = (query % "").replace("$from: String", "$x: Int = 1").replace("after: $from", f'after: "{cursor}"')
    _, *fixed = await table(tiny, "olga", Role.PARENT, literal.replace("first: 2", "first: $x"), variables)
    assert later == fixed == rows[2:]


async def test_a_field_that_the_viewer_may_not_read_is_an_empty_column(tiny: TinySchool) -> None:
    query = "query($id: ID!) { student(id: $id) { remarks { nodes { text } } marks(first: 5) { nodes { value } } } }"
    titles, *rows = await table(tiny, "ivan", Role.STUDENT, query, {"id": tiny.id("Student", "ivan")})
    assert titles == ["student.remarks", "value"]
    assert rows
    assert {row[0] for row in rows} == {""}


async def test_an_empty_list_and_an_operation_without_a_list(tiny: TinySchool) -> None:
    query = """query($id: ID!) {
      student(id: $id) { marks(days: {first: "2026-09-06", last: "2026-09-06"}) { nodes { value } } }
    }"""
    assert await table(tiny, "ivan", Role.STUDENT, query, {"id": tiny.id("Student", "ivan")}) == [["value"]]
    assert await table(tiny, "ivan", Role.STUDENT, "{ viewer { role } }") == [["viewer.role"], ["STUDENT"]]


async def test_russian_spreadsheets_open_it_by_a_double_click(tiny: TinySchool) -> None:
    query = "query Terms($id: ID!) { student(id: $id) { performance { subject { name } average } } }"
    _, headers, body = await download(
        tiny, "ivan", Role.STUDENT, query, {"id": tiny.id("Student", "ivan")}, language="ru"
    )
    assert headers["Content-Disposition"] == 'attachment; filename="Terms.csv"'
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert body.startswith("\ufeffsubject.name;average\r\n".encode())
    averages = [line.split(";")[1] for line in body.decode().splitlines()[1:]]
    assert any("," in average for average in averages)
    assert not any("." in average for average in averages)


async def test_a_workbook_has_numbers_days_and_texts(tiny: TinySchool) -> None:
    variables = {"id": tiny.id("Student", "ivan"), "first": 2}
    titles, *rows = await table(tiny, "ivan", Role.STUDENT, MARKS, variables)
    status, headers, body = await download(tiny, "ivan", Role.STUDENT, MARKS, variables, kind=Format.XLSX)
    assert (status, headers["Content-Type"]) == (200, Format.XLSX.media_type)
    cells = cells_of(body)
    assert [[text for text, _ in row] for row in cells[:1]] == [titles]
    assert len(cells) == 1 + len(rows)
    for row, expected in zip(cells[1:], rows, strict=True):
        assert row[1] == (expected[1], "text")
        assert row[2] == (expected[2], "number")
        assert row[3][1] == "number"  # the day, counted from 1900
        assert row[5] == (expected[5], "text")


def cells_of(workbook: bytes) -> list[list[tuple[str, str]]]:
    """The cells of a workbook's sheet, each with its kind."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    assert not list(sheet.iter(f"{space}f"))  # no formula
    return [
        [
            ("".join(cell.itertext()), "text" if cell.get("t") == "inlineStr" else "number")
            for cell in row.iter(f"{space}c")
        ]
        for row in sheet.iter(f"{space}row")
    ]


async def test_a_workbook_that_is_not_written_is_our_mistake(tiny: TinySchool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    failed = await code(tiny, "ivan", Role.STUDENT, "{ viewer { role } }", kind=Format.XLSX)
    assert failed == (500, "INTERNAL")


OF_CLASSES: Final = """{ classes(first: %d) { nodes { name students(first: %d) { nodes {
  displayName marks(first: %d) { nodes { value givenOn } } } } } } }"""
BY_OWN_CURSOR: Final = """query($own: String) { classes(first: 100) { nodes { name
  students(first: %d, after: $own) { nodes { displayName } } } } }"""
SHARED_CURSOR: Final = """query($own: String) { students(first: 5, after: $own) { nodes { displayName
  marks(first: 1, after: $own) { nodes { value } } } } }"""


@pytest.mark.parametrize(
    ("who", "role", "query"),
    [
        ("olga", Role.PARENT, "{ viewer { children { displayName marks(first: %d) { nodes { value givenOn } } } } }"),
        ("admin", Role.ADMINISTRATOR, OF_CLASSES),
        ("admin", Role.ADMINISTRATOR, BY_OWN_CURSOR),
    ],
)
async def test_a_list_inside_is_read_to_its_end(tiny: TinySchool, who: str, role: Role, query: str) -> None:
    lists = query.count("%d")
    status, _, whole = await download(tiny, who, role, query % ((20,) * lists))
    assert status == 200
    assert whole.count(b"\n") > lists + 2
    for first in (1, 2):
        status, _, body = await download(tiny, who, role, query % ((first,) * lists))
        assert (status, body.decode()) == (200, whole.decode())


async def test_a_list_that_is_too_long_or_shares_its_cursor_is_refused(tiny: TinySchool) -> None:
    assert await code(tiny, "admin", Role.ADMINISTRATOR, SHARED_CURSOR) == (400, "EXPORT_INCOMPLETE")
    many = "{ students(first: 5) { nodes { displayName diary { days { date } } } } }"
    assert await code(tiny, "admin", Role.ADMINISTRATOR, many) == (400, "EXPORT_TOO_LARGE")
    many = "{ students(first: 5) { nodes { displayName diary { days { date } } } } }"
    assert await code(tiny, "admin", Role.ADMINISTRATOR, many) == (400, "EXPORT_TOO_LARGE")


async def test_no_file_without_rights_by_mutation_or_in_a_batch(tiny: TinySchool) -> None:
    other = tiny.id("Student", "maria")
    assert await code(tiny, "ivan", Role.STUDENT, MARKS, {"id": other}) == (400, "NOT_FOUND")
    assert await code(tiny, "ivan", Role.STUDENT, "{ nothing }") == (400, "INVALID_INPUT")
    ticked = 'mutation { markHomeworkDone(input: {homeworkId: "x"}) { userErrors { code } } }'
    assert await code(tiny, "ivan", Role.STUDENT, ticked) == (405, "METHOD_NOT_ALLOWED")


async def test_a_client_of_trusted_documents_exports_them_alone(tiny: TinySchool, tmp_path: Path) -> None:
    listed = "{ viewer { children { displayName } } }"
    operations = [{"id": "children", "name": "Children", "type": "query", "body": f"query Children {listed}"}]
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    (tmp_path / "m.json").write_bytes(orjson.dumps(manifest))
    mongo = tiny.served.settings.mongo
    async with served(
        mongo.uri.get_secret_value(),
        None,
        prefix=mongo.prefix,
        today=school.TODAY,
        persisted={"manifests": tmp_path, "default": "require_id"},
    ) as gateway:
        own = TinySchool(gateway, tiny.school)
        headers = {"Authorization": f"Bearer {own.bearer('olga', Role.PARENT)}", "Accept": "text/csv"}
        by_id = await gateway.client.post("/graphql", json={"documentId": "children"}, headers=headers)
        assert (by_id.status, len((await by_id.text()).splitlines())) == (200, 4)
        by_text = await gateway.client.post("/graphql", json={"query": listed}, headers=headers)
        assert by_text.status == 400


async def test_a_file_that_fails_is_logged_with_the_costs_of_all_its_pages(tiny: TinySchool) -> None:
    many = "{ students(first: 5) { nodes { displayName diary { days { date } } } } }"
    with capture_logs() as lines:
        await tiny.answer("admin", Role.ADMINISTRATOR, many)
        assert await code(tiny, "admin", Role.ADMINISTRATOR, many) == (400, "EXPORT_TOO_LARGE")
    page, file = (line for line in lines if line["event"] == "request")
    assert (file["kind"], page["kind"]) == ("query", "query")
    assert file["cost"] >= 2 * page["cost"]


async def test_a_list_with_times_is_a_calendar(tiny: TinySchool) -> None:
    query = """query Week($id: ID!) { student(id: $id) { diary { days { lessons {
      id subject { name } startsAt endsAt room } } } } }"""
    variables = {"id": tiny.id("Student", "ivan")}
    status, headers, body = await download(tiny, "ivan", Role.STUDENT, query, variables, kind=Format.ICS)
    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    data = (await tiny.served.data(tiny.bearer("ivan", Role.STUDENT), query, variables))["student"]
    lessons = [own for day in data["diary"]["days"] for own in day["lessons"]]
    events: list[Any] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert len(events) == len(lessons) > 3
    for event, lesson in zip(events, lessons, strict=True):
        assert event["dtstart"].dt == datetime.fromisoformat(lesson["startsAt"])
        assert event["dtend"].dt == datetime.fromisoformat(lesson["endsAt"])
        assert str(event["summary"]) == lesson["subject"]["name"]
        assert (f"room: {lesson['room']}" in str(event.get("description", ""))) is (lesson["room"] is not None)
    assert len({str(event["uid"]) for event in events}) == len(events)


async def test_a_list_of_days_is_a_calendar_and_one_without_times_is_refused(tiny: TinySchool) -> None:
    variables = {"id": tiny.id("Student", "ivan")}
    query = "query($id: ID!) { student(id: $id) { marks(first: 3) { nodes { value givenOn } } } }"
    _, _, body = await download(tiny, "ivan", Role.STUDENT, query, variables, kind=Format.ICS)
    titles, *rows = await table(tiny, "ivan", Role.STUDENT, query, variables)
    assert titles == ["value", "givenOn"]
    events: list[Any] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert [[str(own["summary"]), own["dtstart"].dt.isoformat()] for own in events] == rows
    without = "query($id: ID!) { student(id: $id) { marks { nodes { value } } } }"
    assert await code(tiny, "ivan", Role.STUDENT, without, variables, kind=Format.ICS) == (400, "EXPORT_WITHOUT_TIMES")
