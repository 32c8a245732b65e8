"""Which kinds of link the files deliver: only then does it mean something that a link is not among them.

A file that is absent says nothing. A kind is *delivered* where a file of its interchange was read, or a record of its
entity in any file: then nothing of that kind is inferred from other records. It is *complete* where records of all that
it cannot be understood without were read as well: then links of that kind that are not named end.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from connectors.imports.edfi.survey import Survey
from connectors.imports.links import ASSIGNMENTS, ENROLMENTS, GUARDIANSHIPS, PLACES, POSTS, SCHOOLS


class _LinkSource(NamedTuple):
    """The records that show that a kind of link is delivered, and the entities that it needs to be understood."""

    interchange: str
    entity: str
    needs: tuple[str, ...]


_SECTIONS: Final = ("Course", "Section", "Session")

KINDS: Final[Mapping[str, _LinkSource]] = {
    GUARDIANSHIPS: _LinkSource("InterchangeContact", "StudentContactAssociation", ("Contact", "Student")),
    ENROLMENTS: _LinkSource("InterchangeStudentEnrollment", "StudentSchoolAssociation", ("Student",)),
    PLACES: _LinkSource("InterchangeStudentEnrollment", "StudentSectionAssociation", ("Student", *_SECTIONS)),
    POSTS: _LinkSource("InterchangeStaffAssociation", "StaffEducationOrganizationAssignmentAssociation", ("Staff",)),
    SCHOOLS: _LinkSource("InterchangeStaffAssociation", "StaffSchoolAssociation", ("Staff",)),
    ASSIGNMENTS: _LinkSource("InterchangeStaffAssociation", "StaffSectionAssociation", ("Staff", *_SECTIONS)),
}
"""The interchange and the entity of each kind of link, and what it cannot be understood without."""


def is_delivered(survey: Survey, kind: str) -> bool:
    """Whether the files are meant to name all links of a kind."""
    delivery = KINDS[kind]
    return delivery.interchange in survey.interchanges or delivery.entity in survey.entities


def is_complete(survey: Survey, kind: str) -> bool:
    """Whether a link of a kind that the files do not name is over."""
    return is_delivered(survey, kind) and survey.entities.issuperset(KINDS[kind].needs)
