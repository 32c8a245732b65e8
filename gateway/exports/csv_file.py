"""CSV files as spreadsheets open them by a double click (RFC 4180).

A text that a spreadsheet would take for a formula begins with an apostrophe. In the Russian dialect the separator is
the semicolon, numbers have a decimal comma, and the file begins with a byte order mark.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from gateway.exports.columns import Column, Kind
from gateway.exports.rows import Cell

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The characters with which a spreadsheet begins to compute (OWASP, CSV Injection)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    separator: str
    decimal_comma: bool
    mark: bool
    """Whether the file begins with a byte order mark, by which Excel knows UTF-8."""


RUSSIAN: Final = Dialect(";", decimal_comma=True, mark=True)
PLAIN: Final = Dialect(",", decimal_comma=False, mark=False)


class CsvFile:
    """Writes rows to a text file as CSV."""

    def __init__(self, file: TextIO, columns: Sequence[Column], dialect: Dialect) -> None:
        self._columns = columns
        self._comma = dialect.decimal_comma
        self._writer = csv.writer(file, delimiter=dialect.separator, lineterminator="\r\n")
        if dialect.mark:
            file.write("\ufeff")
        self._writer.writerow([safe(column.title) for column in columns])

    def write(self, rows: Iterable[Sequence[Cell]], _data: object = None) -> None:
        """Append rows."""
        self._writer.writerows(map(self._written, rows))

    def _written(self, row: Sequence[Cell]) -> list[str]:
        return [self._text(cell, column.kind) for cell, column in zip(row, self._columns, strict=True)]

    def _text(self, cell: Cell, kind: Kind) -> str:
        if cell is None:
            return ""
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if kind is Kind.NUMBER:
            return str(cell).replace(".", ",") if self._comma else str(cell)
        return str(cell) if kind is Kind.DAY else safe(str(cell))


def safe(text: str) -> str:
    """*text* as a spreadsheet shows it without computing it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
