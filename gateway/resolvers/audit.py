"""The audit, as administrators read it; each reading is recorded in it before it is answered."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypedDict

from connectors import facts
from connectors.audit import AuditEvent, SchoolTime
from connectors.errors import OutcomeUnknown, SourceUnavailable, WritesUnsupported
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import Days, Paging, PublicId, SchoolId, StudentId, kind_of
from gateway.context import Connection, Info
from gateway.errors import InvalidInput
from gateway.languages import Text
from gateway.writing import ReadOnlySource, fact

READABLE: Final = frozenset(
    {
        "Achievement",
        "AchievementType",
        "AttendanceRecord",
        "AttestationDebt",
        "AttestationPeriod",
        "CalendarPeriod",
        "Class",
        "Curriculum",
        "FinalGrade",
        "GradeScale",
        "Group",
        "Holiday",
        "Homework",
        "Lesson",
        "Mark",
        "Person",
        "School",
        "SchoolEvent",
        "Student",
        "Subject",
        "TeacherComment",
        "Work",
        "WorkKind",
        "WorkProgramme",
    }
)
"""The types that administrators may read anyway (table 2.3). Of all others the audit shows who acted, when and on what,
and never a value: it must not be a way around."""


LONGEST: Final = 100
"""Characters of a criterion, which is recorded: no id and no action has more."""

_TOO_LONG: Final = Text("longer than {limit} characters", "длиннее {limit} символов")


class AuditChange(TypedDict):
    """A changed field as an administrator may see it."""

    field: str
    before: str | None
    after: str | None
    is_withheld: bool


async def events(
    roots: Sequence[object],
    info: Info,
    object: PublicId | None = None,
    actor: PublicId | None = None,
    student: StudentId | None = None,
    action: str | None = None,
    days: Days | None = None,
    *,
    page: Paging,
) -> list[Connection]:
    """Changes at the administrator's schools, the latest first. The reading is recorded there first."""
    criteria = {"object": object, "actor": actor, "action": action, "days": days and f"{days.first}/{days.last}"}
    for name, sent in (*criteria.items(), ("student", student)):
        if sent is not None and len(sent) > LONGEST:
            raise InvalidInput(name, reason=_TOO_LONG.format(limit=LONGEST))
    await _record(info, "auditEvents", student, {name: value for name, value in criteria.items() if value is not None})
    schools = tuple(_within(days, school, info) for school in info.viewer.school_ids)
    [found] = await info.page(
        info.connectors.audit.events_within,
        [schools],
        page,
        order=("at", "_id"),
        object_id=object,
        actor_id=actor,
        student_id=student,
        action=action,
    )
    return [found] * len(roots)


async def refused_mutations(
    roots: Sequence[object], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection]:
    """How often mutations of people of the administrator's schools were refused, the latest day first."""
    await _record(info, "refusedMutations", None, {"days": f"{days.first}/{days.last}"} if days else {})
    read = info.connectors.audit.refusals_at
    return await info.page(read, [info.viewer.school_ids], page, order=("day", "_id"), days=days) * len(roots)


async def _record(info: Info, name: str, student: StudentId | None, criteria: Mapping[str, str]) -> None:
    """Record at each school that the viewer reads its audit; what cannot be recorded is not read."""
    readings = [
        fact(info, name, school, school, student_id=student, after=criteria) for school in info.viewer.school_ids
    ]
    if not readings:
        return

    async def body(transaction: Transaction) -> None:
        await transaction.insert(facts.COLLECTION, readings)

    source = info.connectors.audit.source
    try:
        await transact(source, body, within_s=info.writing.rules.timeout_s)
    except OutcomeUnknown as error:
        raise SourceUnavailable(error.source) from error
    except WritesUnsupported as error:
        raise ReadOnlySource(error.source) from error


def _within(days: Days | None, school: SchoolId, info: Info) -> SchoolTime:
    """The days of a school, by its own clock."""
    if days is None:
        return SchoolTime(school)
    return SchoolTime(school, _midnight(days.first, 0, school, info), _midnight(days.last, 1, school, info))


def _midnight(day: str, later: int, school: SchoolId, info: Info) -> datetime | None:
    """The beginning of a day, or of the next one; None where the calendar does not reach so far."""
    try:
        return info.start_of(day, school, days_later=later).astimezone(UTC)
    except OverflowError:
        return None


def changes(events_: Sequence[AuditEvent], info: Info) -> list[list[AuditChange]]:
    """The changes of each event, as far as an administrator may know them."""
    return [_shown(event) for event in events_]


def _shown(event: AuditEvent) -> list[AuditChange]:
    is_readable = kind_of(event.get("object_id", "")) in READABLE
    return [
        AuditChange(field=_camel(change["field"]), before=None, after=None, is_withheld=True)
        if not is_readable or isinstance(change["before"], dict) or isinstance(change["after"], dict)
        else AuditChange(
            field=_camel(change["field"]), before=change["before"], after=change["after"], is_withheld=False
        )
        for change in event.get("changes", ())
    ]


def is_erased(event: Mapping[str, Any]) -> bool:
    """Whether the personal details of the event were erased, and with them its salt, which it has in any other case."""
    return "salt" not in event


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
