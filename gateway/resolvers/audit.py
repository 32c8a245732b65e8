"""The audit, as administrators read it; each reading is recorded in it before it is answered."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors import facts
from connectors.audit import AuditEvent, Disclosure, SchoolTime
from connectors.directory import Person
from connectors.directory.consents import has_reached
from connectors.errors import OutcomeUnknown, SourceUnavailable, WritesUnsupported
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import Day, Days, Paging, PublicId, SchoolId, StudentId, kind_of
from gateway.context import Connection, Info
from gateway.disclosures import DisclosedKind
from gateway.errors import InvalidInput, NotOfAge
from gateway.languages import Text
from gateway.writing import ReadOnlySource, fact

READABLE: Final = frozenset(
    {
        "Achievement",
        "AchievementType",
        "Announcement",
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
        "IntegrityFinding",
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


OF_AGE: Final = 18
"""Years of age from which on students decide about their own data (article 21 of the Civil Code)."""

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
        columns=info.columns | {"student_id"},
        object_id=object,
        actor_id=actor,
        student_id=student,
        action=action,
    )
    about = [event.get("student_id") for event in found["nodes"]]
    info.disclose_kinds(frozenset({DisclosedKind.CHANGES.value}), [student for student in about if student])
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
    """The instants at which *days* begin and end in the time zone of *school*; without bounds where *days* is None."""
    if days is None:
        return SchoolTime(school)
    return SchoolTime(school, *info.bounds_of(days, school))


async def disclosures_of(
    owners: Sequence[Person], info: Info, days: Days | None = None, *, page: Paging
) -> list[Connection | NotOfAge]:
    """For each student who of the staff read which of their data, the latest day first.

    Students read their journal once they are of age, without what they may not read themselves.
    """
    is_student = info.viewer.role is Role.STUDENT
    if is_student and not all(is_of_age(own.get("birth_date"), info.today_at(own["school_id"])) for own in owners):
        return [NotOfAge()] * len(owners)
    own_alone = {"own_kinds", "own_count"} if is_student else frozenset()
    pages: list[Any] = await info.page(
        info.connectors.audit.disclosures_of,
        [own["student_id"] for own in owners],
        page,
        order=("day", "_id"),
        view=_of_student if is_student else None,
        columns=info.columns | own_alone,
        days=days,
        of_student=is_student,
    )
    return pages


def _of_student(_: StudentId, row: Disclosure) -> Disclosure:
    return {**row, "kinds": row["own_kinds"], "count": row["own_count"]}


def kinds_in_order(row: Mapping[str, Any]) -> list[DisclosedKind]:
    """The kinds of data of a row, in the order of the enumeration."""
    return [kind for kind in DisclosedKind if kind in row["kinds"]]


def is_of_age(birth_date: str | None, today: Day) -> bool:
    """Whether somebody born on a day is of age on another; not if the first is not known."""
    return has_reached(OF_AGE, birth_date, today)


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
