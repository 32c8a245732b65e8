"""Excel workbooks of one sheet, written in a process of their own: `python -m gateway.exports.xlsx_file ROWS WORKBOOK`.

ROWS is a file of JSON lines: first the titles and kinds of the columns, then the rows. XlsxWriter takes longer for a
row than the gateway takes to find it, which would hold up every other request of the process.
"""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import orjson
import xlsxwriter

_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_WIDEST: Final = 60
_LONGEST: Final = 32_767
"""Characters that a cell of a workbook may have."""


def convert(source: Path, target: Path) -> None:
    """Write the rows of *source* into the workbook *target*, in bounded memory."""
    with source.open("rb") as lines, xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        book.set_properties({"created": _MADE})  # equal rows make equal files, which have one entity tag
        sheet = book.add_worksheet()
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        titles, kinds = orjson.loads(next(lines))
        for place, title in enumerate(titles):
            sheet.set_column(place, place, min(_WIDEST, max(12, len(title) + 2)))
            sheet.write_string(0, place, title, bold)
        sheet.freeze_panes(1, 0)
        count = 0
        for count, line in enumerate(lines, 1):
            for place, (cell, kind) in enumerate(zip(orjson.loads(line), kinds, strict=True)):
                if cell is not None:
                    _write(sheet, count, place, cell, kind, day)
        sheet.autofilter(0, 0, count, max(0, len(titles) - 1))


def _write(sheet: Any, row: int, place: int, cell: Any, kind: str, day: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif kind == "number" and (number := _number(cell)) is not None:
        sheet.write_number(row, place, number)
    elif kind == "day":
        sheet.write_datetime(row, place, date.fromisoformat(cell), day)
    else:
        sheet.write_string(row, place, str(cell)[:_LONGEST])


def _number(cell: Any) -> float | None:
    try:
        return float(Decimal(str(cell)))
    except InvalidOperation:
        return None


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
