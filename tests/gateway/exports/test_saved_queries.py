"""Saved queries over HTTP: their list, their rows as JSON, CSV and workbooks, and what is refused."""

import csv
import io
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import openpyxl
import orjson
import pytest

from auth.viewer import Role
from gateway.engine.documents import Documents
from gateway.exports import saved_queries
from gateway.exports.saved_queries import Parameter, SavedQueryError
from gateway.schema.query import graphql_schema
from tests.gateway.generated import Generated

OURS: Final = {
    "subjects-behind": ("marks", "groupBy: [GRADE_LEVEL, SUBJECT], period: CURRENT_TERM, orderBy: QUALITY_ASC"),
    "absences-by-month": ("attendance", "groupBy: [SCHOOL, GRADE_LEVEL, MONTH], orderBy: MISSED_GROWTH_DESC"),
    "school-compared": ("marks", "groupBy: [SCHOOL, SUBJECT], period: CURRENT_TERM"),
}
"""The statistic and the question of each query that comes with the gateway."""
FIELDS: Final = {
    "marks": "schoolName gradeLevel subjectName students average quality suppressionNote",
    "attendance": "schoolName gradeLevel month students lessons missedPerStudent suppressionNote",
}


async def fetched(
    school: Generated, role: Role | None, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    signed_in = {"Authorization": f"Bearer {school.own(role)}"} if role else {}
    sent = {"Accept-Encoding": "identity", **signed_in, **(headers or {})}
    response = await school.served.client.get(path, headers=sent)
    return response.status, response.headers, await response.read()


async def refused(school: Generated, role: Role | None, path: str) -> tuple[int, str]:
    status, _, body = await fetched(school, role, path)
    return status, orjson.loads(body)["errors"][0]["extensions"]["code"]


async def cells(school: Generated, role: Role, statistic: str, question: str) -> list[dict[str, Any]]:
    """The cells of a question, page after page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        fields = f"nodes {{ {FIELDS[statistic]} }} pageInfo {{ endCursor hasNextPage }}"
        page = f"{statistic}({question}, first: 50{after}) {{ {fields} }}"
        answer = (await school.served.data(school.own(role), f"{{ analytics {{ {page} }} }}"))["analytics"][statistic]
        found += answer["nodes"]
        if not answer["pageInfo"]["hasNextPage"]:
            return found
        after = f', after: "{answer["pageInfo"]["endCursor"]}"'


def as_number(value: Any) -> Any:
    """A decimal of the graph as a number; every other value as it is."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST])
@pytest.mark.parametrize("name", OURS)
async def test_the_rows_are_the_cells_of_the_graph_in_every_kind_of_file(
    school: Generated, role: Role, name: str
) -> None:
    statistic, question = OURS[name]
    expected = await cells(school, role, statistic, question)
    assert expected
    status, headers, body = await fetched(school, role, f"/q/{name}.json")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    rows = orjson.loads(body)
    own = [key for key in FIELDS[statistic].split() if key in rows[0]]
    assert {"students", "suppressionNote"} < set(own)
    assert [[row[key] for key in own] for row in rows] == [[as_number(cell[key]) for key in own] for cell in expected]

    _, headers, body = await fetched(school, role, f"/q/{name}.csv")
    assert headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    listed = list(csv.DictReader(io.StringIO(body.decode())))
    assert [list(row) for row in listed] == [list(row) for row in rows]
    assert [{k: as_number(v) for k, v in row.items()} for row in listed] == [
        {k: "" if v is None else as_number(v) for k, v in row.items()} for row in rows
    ]

    _, _, body = await fetched(school, role, f"/q/{name}.xlsx")
    titles, *lines = openpyxl.load_workbook(io.BytesIO(body)).active.values
    assert list(titles) == list(rows[0])
    assert [list(line) for line in lines] == [
        [pytest.approx(v) if isinstance(v, float) else v for v in row.values()] for row in rows
    ]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST])
async def test_where_absences_grow_comes_first(school: Generated, role: Role) -> None:
    _, _, body = await fetched(school, role, "/q/absences-by-month.json")
    pairs = [(row["missedPerStudent"], row["previous.missedPerStudent"]) for row in orjson.loads(body)]
    grown = [float(now) - float(before) for now, before in pairs if now is not None and before is not None]
    assert len(grown) > 1
    # The numbers of the file are rounded, those of the order are not.
    assert all(first >= second - 0.011 for first, second in pairwise(grown))
    comparable = [now is not None and before is not None for now, before in pairs]
    assert comparable == sorted(comparable, reverse=True), "cells without one before them come last"


async def test_a_parameter_narrows_the_rows_and_an_empty_one_does_not(school: Generated) -> None:
    _, _, every = await fetched(school, Role.ANALYST, "/q/subjects-behind.json?term=&grade=")
    assert {row["gradeLevel"] for row in orjson.loads(every)} > {2, 7}
    _, _, body = await fetched(school, Role.ANALYST, "/q/subjects-behind.json?term=YEAR&grade=7")
    assert {(row["gradeLevel"], row["term.name"]) for row in orjson.loads(body)} == {(7, None)}


