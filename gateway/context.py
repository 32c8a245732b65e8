"""The context of one request: viewer, connectors, reads and clock, and what a resolver sees of it (`Info`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from types import NoneType
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.audience import SubjectsOf
from connectors.directory import SchoolYear, school_year_on
from connectors.mongo import Source
from connectors.mongo.read_log import LoggedDeadline, read_log_of, tally_of
from connectors.vocabulary import Day, Days, LessonId, Paging, SchoolId, StudentId, SubjectId
from gateway.disclosures import kinds_of
from gateway.engine.declarations import Call
from gateway.engine.reads import Read, Reads
from gateway.errors import NOT_A_CURSOR, InvalidInput, NotFound
from gateway.events import Event
from gateway.languages import Text
from gateway.write_rules import WriteRules

DEFAULT_ZONE = "Europe/Moscow"
"""The time zone of a viewer without a school: the reference time of Russia."""

_NO_SUCH_WEEK: Final = Text("no calendar has this week", "такой недели нет в календаре")
NOBODY: Final = StudentId("stu_")
"""An id that no student has."""


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name; cached."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time. With *today* every day is that day, for data generated around it; the time of day is real."""

    today: date | None = None

    def now(self, zone: tzinfo = UTC) -> datetime:
        """The present moment in a time zone, moved to *today* where that is set."""
        now = datetime.now(zone)
        return now if self.today is None else now + timedelta(days=(self.today - now.date()).days)

    def day(self, zone: tzinfo) -> Day:
        """Today's date in a time zone."""
        return Day(self.now(zone).date().isoformat())

    def day_in(self, zone_name: str) -> Day:
        """Today's date in the time zone with an IANA name."""
        return self.day(zone(zone_name))


class Connection(TypedDict):
    """A page of a list; *counted* is the read, key and arguments that count the whole list."""

    nodes: list[Any]
    has_next: bool
    paging: Paging
    order: tuple[str, ...]
    counted: tuple[Read, Any, Mapping[str, Any]]


_SORTED_BY: Final[Mapping[str, tuple[type, ...]]] = {
    "at": (datetime,),
    "chosen_at": (datetime,),
    "created_at": (datetime,),
    "first_seen_at": (datetime,),
    "last_at": (datetime,),
    "opens_at": (datetime,),
    "started_at": (datetime,),
    "kind_id": (str, NoneType),
    "number": (int,),
    "position": (int,),
    "published_at": (datetime,),
    "reported_at": (datetime,),
    "requested_at": (datetime,),
    "sent_at": (datetime,),
    "seq": (int,),
    "submitted_at": (datetime,),
}
"""The types of sort keys in cursors, for keys that do not hold strings."""


def check_place(paging: Paging, order: Sequence[str]) -> None:
    """Raises `InvalidInput` where the cursor belongs to a list that is sorted by other keys than *order*."""
    after = paging.after
    if after is None:
        return
    if len(after) != len(order) or any(
        type(value) not in _SORTED_BY.get(key, (str,)) for key, value in zip(order, after, strict=True)
    ):
        raise InvalidInput("after", reason=NOT_A_CURSOR)


def week_of(day: str) -> Days:
    """The week, Monday to Sunday, that contains *day* (trap T8). Raises `InvalidInput` after the year 9999."""
    parsed = date.fromisoformat(day)
    monday = parsed - timedelta(days=parsed.weekday())
    try:
        return Days(monday.isoformat(), (monday + timedelta(days=6)).isoformat())
    except OverflowError as error:
        raise InvalidInput("week", reason=_NO_SUCH_WEEK) from error


def days_in(days: Days) -> list[str]:
    """All days of the range, in order."""
    first = date.fromisoformat(days.first)
    count = (date.fromisoformat(days.last) - first).days + 1
    return [(first + timedelta(days=offset)).isoformat() for offset in range(count)]


