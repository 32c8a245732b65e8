"""People and subjects: what every other part of the graph mentions."""

import strawberry

from connectors import directory as documents
from gateway.schema.caching import STEADY
from gateway.schema.fields import view_of
from gateway.schema.node import Node


@view_of(documents.Person)
class Person(Node):
    """Anyone: an id and a name, and no way to anything else."""

    id: strawberry.ID
    display_name: str
    family_name: str
    given_name: str
    patronymic: str | None


@view_of(documents.Subject, cache=STEADY)
class Subject(Node):
    """A discipline."""

    id: strawberry.ID
    name: str
    short_name: str | None
