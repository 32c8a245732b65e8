"""CSV files: what spreadsheets make of them."""

import csv
import io

import pytest

from gateway.exports.columns import Column, Kind
from gateway.exports.csv_file import PLAIN, RUSSIAN, CsvFile, Dialect
from gateway.exports.rows import Cell

COLUMNS = [Column("text", Kind.TEXT, 0, ("text",)), Column("number", Kind.NUMBER, 0, ("number",))]


def written(rows: list[list[Cell]], dialect: Dialect = PLAIN) -> str:
    file = io.StringIO(newline="")
    CsvFile(file, COLUMNS, dialect).write(rows)
    return file.getvalue()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_is_no_formula(start: str) -> None:
    [_, [text, _]] = list(csv.reader(io.StringIO(written([[f"{start}1+1", None]]), newline="")))
    assert text == f"'{start}1+1"


def test_a_negative_number_stays_a_number() -> None:
    assert written([["a", "-1.50"]]).splitlines()[1] == "a,-1.50"
    assert written([["a", "-1.50"]], RUSSIAN).splitlines()[1] == "a;-1,50"


def test_separators_quotes_and_lines_inside_a_text_survive() -> None:
    text = 'a;b,"c"\nd'
    for dialect in (PLAIN, RUSSIAN):
        file = io.StringIO(written([[text, 1]], dialect).removeprefix("\ufeff"), newline="")
        assert list(csv.reader(file, delimiter=dialect.separator))[1] == [text, "1"]
