"""Files with faults that nobody foresaw end in a sentence or in refused rows, never in a traceback."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from connectors.assembly import Connectors
from connectors.imports.errors import ImportFailed
from tests.connectors.imports.oneroster.delivery import TODAY, Delivery, small_school
from tests.connectors.imports.tables.workbooks import SCHOOL, Tables, text, workbook
from tests.databases import own_databases

RUNS = 60
GARBAGE = (
    *("", " ", "0", "-1", "1e400", "9" * 40, "٤٢", "NaN", "\x00", "\u0301", "x" * 5_000, "'", ";", "=1+1", "{a:b}"),
    *("2026-09-31", "9999-12-31", "0001-01-01", "31.12.9999", "45901", "45901.5", "24:00", "7А7", "stu", "s", "а б"),
)


@pytest.fixture
async def connectors(mongo_uri: str) -> AsyncIterator[Connectors]:
    async with own_databases(mongo_uri, "damaged") as (connectors, _):
        yield connectors


def mutated(content: bytes, random: Random) -> bytes:
    """Bytes of which some were changed, cut out, put in twice or cut off."""
    changed = bytearray(content)
    for _ in range(random.randrange(1, 6)):
        place, length = random.randrange(len(changed)), random.randrange(1, 30)
        match random.randrange(4):
            case 0:
                changed[place] = random.randrange(256)
            case 1:
                del changed[place : place + length]
            case 2:
                changed[place:place] = changed[place : place + length]
            case _:
                del changed[place:]
        changed = changed or bytearray(b"x")
    return bytes(changed)


def garbled(content: str, delimiter: str, random: Random) -> str:
    """A table of which some cells say something else."""
    rows = list(csv.reader(io.StringIO(content), delimiter=delimiter))
    for _ in range(random.randrange(1, 4)):
        row = random.choice(rows[1:])
        row[random.randrange(len(row))] = random.choice(GARBAGE)
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


@pytest.mark.parametrize("seed", range(4))
async def test_oneroster_files_with_faults_are_refused_by_sentence_or_row(
    connectors: Connectors, tmp_path: Path, seed: int
) -> None:
    random, delivery = Random(seed), small_school(Delivery(tmp_path, connectors))
    for number in range(RUNS):
        path = delivery.write()
        file = path / f"{random.choice([*delivery.rows])}.csv"
        if number % 2:
            file.write_bytes(mutated(file.read_bytes(), random))
        else:
            file.write_text(garbled(delivery.text(file.stem), ",", random), encoding="utf-8")
        with suppress(ImportFailed):
            assert (await delivery.run(path, is_dry=True)).is_balanced


@pytest.mark.parametrize("seed", range(4))
async def test_tables_with_faults_are_refused_by_sentence_or_row(
    connectors: Connectors, tmp_path: Path, seed: int
) -> None:
    random, tables = Random(seed), Tables(tmp_path, connectors)
    names = {
        "Ученики": tables.sheets["Ученики"][2:],
        **{name: rows for name, rows in SCHOOL.items() if name != "Ученики"},
    }
    paths = {name: tmp_path / f"{name}.csv" for name in names}
    for number in range(RUNS):
        encoding = "utf-16" if number % 4 == 3 else "utf-8"
        for name, path in paths.items():
            path.write_text(text(names[name]), encoding=encoding)
        path = random.choice([*paths.values()])
        if number % 2:
            path.write_bytes(mutated(path.read_bytes(), random))
        else:
            path.write_text(garbled(path.read_text(encoding="utf-8"), ";", random), encoding="utf-8")
        with suppress(ImportFailed):
            assert (await tables.run(*paths.values(), is_dry=True, today=TODAY)).is_balanced


@pytest.mark.parametrize("seed", range(2))
async def test_workbooks_with_changed_bytes_are_refused_by_a_sentence(
    connectors: Connectors, tmp_path: Path, seed: int
) -> None:
    random, tables = Random(seed), Tables(tmp_path, connectors)
    whole, path = workbook(tmp_path / "whole.xlsx", SCHOOL).read_bytes(), tmp_path / "damaged.xlsx"
    for _ in range(RUNS):
        path.write_bytes(mutated(whole, random))
        with suppress(ImportFailed):
            await tables.run(path, is_dry=True)
