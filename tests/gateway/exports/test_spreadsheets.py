"""Files as LibreOffice opens them: what people wrote stays text, whatever it begins with."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import openpyxl
import orjson
import pytest

from gateway.exports.columns import Column, Kind
from gateway.exports.csv_file import FORMULA_STARTS, PLAIN, RUSSIAN, CsvFile, Dialect
from gateway.exports.xlsx_file import convert

pytestmark = [
    pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here: apt-get install libreoffice-calc"),
    pytest.mark.unmeasured,
]
COLUMNS: Final = [Column(f"text {number}", Kind.TEXT, 0, ("text",)) for number in range(3)]
TEXTS: Final = [f"{start}1+1" for start in FORMULA_STARTS] + [
    '=HYPERLINK("http://127.0.0.1","x")',
    "=cmd|' /C calc'!A0",
]
ROWS: Final = [[text, "plain", text] for text in TEXTS]


def opened(path: Path, *arguments: str) -> list[list[Any]]:
    """The cells of a file as LibreOffice has opened it, the titles left out."""
    into = path.parent / "opened"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = ["soffice", profile, "--headless", *arguments, "--convert-to", "xlsx", "--outdir", str(into), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=170)
    sheet = openpyxl.load_workbook(into / f"{path.stem}.xlsx").active
    return [list(row) for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("dialect", [PLAIN, RUSSIAN], ids=["plain", "russian"])
def test_no_text_of_a_csv_file_is_computed(tmp_path: Path, dialect: Dialect) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        CsvFile(file, COLUMNS, dialect).write(ROWS)
    separator = ord(dialect.separator)
    rows = opened(path, f"--infilter=CSV:{separator},34,76,1")
    assert len(rows) == len(TEXTS)
    for row, text in zip(rows, TEXTS, strict=True):
        assert [cell.data_type for cell in row] == ["s"] * 3
        assert _lines(row[0].value) == _lines(row[2].value) == _lines(f"'{text}")


def test_no_text_of_a_workbook_is_computed(tmp_path: Path) -> None:
    lines, path = tmp_path / "rows.jsonl", tmp_path / "rows.xlsx"
    head = [[column.title for column in COLUMNS], [column.kind.value for column in COLUMNS]]
    lines.write_bytes(b"\n".join(map(orjson.dumps, [head, *ROWS])))
    convert(lines, path)
    rows = opened(path)
    assert len(rows) == len(TEXTS)
    for row, text in zip(rows, TEXTS, strict=True):
        assert [cell.data_type for cell in row] == ["s"] * 3
        assert _lines(row[0].value) == _lines(row[2].value) == _lines(text)


def _lines(text: Any) -> str:
    """A text without its line breaks and tabs, which programs write in several ways."""
    return "".join(str(text).replace("_x000D_", "").split())
