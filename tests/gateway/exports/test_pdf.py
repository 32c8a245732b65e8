"""Printed pages: saved queries with a template, and any list as a table."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import typst

from auth.viewer import Role
from gateway.exports import saved_queries
from gateway.exports.formats import TEMPLATES
from gateway.exports.pdf_file import compiled
from tests.gateway.exports.test_saved_queries import fetched, refused
from tests.gateway.generated import DAY, Generated

DAYS: Final = {"first": "2026-11-02", "last": "2026-11-18"}
QUERIES: Final = saved_queries.load(None)
PRINTED: Final = [query.name for query in QUERIES.values() if query.template]


async def variables_of(school: Generated, name: str) -> tuple[Role, dict[str, Any]]:
    """Who prints a sheet, and of what."""
    match name:
        case "class-journal":
            own = await school.find("directory.subjects", school_id=school.student["school_id"])
            subject = next(one["_id"] for one in own if one["name"] == "Алгебра")
            return Role.CLASS_TEACHER, {"class": school.class_id, "subject": subject, "days": DAYS}
        case "timetable":
            return Role.CLASS_TEACHER, {"class": school.class_id, "week": DAY}
        case "attendance":
            return Role.PARENT, {"student": school.student_id, "days": DAYS}
        case _:
            return Role.PARENT, {"student": school.student_id}


def address(name: str, variables: Mapping[str, Any], **more: str) -> str:
    texts = {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in variables.items()}
    return f"/q/{name}.pdf?" + "&".join(f"{key}={value}" for key, value in {**texts, **more}.items())


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("name", PRINTED)
async def test_a_sheet_is_printed_and_is_the_same_until_it_changes(school: Generated, name: str, language: str) -> None:
    role, variables = await variables_of(school, name)
    status, headers, body = await fetched(school, role, address(name, variables, lang=language))
    assert (status, headers["Content-Type"]) == (200, "application/pdf"), body[:500]
    assert headers["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
    assert body.startswith(b"%PDF")
    status, _, _ = await fetched(
        school, role, address(name, variables, lang=language), {"If-None-Match": headers["ETag"]}
    )
    assert status == 304


def cells_of(folder: Path, template: str) -> Iterator[str]:
    """The texts of the cells that a template prints, row by row."""
    fonts = typst.Fonts(include_system_fonts=False)
    tables = typst.query(str(folder / f"{template}.typ"), "table", root=str(folder), font_paths=fonts)
    for table in orjson.loads(tables):
        for child in table["children"]:
            for cell in child["children"] if child["func"] == "header" else [child]:
                yield _text(cell["body"])


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(map(_text, content))
    if not isinstance(content, dict):
        return str(content)
    inner = [content[key] for key in ("text", "body", "child", "children") if key in content]
    return " " if content.get("func") == "space" else "".join(map(_text, inner))


def prepared(folder: Path, template: str, **content: Any) -> Path:
    """A folder in which a template can be set."""
    whole = {"title": "Заголовок", "language": "ru", "today": DAY, "days": DAYS, **content}
    (folder / "data.json").write_bytes(orjson.dumps(whole))
    pdf = compiled(folder, template)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF")
    return folder


async def test_the_report_card_prints_every_subject_with_its_grades(school: Generated, tmp_path: Path) -> None:
    query = QUERIES["report-card"]
    data = await school.served.data(
        school.own(Role.PARENT), query.document, {"student": school.student_id, "year": None}
    )
    cells = list(cells_of(prepared(tmp_path, "report-card", data=data), "report-card"))
    student = data["student"]
    assert {own["subject"]["name"] for own in student["performance"]} <= set(cells)
    latest = max(own["academicYear"] for own in student["finalGrades"])
    graded = [own for own in student["finalGrades"] if own["academicYear"] == latest]
    periods = list(dict.fromkeys(cells[1 : cells.index("Средний балл")]))
    width = cells.index("Средний балл") + 1
    rows = {row[0]: row for row in (cells[at : at + width] for at in range(width, len(cells), width))}
    for own in graded:
        if own["kind"] == "PERIOD":
            assert rows[own["subject"]["name"]][1 + periods.index(own["period"]["name"])] == own["value"]
    for own in student["performance"]:
        shown = own["average"].replace(".", ",") if own["average"] else "–"
        assert rows[own["subject"]["name"]][-1] == shown


def final_grade(subject: str, kind: str, value: str, period: str | None = None) -> dict[str, Any]:
    """A final grade of 2025/26, as the report card reads it."""
    of = period and {"name": period, "kind": "YEAR" if period == "Год" else "SEMESTER", "startsOn": "2025-09-01"}
    named = {"id": subject, "name": subject}
    return {"subject": named, "academicYear": "2025/26", "kind": kind, "value": value, "period": of or None}


def test_a_report_card_of_another_year_has_one_column_of_the_year_and_no_averages_of_today(tmp_path: Path) -> None:
    grades = [
        final_grade("Алгебра", "PERIOD", "4", "I семестр"),
        final_grade("Алгебра", "YEAR", "5"),
        final_grade("Физкультура", "PERIOD", "зачёт", "Год"),
    ]
    student = {
        "displayName": "Иванов Иван",
        "class": {"name": "7А", "classTeacher": None},
        "school": {"name": "Школа", "currentYear": {"name": "2026/27"}},
        "finalGrades": grades,
        "performance": [{"subject": {"id": "Химия", "name": "Химия"}, "average": "4.00", "period": None}],
        "attendanceSummary": {"lessons": 1, "absent": 0, "excused": 0, "late": 0},
    }
    cells = list(cells_of(prepared(tmp_path, "report-card", data={"student": student}), "report-card"))
    assert cells == [
        *("Предмет", "I семестр", "Год"),
        *("Алгебра", "4", "5"),
        *("Физкультура", "", "зачёт"),
    ]


def test_an_attendance_report_is_in_the_order_of_lessons(tmp_path: Path) -> None:
    def record(day: str, number: int | None) -> dict[str, Any]:
        lesson = number and {"number": number}
        of = {"subject": {"name": "Алгебра"}, "reason": None, "minutesLate": None}
        return {"date": day, "status": "ABSENT", "lesson": lesson, **of}

    student = {
        "displayName": "Иванов Иван",
        "class": None,
        "school": {"name": "Школа"},
        "attendanceSummary": None,
        "attendance": {"nodes": [record("2026-11-03", 1), record("2026-11-02", 5), record("2026-11-02", 2)]},
    }
    cells = list(cells_of(prepared(tmp_path, "attendance", data={"student": student}), "attendance"))
    shown = [(day, number) for day, number, *_ in (cells[at : at + 5] for at in range(5, len(cells), 5))]
    assert shown == [("02.11.2026", "2"), ("02.11.2026", "5"), ("03.11.2026", "1")]


def test_no_text_of_the_data_is_markup(tmp_path: Path) -> None:
    nasty = '#eval("1+1") *bold* $x$ #include "/etc/passwd" \\ <label> @ref // — `code`'
    columns = [{"title": nasty, "kind": "text"}]
    cells = list(cells_of(prepared(tmp_path, "table", title=nasty, columns=columns, rows=[[nasty]]), "table"))
    assert [cell.replace("\u200b", "") for cell in cells] == [nasty, nasty]


@pytest.mark.parametrize("template", sorted(path.stem for path in TEMPLATES.glob("*.typ")))
def test_a_template_loads_nothing(template: str) -> None:
    text = (TEMPLATES / f"{template}.typ").read_text()
    assert "@preview" not in text
    assert set(re.findall(r'#import "([^"]+)"', text)) <= {"sheet.typ"}


async def test_any_list_is_a_table(school: Generated) -> None:
    headers = {"Accept": "application/pdf", "Authorization": f"Bearer {school.own(Role.PARENT)}"}
    query = "query Marks($id: ID!) { student(id: $id) { marks(first: 50) { nodes { value givenOn isPoint } } } }"
    response = await school.served.client.post(
        "/graphql", json={"query": query, "variables": {"id": school.student_id}}, headers=headers
    )
    body = await response.read()
    assert (response.status, response.headers["Content-Type"]) == (200, "application/pdf")
    assert response.headers["Content-Disposition"] == 'attachment; filename="Marks.pdf"'
    assert pages(body) > 1


async def test_a_sheet_is_for_whoever_may_read_the_student(school: Generated) -> None:
    stranger = next(
        own["student_id"]
        for own in await school.find("directory.people", student_id={"$exists": True})
        if own["student_id"] != school.student_id and own["school_id"] != school.student["school_id"]
    )
    status, code = await refused(school, Role.PARENT, address("report-card", {"student": stranger}))
    assert (status, code) == (400, "NOT_FOUND")
    status, code = await refused(school, Role.ANALYST, address("report-card", {"student": school.student_id}))
    assert (status, code) == (403, "UNAUTHORIZED_FIELD_OR_TYPE")