async def test_the_address_says_the_language_of_a_spreadsheet(school: Generated) -> None:
    _, _, body = await fetched(school, Role.ANALYST, "/q/subjects-behind.csv?lang=ru")
    assert body.startswith("\ufeffschoolName;gradeLevel;".encode())
    _, _, body = await fetched(school, Role.ANALYST, "/q/subjects-behind.csv?lang=en", {"Accept-Language": "ru"})
    assert body.startswith(b"schoolName,gradeLevel,")


async def test_the_list_has_titles_and_parameters_in_the_language_of_the_reader(school: Generated) -> None:
    _, _, body = await fetched(school, Role.ANALYST, "/q", {"Accept-Language": "ru"})
    listed = {own["name"]: own for own in orjson.loads(body)["queries"]}
    assert listed.keys() >= OURS.keys()
    own = listed["subjects-behind"]
    assert (own["title"], own["path"]) == ("Какие предметы отстают и в каких параллелях", "/q/subjects-behind")
    assert own["parameters"][0] == {
        "name": "term",
        "type": "AnalyticsPeriod",
        "default": "CURRENT_TERM",
        "meaning": "CURRENT_TERM — идущий учебный период, YEAR — весь учебный год",
    }
    _, _, body = await fetched(school, Role.ANALYST, "/q")
    assert orjson.loads(body)["queries"][0]["title"] == "Where absences grow"


async def test_a_role_is_offered_and_given_only_what_it_may_read_whole(school: Generated) -> None:
    _, _, body = await fetched(school, Role.PARENT, "/q")
    assert not {own["name"] for own in orjson.loads(body)["queries"]} & OURS.keys()
    assert await refused(school, Role.PARENT, "/q/subjects-behind.csv") == (403, "UNAUTHORIZED_FIELD_OR_TYPE")


async def test_rows_that_are_as_they_were_are_not_sent_again(school: Generated) -> None:
    for kind in ("csv", "xlsx", "json"):
        _, headers, _ = await fetched(school, Role.ANALYST, f"/q/school-compared.{kind}")
        assert headers["Cache-Control"] == "private, no-cache"
        status, again, body = await fetched(
            school, Role.ANALYST, f"/q/school-compared.{kind}", {"If-None-Match": headers["ETag"]}
        )
        assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/q/nothing.csv", (404, "NOT_FOUND")),
        ("/q/subjects-behind.exe", (404, "NOT_FOUND")),
        ("/q/subjects-behind", (404, "NOT_FOUND")),
        ("/q/subjects-behind.csv?level=7", (400, "INVALID_INPUT")),
        ("/q/subjects-behind.csv?grade=seven", (400, "INVALID_INPUT")),
        ("/q/subjects-behind.csv?term=DECADE", (400, "INVALID_INPUT")),
        ("/q/subjects-behind.csv?lang=fr", (400, "INVALID_INPUT")),
    ],
)
async def test_a_wrong_address_is_refused(school: Generated, path: str, expected: tuple[int, str]) -> None:
    assert await refused(school, Role.ADMINISTRATOR, path) == expected


async def test_nobody_gets_rows_without_signing_in(school: Generated) -> None:
    for path in ("/q", "/q/subjects-behind.csv"):
        assert await refused(school, None, path) == (401, "UNAUTHENTICATED")


def test_values_of_an_address_become_values_of_their_types() -> None:
    def one(named: str, texts: list[str], *, is_list: bool = False) -> Any:
        return Parameter("own", named, named, is_list, None, None).value(texts)

    assert one("Int", ["7"]) == 7
    assert one("Boolean", ["true"]) is True
    assert one("String", ["7"]) == "7"
    assert one("Date", ["2026-09-01"]) == "2026-09-01"
    assert one("Int", ["7", "8"], is_list=True) == [7, 8]
    assert one("Days", ['{"first": "2026-09-01", "last": "2026-09-30"}']) == {
        "first": "2026-09-01",
        "last": "2026-09-30",
    }
    assert one("Int", ["x"]) == "x"


TITLE: Final = '[title]\nen = "Own"\nru = "Своё"\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Own", 'document = "{ viewer { role } }"\n' + TITLE, "lower-case"),
        ("own", "document = ''\n" + TITLE, "no document"),
        ("own", 'document = "{ viewer { role } }"', "no document, title"),
        ("own", 'document = "mutation { x }"\n' + TITLE, "which is a query"),
        ("own", 'document = "query($key: Int) { viewer { role } }"\n' + TITLE, "key"),
        ("own", 'document = "{ viewer { role } }"\nroles = []\n' + TITLE, "no such keys: roles"),
        (
            "own",
            'document = "{ viewer { role } }"\n' + TITLE + '[parameters.a]\nen = "A"\nru = "А"\n',
            "no variables a",
        ),
        ("subjects-behind", 'document = "{ viewer { role } }"\n' + TITLE, "already"),
    ],
)
def test_a_file_that_is_no_saved_query_is_named_at_the_start(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / f"{name}.toml").write_text(content)
    with pytest.raises(SavedQueryError, match=message) as raised:
        saved_queries.load(tmp_path)
    assert f"{name}.toml" in str(raised.value)


def test_a_query_that_no_role_may_run_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('document = "{ viewer { shoeSize } }"\n' + TITLE)
    documents = Documents(graphql_schema(), list(Role))
    with pytest.raises(SavedQueryError, match="own is not of this schema"):
        saved_queries.check(saved_queries.load(tmp_path).values(), documents)
