"""What one request carries: its viewer, the connectors, its reads, its moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from types import NoneType
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.commands import LoggedDeadline
from connectors.directory import SchoolYear, school_year_on
from connectors.ids import Day, Days, LessonId, Paging, SchoolId, StudentId, SubjectId, SubjectsOf
from gateway.engine.declarations import Call
from gateway.engine.reads import Read, Reads
from gateway.errors import NOT_A_CURSOR, InvalidInput, NotFound
from gateway.languages import Text

DEFAULT_ZONE = "Europe/Moscow"
"""For a viewer without a school: the country's reference time."""

_NO_SUCH_WEEK: Final = Text("no calendar has this week", "такой недели нет в календаре")
_NOBODY: Final = StudentId("stu_")
"""The id of no student."""


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is. A data set may stand around a day of its own: then every day is that *today*."""

    today: date | None = None

    def now(self, zone: tzinfo = UTC) -> datetime:
        """This moment in a time zone, moved to the day that stands for today there."""
        now = datetime.now(zone)
        return now if self.today is None else now + timedelta(days=(self.today - now.date()).days)

    def day(self, zone: tzinfo) -> Day:
        """The day it is in a time zone."""
        return Day(self.now(zone).date().isoformat())


class Connection(TypedDict):
    """A page of a list as the graph shows it; *counted* is how to count the whole of it."""

    nodes: list[Any]
    has_next: bool
    paging: Paging
    order: tuple[str, ...]
    counted: tuple[Read, Any, Mapping[str, Any]]


_SORTED_BY: Final[Mapping[str, tuple[type, ...]]] = {
    "kind_id": (str, NoneType),
    "number": (int,),
    "sent_at": (datetime,),
}
"""What the keys that lists are sorted by hold, where it is not a string."""


def check_place(paging: Paging, order: Sequence[str]) -> None:
    """Raise `InvalidInput` where the cursor is of a list that is sorted by other keys than *order*."""
    after = paging.after
    if after is None:
        return
    if len(after) != len(order) or any(
        type(value) not in _SORTED_BY.get(key, (str,)) for key, value in zip(order, after, strict=True)
    ):
        raise InvalidInput("after", reason=NOT_A_CURSOR)


def week_of(day: str) -> Days:
    """The week of *day*: Monday to Sunday (trap T8). Raises `InvalidInput` for one that ends after all calendars."""
    given = date.fromisoformat(day)
    monday = given - timedelta(days=given.weekday())
    try:
        return Days(monday.isoformat(), (monday + timedelta(days=6)).isoformat())
    except OverflowError as error:
        raise InvalidInput("week", reason=_NO_SUCH_WEEK) from error


def days_in(days: Days) -> list[str]:
    """Every day from the first to the last."""
    first = date.fromisoformat(days.first)
    count = (date.fromisoformat(days.last) - first).days + 1
    return [(first + timedelta(days=offset)).isoformat() for offset in range(count)]


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request: who asks, of whom, by when."""

    viewer: Viewer
    connectors: Connectors
    reads: Reads
    request_id: str
    clock: Clock = field(default_factory=Clock)
    explain: bool = False
    """Whether the answer is to say what it cost."""

    subjects: SubjectsOf | None = None
    """Of a teacher: the subjects he may read of each student. None: all."""

    checks: Reads = field(init=False)
    """The reads of the row rule, apart from the others: what is explained of a request does not show them."""

    substituted: dict[LessonId, SubjectId | None] = field(default_factory=dict)
    """The lessons that the viewer was found to substitute, each with its subject."""

    days: dict[SchoolId | None, Day] = field(default_factory=dict)
    """The day it is at each school, the same from the first field of the request to the last."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", Reads(LoggedDeadline(self.reads.deadline)))
        if self.viewer.subjects is not None:
            object.__setattr__(self, "subjects", SubjectsOf(self.viewer.subjects))

    def info(self, call: Call) -> "Info":
        """What the resolver of one field sees."""
        return Info(self, call)

    def forget_reads(self) -> None:
        """Forget what was read: a mutation may have changed it."""
        self.reads.forget()
        self.checks.forget()
        self.substituted.clear()


class Info:
    """What a batch resolver may know: the viewer, the connectors, the moment, and what is asked of it."""

    __slots__ = ("_call", "_context", "columns", "connectors", "viewer")

    def __init__(self, context: RequestContext, call: Call) -> None:
        self._context = context
        self._call = call
        self.viewer = context.viewer
        self.connectors = context.connectors
        self.columns = call.columns
        """The columns that the selection needs of what this resolver answers with."""

    def columns_of(self, type_name: str) -> frozenset[str]:
        """The columns that the operation needs of the documents behind a type that this resolver also reads."""
        return self._call.columns_of(type_name)

    def selects(self, field_name: str) -> bool:
        """Whether the selection names this field."""
        return self._call.selects(field_name)

    async def read(
        self,
        read: Read,
        keys: Iterable[Any],
        *,
        columns: frozenset[str] | None = None,
        **arguments: Any,
    ) -> list[Any]:
        """One value per key, through the request's loaders; columns default to those of the selection."""
        return await self._context.reads.read(
            read, keys, columns=self.columns if columns is None else columns, **arguments
        )

    def forget_reads(self) -> None:
        """Have the fields of a mutation's payload read anew, once the mutation has committed its change."""
        self._context.forget_reads()

    async def check(self, read: Read, keys: Iterable[Any], *, columns: frozenset[str], **arguments: Any) -> list[Any]:
        """One value per key, as `read`, where the row rule alone needs it: no explanation shows that it was read."""
        return await self._context.checks.read(read, keys, columns=columns, **arguments)

    async def page(
        self,
        read: Read,
        keys: Sequence[Any],
        paging: Paging,
        *,
        order: tuple[str, ...],
        view: Callable[[Any, Any], Any] | None = None,
        **arguments: Any,
    ) -> list[Any]:
        """One `Connection` per key: a page of what *read* finds of it.

        *order* names the keys of a node that hold its place in the list; *view* makes the node of (key, document).
        """
        check_place(paging, order)
        if not self.selects("pageInfo"):
            paging = paging._replace(looks_on=False)
        pages = await self.read(read, keys, paging=paging, **arguments)
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
        """The school year that today belongs to at each school: the default period of whatever lasts a year."""
        columns = frozenset({"name", "starts_on", "ends_on"})
        years = await self.read(self.connectors.directory.years_of, schools, columns=columns)
        return [school_year_on(own or (), self.today_at(school)) for school, own in zip(schools, years, strict=True)]

    @property
    def subjects(self) -> SubjectsOf | None:
        """Of a teacher: the subjects he may read of each student. None: all."""
        return self._context.subjects

    @property
    def substituted(self) -> dict[LessonId, SubjectId | None]:
        """The lessons that the viewer was found to substitute, each with its subject."""
        return self._context.substituted

    async def readable(self, documents: Sequence[Any]) -> list[Any]:
        """The *documents* about students that the viewer may read; `NotFound` in the place of every other, and of None.

        The right follows the student of today and the document's own subject, where it has the key: at which school
        the document was written decides nothing.
        """
        students = [document["student_id"] if document else None for document in documents]
        mine = await self._are_readable(students)
        return [
            document if document and own and self.may_read_subject(document) else NotFound()
            for document, own in zip(documents, mine, strict=True)
        ]

    async def _are_readable(self, students: Sequence[StudentId | None]) -> list[bool]:
        viewer = self.viewer
        if viewer.role is not Role.ADMINISTRATOR:
            return [student in viewer.student_ids for student in students]
        # Whether or not there was a document, a student is looked up: one command more must not tell that there was.
        wanted = [student or _NOBODY for student in students]
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
        """Whether a teacher teaches the document's student its subject, where it has the key; others read them all."""
        subjects = self._context.subjects
        if subjects is None or "subject_id" not in document:
            return True
        return document["subject_id"] in subjects.of(document["student_id"])

    @property
    def now(self) -> datetime:
        """This moment, in the viewer's zone."""
        return self._context.clock.now(self.zone)

    @property
    def today(self) -> Day:
        """The school day it is in the viewer's zone."""
        return self.today_at(None)

    def today_at(self, school: SchoolId | None) -> Day:
        """The school day it is at a school: between two of a parent's there may be midnight (trap T7)."""
        days = self._context.days
        if school not in days:
            days[school] = self._context.clock.day(self.zone_of(school))
        return days[school]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the viewer's (first) school."""
        names: Mapping[SchoolId, str] = self.viewer.zones
        return zone(next(iter(names.values()), DEFAULT_ZONE))

    def zone_of(self, school: SchoolId | None) -> ZoneInfo:
        """The zone of a school of the viewer's; for any other the viewer's own."""
        name = self.viewer.zones.get(school) if school else None
        return zone(name) if name else self.zone
