"""Printed pages: what a template reads of the answers of an operation, and the process that sets the pages."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from connectors.processes import run_module
from gateway.exports.columns import Table
from gateway.exports.rows import Cell, value_at

TABLE: Final = "table"
"""The template of an operation that has none of its own: its rows."""


@dataclass(slots=True)
class PagesAsRows:
    """Collects the rows of all pages."""

    table: Table
    rows: list[list[Cell]] = field(default_factory=list)

    def write(self, rows: Iterator[list[Cell]], _data: Mapping[str, Any]) -> None:
        """Append rows."""
        self.rows += rows

    @property
    def content(self) -> dict[str, Any]:
        """The columns and rows."""
        columns = [{"title": own.title, "kind": own.kind.value} for own in self.table.columns]
        return {"columns": columns, "rows": self.rows}


@dataclass(slots=True)
class PagesAsWhole:
    """Joins the answers of all pages: the first one, with the entries of the outermost list of all."""

    table: Table
    data: dict[str, Any] | None = None

    def write(self, _rows: Iterator[list[Cell]], data: Mapping[str, Any]) -> None:
        """Add a page."""
        if self.data is None:
            self.data = dict(data)
        elif (whole := value_at(self.data, self.table.lists[0].path)) is not None:
            whole += value_at(data, self.table.lists[0].path) or ()

    @property
    def content(self) -> dict[str, Any]:
        """The answers of all pages joined into one, as the print template reads it."""
        return {"data": self.data}


async def print_pages(target: Path, template: str, content: Mapping[str, Any], memory_mb: int) -> None:
    """Set the pages of *template* with *content* into the file *target*, whose folder is nobody else's."""
    folder = target.parent
    await asyncio.to_thread((folder / "data.json").write_bytes, orjson.dumps(content))
    await run_module("gateway.exports.pdf_file", folder, template, target.name, memory_mb)
