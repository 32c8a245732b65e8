"""What `school-gateway import edfi` says, and how it exits."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.imports.edfi.conftest import District, described, of_student, person
from tests.databases import own_databases
from tests.gateway.cli.running import Said, run

CONTACTS = 25
CONTACT = "Contact.xml"


class Command:
    """The command over a directory of files and databases of its own."""

    def __init__(self, district: District, uri: str, prefix: str) -> None:
        self.district = district
        self._environment = {"GATEWAY_MONGO__URI": uri, "GATEWAY_MONGO__PREFIX": prefix, "GATEWAY_TODAY": "2021-09-10"}

    async def run(self, *options: str) -> Said:
        self.district.write_files()
        return await run("import", "edfi", str(self.district.directory), *options, **self._environment)


@pytest.fixture
async def command(tmp_path: Path, mongo_uri: str) -> AsyncIterator[Command]:
    async with own_databases(mongo_uri, "cli") as (connectors, prefix):
        yield Command(District(tmp_path, connectors), mongo_uri, prefix)


def add_contacts(district: District) -> None:
    for number in range(CONTACTS):
        uid = f"c{number}"
        district.add(CONTACT, "Contact", {"ContactUniqueId": uid, **person("Eve", uid)}, id=uid)
        district.add(CONTACT, "StudentContactAssociation", {**of_student("s1"), "@ContactReference": uid})


async def test_import_fails_and_names_the_version_when_nothing_can_be_used(command: Command) -> None:
    older = (
        '<InterchangeStudentParent xmlns="http://ed-fi.org/0100"><Student id="S1"/><Parent/></InterchangeStudentParent>'
    )
    command.district.write("StudentParent.xml", older)
    said = await command.run()
    assert said.code == 1
    assert "Nothing could be imported. Found: Ed-Fi 1.0 (StudentParent.xml); understood: Ed-Fi 5." in said.err
    assert "1 Parent (has no place in the graph), 1 Student (without StudentUniqueId)" in said.err
    assert "Missing: Student.xml" not in said.err
    assert "GATEWAY_TODAY=" not in said.err


async def test_import_succeeds_when_all_is_as_it_was(command: Command) -> None:
    described(command.district)
    assert (await command.run()).code == 0
    again = await command.run()
    assert again.code == 0
    assert "0 inserted, 0 changed" in again.err
    assert "Found Ed-Fi 5.2.0: " in again.err


async def test_import_stops_and_asks_when_many_links_would_end(command: Command) -> None:
    add_contacts(described(command.district))
    assert (await command.run()).code == 0
    command.district.omit("<StudentContactAssociation>")
    stopped = await command.run()
    assert stopped.code == 1
    assert f"The files no longer name {CONTACTS} of {CONTACTS} guardianships (Eve c0 – Kim S1" in stopped.err
    assert f"--allow-ending {CONTACTS}" in stopped.err
    allowed = await command.run("--allow-ending", str(CONTACTS))
    assert allowed.code == 0, allowed.err
    assert "Eve c0 – Kim S1" in allowed.err


async def test_import_lists_every_skipped_record_when_asked(command: Command, tmp_path: Path) -> None:
    described(command.district).add("Student.xml", "Student", {"StudentUniqueId": "s9"})
    listed = tmp_path / "skipped.csv"
    assert (await command.run("--skipped", str(listed))).code == 0
    with listed.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "line", "entity", "reason"],
            ["Student.xml", "16", "Student", "without FirstName"],
        ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<InterchangeStudent>\n<Student>", "Student.xml, line 2: no element found"),
        ('<?xml version="1.0" encoding="shift_jis"?>\n<InterchangeStudent/>', "Student.xml, line 1: its encoding"),
        ('<?xml version="1.0" encoding="no-such"?>\n<InterchangeStudent/>', "Student.xml, line 1: its encoding"),
        ("<InterchangeStudent>\n\udcff</InterchangeStudent>", "Student.xml, line 2: not well-formed"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>\n<InterchangeStudent/>', "Student.xml, line 1: a document type declaration"),
    ],
)
async def test_import_names_file_and_line_when_a_file_is_malformed(command: Command, text: str, problem: str) -> None:
    (command.district.directory / "Student.xml").write_bytes(text.encode(errors="surrogateescape"))
    said = await command.run()
    assert said.code == 1
    assert problem in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--time-zone", "Mars/Olympus"), "'Mars/Olympus' is no IANA time zone"),
        (("--time-zone", "../etc/passwd"), "'../etc/passwd' is no IANA time zone"),
        (("--time-zone", ""), "'' is no IANA time zone"),
        (("--skipped", "/no-such-directory/skipped.csv"), "Cannot write /no-such-directory/skipped.csv"),
    ],
)
async def test_import_says_what_is_wrong_with_an_option(
    command: Command, options: tuple[str, str], problem: str
) -> None:
    described(command.district)
    said = await command.run(*options)
    assert said.code == 1
    assert problem in said.err


async def test_import_says_so_when_the_directory_is_a_file_or_absent(mongo_uri: str, tmp_path: Path) -> None:
    for place in (tmp_path / "absent", tmp_path / "file.xml"):
        (tmp_path / "file.xml").touch()
        said = await run("import", "edfi", str(place), GATEWAY_MONGO__URI=mongo_uri, GATEWAY_MONGO__PREFIX="cli_absent")
        assert said.code == 1
        assert f"{place}: " in said.err


async def test_import_says_so_when_there_is_nothing_to_read(mongo_uri: str, tmp_path: Path) -> None:
    said = await run("import", "edfi", str(tmp_path), GATEWAY_MONGO__URI=mongo_uri, GATEWAY_MONGO__PREFIX="cli_empty")
    assert said.code == 1
    assert "no interchange files" in said.err
