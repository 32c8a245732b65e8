import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest

from connectors.imports.edfi.context import Context, Options
from connectors.imports.edfi.interchanges import DEEPEST, LARGEST_RECORD, InterchangeFile
from connectors.imports.edfi.records import Record
from connectors.imports.edfi.survey import Survey
from connectors.imports.edfi.survey_pass import survey_record
from connectors.imports.edfi.write_pass import contributions_of
from connectors.imports.errors import MalformedFile, Unusable
from connectors.imports.summary import Summary
from connectors.vocabulary import Day
from tests.connectors.imports.edfi.conftest import element, of_school, of_session, of_student, person, word


def records_of(path: Path, text: str) -> list[Record]:
    path.write_text(text)
    return list(chain.from_iterable(records for records, _ in InterchangeFile(path).records()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Student.xml"


def test_a_record_has_the_texts_of_its_leaves_by_path(path: Path) -> None:
    inner = '<Student id="S1"><Name><FirstName> Ann </FirstName></Name><Tag>a</Tag><Tag>b &amp; c</Tag></Student>'
    (record,) = records_of(path, f'<InterchangeStudent xmlns="http://ed-fi.org/5.2.0">{inner}</InterchangeStudent>')
    assert (record.entity, record.file, record.line, record.xml_id) == ("Student", "Student.xml", 1, "S1")
    assert record.one("Name/FirstName") == "Ann"
    assert record.every("Tag") == ["a", "b & c"]


def test_what_a_record_lacks_is_the_reason_it_cannot_be_used(path: Path) -> None:
    (record,) = records_of(path, "<InterchangeStudent><Student><Day>soon</Day></Student></InterchangeStudent>")
    with pytest.raises(Unusable, match=r"^without FirstName$"):
        record.need("Name/FirstName")
    with pytest.raises(Unusable, match=r"^Day is not a date$"):
        record.day("Day")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("<InterchangeStudent>\n<Student>\n", 3, "no element found"),
        ("<InterchangeStudent>\n<Student></Wrong>", 2, "mismatched tag"),
        ("<InterchangeStudent>&nbsp;</InterchangeStudent>", 1, "undefined entity"),
        ("", 1, "no element found"),
        ("<html/>", 1, "<html> is no Ed-Fi interchange"),
        (f"{BOMB}\n<InterchangeStudent>&b;</InterchangeStudent>", 1, "a document type declaration is not accepted"),
        (f"{EXTERNAL}\n<InterchangeStudent>&a;</InterchangeStudent>", 1, "a document type declaration is not accepted"),
        (f"{OUTSIDE}\n<InterchangeStudent/>", 1, "a document type declaration is not accepted"),
        ("<InterchangeStudent>\n" + "<A>" * (DEEPEST + 1), 2, f"elements are nested deeper than {DEEPEST}"),
        (
            f"<InterchangeStudent>\n<A>{'a' * (LARGEST_RECORD + 1)}</A></InterchangeStudent>",
            2,
            "a record is larger than 1,000,000 characters",
        ),
    ],
)
def test_a_bad_file_is_named_with_line_and_problem(path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(MalformedFile) as failure:
        records_of(path, text)
    assert str(failure.value) == f"Student.xml, line {line}: {problem}"


def _both_passes(files: list[Path]) -> Iterator[object]:
    """All that an import makes of *files*, let go one by one."""
    survey = Survey()
    for file in files:
        for records, _ in InterchangeFile(file).records():
            for record in records:
                survey_record(survey, record)
    survey.settle()
    context = Context(survey, Summary(), Options("urn:test", "UTC", Day("2021-09-08")))
    for file in files:
        for records, _ in InterchangeFile(file).records():
            for record in records:
                yield from contributions_of(context, record)


def _peak_of(events: int, directory: Path) -> int:
    """The most memory taken at once by an import of so many attendance events, in bytes."""
    description = {"NameOfInstitution": "Hill School", "SchoolId": "1", "GradeLevel": word("Third grade")}
    student = {"StudentUniqueId": "s1", **person("Kim", "Lee"), "BirthData": {"BirthDate": "2014-05-01"}}
    event = {"EventDate": "2021-09-07", "AttendanceEventCategory": word("Excused Absence")}
    seen = {"AttendanceEvent": event, **of_student("s1"), **of_school(), **of_session()}
    inner = [element("School", description), element("Student", student)]
    inner += [element("StudentSchoolAttendanceEvent", seen)] * events
    file = directory / f"{events}.xml"
    file.write_text(f"<InterchangeTest>{''.join(inner)}</InterchangeTest>")
    tracemalloc.start()
    try:
        documents = sum(1 for _ in _both_passes([file]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert documents == events + 3  # the school, the student and the name to sign in with
    assert file.stat().st_size > 500 * events
    return peak


def test_memory_does_not_grow_with_the_file_when_it_is_read(tmp_path: Path) -> None:
    # In processes of their own: threads of drivers, and how full the heap is, would count in this one.
    with ProcessPoolExecutor(mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        small, large = processes.map(_peak_of, (600, 3_600), (tmp_path, tmp_path))
    assert large < small + 100_000  # for a file that is 1.6 MB longer
