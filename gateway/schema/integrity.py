"""Integrity: what the checks of a school's data have found, for administrators."""

import strawberry

from auth.viewer import Role
from connectors import directory as people
from connectors import integrity as documents
from gateway.resolvers import directory, integrity
from gateway.schema.actions import UserError, mutation
from gateway.schema.caching import NEVER
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, shown, value, view_of
from gateway.schema.node import Node, RootDocument
from gateway.schema.people import Person
from gateway.schema.references import School
from gateway.schema.scalars import DateTime

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
described_enum(documents.IntegrityRule)
described_enum(documents.IntegritySeverity)
described_enum(documents.FindingState)
described_enum(documents.CheckState)
described_enum(integrity.MessageLanguage)


@view_of(documents.IntegrityFinding, visible_to=ADMINISTRATOR, cache=NEVER, found_by=integrity.findings)
class IntegrityFinding(Node):
    """A place at which the data of a school violate a rule (замечание проверки)."""

    id: strawberry.ID
    school: School | None = one(directory.schools, "school_id")
    """The school whose data it is about."""

    rule: documents.IntegrityRule
    """The rule."""

    severity: documents.IntegritySeverity
    """How bad it is."""

    state: documents.FindingState
    """The state of the finding: open, accepted or fixed."""

    message: str = batch(
        integrity.sentences, "rule", "details", arguments={"language": "The language of the sentence."}
    )
    """What is wrong, and what to do."""

    responsible: Role = value(integrity.responsible, "rule", "details")
    """The role of those who can correct it."""

    object_id: strawberry.ID
    """The id of what violates the rule: a person, a mark, a class; of a lost reference, the id that leads nowhere."""

    person: Person | None = one(directory.known_people, "person_id")
    """The person whom it is about; null where it is about nobody."""

    student_id: strawberry.ID | None
    """The id of the student whom it is about; null where it is about none."""

    first_seen_at: DateTime = instant("first_seen_at")
    """When a check first found it."""

    last_seen_at: DateTime = instant("last_seen_at")
    """When a check last found it."""

    fixed_at: DateTime | None = instant("fixed_at")
    """When a check no longer found it; null while it is there."""

    accepted_at: DateTime | None = instant("accepted_at")
    """When it was accepted as it is; null where it was not."""

    accepted_by: Person | None = one(directory.people, "accepted_by_id")
    """Who accepted it."""

    reason: str | None
    """Why it was accepted."""

    version: int
    """How often its state was changed: `acceptFinding` and `reopenFinding` take this number."""


@view_of(documents.CheckRun, visible_to=ADMINISTRATOR, cache=NEVER)
class IntegrityRun:
    """A run of the checks over the data of a school (проверка данных)."""

    id: strawberry.ID
    """Identifies the run."""

    state: documents.CheckState
    """How far it is."""

    requested_at: DateTime = instant("requested_at")
    """When it was requested."""

    requested_by: Person | None = one(directory.people, "requested_by_id")
    """Who requested it; null for the run of each night."""

    started_at: DateTime | None = instant("started_at")
    """When it began; null while it waits."""

    ended_at: DateTime | None = instant("ended_at")
    """When it ended; null before."""

    open_count: int | None
    """How many findings were open when it ended; null before, or where it failed."""

    fixed_count: int | None
    """How many findings of before it found no longer; null before, or where it failed."""


@extends(people.School)
class IntegrityOfSchool:
    """What the checks know of a school."""

    integrity_run: IntegrityRun | None = batch(integrity.last_runs, "_id", visible_to=ADMINISTRATOR)
    """The run of the integrity checks that was requested last; null before the first."""


@view_of(integrity.CheckedSchool, visible_to=ADMINISTRATOR)
class RunIntegrityCheckPayload:
    """The run of the checks that waits for its turn."""

    run: IntegrityRun | None = one(integrity.runs, "run_id")
    """The run; `school { integrityRun }` says how far it is."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the run waits or is at work."""


@view_of(integrity.HandledFinding, visible_to=ADMINISTRATOR)
class AcceptFindingPayload:
    """The result of accepting a finding."""

    finding: IntegrityFinding | None = one(integrity.findings, "finding_id")
    """The finding as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the finding was accepted."""


@view_of(integrity.HandledFinding, visible_to=ADMINISTRATOR)
class ReopenFindingPayload:
    """The result of opening a finding again."""

    finding: IntegrityFinding | None = one(integrity.findings, "finding_id")
    """The finding as it is now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the finding is open again."""


@extends(RootDocument)
class IntegrityOfQuery:
    """What the checks add to the root of queries."""

    integrity_findings: Connection[IntegrityFinding] | None = batch(
        integrity.integrity_findings,
        visible_to=ADMINISTRATOR,
        arguments={
            "school_id": "Only those at this school; at all schools of the viewer without it.",
            "state": "Only those in this state.",
            "rule": "Only those of this rule.",
            "severity": "Only those of this severity.",
        },
    )
    """What the checks of the data of the viewer's schools have found (проверка данных): errors first, then the latest.
    """


@extends(RootDocument)
class IntegrityOfMutation:
    """What the checks add to the mutations."""

    run_integrity_check: RunIntegrityCheckPayload | None = mutation(
        integrity.run_integrity_check, subsystem="integrity", visible_to=ADMINISTRATOR
    )
    """Has the data of a school checked in the background (проверка целостности данных); where a run waits or is at work
    already, that one is the answer. Every school is checked once a day without it. User errors: NOT_FOUND."""

    accept_finding: AcceptFindingPayload | None = mutation(
        integrity.accept_finding, subsystem="integrity", visible_to=ADMINISTRATOR
    )
    """Accepts a finding as it is, with a reason: it stays accepted as long as the checks find the same. User errors:
    REQUIRED, INVALID_INPUT, TOO_LONG, NOT_FOUND, NOT_ALLOWED, CONFLICT."""

    reopen_finding: ReopenFindingPayload | None = mutation(
        integrity.reopen_finding, subsystem="integrity", visible_to=ADMINISTRATOR
    )
    """Has an accepted finding open again. User errors: REQUIRED, NOT_FOUND, NOT_ALLOWED, CONFLICT."""
