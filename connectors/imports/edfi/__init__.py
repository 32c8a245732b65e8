"""Import of Ed-Fi interchange files (Data Standard 5) into the connectors' databases.

Every file is read twice, as a stream: once for small maps of who and what is named where, once for the documents. The
order of files, and of records within them, therefore does not matter, and nothing is written before all files were
found well-formed. Documents are written by `_id`s minted from the source's own keys, so that a second run of the same
files changes nothing. Every record is accounted for in the `Summary`: written, unchanged, or skipped for a reason.

What the source leaves open is decided as follows:

- **People.** One document for each person. Two records are one person where they claim it by `PersonReference` and
  their names agree (see `identity`). Every person can sign in under *issuer* as `student/<id>`, `contact/<id>` or
  `staff/<id>`. A parent's schools are those of their children. Principals, school and district administrators and
  superintendents are administrators: of their school, or of all schools of their district, from the first to the last
  day of the post.
- **A student's school** is where the latest record up to today has them: an enrolment, a section, an attendance event,
  an incident, a mark. Where the files deliver no enrolments, a student whom none of these names belongs to the one
  school that serves the grade of their age, provided that this rule holds for at least 95 % of the others; else they
  have none, and are reported.
- **Classes** are the grades of a school: the files have no homerooms. A student's grade is the one their enrolment
  names, else (and where no enrolments are delivered at all) it is inferred from the year of birth. Every class gets a
  class teacher by a fixed rule (see `Rosters.class_teachers`), for as long as that person teaches it.
- **Study groups** are the sections. A student belongs to a section where an association says so, with its dates; where
  the files deliver no associations, a mark or a section's attendance event implies it, for the whole semester. A group
  is of the classes its course names (`Art, Grade 3`), else of those of its known members, else of all classes of the
  school.
- **Lessons**: each section meets at each meeting time of its class periods on every school day of its semester; see
  `school_days` for which days these are. They are planned: the source does not say which were held.
- **Attendance** keeps every event (trap T5) with the source's own word for it; only a lateness recorded both for the
  day and for the lesson is kept once, with its lesson.
- **Remarks** are the incidents, one for each student named as a cause, by the member of staff who reported it.
- **Marks** are given at the first lesson on or after the day the work was due; a work without a type is of the kind
  that the last word of its title says (`Unit 1 Test`). All weigh 1 on a scale from 0 to 100.
- **Links that are no longer named** end, where they were delivered: see `deliveries`.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.imports.edfi import planned
from connectors.imports.edfi.conclusion import UNDERSTOOD, conclude
from connectors.imports.edfi.context import Context, Options
from connectors.imports.edfi.interchanges import InterchangeFile
from connectors.imports.edfi.links import EdFiLinks
from connectors.imports.edfi.survey import Survey
from connectors.imports.edfi.survey_pass import survey_record
from connectors.imports.edfi.write_pass import contributions_of
from connectors.imports.endings import EndingRefused, EndingRules
from connectors.imports.errors import ImportFailed, MalformedFile, NothingImported
from connectors.imports.links import DirectoryLinks
from connectors.imports.options import RunOptions
from connectors.imports.progress import Progress, ProgressReport
from connectors.imports.runs import ImportRun, OnSkip
from connectors.imports.summary import Skipped, Summary
from connectors.mongo import Database
from connectors.vocabulary import Day

__all__ = [
    "FILES",
    "SAMPLE_OPTIONS",
    "EndingRefused",
    "EndingRules",
    "ImportFailed",
    "MalformedFile",
    "NothingImported",
    "OnSkip",
    "Progress",
    "RunOptions",
    "Skipped",
    "Summary",
    "import_directory",
]

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "Contact.xml": ("Contact",),
    "EducationOrgCalendar.xml": ("Session",),
    "EducationOrganization.xml": ("School",),
    "MasterSchedule.xml": ("Section",),
    "StaffAssociation.xml": ("Staff",),
    "Student.xml": ("Student",),
    "StudentDiscipline.xml": ("DisciplineIncident",),
    "StudentGradebook.xml": ("GradebookEntry", "StudentGradebookEntry"),
    "StudentSchoolAttendance.xml": ("StudentSchoolAttendanceEvent",),
    "StudentSectionAttendance-Tardy.xml": ("StudentSectionAttendanceEvent",),
}
"""The usual file of each kind of record; it is reported as missing where no file has any of these records."""

SAMPLE_OPTIONS: Final = RunOptions(issuer="urn:ed-fi:grand-bend", time_zone="America/Chicago")
"""The options for the sample district of the Ed-Fi Alliance, Grand Bend."""

_PASSES: Final = 2
"""How often each file is read."""

LESSONS: Final = "lessons"
"""The name that progress shows in place of a file while lessons are written."""

_PART_OF: Final = frozenset(
    {
        "curriculum.calendar_periods",
        "diary.remarks",
        "directory.academic_years",
        "directory.groups",
        "directory.people",
        "directory.schools",
    }
)
"""The collections whose documents hold what records say that become none of their own."""


async def import_directory(
    directory: Path,
    databases: Mapping[str, Database],
    options: RunOptions = SAMPLE_OPTIONS,
) -> Summary:
    """Read the interchange files of *directory* into the *databases* of the subsystems.

    The issuer names the district: who signs in, and whose ids these are, so that two districts do not mix.

    Raises:
        ImportFailed: there is nothing to read, a file is malformed, no record can be used (`NothingImported`), or too
            many links would end (`EndingRefused`). Nothing was written; the text is for the user.
    """
    paths, day, issuer = _files_of(directory), options.day, options.issuer
    summary, progress = Summary(), ProgressReport(options.on_progress)
    progress.expect(_PASSES * sum(path.stat().st_size for path in paths))
    survey = await asyncio.to_thread(_survey, paths, progress, summary, day)  # the lease is renewed meanwhile
    context = Context(survey, summary, Options(issuer, options.time_zone, day))
    links = DirectoryLinks(databases["directory"], EdFiLinks(context), summary)
    await links.end(options.endings)
    merges = {"directory.people": links.merge_person}
    await _write(
        paths,
        progress,
        context,
        ImportRun(databases, summary, source=issuer, part_of=_PART_OF, merges=merges, on_skip=options.on_skip),
    )
    conclude(context)
    if not summary.used:
        raise NothingImported(summary, UNDERSTOOD)
    return summary


def _files_of(directory: Path) -> list[Path]:
    try:
        files = sorted(file for file in directory.iterdir() if file.suffix.lower() == ".xml" and file.is_file())
    except OSError as error:
        raise ImportFailed(f"{directory}: {error.strerror}") from error
    if not files:
        raise ImportFailed(f"{directory}: no interchange files (*.xml)")
    return files


def _survey(paths: list[Path], progress: ProgressReport, summary: Summary, today: Day) -> Survey:
    survey = Survey(today=today)
    for path in paths:
        file = InterchangeFile(path)
        for records, size in file.records():
            for record in records:
                survey_record(survey, record)
            progress.advance(file.name, size)
        survey.interchanges.add(file.interchange)
        version = f"Ed-Fi {file.version}" if file.version else "Ed-Fi of an unknown version"
        summary.formats.setdefault(version, []).append(file.name)
    survey.settle()
    summary.missing_files = sorted(name for name, entities in FILES.items() if survey.entities.isdisjoint(entities))
    return survey


async def _write(paths: list[Path], progress: ProgressReport, context: Context, run: ImportRun) -> None:
    for path in paths:
        file = InterchangeFile(path)
        for records, size in file.records():
            for record in records:
                await run.account(record.entity, record.place, record.label, contributions_of(context, record))
            progress.advance(file.name, size)
    for write in planned.of_schools(context):
        await run.put(write)
    progress.report(LESSONS)
    for write in planned.lessons(context):
        await run.put(write)
    await run.finish()
    progress.report(LESSONS)
