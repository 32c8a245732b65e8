"""The audit: who changed what, for administrators."""

from collections.abc import Sequence
from typing import Any

import strawberry

from auth.viewer import FAMILY, Role
from connectors import audit as documents
from connectors import directory as people
from connectors.vocabulary import StudentId
from gateway.context import Info
from gateway.disclosures import DisclosedKind
from gateway.errors import NotFound
from gateway.resolvers import audit, directory
from gateway.schema.caching import NEVER
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, value, view_of
from gateway.schema.node import RootDocument
from gateway.schema.people import Person
from gateway.schema.references import Student
from gateway.schema.scalars import Date, DateTime

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
described_enum(DisclosedKind)


async def _students(ids: Sequence[StudentId], info: Info) -> list[Any]:
    """The students who learn at the viewer's schools today; None for others, as many of an audit are."""
    return [None if isinstance(found, NotFound) else found for found in await directory.students(ids, info)]


@view_of(audit.AuditChange, visible_to=ADMINISTRATOR)
class AuditChange:
    """One field that was changed, with its values as strings: instants in UTC, lists and objects as JSON."""

    field: str
    """The name of the field."""

    before: str | None
    """The value before; null for an object that is new."""

    after: str | None
    """The value after; null for an object that was deleted."""

    is_withheld: bool
    """Whether the values are not shown, and are null: free texts, and objects that administrators may not read."""


@view_of(documents.AuditEvent, visible_to=ADMINISTRATOR, cache=NEVER)
class AuditEvent:
    """One change that somebody made, or one reading of the audit (событие журнала аудита). Events are never changed."""

    id: strawberry.ID
    """Identifies the event."""

    number: int
    """The place of the event in the chain of its school, from 1."""

    at: DateTime = instant("at")
    """When the change was made."""

    action: str
    """The name of the mutation, such as `giveMark`; `auditEvents` for a reading of the audit."""

    role: Role | None
    """The role in which the person acted."""

    actor: Person | None = one(directory.people, "actor_id")
    """The person who acted; null once the personal details were erased."""

    object_id: strawberry.ID | None
    """The id of what was changed; of a reading, the school. Null once the personal details were erased."""

    student_id: strawberry.ID | None
    """The id of the student whom the change is about, if it is about one; null once the personal details were erased.
    """

    student: Student | None = one(_students, "student_id")
    """The student whom the change is about; null too where they no longer learn at the viewer's schools."""

    changes: list[AuditChange] = batch(audit.changes, "object_id", "changes", list_size=5)
    """The fields that were changed; empty once the personal details were erased."""

    client: str | None
    """The name that the client program gave itself; empty where it gave none."""

    request_id: str | None
    """The id of the request, which stands in the gateway's log, too."""

    hash: str
    """The hash of the event, which covers the hash of the event before: hexadecimal SHA-256."""

    is_erased: bool = value(audit.is_erased, "salt")
    """Whether the personal details of the event were erased, by law or by the school's rules."""


@view_of(documents.Refusal, visible_to=ADMINISTRATOR, cache=NEVER)
class RefusedMutation:
    """How often one mutation of a person was refused with one code on one day (отклонённые изменения)."""

    id: strawberry.ID
    """Identifies the count."""

    day: Date
    """The day, by the clock of the person's school."""

    person: Person | None = one(directory.people, "person_id")
    """The person who sent the mutation."""

    role: Role
    """The role in which they sent it."""

    mutation: str
    """The name of the mutation; `other` for one that the role may not call and that was sent under an alias."""

    code: str
    """The code of the error: a `UserErrorCode`, or `UNAUTHORIZED_FIELD_OR_TYPE` where the role may not call it."""

    count: int
    """How often."""


@view_of(documents.Disclosure, visible_to=FAMILY, cache=NEVER)
class Disclosure:
    """The reading of a student's data by one person of the staff on one day (кто смотрел данные ученика)."""

    day: Date
    """The day, by the clock of the person's school."""

    person: Person | None = one(directory.people, "person_id")
    """The person who read."""

    role: Role
    """The role in which they read."""

    kinds: list[DisclosedKind] = value(audit.kinds_in_order, "kinds", list_size=5)
    """The kinds of data that they read, or that they found to be empty."""

    count: int
    """How many requests of theirs read any of these."""


@extends(people.Person)
class AuditOfStudent:
    """What the audit adds to a student."""

    disclosures: Connection[Disclosure] | None = batch(
        audit.disclosures_of,
        "student_id",
        "school_id",
        "birth_date",
        visible_to=FAMILY,
        arguments={"days": "Only those of these days; of all days that are kept without them."},
    )
    """Who of the staff read data of the student, and what they read (журнал обращений к данным), the latest day first.
    The student's own reading and that of guardians is left out. Rows are a few seconds late, and kept for a bounded
    time. Students read it from the age of 18 on; before, it is null with the error `NOT_OF_AGE`."""


@extends(RootDocument)
class AuditOfQuery:
    """What the audit adds to the root of queries."""

    audit_events: Connection[AuditEvent] | None = batch(
        audit.events,
        visible_to=ADMINISTRATOR,
        cost=10,
        arguments={
            "object": "Only those of this object.",
            "actor": "Only what this person did.",
            "student": "Only those about this student.",
            "action": "Only those of this action, such as `giveMark`.",
            "days": "Only those of these days, by the clock of the school; of all time without them.",
        },
    )
    """What was changed at the viewer's schools, by whom and when (журнал аудита), the latest first. Reading it is
    recorded in it."""

    refused_mutations: Connection[RefusedMutation] | None = batch(
        audit.refused_mutations,
        visible_to=ADMINISTRATOR,
        cost=10,
        arguments={"days": "Only those of these days; of all days that are kept without them."},
    )
    """How often mutations of people of the viewer's schools were refused, by person, day and code, the latest day
    first. Counts are a few seconds late, and kept for a bounded time. Reading them is recorded in the audit."""
