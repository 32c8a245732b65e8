"""The keys by which Ed-Fi identifies its records, and the ids of documents made from them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from connectors.imports.edfi.records import Record, word
from connectors.vocabulary import (
    ClassId,
    GradeScaleId,
    GroupId,
    LessonId,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    WorkKindId,
    mint,
)

SCHOOL: Final = "SchoolReference/SchoolIdentity/SchoolId"
STAFF: Final = "StaffReference/StaffIdentity/StaffUniqueId"
STUDENT: Final = "StudentReference/StudentIdentity/StudentUniqueId"
SECTION: Final = "SectionReference/SectionIdentity/"
CLASS_PERIODS: Final = "ClassPeriodReference/ClassPeriodIdentity/ClassPeriodName"
EVENT_DATE: Final = "AttendanceEvent/EventDate"
CALENDAR: Final = "CalendarReference/CalendarIdentity/"
ENTRY: Final = "GradebookEntryReference/GradebookEntryIdentity/"
ORGANIZATION: Final = "EducationOrganizationReference/EducationOrganizationIdentity/EducationOrganizationId"


class SessionKey(NamedTuple):
    """A semester of one school."""

    school: str
    year: str
    name: str


class SectionKey(NamedTuple):
    """A section. Its identifier alone is not unique: the sample has 12 that two course offerings share."""

    school: str
    year: str
    session: str
    course: str
    identifier: str

    @property
    def session_key(self) -> SessionKey:
        """The semester it is held in."""
        return SessionKey(self.school, self.year, self.session)


class IncidentKey(NamedTuple):
    school: str
    identifier: str


class Pointer(NamedTuple):
    """A reference: to an element of a *file* by its XML id, or (*file* empty) to a thing by its unique id."""

    file: str
    name: str


class PersonKey(NamedTuple):
    """The key of a person in one kind of record: `student`, `contact` or `staff`, and the unique id of that kind."""

    kind: str
    uid: str


def session_key(record: Record, prefix: str = "SessionReference/SessionIdentity/") -> SessionKey:
    """The semester that *record* names, or (*prefix* empty) is."""
    return SessionKey(
        record.need(f"{prefix}{SCHOOL}"), record.need(f"{prefix}SchoolYear"), record.need(f"{prefix}SessionName")
    )


def section_key(record: Record, prefix: str = SECTION) -> SectionKey:
    """The section that *record* names, or (*prefix* empty) is."""
    offering = f"{prefix}CourseOfferingReference/CourseOfferingIdentity/"
    session = f"{offering}SessionReference/SessionIdentity/"
    return SectionKey(
        school=record.need(f"{offering}{SCHOOL}"),
        year=record.need(f"{session}SchoolYear"),
        session=record.need(f"{session}SessionName"),
        course=record.need(f"{offering}LocalCourseCode"),
        identifier=record.need(f"{prefix}SectionIdentifier"),
    )


def incident_named(record: Record) -> IncidentKey | Pointer:
    """The incident that *record* is about."""
    ref = record.one("DisciplineIncidentReference@ref")
    if ref:
        return Pointer(record.file, ref)
    path = "DisciplineIncidentReference/DisciplineIncidentIdentity/"
    return IncidentKey(record.need(f"{path}{SCHOOL}"), record.need(f"{path}IncidentIdentifier"))


def contact_named(record: Record) -> Pointer:
    """The contact that an association links with a student."""
    ref = record.one("ContactReference@ref")
    uid = "ContactReference/ContactIdentity/ContactUniqueId"
    return Pointer(record.file, ref) if ref else Pointer("", record.need(uid))


def district_named(record: Record) -> Pointer | None:
    """The district that a school belongs to."""
    ref = record.one("LocalEducationAgencyReference@ref")
    uid = record.one("LocalEducationAgencyReference/LocalEducationAgencyIdentity/LocalEducationAgencyId")
    if ref:
        return Pointer(record.file, ref)
    return Pointer("", uid) if uid else None


def entry_key(record: Record, prefix: str = "") -> tuple[str, str]:
    """The gradebook entry that *record* is, or (with *prefix*) names."""
    return record.need(f"{prefix}Namespace"), record.need(f"{prefix}GradebookEntryIdentifier")


def offering_key(record: Record) -> tuple[SessionKey, str]:
    """The course offering that *record* is: a semester and the code that the school gives the course in it."""
    return session_key(record), record.need("LocalCourseCode")


def grading_period_key(record: Record) -> tuple[str, str, str]:
    """School, year and name of a grading period."""
    return record.need(SCHOOL), record.need("SchoolYear"), record.need("GradingPeriodName")


def calendar_key(record: Record) -> tuple[str, str]:
    """School and code of the calendar that a day belongs to."""
    return record.need(f"{CALENDAR}{SCHOOL}"), record.need(f"{CALENDAR}CalendarCode")


def incident_key(record: Record) -> IncidentKey:
    """The key of an incident."""
    return IncidentKey(record.need(SCHOOL), record.need("IncidentIdentifier"))


def is_reporter(record: Record) -> bool:
    """Whether an association of staff with an incident names the one who reported it."""
    return "Reporter" in map(word, record.every("DisciplineIncidentParticipationCode"))


def post_key(record: Record) -> tuple[str, str, str]:
    """Organisation, classification and first day (or nothing) of the post that *record* is."""
    classification = record.term("StaffClassification") or "Other"
    return record.need(ORGANIZATION), classification, record.day_or_none("BeginDate") or ""


def staff_school_key(record: Record) -> tuple[str, str]:
    """Staff and school that *record* associates."""
    return record.need(STAFF), record.need(SCHOOL)


class Ids:
    """Mints ids from Ed-Fi's keys.

    *source* keeps two districts with equal numbers apart; *same* leads from a record to the one that its person is
    written from, where two records are one person.
    """

    def __init__(self, source: str, same: Mapping[PersonKey, PersonKey]) -> None:
        self._source = source
        self._same = same

    def of(self, kind: str, *key: object) -> str:
        """The id of any kind of object."""
        return mint(kind, self._source, *key)

    def school(self, school: str) -> SchoolId:
        """The id of a school."""
        return SchoolId(self.of("School", school))

    def subject(self, school: str, course: str) -> SubjectId:
        """The id of a course as the subject of one school."""
        return SubjectId(self.of("Subject", school, course))

    def school_class(self, school: str, grade: int) -> ClassId:
        """The id of the class that a grade of a school is."""
        return ClassId(self.of("Class", school, grade))

    def group(self, section: SectionKey) -> GroupId:
        """The id of a section as a study group."""
        return GroupId(self.of("Group", *section))

    def lesson(self, section: SectionKey, day: str, starts_at: str) -> LessonId:
        """The id of one meeting of a section."""
        return LessonId(self.of("Lesson", *section, day, starts_at))

    def person(self, person: PersonKey) -> PersonId:
        """The id of a person."""
        return PersonId(self.of("Person", *self._same.get(person, person)))

    def student(self, uid: str) -> StudentId:
        """The id of a person as a student."""
        return StudentId(self.of("Student", uid))

    def work_kind(self, school: str, name: str) -> WorkKindId:
        """The id of a kind of work in one school."""
        return WorkKindId(self.of("WorkKind", school, name))

    def scale(self, school: str) -> GradeScaleId:
        """The id of a school's one scale of marks."""
        return GradeScaleId(self.of("GradeScale", school, "0..100"))
