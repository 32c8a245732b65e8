"""Reads tables: CSV files and the sheets of workbooks, by their headings or a mapping file."""

import datetime as dt
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn
from zipfile import ZipFile

from openpyxl import load_workbook

from connectors.imports import delimited
from connectors.imports.errors import ImportFailed
from connectors.imports.inputs import InputFile, SizeRules, check_archive, readable
from connectors.imports.tables.sheets import SHEETS, Sheet, folded

WORKBOOKS: Final = (".xlsx", ".xlsm")
_TEXTS: Final = (".csv", ".txt", ".tsv")
_OWN: Final = (".toml",)
"""The mapping file, which lies beside the template."""

_MOST_ROWS: Final = 2**20
"""The rows of a sheet of Excel: a file may pretend to have more."""
_MOST_EMPTY_ROWS: Final = 100_000
"""Empty rows one after another: a file of a thousand bytes may pretend to have any number of them."""
_MOST_SHEETS: Final = 100
_MOST_COLUMNS: Final = 200
"""Columns beyond these hold nothing but formats."""
_HEADING_WITHIN: Final = 10
"""Among so many first rows the heading is looked for: a title may stand above it."""

Mapped = Mapping[str, Mapping[str, str]]
"""For each table the headings that are the school's own, by the names of columns."""


class TableRow(NamedTuple):
    """A row below a heading: its table, where it stands, and its texts by column."""

    sheet: str
    file: str
    line: int
    values: Mapping[str, str]
    has_more: bool
    """True for a row with cells beyond those of the heading."""


class FoundTable(NamedTuple):
    """A table that is understood: its name in a mapping file, and its rows."""

    sheet: str
    rows: Iterator[TableRow]


class Table(NamedTuple):
    """One table of a file: the file, its name there, and its rows."""

    file: str
    title: str
    rows: Iterator[delimited.Cells]


