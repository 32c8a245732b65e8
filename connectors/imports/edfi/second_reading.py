"""The second reading: what each record becomes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from connectors.imports.edfi import events, gradebook, people, schools
from connectors.imports.edfi.first_reading import READERS
from connectors.imports.edfi.records import Record, Unusable
from connectors.imports.edfi.run import Run, Write

WRITERS: Final[Mapping[str, Callable[[Run, Record], Iterator[Write]]]] = {
    "BellSchedule": schools.bell_schedule,
    "Calendar": schools.calendar,
    "CalendarDate": schools.calendar_date,
    "Contact": people.contact,
    "Course": schools.course,
    "DisciplineIncident": events.incident,
    "GradebookEntry": gradebook.work,
    "GradingPeriod": schools.grading_period,
    "School": schools.school,
    "Section": schools.section,
    "Session": schools.session,
    "Staff": people.staff,
    "StaffDisciplineIncidentAssociation": events.reporter,
    "StaffEducationOrganizationAssignmentAssociation": people.staff_post,
    "StaffSchoolAssociation": people.staff_post,
    "StaffSectionAssociation": people.staff_section,
    "Student": people.student,
    "StudentContactAssociation": people.guardianship,
    "StudentDisciplineIncidentBehaviorAssociation": events.remark,
    "StudentGradebookEntry": gradebook.mark,
    "StudentSchoolAssociation": people.schooling,
    "StudentSchoolAttendanceEvent": events.school_attendance,
    "StudentSectionAssociation": people.roll,
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


def documents_of(run: Run, record: Record) -> Iterator[Write]:
    """The documents that *record* becomes; `Unusable` where it leaves nothing behind."""
    writer = WRITERS.get(record.entity)
    if writer is not None:
        yield from writer(run, record)
    elif record.entity not in READERS:
        raise Unusable(REASONS.get(record.entity, NO_PLACE))
