"""The first pass over the files: every record adds to the survey what others need to know of it.

A reader understands its record wholly before it changes anything, so that an unusable record leaves no trace.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from connectors.imports import values
from connectors.imports.edfi.keys import (
    CLASS_PERIODS,
    ENTRY,
    EVENT_DATE,
    ORGANIZATION,
    SCHOOL,
    STAFF,
    STUDENT,
    PersonKey,
    Pointer,
    calendar_key,
    contact_named,
    district_named,
    entry_key,
    grading_period_key,
    incident_key,
    incident_named,
    is_reporter,
    offering_key,
    post_key,
    section_key,
    session_key,
    staff_school_key,
)
from connectors.imports.edfi.records import Record, word
from connectors.imports.edfi.survey import (
    GRADES,
    Claim,
    Entry,
    GradingPeriod,
    Incident,
    Placement,
    Post,
    School,
    Schooling,
    Section,
    Session,
    Survey,
    Teaching,
    rank_of,
    refer,
)
from connectors.imports.errors import Unusable

LONGEST_SESSION: Final = 400
"""Days; a semester that is longer than a year is a slip of the pen, and would fill a timetable of centuries."""


def survey_record(survey: Survey, record: Record) -> None:
    """Add to *survey* what *record* says, if other records need it; why it cannot be used, if so."""
    survey.entities.add(record.entity)
    reader = READERS.get(record.entity)
    if reader is None:
        return
    try:
        reader(survey, record)
    except Unusable as reason:
        survey.rejected[record.file, record.ordinal] = str(reason)


def school_grades(record: Record, path: str = "GradeLevel") -> tuple[int, ...]:
    """The grade levels at *path* that are classes of a school."""
    return tuple(sorted({GRADES[name] for name in map(word, record.every(path)) if name in GRADES}))


def _school(survey: Survey, record: Record) -> None:
    uid, name = record.need("SchoolId"), record.need("NameOfInstitution")
    school = School(name, record.one("ShortNameOfInstitution"), school_grades(record), district_named(record))
    if survey.accept(record, uid):
        survey.schools[uid] = school


def _district(survey: Survey, record: Record) -> None:
    uid = record.need("LocalEducationAgencyId")
    refer(survey.districts, Pointer("", uid), uid)
    if record.xml_id:
        refer(survey.districts, Pointer(record.file, record.xml_id), uid)
    survey.accept(record, uid)


def _course(survey: Survey, record: Record) -> None:
    key, title = (record.need(ORGANIZATION), record.need("CourseCode")), record.need("CourseTitle")
    if survey.accept(record, *key):
        survey.courses[key] = title


def _offering(survey: Survey, record: Record) -> None:
    key, course = offering_key(record), record.need("CourseReference/CourseIdentity/CourseCode")
    if survey.accept(record, *key):
        survey.offerings[key] = course


def _class_period(survey: Survey, record: Record) -> None:
    key = record.need(SCHOOL), record.need("ClassPeriodName")
    starts, ends = record.every("MeetingTime/StartTime"), record.every("MeetingTime/EndTime")
    if len(starts) != len(ends):
        raise Unusable("a meeting time without its end")
    meetings = sorted(
        (values.clock(start, "StartTime"), values.clock(end, "EndTime"))
        for start, end in zip(starts, ends, strict=True)
    )
    if any(end <= start for start, end in meetings):
        raise Unusable("a meeting time that ends before it starts")
    if survey.accept(record, *key):
        survey.class_periods[key] = tuple(meetings)


def _session(survey: Survey, record: Record) -> None:
    key, (begins_on, ends_on) = session_key(record, ""), record.span("BeginDate", "EndDate")
    if ends_on is None:
        raise Unusable("without EndDate")
    if (date.fromisoformat(ends_on) - date.fromisoformat(begins_on)).days > LONGEST_SESSION:
        raise Unusable(f"a session of more than {LONGEST_SESSION} days")
    session = Session(begins_on, ends_on, record.term("Term") or key.name, record.whole("TotalInstructionalDays"))
    if survey.accept(record, *key):
        survey.sessions[key] = session


def _grading_period(survey: Survey, record: Record) -> None:
    school, year, name = grading_period_key(record)
    begins_on, ends_on = record.span("BeginDate", "EndDate")
    if ends_on is None:
        raise Unusable("without EndDate")
    period = GradingPeriod(begins_on, ends_on, record.whole("TotalInstructionalDays"))
    record.whole("PeriodSequence")
    if survey.accept(record, school, year, name):
        survey.grading_periods[school, year][name] = period


def _calendar(survey: Survey, record: Record) -> None:
    key = record.need(SCHOOL), record.need("CalendarCode")
    if survey.accept(record, *key):
        survey.calendar_types[key] = record.term("CalendarType") or ""


def _calendar_date(survey: Survey, record: Record) -> None:
    calendar, day = calendar_key(record), record.day("Date")
    record.need("CalendarEvent")
    if survey.accept(record, *calendar, day):
        survey.calendar_days[calendar][day] = tuple(map(word, record.every("CalendarEvent")))


def _section(survey: Survey, record: Record) -> None:
    key = section_key(record, "")
    room = record.one("LocationReference/LocationIdentity/ClassroomIdentificationCode")
    if survey.accept(record, *key):
        survey.sections[key] = Section(record.one("SectionName"), room, tuple(record.every(CLASS_PERIODS)))


def _bell_schedule(survey: Survey, record: Record) -> None:
    school, name = record.need(SCHOOL), record.need("BellScheduleName")
    for day in record.every("Date"):
        values.day(day, "Date")
    if survey.accept(record, school, name):
        survey.used_periods.update((school, period) for period in record.every(CLASS_PERIODS))


def _staff(survey: Survey, record: Record) -> None:
    uid = record.need("StaffUniqueId")
    _person(survey, record, PersonKey("staff", uid), record.day_or_none("BirthDate"))
    survey.staff.add(uid)


def _post(survey: Survey, record: Record) -> None:
    staff, key = record.need(STAFF), post_key(record)
    begins_on, ends_on = record.open_span("BeginDate", "EndDate")
    if survey.accept(record, staff, *key):
        survey.posts[staff][key] = Post(*key[:2], begins_on, ends_on)


def _staff_school(survey: Survey, record: Record) -> None:
    key = staff_school_key(record)
    survey.accept(record, *key)
    survey.staff_grades[key[:2]].update(school_grades(record))


def _staff_section(survey: Survey, record: Record) -> None:
    staff, section = record.need(STAFF), section_key(record)
    begins_on, ends_on = record.open_span("BeginDate", "EndDate")
    if survey.accept(record, staff, *section, begins_on or ""):
        survey.teachings[section][staff, begins_on or ""] = Teaching(staff, begins_on, ends_on)


def _student(survey: Survey, record: Record) -> None:
    uid, born = record.need("StudentUniqueId"), record.day_or_none("BirthData/BirthDate")
    if _person(survey, record, PersonKey("student", uid), born):
        survey.births[uid] = born


def _schooling(survey: Survey, record: Record) -> None:
    student, school = record.need(STUDENT), record.need(SCHOOL)
    starts_on, ends_on = record.span("EntryDate", "ExitWithdrawDate")
    grade = next(iter(school_grades(record, "EntryGradeLevel")), None)
    if grade is None and record.one("EntryGradeLevel"):
        raise Unusable("a grade level that has no classes")
    if survey.accept(record, student, school, starts_on):
        survey.schoolings[student][school, starts_on] = Schooling(school, grade, starts_on, ends_on)


def _student_section(survey: Survey, record: Record) -> None:
    student, section = record.need(STUDENT), section_key(record)
    starts_on, ends_on = record.span("BeginDate", "EndDate")
    if survey.accept(record, student, *section, starts_on):
        survey.placements[student][section, starts_on] = Placement(section, starts_on, ends_on)


def _contact(survey: Survey, record: Record) -> None:
    uid = record.need("ContactUniqueId")
    _person(survey, record, PersonKey("contact", uid), None)
    refer(survey.contacts, Pointer("", uid), uid)
    if record.xml_id:
        refer(survey.contacts, Pointer(record.file, record.xml_id), uid)


def _person(survey: Survey, record: Record, person: PersonKey, birth_date: str | None) -> bool:
    """Note the PersonId that a record claims for its person; return whether the record is accepted for this person.

    Raises:
        Unusable: the person has no name, and is therefore not to be referred to.
    """
    names = record.need("Name/FirstName"), record.need("Name/LastSurname")
    if not survey.accept(record, *person):
        return False
    claimed = record.one("PersonReference/PersonIdentity/PersonId")
    survey.claims.pop(person, None)
    if claimed:
        survey.claims[person] = (claimed, Claim(person, *names, birth_date))
    return True


def _student_contact(survey: Survey, record: Record) -> None:
    link, rank = (contact_named(record), record.need(STUDENT)), rank_of(record)
    record.open_span("BeginDate", "EndDate")
    survey.links[link] = min(rank, survey.links.get(link, rank))


def _school_attendance(survey: Survey, record: Record) -> None:
    student, school, day = record.need(STUDENT), record.need(SCHOOL), record.day(EVENT_DATE)
    record.time("ArrivalTime")
    record.whole("SchoolAttendanceDuration")
    survey.recorded_days.add(day)
    survey.note_school(student, school, day)


def _section_attendance(survey: Survey, record: Record) -> None:
    student, section, day = record.need(STUDENT), section_key(record), record.day(EVENT_DATE)
    arrival = record.time("ArrivalTime")
    record.whole("SectionAttendanceDuration")
    survey.recorded_days.add(day)
    survey.implied[student].add(section)
    survey.note_school(student, section.school, day)
    if arrival:
        about = student, day, arrival
        survey.tardies[about] = min(section, survey.tardies.get(about, section))


def _incident(survey: Survey, record: Record) -> None:
    key = incident_key(record)
    place, time, day = record.term("IncidentLocation"), record.time("IncidentTime"), record.day("IncidentDate")
    if record.xml_id:
        refer(survey.incident_refs, Pointer(record.file, record.xml_id), key)
    if survey.accept(record, *key):
        survey.incidents[key] = Incident(day, ", ".join(part for part in (place, time) if part))


def _reporter(survey: Survey, record: Record) -> None:
    incident, staff = incident_named(record), record.need(STAFF)
    if is_reporter(record):
        survey.reporters[incident] = min(staff, survey.reporters.get(incident, staff))


def _accused(survey: Survey, record: Record) -> None:
    about, rank = (incident_named(record), (record.need(STUDENT), record.term("Behavior") or "")), rank_of(record)
    survey.accused[about] = min(rank, survey.accused.get(about, rank))


def _entry(survey: Survey, record: Record) -> None:
    key, section = entry_key(record), section_key(record)
    title, set_on = record.need("Title"), record.day("DateAssigned")
    words = [part for part in title.split() if not part.isdigit()]
    kind = record.term("GradebookEntryType") or (words[-1] if words else title)
    due_on = record.day_or_none("DueDate") or set_on
    record.number("MaxPoints")
    if survey.accept(record, *key):
        survey.entries[key] = Entry(section, title, kind, set_on, due_on)


def _student_entry(survey: Survey, record: Record) -> None:
    student, entry = record.need(STUDENT), entry_key(record, ENTRY)
    record.day_or_none("DateFulfilled")
    if record.number("NumericGradeEarned") is None and record.one("LetterGradeEarned") is None:
        raise Unusable("neither a numeric nor a letter grade")
    survey.accept(record, *entry, student)
    survey.marks[entry].add(student)


READERS: Final[Mapping[str, Callable[[Survey, Record], None]]] = {
    "BellSchedule": _bell_schedule,
    "Calendar": _calendar,
    "CalendarDate": _calendar_date,
    "ClassPeriod": _class_period,
    "Contact": _contact,
    "Course": _course,
    "CourseOffering": _offering,
    "DisciplineIncident": _incident,
    "GradebookEntry": _entry,
    "GradingPeriod": _grading_period,
    "LocalEducationAgency": _district,
    "School": _school,
    "Section": _section,
    "Session": _session,
    "Staff": _staff,
    "StaffDisciplineIncidentAssociation": _reporter,
    "StaffEducationOrganizationAssignmentAssociation": _post,
    "StaffSchoolAssociation": _staff_school,
    "StaffSectionAssociation": _staff_section,
    "Student": _student,
    "StudentContactAssociation": _student_contact,
    "StudentDisciplineIncidentBehaviorAssociation": _accused,
    "StudentGradebookEntry": _student_entry,
    "StudentSchoolAssociation": _schooling,
    "StudentSchoolAttendanceEvent": _school_attendance,
    "StudentSectionAssociation": _student_section,
    "StudentSectionAttendanceEvent": _section_attendance,
}
"""The entities that the survey is made of."""
