"""The second pass over the files: every record becomes documents, or part of some, or is refused with a reason."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from connectors.imports.edfi import events, gradebook, people, schools
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.records import Record
from connectors.imports.errors import Unusable
from connectors.imports.runs import Part, Write

WRITERS: Final[Mapping[str, Callable[[Context, Record], Iterator[Write | Part]]]] = {
    "BellSchedule": schools.bell_schedule,
    "Calendar": schools.calendar,
    "CalendarDate": schools.calendar_date,
    "ClassPeriod": schools.class_period,
    "Contact": people.contact,
    "Course": schools.course,
    "CourseOffering": schools.offering,
    "DisciplineIncident": events.incident,
    "GradebookEntry": gradebook.work,
    "GradingPeriod": schools.grading_period,
    "LocalEducationAgency": schools.district,
    "School": schools.school,
    "Section": schools.section,
    "Session": schools.session,
    "Staff": people.staff,
    "StaffDisciplineIncidentAssociation": events.reporter,
    "StaffEducationOrganizationAssignmentAssociation": people.staff_post,
    "StaffSchoolAssociation": people.staff_school,
    "StaffSectionAssociation": people.staff_section,
    "Student": people.student,
    "StudentContactAssociation": people.guardianship,
    "StudentDisciplineIncidentBehaviorAssociation": events.remark,
    "StudentGradebookEntry": gradebook.mark,
    "StudentSchoolAssociation": people.schooling,
    "StudentSchoolAttendanceEvent": events.school_attendance,
    "StudentSectionAssociation": people.placement,
    "StudentSectionAttendanceEvent": events.section_attendance,
}

REASONS: Final[Mapping[str, str]] = {
    "Credential": "teaching credentials have no place in the graph",
    "DisciplineAction": "consequences of an incident have no place in the graph",
    "Location": "seats have no place in the graph; the room number stands with each section",
    "Person": "says nothing beyond the references to it",
    "SectionReference": "says nothing beyond the section it names",
    "StaffEducationOrganizationEmploymentAssociation": "employment has no place in the graph",
    "StaffLeave": "leave of staff has no place in the graph",
    "StudentDisciplineIncidentNonOffenderAssociation": "a witness is not remarked upon",
}
"""Why an entity is not imported, where there is more to say than that the graph has no such thing."""

NO_PLACE: Final = "has no place in the graph"


def contributions_of(context: Context, record: Record) -> Iterator[Write | Part]:
    """Writes of the documents that *record* becomes, and parts of documents that several records make together.

    Raises `Unusable` where the record contributes to no document.
    """
    rejected = context.survey.rejected.get((record.file, record.ordinal))
    if rejected is not None:
        raise Unusable(rejected)
    writer = WRITERS.get(record.entity)
    if writer is None:
        raise Unusable(REASONS.get(record.entity, NO_PLACE))
    yield from writer(context, record)
