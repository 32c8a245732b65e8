"""JSON files of rows, as programs that count read them: a list of objects whose keys are the titles of the columns."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import BinaryIO

import orjson

from gateway.exports.columns import Column, Kind
from gateway.exports.rows import Cell


class JsonFile:
    """Writes rows to a file as JSON; the numbers of the graph that are strings there become numbers."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = [(column.title, column.kind) for column in columns]
        self._before = b"["

    def write(self, rows: Iterable[Sequence[Cell]], _data: object = None) -> None:
        """Append rows."""
        for row in rows:
            shown = {title: _shown(cell, kind) for (title, kind), cell in zip(self._columns, row, strict=True)}
            self._file.write(self._before + orjson.dumps(shown))
            self._before = b",\n"

    def close(self) -> None:
        """End the list."""
        self._file.write(b"[]\n" if self._before == b"[" else b"]\n")


def _shown(cell: Cell, kind: Kind) -> Cell:
    if kind is not Kind.NUMBER or not isinstance(cell, str):
        return cell
    try:
        return float(Decimal(cell))
    except InvalidOperation:
        return cell
