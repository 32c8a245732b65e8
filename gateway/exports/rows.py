"""Rows of a table: the entries of its nested lists, unfolded, with the values of what surrounds them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.exports.columns import Table

Cell = str | int | float | bool | None


def rows_of(table: Table, data: Mapping[str, Any] | None) -> Iterator[list[Cell]]:
    """One row for each entry of the deepest list; where a list inside an entry is empty, the entry has one row."""
    cells: list[Cell] = [None] * len(table.columns)
    yield from _unfold(table, data, 0, cells)


def _unfold(table: Table, entry: Any, level: int, cells: list[Cell]) -> Iterator[list[Cell]]:
    for place, column in enumerate(table.columns):
        if column.level == level:
            cells[place] = _cell(value_at(entry, column.path))
    if level == len(table.lists):
        yield list(cells)
        return
    entries = value_at(entry, table.lists[level].path)
    for inner in entries or ():
        yield from _unfold(table, inner, level + 1, cells)
    if not entries and level:
        yield [None if column.level > level else cells[place] for place, column in enumerate(table.columns)]


def value_at(value: Any, path: Sequence[str]) -> Any:
    """The value to which the response keys of *path* lead; None where one of them leads nowhere."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    return _joined(value)


def _joined(value: Any) -> str:
    """A list or an object inside a cell: values by commas, objects by semicolons."""
    if isinstance(value, Mapping):
        return ", ".join(text for text in map(_joined, value.values()) if text)
    if isinstance(value, list):
        between = "; " if any(isinstance(one, Mapping) for one in value) else ", "
        return between.join(text for text in map(_joined, value) if text)
    return "" if value is None else str(value)
