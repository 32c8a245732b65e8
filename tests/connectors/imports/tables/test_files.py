"""Files that are empty, of another kind, or made to hold the importer up."""

import re
import time
import zipfile
from pathlib import Path

import pytest

from connectors.imports.errors import ImportFailed, NothingImported
from connectors.imports.inputs import SizeRules, input_files
from tests.connectors.imports.tables.workbooks import Tables, text, workbook


async def test_a_table_with_a_heading_alone_ends_all_that_it_named(tables: Tables) -> None:
    await tables.run()
    path = tables.directory / "Родители.csv"
    path.write_text(text(tables.sheets["Родители"][:1]))
    summary = await tables.run(path, school=None)
    assert summary.ended["guardianships"].count == 3
    assert any("Родители.csv has no rows" in note for note in summary.notes)
    assert {one["valid_to"] for one in await tables.every("directory.guardianships")} == {"2026-11-17"}


@pytest.mark.parametrize("name", ["school.xls", "school.ods", "school.xlsb", "school.pdf"])
async def test_a_file_of_another_kind_is_named(tables: Tables, name: str) -> None:
    whole = workbook(tables.directory / "school.xlsx", tables.sheets)
    other = tables.directory / name
    other.write_bytes(b"content")
    summary = await tables.run(whole, other)
    assert [note for note in summary.notes if note.startswith(f"{name} is left out")]
    with pytest.raises(NothingImported) as nothing:
        await tables.run(other)
    assert nothing.value.summary.notes


def crafted(tables: Tables, change: tuple[str, str]) -> Path:
    """A workbook of which the sheet of students is changed by a pattern."""
    whole, path = workbook(tables.directory / "whole.xlsx", {"Ученики": tables.sheets["Ученики"]}), tables.directory
    path /= "school.xlsx"
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(change[0].encode(), change[1].encode(), content, count=1)
            after.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "change",
    [
        ('<row r="6"', '<row r="99999999999"'),
        ("</sheetData>", '<row r="1000000"><c r="A1000000"><v>1</v></c></row></sheetData>'),
    ],
)
async def test_a_workbook_that_pretends_to_be_endless_is_refused(tables: Tables, change: tuple[str, str]) -> None:
    with pytest.raises(ImportFailed, match="rows are empty"):
        await tables.run(crafted(tables, change))


async def test_the_dimension_that_a_sheet_pretends_to_have_is_not_believed(tables: Tables) -> None:
    summary = await tables.run(crafted(tables, ('<dimension ref="[^"]*"', '<dimension ref="A1:A99999999999"')))
    assert summary.written["students"] == 3


async def test_a_workbook_is_held_in_memory_and_has_a_limit_of_its_own(tables: Tables) -> None:
    whole = workbook(tables.directory / "school.xlsx", tables.sheets)
    with pytest.raises(ImportFailed, match=r"at most 1,000 are read"):
        await tables.run(whole, sizes=SizeRules(workbook=1_000))
    with pytest.raises(ImportFailed, match=r"at most 20,000 are read"):
        await tables.run(whole, sizes=SizeRules(workbook=20_000))


async def test_a_line_without_an_end_and_a_long_cell_are_refused(tables: Tables) -> None:
    path = tables.directory / "Ученики.csv"
    path.write_text("ФИО;Дата рождения;Класс\n" + "х;" * 2**20)
    with pytest.raises(ImportFailed, match="line 2: the line has more than"):
        await tables.run(path)
    path.write_text(f"ФИО;Дата рождения;Класс\nИванов Иван;01.02.2013;7{' ' * 100_000}??\nПетров Пётр;01.02.2013;7А\n")
    began = time.process_time()
    await tables.run(path)
    assert time.process_time() - began < 5  # it took minutes
    assert [why.rpartition("[")[2] for _, _, why in tables.refused] == ["LONG]"]


async def test_text_of_utf_16_that_is_cut_off_is_refused_by_a_sentence(tables: Tables) -> None:
    path = tables.directory / "Ученики.csv"
    path.write_bytes(text(tables.sheets["Ученики"][2:]).encode("utf-16")[:-1])
    with pytest.raises(ImportFailed, match=r"Ученики\.csv: the text is damaged or cut off"):
        await tables.run(path)


@pytest.mark.parametrize("error", [RuntimeError("of the import"), OSError(28, "No space left on device")])
@pytest.mark.parametrize("suffix", ["zip", "csv"])
def test_an_error_of_the_import_is_none_of_the_input(tmp_path: Path, suffix: str, error: Exception) -> None:
    path = tmp_path / f"x.{suffix}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", "a;b")
    with pytest.raises(type(error)) as raised, input_files(path):
        raise error
    assert raised.value is error
