"""The first reading: what each record adds to the survey."""

from collections.abc import Callable, Mapping
from typing import Final

from connectors.imports.edfi.keys import (
    ORGANIZATION,
    SCHOOL,
    STAFF,
    STUDENT,
    IncidentKey,
    PersonKey,
    Pointer,
    contact_named,
    district_named,
    entry_key,
    incident_named,
    section_key,
    session_key,
)
from connectors.imports.edfi.records import Record, Unusable, clock, word
from connectors.imports.edfi.survey import (
    GRADES,
    Claim,
    Entry,
    GradingPeriod,
    Incident,
    Post,
    Roll,
    School,
    Schooling,
    Section,
    Session,
    Survey,
    Teaching,
)


def learn(survey: Survey, record: Record) -> None:
    """Add to *survey* what *record* says, if that matters; `Unusable` where it cannot be understood."""
    reader = READERS.get(record.entity)
    if reader is not None:
        reader(survey, record)


def grade_levels(record: Record, path: str = "GradeLevel") -> tuple[int, ...]:
    """The grade levels at *path* that are classes of a school."""
    return tuple(sorted(GRADES[name] for name in map(word, record.every(path)) if name in GRADES))


def _school(survey: Survey, record: Record) -> None:
    survey.schools.setdefault(
        record.need("SchoolId"),
        School(
            record.need("NameOfInstitution"),
            record.one("ShortNameOfInstitution"),
            grade_levels(record),
            district_named(record),
        ),
    )


def _district(survey: Survey, record: Record) -> None:
    uid = record.need("LocalEducationAgencyId")
    survey.districts[Pointer("", uid)] = uid
    if record.xml_id:
        survey.districts[Pointer(record.file, record.xml_id)] = uid


def _course(survey: Survey, record: Record) -> None:
    survey.courses.setdefault((record.need(ORGANIZATION), record.need("CourseCode")), record.need("CourseTitle"))


def _offering(survey: Survey, record: Record) -> None:
    course = record.need("CourseReference/CourseIdentity/CourseCode")
    survey.offerings.setdefault((session_key(record), record.need("LocalCourseCode")), course)


def _class_period(survey: Survey, record: Record) -> None:
    starts, ends = record.every("MeetingTime/StartTime"), record.every("MeetingTime/EndTime")
    if len(starts) != len(ends):
        raise Unusable("a meeting time without its end")
    meetings = tuple(sorted((clock(start), clock(end)) for start, end in zip(starts, ends, strict=True)))
    survey.class_periods.setdefault((record.need(SCHOOL), record.need("ClassPeriodName")), meetings)


def _session(survey: Survey, record: Record) -> None:
    key = session_key(record, "")
    term = record.term("Term") or key.name
    days_taught = record.whole("TotalInstructionalDays")
    survey.sessions.setdefault(key, Session(record.day("BeginDate"), record.day("EndDate"), term, days_taught))


def _grading_period(survey: Survey, record: Record) -> None:
    period = GradingPeriod(record.day("BeginDate"), record.day("EndDate"), record.whole("TotalInstructionalDays"))
    survey.grading_periods[record.need(SCHOOL), record.need("SchoolYear")].append(period)


def _calendar(survey: Survey, record: Record) -> None:
    survey.calendar_types[record.need(SCHOOL), record.need("CalendarCode")] = record.term("CalendarType") or ""


def _calendar_date(survey: Survey, record: Record) -> None:
    path = "CalendarReference/CalendarIdentity/"
    calendar = record.need(f"{path}{SCHOOL}"), record.need(f"{path}CalendarCode")
    survey.calendar_days[calendar].setdefault(record.day("Date"), word(record.need("CalendarEvent")))


def _section(survey: Survey, record: Record) -> None:
    room = "LocationReference/LocationIdentity/ClassroomIdentificationCode"
    periods = record.every("ClassPeriodReference/ClassPeriodIdentity/ClassPeriodName")
    survey.sections.setdefault(
        section_key(record, ""), Section(record.one("SectionName"), record.one(room), tuple(periods))
    )


def _staff(survey: Survey, record: Record) -> None:
    uid = record.need("StaffUniqueId")
    _person(survey, record, PersonKey("staff", uid), record.day_or_none("BirthDate"))
    survey.staff.add(uid)


def _post(survey: Survey, record: Record) -> None:
    post = Post(record.need(ORGANIZATION), record.term("StaffClassification") or "Other")
    survey.posts[record.need(STAFF)].append(post)


