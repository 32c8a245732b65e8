"""The whole Ed-Fi sample, against the counts of what it is known to hold."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest

from connectors.assembly import Connectors
from connectors.imports.edfi import Summary, import_directory
from connectors.imports.edfi.keys import Ids, PersonKey
from connectors.vocabulary import StudentId
from tests.connectors.imports.edfi.conftest import databases_of
from tests.databases import own_databases
from tests.requiring import NEEDS_SAMPLE, SAMPLE

pytestmark = NEEDS_SAMPLE

OWNERS: Final = {
    "author_id": "people",
    "class_id": "classes",
    "class_ids": "classes",
    "given_by_id": "people",
    "group_id": "groups",
    "kind_id": "work_kinds",
    "lesson_id": "lessons",
    "person_id": "people",
    "scale_id": "grade_scales",
    "school_id": "schools",
    "school_ids": "schools",
    "subject_id": "subjects",
    "teacher_ids": "people",
    "work_id": "works",
}
"""Which collection the ids under a key belong to."""


class Imported(NamedTuple):
    connectors: Connectors
    first: Summary
    second: Summary

    async def all(self, collection: str, **where: Any) -> list[dict[str, Any]]:
        subsystem, name = collection.split(".")
        found: list[dict[str, Any]] = await self.connectors.databases[subsystem][name].find(where).to_list(length=None)
        return found


@pytest.fixture(scope="module")
async def sample(mongo_uri: str) -> AsyncIterator[Imported]:
    async with own_databases(mongo_uri, "edfi") as (connectors, _):
        await connectors.create_indexes()
        first = await import_directory(SAMPLE, connectors.databases)
        second = await import_directory(SAMPLE, connectors.databases)
        yield Imported(connectors, first, second)


def test_every_record_of_the_sample_is_accounted_for(sample: Imported) -> None:
    for summary in (sample.first, sample.second):
        assert summary.is_balanced
        assert summary.read.total() > 0
    assert sample.second.unchanged_records == sample.first.written


def test_everything_the_sample_holds_is_read(sample: Imported) -> None:
    counted = {
        "LocalEducationAgency": 1,
        "School": 3,
        "Student": 960,
        "Contact": 1_873,
        "StudentContactAssociation": 1_872,
        "Staff": 68,
        "StaffSectionAssociation": 528,
        "Course": 84,
        "Section": 532,
        "ClassPeriod": 21,
        "BellSchedule": 3,
        "GradingPeriod": 18,
        "DisciplineIncident": 21,
        "StudentSchoolAttendanceEvent": 1_917,
        "StudentSectionAttendanceEvent": 66,
        "GradebookEntry": 10,
        "StudentGradebookEntry": 250,
    }
    assert {entity: sample.first.read[entity] for entity in counted} == counted
    assert sample.first.findings["student-contact links with LivesWith false"] == 192
    assert sample.first.findings["sections without a teacher"] == 6
    assert sample.first.findings["students with attendance events"] == 227
    assert sample.first.missing_files == []


def test_everything_that_was_read_is_written_or_skipped_with_a_reason(sample: Imported) -> None:
    written = {
        "School": "directory.schools",
        "Course": "directory.subjects",
        "Section": "directory.groups",
        "StudentContactAssociation": "directory.guardianships",
        "GradingPeriod": "grades.attestation_periods",
        "BellSchedule": "schedule.bell_schedules",
        "GradebookEntry": "grades.works",
        "StudentGradebookEntry": "grades.marks",
        "StudentDisciplineIncidentBehaviorAssociation": "diary.remarks",
    }
    first = sample.first
    for entity, collection in written.items():
        assert first.inserted[collection] == first.read[entity] - first.skipped_of(entity), entity
    assert first.inserted["directory.people"] == 960 + 1_872 + 68 - 1  # one is a teacher and a parent
    assert first.skipped_of("Contact") == 1
    told_twice = first.skipped_of("StudentSchoolAttendanceEvent")
    assert told_twice == 66
    assert first.inserted["diary.attendance"] == 1_917 - told_twice + 66
    assert first.inserted["directory.staff_assignments"] == 528 + 12


def test_a_second_run_changes_nothing(sample: Imported) -> None:
    assert sample.second.inserted == Counter()
    assert sample.second.changed == Counter()
    assert sample.second.unchanged == sample.first.inserted


async def test_both_events_of_one_student_on_one_day_are_kept(sample: Imported) -> None:
    student = _ids().student("604822")
    events = await sample.all("diary.attendance", student_id=student, date="2021-12-15")
    assert sorted(event["source_status"] for event in events) == ["Excused Absence", "Partial"]


async def test_every_reference_leads_to_a_document(sample: Imported) -> None:
    ids: dict[str, set[str]] = defaultdict(set)
    referred: dict[str, set[str]] = defaultdict(set)
    for database in databases_of(sample.connectors):
        for collection in await database.list_collection_names():
            async for document in database[collection].find():
                ids[collection].add(document["_id"])
                for key, value in _references(document):
                    referred[key].add(value)
    students = {person["student_id"] for person in await sample.all("directory.people", roles="STUDENT")}
    assert referred.pop("student_id") == students
    assert [key for key, values in referred.items() if values - ids[OWNERS[key]]] == []
    assert {"author_id", "lesson_id", "teacher_ids", "work_id"} <= referred.keys()


async def test_students_with_marks_have_lessons_marks_and_absences_in_the_suggested_week(sample: Imported) -> None:
    assert sample.first.suggested_today == "2021-10-01"
    week = {"$gte": "2021-09-27", "$lte": "2021-10-03"}
    lively = [student for student in sample.first.suggested_students if await _has_week(sample, student, week)]
    assert len(lively) == 3
    for student in lively:
        assert await sample.all("directory.guardianships", student_id=student, data_access=True)


async def test_students_with_remarks_are_suggested_too(sample: Imported) -> None:
    remarked = [s for s in sample.first.suggested_students if await sample.all("diary.remarks", student_id=s)]
    assert len(remarked) == 2


async def test_every_class_has_pupils_a_teacher_and_a_timetable(sample: Imported) -> None:
    students = await sample.all("directory.people", roles="STUDENT")
    pupils = Counter(enrolment["class_id"] for student in students for enrolment in student["enrolments"])
    leaders = {lead["class_id"] for lead in await sample.all("directory.staff_assignments", kind="CLASS_TEACHER")}
    lessons = await sample.all("schedule.lessons", date="2021-10-01")
    classes = {school_class["_id"] for school_class in await sample.all("directory.classes")}
    assert len(classes) == 12
    assert set(pupils) == leaders == classes
    assert {class_id for lesson in lessons for class_id in lesson["class_ids"]} == classes
    assert pupils.total() == 960


async def test_lessons_are_held_on_as_many_days_as_the_grading_periods_count(sample: Imported) -> None:
    days = {lesson["date"] for lesson in await sample.all("schedule.lessons")}
    assert len(days) == 29 + 25 + 27 + 33 + 29 + 34
    assert days.isdisjoint({"2021-09-06", "2021-11-25", "2021-12-25", "2022-03-16"})


async def test_there_is_someone_for_every_role(sample: Imported) -> None:
    roles = Counter(role for person in await sample.all("directory.people") for role in person["roles"])
    assert roles == {"STUDENT": 960, "PARENT": 1_872, "TEACHER": 56, "CLASS_TEACHER": 12, "ADMINISTRATOR": 9}
    (both,) = await sample.all("directory.people", roles=["PARENT", "TEACHER"])
    assert both["_id"] == _ids().person(PersonKey("staff", "207253"))


def _ids() -> Ids:
    return Ids("urn:ed-fi:grand-bend", {})


def _references(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _references(one)
            elif one is not None and (key in OWNERS or key == "student_id"):
                yield key, one


async def _has_week(sample: Imported, student: StudentId, week: Mapping[str, str]) -> bool:
    (person,) = await sample.all("directory.people", student_id=student)
    groups = [membership["group_id"] for membership in person["memberships"]]
    lessons = await sample.all("schedule.lessons", group_id={"$in": groups}, date=week)
    marks = await sample.all("grades.marks", student_id=student, lesson_id={"$in": [x["_id"] for x in lessons]})
    return bool(lessons and marks and await sample.all("diary.attendance", student_id=student, date=week))
