"""Schools and what their records say of them: subjects, study groups, bells, attestation periods."""

from collections.abc import Iterator
from typing import Final

from connectors import directory, grades, schedule
from connectors.ids import PeriodId
from connectors.imports.edfi.keys import ORGANIZATION, SCHOOL, SectionKey, section_key, session_key
from connectors.imports.edfi.records import Record, Unusable
from connectors.imports.edfi.run import Run, Write
from connectors.imports.edfi.school_days import is_of_whole_school

_KINDS: Final = {
    "Semester": grades.PeriodKind.SEMESTER,
    "Quarter": grades.PeriodKind.QUARTER,
    "Nine Weeks": grades.PeriodKind.QUARTER,
    "Trimester": grades.PeriodKind.TRIMESTER,
    "Year": grades.PeriodKind.YEAR,
}
"""Words of a grading period's descriptor; six weeks and all others are a module."""


def school(run: Run, record: Record) -> Iterator[Write]:
    """A school."""
    uid = record.need("SchoolId")
    document = directory.School(
        _id=run.ids.school(uid),
        name=record.need("NameOfInstitution"),
        short_name=record.one("ShortNameOfInstitution"),
        time_zone=run.time_zone,
        kind=directory.SchoolKind.SCHOOL,
        average_kind=directory.AverageKind.SIMPLE,
    )
    run.first(document["_id"])
    yield Write("directory", "schools", document)


def course(run: Run, record: Record) -> Iterator[Write]:
    """A course of a school is a subject there."""
    uid, code = run.known_school(record.need(ORGANIZATION)), record.need("CourseCode")
    document = directory.Subject(
        _id=run.ids.subject(uid, code),
        school_id=run.ids.school(uid),
        name=record.need("CourseTitle"),
        short_name=code,
    )
    run.first(document["_id"])
    yield Write("directory", "subjects", document)


def section(run: Run, record: Record) -> Iterator[Write]:
    """A section is a study group."""
    key = section_key(record, "")
    course = run.survey.course_of(key)
    run.first(run.ids.group(key))
    run.summary.findings["sections without a teacher"] += not run.rosters.staff_of(key)
    run.summary.findings["sections without a class period"] += not run.timetable.meetings_of(key)
    document = directory.Group(
        _id=run.ids.group(key),
        school_id=run.ids.school(key.school),
        name=_group_name(run, key),
        subject_id=run.ids.subject(key.school, course),
        class_ids=[run.ids.school_class(key.school, grade) for grade in run.rosters.grades_of(key)],
    )
    yield Write("directory", "groups", document)


def grading_period(run: Run, record: Record) -> Iterator[Write]:
    """A grading period is an attestation period."""
    uid, year, name = run.known_school(record.need(SCHOOL)), record.need("SchoolYear"), record.need("GradingPeriodName")
    word = record.term("GradingPeriod") or ""
    document = grades.AttestationPeriod(
        _id=PeriodId(run.ids.of("AttestationPeriod", uid, year, name)),
        school_id=run.ids.school(uid),
        academic_year=year_name(year),
        name=name,
        kind=next((kind for part, kind in _KINDS.items() if part in word), grades.PeriodKind.MODULE),
        ordinal=record.whole("PeriodSequence") or 1,
        subject_id=None,
        starts_on=record.day("BeginDate"),
        ends_on=record.day("EndDate"),
    )
    run.first(document["_id"])
    yield Write("grades", "attestation_periods", document)


def bell_schedule(run: Run, record: Record) -> Iterator[Write]:
    """The bells of a school, for the days they are dated for or for its whole year."""
    uid, name = run.known_school(record.need(SCHOOL)), record.need("BellScheduleName")
    years = run.rosters.years.get(uid)
    if not years:
        raise Unusable("a school without sessions")
    periods = record.every("ClassPeriodReference/ClassPeriodIdentity/ClassPeriodName")
    document = schedule.BellSchedule(
        _id=run.first(run.ids.of("BellSchedule", uid, name)),
        school_id=run.ids.school(uid),
        name=name,
        valid_from=years[0].begins_on,
        valid_to=years[-1].ends_on,
        weekdays=[1, 2, 3, 4, 5],
        dates=sorted(day[:10] for day in record.every("Date")),
        periods=[
            schedule.BellPeriod(number=bell.number, starts_at=bell.starts_at, ends_at=bell.ends_at, shift=1)
            for bell in sorted(bell for period in periods for bell in run.timetable.bells.get((uid, period), ()))
        ],
    )
    yield Write("schedule", "bell_schedules", document)


def session(run: Run, record: Record) -> Iterator[Write]:
    """A semester is kept as its school year, its lessons and its place in the calendar: see `planned`."""
    run.known_school(session_key(record, "").school)
    yield from ()


def calendar(run: Run, record: Record) -> Iterator[Write]:
    """A calendar, if it binds the whole school, is kept as school days and holidays: see `planned`."""
    _of_whole_school(run, record.need(SCHOOL), record.need("CalendarCode"))
    yield from ()


def calendar_date(run: Run, record: Record) -> Iterator[Write]:
    """A day of a calendar, likewise."""
    path = "CalendarReference/CalendarIdentity/"
    _of_whole_school(run, record.need(f"{path}{SCHOOL}"), record.need(f"{path}CalendarCode"))
    yield from ()


def _of_whole_school(run: Run, uid: str, code: str) -> None:
    if not is_of_whole_school(run.survey, (run.known_school(uid), code)):
        raise Unusable("of a calendar that does not bind the whole school")


def year_name(year: str) -> str:
    """`2021-2022` as `2021/22`."""
    first, _, last = year.partition("-")
    return f"{first}/{last[2:]}" if len(last) == len("2022") else year


def _group_name(run: Run, key: SectionKey) -> str:
    known = run.survey.sections[key]
    title = known.name or run.survey.courses[key.school, run.survey.course_of(key)]
    numbers = dict.fromkeys(str(meeting.number) for meeting in run.timetable.meetings_of(key))
    parts = [
        title,
        f"period {' and '.join(numbers)}" if numbers else None,
        f"room {known.room}" if known.room else None,
        run.survey.sessions[key.session_key].term,
    ]
    return ", ".join(part for part in parts if part)