def _staff_school(survey: Survey, record: Record) -> None:
    survey.staff_grades[record.need(STAFF), record.need(SCHOOL)].update(grade_levels(record))


def _staff_section(survey: Survey, record: Record) -> None:
    teaching = Teaching(record.need(STAFF), record.day_or_none("BeginDate"), record.day_or_none("EndDate"))
    survey.teachings[section_key(record)].append(teaching)


def _student(survey: Survey, record: Record) -> None:
    uid, born = record.need("StudentUniqueId"), record.day_or_none("BirthData/BirthDate")
    _person(survey, record, PersonKey("student", uid), born)
    survey.births.setdefault(uid, born)


def _schooling(survey: Survey, record: Record) -> None:
    student, school, entry = record.need(STUDENT), record.need(SCHOOL), record.day("EntryDate")
    grade = next(iter(grade_levels(record, "EntryGradeLevel")), None)
    survey.schoolings[student].append(Schooling(school, grade, entry, record.day_or_none("ExitWithdrawDate")))
    survey.saw(student, school, entry)


def _student_section(survey: Survey, record: Record) -> None:
    student, section, begins_on = record.need(STUDENT), section_key(record), record.day("BeginDate")
    survey.rolls[student][section] = Roll(begins_on, record.day_or_none("EndDate"))
    survey.saw(student, section.school, begins_on)


def _contact(survey: Survey, record: Record) -> None:
    uid = record.need("ContactUniqueId")
    _person(survey, record, PersonKey("contact", uid), None)
    survey.contacts[Pointer("", uid)] = uid
    if record.xml_id:
        survey.contacts[Pointer(record.file, record.xml_id)] = uid


def _person(survey: Survey, record: Record, person: PersonKey, birth_date: str | None) -> None:
    """Who a person claims to be. Without a name he is nobody, and is not to be referred to."""
    names = record.need("Name/FirstName"), record.need("Name/LastSurname")
    claimed = record.one("PersonReference/PersonIdentity/PersonId")
    if claimed:
        survey.claims[claimed].append(Claim(person, *names, birth_date))


def _student_contact(survey: Survey, record: Record) -> None:
    survey.links[contact_named(record)].append(record.need(STUDENT))


def _school_attendance(survey: Survey, record: Record) -> None:
    day = record.day("AttendanceEvent/EventDate")
    survey.recorded_days.add(day)
    survey.saw(record.need(STUDENT), record.need(SCHOOL), day)


def _section_attendance(survey: Survey, record: Record) -> None:
    student, section = record.need(STUDENT), section_key(record)
    day = record.day("AttendanceEvent/EventDate")
    survey.recorded_days.add(day)
    survey.rolls[student].setdefault(section, Roll(None, None))
    survey.saw(student, section.school, day)
    arrival = record.one("ArrivalTime")
    if arrival:
        survey.tardies[student, day, clock(arrival)] = section


def _incident(survey: Survey, record: Record) -> None:
    key = IncidentKey(record.need(SCHOOL), record.need("IncidentIdentifier"))
    place, time = record.term("IncidentLocation"), record.one("IncidentTime")
    circumstances = ", ".join(part for part in (place, clock(time) if time else None) if part)
    survey.incidents.setdefault(key, Incident(record.day("IncidentDate"), circumstances))
    if record.xml_id:
        survey.incident_refs[Pointer(record.file, record.xml_id)] = key


def _reporter(survey: Survey, record: Record) -> None:
    incident = incident_named(record)
    roles = map(word, record.every("DisciplineIncidentParticipationCode"))
    if isinstance(incident, IncidentKey) and "Reporter" in roles:
        survey.reporters.setdefault(incident, record.need(STAFF))


def _accused(survey: Survey, record: Record) -> None:
    survey.accused.append((record.need(STUDENT), incident_named(record)))


def _entry(survey: Survey, record: Record) -> None:
    title, set_on = record.need("Title"), record.day("DateAssigned")
    words = [part for part in title.split() if not part.isdigit()]
    kind = record.term("GradebookEntryType") or (words[-1] if words else title)
    due_on = record.day_or_none("DueDate") or set_on
    survey.recorded_days.add(set_on)
    survey.entries.setdefault(entry_key(record), Entry(section_key(record), title, kind, set_on, due_on))


def _student_entry(survey: Survey, record: Record) -> None:
    survey.marked(record.need(STUDENT), entry_key(record, "GradebookEntryReference/GradebookEntryIdentity/"))


READERS: Final[Mapping[str, Callable[[Survey, Record], None]]] = {
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
"""The entities that the first reading learns from."""
