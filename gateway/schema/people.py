"""People and subjects: what every other part of the graph mentions."""

import strawberry

from auth.viewer import Role
from connectors import directory as documents
from gateway.resolvers import directory
from gateway.schema.caching import STEADY
from gateway.schema.fields import batch, view_of
from gateway.schema.node import Node


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


@view_of(documents.Subject, cache=STEADY, found_by=directory.known_subjects)
class Subject(Node):
    """A subject (предмет, дисциплина)."""

    id: strawberry.ID
    name: str
    """The full name of the subject."""

    short_name: str | None
    """The name for narrow columns; null where the school has none."""