@dataclass(slots=True, kw_only=True)
class Writing:
    """The changes that one mutation makes."""

    rules: WriteRules = field(default_factory=WriteRules)
    answer_s: float = 2.0
    """How long reading the answer to a change may take."""
    client: str = ""
    """The name that the client program gives itself."""
    key: str | None = None
    """The idempotency key that was sent beside the document."""
    replayed: list[str] = field(default_factory=list)
    """The response keys of the fields that were carried out before, with the same idempotency key."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """The mutation and the code of each `userError`."""
    has_written: bool = False
    """Whether something was changed."""
    has_changed_rights: bool = False
    """Whether the viewer may read more or less from now on."""
    secrets: dict[str, str] = field(default_factory=dict)
    """The secret of each object that was made and is shown this once, by the object's id: no database has it."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The context of one request, shared by all resolvers."""

    viewer: Viewer
    connectors: Connectors
    reads: Reads
    request_id: str
    clock: Clock = field(default_factory=Clock)
    explain: bool = False
    """Whether the response explains its cost and reads."""

    writing: Writing = field(default_factory=Writing)
    """The changes of the request, if it is a mutation."""

    event: Event | None = None
    """The event for which a subscription runs; None for other operations."""

    subjects: SubjectsOf | None = None
    """For a teacher, the subjects they may read of each student; None for other roles, which read all."""

    checks: Reads = field(init=False)
    """The reads that only check rights. They are kept apart, so that `explain` does not reveal them."""

    disclosed: dict[frozenset[str], set[StudentId]] | None = None
    """The students of whom data were read, by the kinds of these data; None where nobody is to know."""

    substituted: dict[LessonId, SubjectId | None] = field(default_factory=dict)
    """The subject of each lesson at which the viewer substitutes, of those found so far in this request."""

    days: dict[SchoolId | None, Day] = field(default_factory=dict)
    """Today's date at each school, fixed at its first use so that it does not change within a request."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", Reads(LoggedDeadline(self.reads.deadline)))
        if self.viewer.subjects is not None:
            object.__setattr__(self, "subjects", SubjectsOf(self.viewer.subjects))

    def info(self, call: Call) -> "Info":
        """The `Info` for the resolver of one field."""
        return Info(self, call)

    def forget_reads(self, deadline: float | None = None, *, changed: Source | None = None) -> None:
        """Forget what was read: a mutation may have changed it. From now on reads end by *deadline*, if given.

        Where it is known which subsystem alone was *changed*, what was read of the others stays.
        """

        def keeps(read: Read) -> bool:
            source = getattr(getattr(read, "__self__", None), "source", None)
            return isinstance(source, Source) and source is not changed

        for reads in (self.reads, self.checks):
            reads.forget(keeps if changed else None)
            if deadline is not None:
                old = reads.deadline
                reads.deadline = LoggedDeadline(deadline, tally_of(old), read_log_of(old))
        self.substituted.clear()


class Info:
    """Context of a batch resolver: the viewer, the connectors, the clock, the request's reads, and the selection."""

    __slots__ = ("_call", "_context", "columns", "connectors", "viewer")

    def __init__(self, context: RequestContext, call: Call) -> None:
        self._context = context
        self._call = call
        self.viewer = context.viewer
        self.connectors = context.connectors
        self.columns = call.columns
        """The columns that the selection needs of the documents that this resolver returns."""

    @property
    def writing(self) -> Writing:
        """The changes of the request."""
        return self._context.writing

    @property
    def event(self) -> Event | None:
        """The event for which a subscription runs; None for other operations."""
        return self._context.event

    @property
    def request_id(self) -> str:
        """The id of the request."""
        return self._context.request_id

    def columns_of(self, type_name: str) -> frozenset[str]:
        """The columns that the operation needs of documents of another type, which this resolver also reads."""
        return self._call.columns_of(type_name)

    def selects(self, field_name: str) -> bool:
        """Whether the selection contains the field."""
        return self._call.selects(field_name)

    async def read(
        self,
        read: Read,
        keys: Iterable[Any],
        *,
        columns: frozenset[str] | None = None,
        **arguments: Any,
    ) -> list[Any]:
        """The value of each key, batched with the request's other reads; None for keys without one.

        *columns* default to those of the selection.
        """
        return await self._context.reads.read(
            read, keys, columns=self.columns if columns is None else columns, **arguments
        )

    def forget_reads(self, deadline: float, *, changed: Source | None = None) -> None:
        """Have the fields of a mutation's payload read anew what they show of the subsystem that was *changed*.

        Reads end by *deadline* from now on. Without *changed* everything is read anew.
        """
        self._context.forget_reads(deadline, changed=changed)

    async def check(self, read: Read, keys: Iterable[Any], *, columns: frozenset[str], **arguments: Any) -> list[Any]:
        """The value of each key, read only to check rights: `explain` does not show such reads."""
        return await self._context.checks.read(read, keys, columns=columns, **arguments)

    async def page(
        self,
        read: Read,
        keys: Sequence[Any],
        paging: Paging,
        *,
        order: tuple[str, ...],
        view: Callable[[Any, Any], Any] | None = None,
        columns: frozenset[str] | None = None,
        discloses: str | None = None,
        **arguments: Any,
    ) -> list[Any]:
        """For each key a page of the list that *read* finds.

        *order* names the keys of a node that make up its cursor; *view* turns key and document into a node. The nodes
        of a list for staff are about students each: *discloses* is their type, for the journal of disclosures. Raises
        `InvalidInput` for a cursor of another order.
        """
        if discloses is not None:
            columns = (self.columns if columns is None else columns) | {"student_id"}
        check_place(paging, order)
        if not self.selects("pageInfo"):
            paging = paging._replace(looks_on=False)
        pages = await self.read(read, keys, columns=columns, paging=paging, **arguments)
        if discloses is not None:
            self.disclose(discloses, [node["student_id"] for page in pages for node in page.nodes])
        return [
            Connection(
                nodes=page.nodes if view is None else [view(key, document) for document in page.nodes],
                has_next=page.has_next,
                paging=paging,
                order=order,
                counted=(read, key, arguments),
            )
            for key, page in zip(keys, pages, strict=True)
        ]

    async def school_years(self, schools: Sequence[SchoolId]) -> list[SchoolYear]:
        """The current school year of each school: the default range of fields that cover a year."""
        columns = frozenset({"name", "starts_on", "ends_on"})
        years = await self.read(self.connectors.directory.years_of, schools, columns=columns)
        return [school_year_on(own or (), self.today_at(school)) for school, own in zip(schools, years, strict=True)]

    @property
    def subjects(self) -> SubjectsOf | None:
        """For a teacher, the subjects they may read of each student; None for other roles, which read all."""
        return self._context.subjects

    @property
    def substituted(self) -> dict[LessonId, SubjectId | None]:
        """The subject of each lesson at which the viewer substitutes, of those found so far in this request."""
        return self._context.substituted

    def disclose(self, type_name: str, students: Iterable[StudentId]) -> None:
        """Have the journal of disclosures say what the selection asks of objects of a type, which are about students.

        Whoever lets a viewer read data of students calls this once for all of them.
        """
        if self._context.disclosed is not None:
            self.disclose_kinds(kinds_of(self._call.selected_of(type_name)), students)

    def disclose_kinds(self, kinds: frozenset[str], students: Iterable[StudentId]) -> None:
        """Have the journal of disclosures say that data of these kinds are read of the students."""
        disclosed = self._context.disclosed
        if disclosed is not None and kinds:
            disclosed.setdefault(kinds, set()).update(students)

    async def readable(self, documents: Sequence[Any], type_name: str) -> list[Any]:
        """Each document that the viewer may read, all of one type; `NotFound` in the place of others, and of None.

        The right depends on the document's student, and on its subject where it has one, never on the school that wrote
        it.
        """
        students = [document["student_id"] if document else None for document in documents]
        mine = await self._are_readable(students)
        found = [
            document if document and own and self.may_read_subject(document) else NotFound()
            for document, own in zip(documents, mine, strict=True)
        ]
        self.disclose(type_name, [own["student_id"] for own in found if not isinstance(own, NotFound)])
        return found

    async def _are_readable(self, students: Sequence[StudentId | None]) -> list[bool]:
        viewer = self.viewer
        if viewer.role is not Role.ADMINISTRATOR:
            return [student in viewer.student_ids for student in students]
        # A student is looked up even without a document, so that the number of commands does not reveal which it was.
        wanted = [student or NOBODY for student in students]
        found = await self.check(
            self.connectors.directory.students_by_ids, wanted, columns=frozenset({"school_id", "merged_to"})
        )
        return [
            person is not None
            and not person.get("merged_to")
            and viewer.may_read_student(student, person.get("school_id"))
            for student, person in zip(wanted, found, strict=True)
        ]

    def may_read_subject(self, document: Mapping[str, Any]) -> bool:
        """Whether the viewer may read the document in its subject; only teachers are restricted to subjects."""
        subjects = self._context.subjects
        if subjects is None or "subject_id" not in document:
            return True
        return document["subject_id"] in subjects.of(document["student_id"])

    @property
    def now(self) -> datetime:
        """The present moment in the viewer's time zone."""
        return self._context.clock.now(self.zone)

    @property
    def today(self) -> Day:
        """Today's date in the viewer's time zone."""
        return self.today_at(None)

    def now_at(self, school: SchoolId | None) -> datetime:
        """The present moment at a school: with a fixed day, one that lies within `today_at`."""
        return self._context.clock.now(self.zone_of(school))

    def today_at(self, school: SchoolId | None) -> Day:
        """Today's date at a school; two schools of one parent may have different dates (trap T7)."""
        days = self._context.days
        if school not in days:
            days[school] = self._context.clock.day(self.zone_of(school))
        return days[school]

    def today_in(self, zone_name: str) -> Day:
        """Today's date in the time zone with an IANA name; for schools that may be none of the viewer's."""
        return self._context.clock.day_in(zone_name)

    def start_of(self, day: str, school: SchoolId | None, *, days_later: int = 0) -> datetime:
        """The moment at which *day*, or the day so many *days_later*, begins at a school."""
        start = date.fromisoformat(day) + timedelta(days=days_later)
        return datetime.combine(start, time(), self.zone_of(school))

    def bounds_of(self, days: Days, school: SchoolId | None) -> tuple[datetime, datetime]:
        """The moment at which *days* begin at a school, and that at which they are over.

        The first and the last day of the calendar are bounded by its first and its last moment.
        """
        try:
            begin = self.start_of(days.first, school).astimezone(UTC)
        except OverflowError:
            begin = datetime.min.replace(tzinfo=UTC)
        try:
            end = self.start_of(days.last, school, days_later=1).astimezone(UTC)
        except OverflowError:
            end = datetime.max.replace(tzinfo=UTC)
        return begin, end

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the viewer's first school."""
        names: Mapping[SchoolId, str] = self.viewer.zones
        return zone(next(iter(names.values()), DEFAULT_ZONE))

    def zone_of(self, school: SchoolId | None) -> ZoneInfo:
        """The time zone of one of the viewer's schools; for any other school that of the viewer."""
        name = self.viewer.zones.get(school) if school else None
        return zone(name) if name else self.zone
