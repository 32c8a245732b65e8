"""Nothing that is read vanishes unsaid, whatever the files are like, and in whichever order they say it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.imports.edfi import SAMPLE_OPTIONS, ImportFailed, Summary, import_directory
from connectors.imports.summary import Place
from tests.connectors.imports.edfi.conftest import (
    District,
    of_organization,
    of_school,
    of_section,
    of_session,
    of_staff,
    of_student,
    person,
    word,
)
from tests.requiring import SAMPLE

EXAMPLES: Final = 25
"""Mutated districts; each is imported three times, the last time with its records in another order."""

CASES: Final = sorted(SAMPLE.parents[1].glob("cases/edfi-*"))
"""Small inputs beside the sample, if there are any."""


@pytest.fixture
def town(school: District) -> District:
    """The small school with something of every kind, and with much that hangs in the air."""
    add = school.add
    for uid, grade in (("s1", "Third grade"), ("s2", "Third grade"), ("nobody", "Third grade"), ("s1", "Preschool")):
        entered = {**of_student(uid), **of_school(), "EntryDate": "2021-09-06", "EntryGradeLevel": word(grade)}
        add("StudentEnrollment.xml", "StudentSchoolAssociation", entered)
        place = {**of_student(uid), **of_section("A"), "BeginDate": "2021-09-06"}
        add("StudentEnrollment.xml", "StudentSectionAssociation", place)
    for uid in ("c1", "c2", "c3"):
        add("Contact.xml", "Contact", {"ContactUniqueId": uid, **person("Eve", uid)}, id=uid.upper())
    for uid, ref in (("s1", "C1"), ("s1", "C2"), ("s2", "C1"), ("s2", "C9"), ("nobody", "C3")):
        add("Contact.xml", "StudentContactAssociation", {**of_student(uid), "@ContactReference": ref})
    staff = "StaffAssociation.xml"
    add(staff, "Staff", {"StaffUniqueId": "t2", **person("Adam", "Dale", claims="p")})
    for uid, at, title in (
        ("t1", "1", "Teacher"),
        ("t2", "9", "Principal"),
        ("t2", "8", "Principal"),
        ("x", "1", "Cook"),
    ):
        post = {**of_staff(uid), **of_organization(at), "StaffClassification": word(title), "BeginDate": "2015-08-01"}
        add(staff, "StaffEducationOrganizationAssignmentAssociation", post)
    for uid, at in (("t1", "1"), ("t2", "2")):
        add(staff, "StaffSchoolAssociation", {**of_staff(uid), **of_school(at), "GradeLevel": word("Third grade")})
    for uid, section in (("t1", "B"), ("t2", "Z")):
        add(staff, "StaffSectionAssociation", {**of_staff(uid), **of_section(section), "EndDate": "2021-09-15"})
    _add_events(school)
    _add_calendar(school)
    return school


def _add_events(school: District) -> None:
    add = school.add
    dates = {"DateAssigned": "2021-09-08", "DueDate": "2021-09-10"}
    work = {"GradebookEntryIdentifier": "e1", "Namespace": "n", "Title": "Unit 1 Test", **of_section("A"), **dates}
    add("StudentGradebook.xml", "GradebookEntry", work)
    named = {
        "GradebookEntryReference": {"GradebookEntryIdentity": {"GradebookEntryIdentifier": "e1", "Namespace": "n"}}
    }
    for uid, number in (("s1", "74"), ("s2", "9" * 30), ("s2", "12.5"), ("nobody", "7")):
        earned = {**named, **of_student(uid), "NumericGradeEarned": number}
        add("StudentGradebook.xml", "StudentGradebookEntry", earned)
    event = {"EventDate": "2021-09-09", "AttendanceEventCategory": word("Tardy")}
    late: dict[str, Any] = {"AttendanceEvent": event, "ArrivalTime": "09:05:00"}
    add("StudentSchoolAttendance.xml", "StudentSchoolAttendanceEvent", {**late, **of_student("s1"), **of_school()})
    lesson = {**late, **of_student("s1"), **of_section("A")}
    add("StudentSectionAttendance-Tardy.xml", "StudentSectionAttendanceEvent", lesson)
    file, incident = "StudentDiscipline.xml", {"IncidentIdentifier": "i1", **of_school()}
    add(file, "DisciplineIncident", {**incident, "IncidentDate": "2021-09-08"}, id="D1")
    add(file, "DisciplineIncident", {**incident, "IncidentIdentifier": "i2", "IncidentDate": "2021-09-09"}, id="D2")
    for uid in ("s1", "nobody"):
        cause = {**of_student(uid), "@DisciplineIncidentReference": "D1", "Behavior": word("Noise")}
        add(file, "StudentDisciplineIncidentBehaviorAssociation", cause)
    about = {"DisciplineIncidentReference": {"DisciplineIncidentIdentity": incident}}
    for uid, part in (("t1", "Reporter"), ("t2", "Witness")):
        took_part = {**of_staff(uid), **about, "DisciplineIncidentParticipationCode": word(part)}
        add(file, "StaffDisciplineIncidentAssociation", took_part)
    add(file, "DisciplineAction", {"DisciplineActionIdentifier": "18"})


def _add_calendar(school: District) -> None:
    file, calendar = "EducationOrgCalendar.xml", {"CalendarCode": "k", **of_school()}
    named = {"CalendarReference": {"CalendarIdentity": calendar}}
    school.add(file, "Calendar", {**calendar, "CalendarType": word("School")})
    for day, event in (("2021-09-07", "Holiday"), ("2021-09-08", "Other"), ("2030-01-01", "Holiday")):
        school.add(file, "CalendarDate", {"Date": day, "CalendarEvent": word(event), **named})
    period = {"GradingPeriod": word("First Six Weeks"), "GradingPeriodName": "1", "PeriodSequence": "1"}
    dates = {"SchoolYear": "2021-2022", "BeginDate": "2021-09-06", "EndDate": "2021-09-17"}
    school.add(file, "GradingPeriod", {**of_school(), **period, **dates})
    for uid in ("1", "7"):
        bells = {"BellScheduleName": "Normal", **of_school(uid)}
        times = {"MeetingTime": {"StartTime": "09:00:00", "EndTime": "09:30:00"}}
        rung = {"ClassPeriodReference": {"ClassPeriodIdentity": {"ClassPeriodName": "04 - split"}}}
        school.add("MasterSchedule.xml", "BellSchedule", {**bells, **rung})
        school.add("EducationOrganization.xml", "ClassPeriod", {"ClassPeriodName": "05", **times, **of_school(uid)})
    school.add("MasterSchedule.xml", "CourseOffering", {"LocalCourseCode": "ART", **of_school(), **of_session()})


Skips = list[tuple[str, Place, str]]


async def imported(town: District) -> tuple[Summary, Skips]:
    skips: Skips = []
    summary = await town.run(on_skip=lambda *skip: skips.append(skip))
    return summary, skips


def assert_all_is_accounted_for(summary: Summary, skips: Skips, files: Sequence[Path]) -> None:
    records = sum(len(ET.parse(file).getroot()) for file in files)  # noqa: S314 - written by these tests
    assert summary.read.total() == records
    assert summary.is_balanced
    assert len(skips) == records - summary.used
    for _, place, reason in skips:
        assert place.file in {file.name for file in files}
        assert place.line > 0
        assert reason


async def dump(town: District) -> dict[str, list[dict[str, Any]]]:
    """Everything that stands in the databases."""
    return {
        f"{subsystem}.{name}": await town.all(f"{subsystem}.{name}")
        for subsystem, database in town.connectors.databases.items()
        for name in sorted(await database.list_collection_names())
    }


async def test_every_record_is_written_or_skipped_with_file_line_and_reason(town: District) -> None:
    summary, skips = await imported(town)
    assert_all_is_accounted_for(summary, skips, list(town.directory.iterdir()))
    assert {(entity, reason) for entity, _, reason in skips} >= {
        ("ClassPeriod", "unknown school"),
        ("CourseOffering", "without CourseCode"),
        ("StaffEducationOrganizationAssignmentAssociation", "unknown school or district"),
        ("StudentContactAssociation", "unknown contact"),
        ("StudentGradebookEntry", "NumericGradeEarned is too large a number"),
        ("StudentSchoolAssociation", "a grade level that has no classes"),
    }


async def test_the_databases_are_the_same_when_the_records_stand_in_another_order(town: District) -> None:
    await town.run()
    first = await dump(town)
    for seed in range(3):
        town.reorder(Random(seed))
        summary = await town.run()
        assert not summary.changed
        await town.clear()
        await town.run()
        assert await dump(town) == first


@pytest.mark.parametrize("directory", CASES, ids=[case.name for case in CASES])
async def test_every_small_input_is_accounted_for(directory: Path, town: District) -> None:
    skips: Skips = []
    try:
        databases = town.connectors.databases
        options = replace(SAMPLE_OPTIONS, on_skip=lambda *skip: skips.append(skip))
        summary = await import_directory(directory, databases, options)
    except ImportFailed:
        return
    assert summary.is_balanced
    assert len(skips) == summary.read.total() - summary.used


MUTATIONS: Final = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "contradict", "truncate", "move", "garble"]), st.integers(0, 2**32)),
    min_size=1,
    max_size=8,
)


async def test_no_mutation_of_the_files_raises_or_loses_a_record(town: District) -> None:
    whole = town.snapshot()
    examples: list[list[tuple[str, int]]] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(MUTATIONS)
    def collect(mutations: list[tuple[str, int]]) -> None:
        examples.append(mutations)

    collect()
    for mutations in examples:
        await town.clear()
        town.restore(whole)
        for kind, seed in mutations:
            town.mutate(kind, Random(seed))
        await _is_accounted_for_and_repeatable(town, mutations)


async def _is_accounted_for_and_repeatable(town: District, mutations: object) -> None:
    try:
        summary, skips = await imported(town)
    except ImportFailed as refused:
        assert "Traceback" not in str(refused)  # noqa: PT017 - a refusal is one of two outcomes
        return
    files = list(town.directory.iterdir())
    assert_all_is_accounted_for(summary, skips, files)
    for _ in range(2):
        again, _ = await imported(town)
        assert (again.inserted, again.changed, again.ended) == ({}, {}, {}), mutations
        assert again.is_balanced
        town.reorder(Random(str(mutations)))
