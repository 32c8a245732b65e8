"""What `school-gateway import tables` says, and how it exits."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.databases import own_databases
from tests.gateway.cli.running import run

STUDENTS = "ФИО;Дата рождения;Класс;СНИЛС\nИванова Анна;01.05.2013;7А;\nПетров Пётр;[/b] [red]вчера;7А;\n"


@pytest.fixture
async def environment(mongo_uri: str) -> AsyncIterator[Mapping[str, str]]:
    async with own_databases(mongo_uri, "cli") as (_, prefix):
        yield {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": prefix, "GATEWAY_TODAY": "2026-11-18"}


async def test_cells_and_file_names_are_printed_as_they_are(environment: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "Ученики [b].csv"
    path.write_text(STUDENTS)
    (tmp_path / "[bold]x.xls").write_bytes(b"x")
    said = await run("import", "tables", str(tmp_path), "--school", "Школа № 7", **environment)
    assert said.code == 0, said.err
    for shown in ("[/b]", "Ученики [b].csv", "[bold]x.xls is left out"):
        assert shown in said.err
    [own] = re.findall(r"imr_\w+", said.err)
    listed = await run("import", "runs", own, **environment)
    assert "[/b]" not in listed.out  # a record has no values of cells
    assert "[b].csv" in listed.out


async def test_another_school_of_one_issuer_needs_a_source(environment: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "Ученики.csv"
    path.write_text(STUDENTS)
    assert (await run("import", "tables", str(path), "--school", "Школа № 7", **environment)).code == 0
    refused = await run("import", "tables", str(path), "--school", "[b]8[/c]", **environment)
    assert refused.code == 1
    assert "is the source of «Школа № 7», not of «[b]8[/c]»" in refused.err
    own = ("--source", "urn:school:8")
    assert (await run("import", "tables", str(path), "--school", "Школа № 8", *own, **environment)).code == 0
    listed = await run("import", "runs", **environment)
    assert "DONE tables urn:school:8" in listed.out
    assert (await run("import", "repeat", listed.out.split()[0], **environment)).code == 0


async def test_a_full_disk_ends_in_a_sentence(environment: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "Ученики.csv"
    path.write_text(STUDENTS * 2_000)
    said = await run("import", "tables", str(path), "--school", "7", "--skipped", "/dev/full", **environment)
    assert said.code == 1
    assert "Cannot write /dev/full: No space left on device" in said.err
    assert (await run("doctor", **environment)).err.count("was broken off") == 1
