"""People and subjects: what every other part of the graph mentions."""

import strawberry

from auth.viewer import Role
from connectors import directory as documents
from gateway.resolvers import directory
from gateway.schema.caching import STEADY
from gateway.schema.fields import batch, one, view_of
from gateway.schema.node import Node
from gateway.schema.references import School
from gateway.schema.scalars import Date


@view_of(directory.HeldRole, visible_to={Role.ADMINISTRATOR})
class HeldRole:
    """A role that a member of staff holds, held or will hold at a school of the viewer (роль сотрудника)."""

    role: Role
    """The role."""

    school: School | None = one(directory.schools, "school_id")
    """The school."""

    starts_on: Date | None
    """The first day of the role; null where the school records none."""

    ends_on: Date | None
    """The last day of the role; null while it has no end."""

    is_in_force: bool
    """Whether the role gives rights today."""


@view_of(documents.Person, found_by=directory.known_people)
class Person(Node):
    """A person by name: a student, a parent or a member of staff. Administrators also read contacts from here."""

    id: strawberry.ID
    display_name: str
    """The name as screens show it: family name, given name, patronymic."""

    family_name: str
    """The family name (фамилия)."""

    given_name: str
    """The given name (имя)."""

    patronymic: str | None
    """The patronymic (отчество); null for people who have none."""

    email: str | None = batch(directory.email_of_people, "_id", visible_to={Role.ADMINISTRATOR})
    """The e-mail address; null for people of other schools, too."""

    phone: str | None = batch(directory.phone_of_people, "_id", visible_to={Role.ADMINISTRATOR})
    """The telephone number; null for people of other schools, too."""

    held_roles: list[HeldRole] | None = batch(directory.held_roles, "_id", visible_to={Role.ADMINISTRATOR}, list_size=2)
    """The roles of staff at the viewer's schools with their dates, those in force first; empty for everybody else."""


@view_of(documents.Subject, cache=STEADY, found_by=directory.known_subjects)
class Subject(Node):
    """A subject (предмет, дисциплина)."""

    id: strawberry.ID
    name: str
    """The full name of the subject."""

    short_name: str | None
    """The name for narrow columns; null where the school has none."""
