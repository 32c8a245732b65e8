"""Import of Ed-Fi interchange files (Data Standard 5.2) into the connectors' databases.

Every file is read twice, as a stream: once for small maps of who and what is named where, once for the documents. The
order of files, and of entities within them, therefore does not matter, and nothing is written before all files have
been found well-formed. Documents are written by `_id`s minted from the source's own keys, so that a second run of the
same files changes nothing. What the graph cannot represent is counted in the `Summary` with its reason.

What the source leaves open is decided so:

- **People.** A document a person, with the list of his roles. Two records are one person where they claim it by
  `PersonReference` and their names agree (see `identity`). Every person can sign in under *issuer* as
  `student/<id>`, `contact/<id>` or `staff/<id>`. A parent's schools are those of his children. Principals, school and
  district administrators and superintendents are administrators: of their school, or of all schools of their district.
- **A student's school** is where the latest record sees him: an enrolment, a section, an attendance event, an incident,
  a mark. A student whom none names belongs to the one school that serves the grade of his age, provided that the same
  rule holds for at least 95 % of those who are seen; else he has none, and is reported.
- **Classes** are the grades of a school: the files have no homerooms. A student's grade is told by his enrolment, else
  inferred from his year of birth. Every class gets a class teacher by a fixed rule (see `Rosters.class_teachers`).
- **Study groups** are the sections. A student belongs to a section where an association says so, with its dates; else
  where a mark or a section's attendance event implies it, for the semester of the section. A group is of the classes
  its course names (`Art, Grade 3`), else of those of its known members, else of all classes of the school.
- **Lessons**: each section meets at each meeting time of its class periods on every school day of its semester; see
  `school_days` for which days these are. They are planned: the source does not say which were held.
- **Attendance** keeps every event (trap T5) with the source's own word for it; only a lateness told both for the day
  and for the lesson is kept once, with its lesson.
- **Remarks** are the incidents, one for each student named as a cause, by the member of staff who reported it.
- **Marks** are given at the first lesson on or after the day the work was due; a work without a type is of the kind
  that the last word of its title says (`Unit 1 Test`). All weigh 1 on a scale from 0 to 100.
"""

from pathlib import Path
from typing import Final

from connectors.bulk import Sink
from connectors.imports.edfi import planned
from connectors.imports.edfi.conclusion import conclude
from connectors.imports.edfi.first_reading import learn
from connectors.imports.edfi.reading import OnProgress, Reading
from connectors.imports.edfi.records import ImportFailed, MalformedFile, Unusable
from connectors.imports.edfi.run import Run
from connectors.imports.edfi.second_reading import WRITERS, documents_of
from connectors.imports.edfi.summary import Progress, Skipped, Summary
from connectors.imports.edfi.survey import Survey

__all__ = ["FILES", "ImportFailed", "MalformedFile", "Progress", "Skipped", "Summary", "import_directory"]

FILES: Final = (
    "Contact.xml",
    "EducationOrgCalendar.xml",
    "EducationOrganization.xml",
    "MasterSchedule.xml",
    "StaffAssociation.xml",
    "Student.xml",
    "StudentDiscipline.xml",
    "StudentGradebook.xml",
    "StudentSchoolAttendance.xml",
    "StudentSectionAttendance-Tardy.xml",
)
"""The interchanges that are looked for; others in the directory are read as well, missing ones are reported."""

LESSONS: Final = "lessons"
"""What is reported as the file at hand while lessons are written."""


async def import_directory(
    directory: Path,
    sink: Sink,
    *,
    time_zone: str = "America/Chicago",
    issuer: str = "urn:ed-fi:grand-bend",
    on_progress: OnProgress | None = None,
) -> Summary:
    """Read the interchange files of *directory* into *sink*, which must compare with what is there (not `fresh`).

    *issuer* names the district: who signs in, and whose ids these are, so that two districts do not mix. Raises
    `ImportFailed`, whose text is for the user, where there is nothing to read or a file is malformed.
    """
    files = _files_of(directory)
    summary = Summary(missing_files=sorted({*FILES} - {file.name for file in files}))
    before = sink.inserted.copy(), sink.changed.copy(), sink.unchanged.copy()
    reading = Reading(files, on_progress, times=2)
    run = Run(_surveyed(reading, summary), summary, issuer=issuer, time_zone=time_zone)
    await _write(reading, run, sink)
    summary.inserted, summary.changed, summary.unchanged = (
        now - then for now, then in zip((sink.inserted, sink.changed, sink.unchanged), before, strict=True)
    )
    conclude(run)
    return summary


def _files_of(directory: Path) -> list[Path]:
    files = sorted(directory.glob("*.xml"))
    if not files:
        raise ImportFailed(f"{directory}: no interchange files (*.xml)")
    return files


def _surveyed(reading: Reading, summary: Summary) -> Survey:
    """What the first reading finds; what it cannot use and the second would not miss is counted as skipped."""
    survey = Survey()
    for record in reading.records():
        try:
            learn(survey, record)
        except Unusable as reason:
            if record.entity not in WRITERS:
                summary.skip(record.entity, str(reason), record.label)
    survey.settle()
    return survey


async def _write(reading: Reading, run: Run, sink: Sink) -> None:
    for record in reading.records():
        run.summary.read[record.entity] += 1
        try:
            for subsystem, collection, document in documents_of(run, record):
                await sink.put(subsystem, collection, [document])
        except Unusable as reason:
            run.summary.skip(record.entity, str(reason), record.label)
    for subsystem, collection, document in planned.of_schools(run):
        await sink.put(subsystem, collection, [document])
    reading.tell(LESSONS)
    for subsystem, collection, document in planned.lessons(run):
        await sink.put(subsystem, collection, [document])
    await sink.flush()
    reading.tell(LESSONS)