def mapping_of(path: Path | None) -> Mapped:
    """The headings of a mapping file: for each table `heading = "column"`.

    Raises:
        ImportFailed: it cannot be read, or names a table or a column that is not known.
    """
    if path is None:
        return {}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportFailed(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportFailed(f"{path}: {error}") from error
    found: dict[str, dict[str, str]] = {}
    for name, columns in read.items():
        if name not in SHEETS or not isinstance(columns, dict):
            raise ImportFailed(f"{path}: there is no table {name}; there are {', '.join(SHEETS)}.")
        known = {column.name for column in SHEETS[name].columns}
        for heading, column in columns.items():
            if column not in known and (heading, column) != ("sheet", str(column)):
                raise ImportFailed(f"{path}: {name} has no column {column!r}; it has {', '.join(sorted(known))}.")
        found[name] = {folded(heading): str(column) for heading, column in columns.items()}
        if "sheet" in columns:
            found[name]["\x00"] = folded(str(columns["sheet"]))
    return found


def read_table(table: Table, mapped: Mapped) -> FoundTable | None:
    """A table with its rows, if it has any; None where neither its name nor its heading is that of a known one.

    Raises:
        ImportFailed: its heading lacks a column that is needed, or has one twice.
    """
    first = []
    for cells in table.rows:
        first.append(cells)
        columns = [folded(value) for value in cells.values]
        sheet = _sheet_of(table.title, columns, mapped)
        if sheet is not None:
            return FoundTable(
                sheet.name, _rows(table, sheet, _columns(table, cells, sheet, mapped.get(sheet.name, {})))
            )
        if len(first) == _HEADING_WITHIN:
            break
    return None


def _sheet_of(title: str, headings: Sequence[str], mapped: Mapped) -> Sheet | None:
    """The table of a title, if the row looks like its heading; without a title, that with the most columns there."""
    named = [
        sheet
        for sheet in SHEETS.values()
        if folded(title) in {folded(sheet.name), *map(folded, sheet.titles), mapped.get(sheet.name, {}).get("\x00")}
    ]
    fitting = [(len(_known(sheet, mapped).keys() & set(headings)), sheet) for sheet in named or SHEETS.values()]
    count, best = max(fitting, key=lambda pair: pair[0])
    is_sure = count >= (1 if named else 3)
    return best if is_sure and (named or [own for own, _ in fitting].count(count) == 1) else None


def _known(sheet: Sheet, mapped: Mapped) -> dict[str, str]:
    own = {folded(heading): column.name for column in sheet.columns for heading in (column.name, *column.headings)}
    return own | {heading: column for heading, column in mapped.get(sheet.name, {}).items() if heading != "\x00"}


def _columns(table: Table, cells: delimited.Cells, sheet: Sheet, own: Mapping[str, str]) -> list[str | None]:
    known = _known(sheet, {sheet.name: own})
    columns = [known.get(folded(value)) for value in cells.values]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise ImportFailed(f"{table.file}, line {cells.line}: two columns are {', '.join(twice)}. Rename one of them.")
    is_there = set(columns)
    missing = [column.headings[0] for column in sheet.columns if column.is_required and column.name not in is_there]
    if not is_there & {"name", "family"} and any(column.name == "name" for column in sheet.columns):
        missing.insert(0, "ФИО")
    if missing:
        raise ImportFailed(
            f"{table.file}, line {cells.line}: нет столбца {', '.join(missing)} / a column is missing. "
            "Add it, or say in a mapping file which one it is."
        )
    return columns


def _rows(table: Table, sheet: Sheet, columns: Sequence[str | None]) -> Iterator[TableRow]:
    for cells in table.rows:
        own = {
            column: value for column, value in zip(columns, cells.values, strict=False) if column is not None and value
        }
        yield TableRow(sheet.name, table.file, cells.line, own, any(cells.values[len(columns) :]))


def tables_of(file: InputFile, sizes: SizeRules) -> Iterator[Table]:
    """The tables of a file: one of a CSV file, one for each sheet of a workbook.

    Raises:
        ImportFailed: the file cannot be read.
    """
    suffix = Path(file.name).suffix.lower()
    if suffix in _TEXTS:
        yield Table(file.name, Path(file.name).stem, delimited.rows(file))
    elif suffix in WORKBOOKS:
        yield from _sheets(file, sizes)


def is_table(name: str) -> bool:
    """Whether a file may hold tables, by the end of its name."""
    return Path(name).suffix.lower() in {*_TEXTS, *WORKBOOKS}


def is_left_out_silently(name: str) -> bool:
    """Whether a file is none that anybody expects to be read: hidden, of an open workbook, or a mapping file."""
    return name.startswith((".", "~$")) or Path(name).suffix.lower() in _OWN


def _sheets(file: InputFile, sizes: SizeRules) -> Iterator[Table]:
    if file.size > sizes.workbook:
        raise ImportFailed(f"{file.name}: the workbook has {file.size:,} bytes; at most {sizes.workbook:,} are read.")
    with readable(file.name), file.open() as opened:
        content = BytesIO(opened.read())
        with ZipFile(content) as archive:
            check_archive(file.name, archive, sizes._replace(bytes=min(sizes.bytes, sizes.workbook)))
    book = _opened(file.name, content)
    try:
        if len(book.worksheets) > _MOST_SHEETS:
            raise ImportFailed(
                f"{file.name}: the workbook has more than {_MOST_SHEETS} sheets. Delete what is no table."
            )
        for sheet in book.worksheets:
            rows = _cells(file.name, sheet)
            yield Table(
                f"{file.name} [{sheet.title}]",
                sheet.title if len(book.worksheets) > 1 else _title(file, sheet.title),
                rows,
            )
    finally:
        book.close()


def _title(file: InputFile, title: str) -> str:
    """The name of the only sheet of a workbook: that of the file, where the sheet has the name that Excel gives."""
    titles = {folded(one) for sheet in SHEETS.values() for one in (sheet.name, *sheet.titles)}
    return title if folded(title) in titles else Path(file.name).stem


def _opened(name: str, content: BytesIO) -> Any:
    try:
        return load_workbook(content, read_only=True, data_only=True)
    except Exception as error:
        raise _damaged(name) from error


def _cells(name: str, sheet: Any) -> Iterator[delimited.Cells]:
    try:
        empty = 0
        rows = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
        for line, row in enumerate(rows, start=1):
            empty = empty + 1 if row.count(None) == len(row) else 0
            if empty > _MOST_EMPTY_ROWS:
                _refuse_empty(f"{name} [{sheet.title}]")
            if empty:
                continue
            texts = [_text(value) for value in row]
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                yield delimited.Cells(line, texts)
    except ImportFailed:
        raise
    except Exception as error:
        raise _damaged(name) from error


def _refuse_empty(name: str) -> NoReturn:
    raise ImportFailed(f"{name}: more than {_MOST_EMPTY_ROWS:,} rows are empty. Delete them, and save it anew.")


def _damaged(name: str) -> ImportFailed:
    return ImportFailed(f"{name}: the workbook is damaged. Nothing was written. Open it, and save it anew as .xlsx.")


def _text(value: object) -> str:
    """The text of a cell: days as 2026-09-01, times as 08:30, whole numbers without a point."""
    match value:
        case None:
            return ""
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.date() if not isinstance(value, dt.datetime):
            return value.isoformat()
        case dt.time():
            return value.isoformat("minutes")
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return unicodedata.normalize("NFC", str(value)).strip()
