"""Writers of schools and of what belongs to them: subjects, study groups, bells, attestation periods."""

from collections.abc import Iterator
from typing import Final

from connectors import directory, grades, schedule
from connectors.imports import values
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import (
    CLASS_PERIODS,
    ORGANIZATION,
    SCHOOL,
    SectionKey,
    calendar_key,
    grading_period_key,
    offering_key,
    section_key,
    session_key,
)
from connectors.imports.edfi.records import Record, word
from connectors.imports.edfi.school_days import LESSONS, NO_LESSONS, is_of_whole_school
from connectors.imports.errors import Unusable
from connectors.imports.runs import Part, Write
from connectors.vocabulary import PeriodId

_KINDS: Final = {
    "Semester": grades.PeriodKind.SEMESTER,
    "Quarter": grades.PeriodKind.QUARTER,
    "Nine Weeks": grades.PeriodKind.QUARTER,
    "Trimester": grades.PeriodKind.TRIMESTER,
    "Year": grades.PeriodKind.YEAR,
}
"""Words of a grading period's descriptor; six weeks and all others are a module."""


def school(context: Context, record: Record) -> Iterator[Write]:
    """A school."""
    uid = record.need("SchoolId")
    context.survey.take(record, uid)
    document = directory.School(
        _id=context.ids.school(uid),
        name=record.need("NameOfInstitution"),
        short_name=record.one("ShortNameOfInstitution"),
        time_zone=context.options.time_zone,
        kind=directory.SchoolKind.SCHOOL,
        average_kind=directory.AverageKind.SIMPLE,
    )
    yield Write("directory", "schools", document)


def district(context: Context, record: Record) -> Iterator[Part]:
    """A district is kept as the schools of those who have a post there."""
    uid = record.need("LocalEducationAgencyId")
    schools = context.schools_of(uid)
    if not schools:
        raise Unusable("no school names it as its district")
    context.survey.take(record, uid)
    yield from (Part(context.ids.school(school)) for school in schools)


def course(context: Context, record: Record) -> Iterator[Write]:
    """A course of a school is a subject there."""
    uid, code = context.known_school(record.need(ORGANIZATION)), record.need("CourseCode")
    context.survey.take(record, uid, code)
    document = directory.Subject(
        _id=context.ids.subject(uid, code),
        school_id=context.ids.school(uid),
        name=record.need("CourseTitle"),
        short_name=code,
    )
    yield Write("directory", "subjects", document)


def offering(context: Context, record: Record) -> Iterator[Part]:
    """A course offering is kept as the subject of the sections that are held of it."""
    session, code = offering_key(record)
    context.known_school(session.school)
    if (session.school, record.need("CourseReference/CourseIdentity/CourseCode")) not in context.survey.courses:
        raise Unusable("unknown course")
    sections = context.sections_offered.get((session, code))
    if not sections:
        raise Unusable("no section is held of it")
    context.survey.take(record, session, code)
    yield from (Part(context.ids.group(section)) for section in sections)


def class_period(context: Context, record: Record) -> Iterator[Part]:
    """A class period is kept as the times of lessons and bells at its school."""
    key = context.known_school(record.need(SCHOOL)), record.need("ClassPeriodName")
    if key not in context.survey.used_periods:
        raise Unusable("no section and no bell schedule uses it")
    context.survey.take(record, *key)
    yield Part(context.ids.school(key[0]))


def section(context: Context, record: Record) -> Iterator[Write]:
    """A section is a study group."""
    key = section_key(record, "")
    course = context.survey.course_of(key)
    context.survey.take(record, *key)
    context.summary.findings["sections without a teacher"] += not context.rosters.staff_of(key)
    context.summary.findings["sections without a class period"] += not context.timetable.meetings_of(key)
    document = directory.Group(
        _id=context.ids.group(key),
        school_id=context.ids.school(key.school),
        name=_group_name(context, key),
        subject_id=context.ids.subject(key.school, course),
        class_ids=[context.ids.school_class(key.school, grade) for grade in context.rosters.grades_of(key)],
    )
    yield Write("directory", "groups", document)


