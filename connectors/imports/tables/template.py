"""Writes the templates of all tables: a workbook with an example in each, and the mapping file of other headings."""

from pathlib import Path
from typing import Final

import xlsxwriter

from connectors.imports.tables.sheets import SHEETS

WORKBOOK: Final = "template.xlsx"
MAPPING: Final = "mapping.toml"

_WIDEST: Final = 40
_NARROWEST: Final = 12


def write_templates(directory: Path) -> list[Path]:
    """Write the workbook and the mapping file into *directory*, and return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    workbook, mapping = directory / WORKBOOK, directory / MAPPING
    with xlsxwriter.Workbook(str(workbook)) as book:
        required, other = book.add_format({"bold": True, "bg_color": "#F2C14E"}), book.add_format({"bold": True})
        for sheet in SHEETS.values():
            page = book.add_worksheet(sheet.titles[0])
            page.freeze_panes(1, 0)
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, column.headings[0], required if column.is_required else other)
                page.write_string(1, place, column.example)
                width = max(_NARROWEST, min(_WIDEST, len(column.example) + 2, _WIDEST))
                page.set_column(place, place, max(width, len(column.headings[0]) + 2))
    mapping.write_text(mapping_text(), encoding="utf-8")
    return [workbook, mapping]


def mapping_text() -> str:
    """The mapping file of the headings of the template: to be edited where a school has other ones."""
    lines = [
        "# Заголовки ваших таблиц. Слева стоит заголовок, справа имя столбца; лишние строки можно удалить.",
        "# The headings of your tables: on the left a heading, on the right the name of the column.",
    ]
    for sheet in SHEETS.values():
        lines += ["", f"[{sheet.name}]", f'sheet = "{sheet.titles[0]}"']
        lines += [f'"{column.headings[0]}" = "{column.name}"' for column in sheet.columns]
    return "\n".join(lines) + "\n"