def grading_period(context: Context, record: Record) -> Iterator[Write]:
    """A grading period is an attestation period."""
    uid, year, name = grading_period_key(record)
    context.known_school(uid)
    context.survey.take(record, uid, year, name)
    kind = record.term("GradingPeriod") or ""
    document = grades.AttestationPeriod(
        _id=PeriodId(context.ids.of("AttestationPeriod", uid, year, name)),
        school_id=context.ids.school(uid),
        academic_year=year_name(year),
        name=name,
        kind=next((own for part, own in _KINDS.items() if part in kind), grades.PeriodKind.MODULE),
        ordinal=record.whole("PeriodSequence") or 1,
        subject_id=None,
        starts_on=record.day("BeginDate"),
        ends_on=record.day("EndDate"),
    )
    yield Write("grades", "attestation_periods", document)


def bell_schedule(context: Context, record: Record) -> Iterator[Write]:
    """The bells of a school, for the days they are dated for or for its whole year."""
    uid, name = context.known_school(record.need(SCHOOL)), record.need("BellScheduleName")
    years = context.rosters.years.get(uid)
    if not years:
        raise Unusable("a school without sessions")
    context.survey.take(record, uid, name)
    periods = record.every(CLASS_PERIODS)
    document = schedule.BellSchedule(
        _id=context.ids.of("BellSchedule", uid, name),
        school_id=context.ids.school(uid),
        name=name,
        valid_from=years[0].begins_on,
        valid_to=years[-1].ends_on,
        weekdays=[1, 2, 3, 4, 5],
        dates=sorted(values.day(day, "Date") for day in record.every("Date")),
        periods=[
            schedule.BellPeriod(number=bell.number, starts_at=bell.starts_at, ends_at=bell.ends_at, shift=1)
            for bell in sorted(bell for period in periods for bell in context.timetable.bells.get((uid, period), ()))
        ],
    )
    yield Write("schedule", "bell_schedules", document)


def session(context: Context, record: Record) -> Iterator[Part]:
    """A semester is kept as a part of its school year: see `planned`."""
    key = session_key(record, "")
    context.known_school(key.school)
    context.survey.take(record, *key)
    yield Part(academic_year_id(context, key.school, key.year))


def academic_year_id(context: Context, school: str, year: str) -> str:
    """The id of a school's year."""
    return context.ids.of("AcademicYear", school, year)


def calendar(context: Context, record: Record) -> Iterator[Part]:
    """A calendar, if it binds the whole school, is kept as its school days and holidays: see `planned`."""
    key = context.known_school(record.need(SCHOOL)), record.need("CalendarCode")
    _bind_whole_school(context, key)
    context.survey.take(record, *key)
    yield Part(context.ids.school(key[0]))


def calendar_date(context: Context, record: Record) -> Iterator[Part]:
    """A day of a calendar is kept as a school day or a holiday of its school year: see `planned`."""
    key, day = calendar_key(record), record.day("Date")
    context.known_school(key[0])
    _bind_whole_school(context, key)
    if not any(event in LESSONS or event in NO_LESSONS for event in map(word, record.every("CalendarEvent"))):
        raise Unusable("an event that neither gives nor takes lessons")
    year = next((own for own in context.rosters.years.get(key[0], []) if own.begins_on <= day <= own.ends_on), None)
    if year is None:
        raise Unusable("a day outside of every session")
    context.survey.take(record, *key, day)
    yield Part(academic_year_id(context, key[0], year.name))


def _bind_whole_school(context: Context, calendar: tuple[str, str]) -> None:
    if not is_of_whole_school(context.survey, calendar):
        raise Unusable("of a calendar that does not bind the whole school")


def year_name(year: str) -> str:
    """`2021-2022` as `2021/22`."""
    first, _, last = year.partition("-")
    return f"{first}/{last[2:]}" if len(last) == len("2022") else year


def _group_name(context: Context, key: SectionKey) -> str:
    known = context.survey.sections[key]
    title = known.name or context.survey.courses[key.school, context.survey.course_of(key)]
    numbers = dict.fromkeys(str(meeting.number) for meeting in context.timetable.meetings_of(key))
    parts = [
        title,
        f"period {' and '.join(numbers)}" if numbers else None,
        f"room {known.room}" if known.room else None,
        context.survey.sessions[key.session_key].term,
    ]
    return ", ".join(part for part in parts if part)
