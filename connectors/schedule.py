"""Schedule: lessons as they take place on a date, bells, holidays, events of the school."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.audience import Audience
from connectors.cache.cached_reads import cached_read
from connectors.declarations import Collection, Connector, Read, by_ids, many
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import Deadline, Document, in_days, with_columns, without_none
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import ClassId, Columns, Days, GroupId, LessonId, PersonId, SchoolId, SubjectId


class LessonStatus(StrEnum):
    """The state of a lesson."""

    PLANNED = "PLANNED"
    """Planned."""

    HELD = "HELD"
    """Held."""

    CANCELLED = "CANCELLED"
    """Cancelled (отменён)."""

    MOVED = "MOVED"
    """Moved to another time (перенесён)."""


NOT_HELD: Final = frozenset({LessonStatus.CANCELLED, LessonStatus.MOVED})
"""The states of lessons that do not take place on their date: nobody can have missed them, or get a mark there."""


class HolidayKind(StrEnum):
    """The kind of a holiday."""

    HOLIDAYS = "HOLIDAYS"
    """School holidays (каникулы)."""

    PUBLIC_HOLIDAY = "PUBLIC_HOLIDAY"
    """A public holiday (праздничный день)."""


class Substitution(TypedDict):
    """The lesson as it was planned, before a substitution. A None part was not changed."""

    instead_of_subject_id: SubjectId | None
    original_teacher_id: PersonId | None
    substitute_teacher_id: PersonId | None


class Lesson(TypedDict):
    """A lesson on a date (trap T9), for whole classes (*group_id* None) or for one group of them."""

    _id: LessonId
    school_id: SchoolId
    class_ids: list[ClassId]
    group_id: GroupId | None
    date: str
    number: int
    starts_at: datetime
    ends_at: datetime
    subject_id: SubjectId | None
    teacher_ids: list[PersonId]
    room: str | None
    building: str | None
    status: LessonStatus
    topic: str | None
    is_control_work: bool
    is_extended: bool  # the second half of the day: clubs, consultations (F62)
    substitution: Substitution | None
    moved_to_id: NotRequired[LessonId]  # of a MOVED lesson: the one that takes place instead
    moved_from_id: NotRequired[LessonId]  # the MOVED lesson in whose place this one stands
    version: NotRequired[int]  # see `vocabulary.version_of`


class BellPeriod(TypedDict):
    number: int
    starts_at: str  # "08:30"
    ends_at: str
    shift: int


class BellSchedule(TypedDict):
    """The bells of a school from *valid_from* to *valid_to*, on *weekdays* (1 Monday .. 7 Sunday) or on *dates*."""

    _id: str
    school_id: SchoolId
    name: str
    valid_from: str
    valid_to: str
    weekdays: list[int]
    dates: list[str]  # when not empty: only on these days, and before any other schedule
    periods: list[BellPeriod]


class Holiday(TypedDict):
    _id: str
    school_id: SchoolId
    academic_year: str
    name: str
    starts_on: str
    ends_on: str
    kind: HolidayKind


class SchoolEvent(TypedDict):
    _id: str
    school_id: SchoolId
    date: str
    title: str
    starts_at: datetime
    ends_at: datetime | None
    place: str | None


_SUBSTITUTE: Final = "substitution.substitute_teacher_id"

LESSONS: Final = Collection(
    "lessons",
    Lesson,
    indexes=[
        IndexModel([("class_ids", ASCENDING), ("date", ASCENDING)]),
        IndexModel([("group_id", ASCENDING), ("date", ASCENDING)]),
        IndexModel([(_SUBSTITUTE, ASCENDING), ("date", ASCENDING)]),
        IndexModel([("school_id", ASCENDING), ("date", ASCENDING)]),
    ],
)
BELL_SCHEDULES: Final = Collection(
    "bell_schedules", BellSchedule, indexes=[IndexModel([("school_id", ASCENDING), ("valid_from", ASCENDING)])]
)
HOLIDAYS: Final = Collection(
    "holidays",
    Holiday,
    indexes=[IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING), ("starts_on", ASCENDING)])],
)
EVENTS: Final = Collection("events", SchoolEvent, indexes=[IndexModel([("school_id", ASCENDING), ("date", ASCENDING)])])


_IN_TIME: Final = [("date", ASCENDING), ("number", ASCENDING), ("_id", ASCENDING)]
_BY_START: Final = [("starts_on", ASCENDING), ("_id", ASCENDING)]


class Owner(NamedTuple):
    """Whom lessons are held for: a class as a whole, or a group."""

    id: ClassId | GroupId
    is_group: bool


def _touching(_: Sequence[SchoolId], *, academic_year: str | None = None, days: Days | None = None) -> Document:
    """The condition that a holiday is of an academic year, and has a day in common with *days*."""
    touching = {"starts_on": {"$lte": days.last}, "ends_on": {"$gte": days.first}} if days else {}
    return {**without_none(academic_year=academic_year), **touching}


class Schedule(Connector):
    """Reads of the schedule."""

    collections = (LESSONS, BELL_SCHEDULES, HOLIDAYS, EVENTS, SNAPSHOTS, FACTS, KEYS)

    lessons_of_classes: Read[ClassId, list[Lesson]] = many(
        LESSONS,
        by="class_ids",
        order=_IN_TIME,
        where=lambda _, *, days: in_days("date", days),
        needs=("date", "number"),
        cached=True,
    )
    """The lessons of each class and of its groups within *days*, in time."""

    lessons_by_ids: Read[LessonId, Lesson] = by_ids(LESSONS, cached=True)
    """The lesson of each id."""

    stored_lessons: Read[LessonId, Lesson] = by_ids(LESSONS)
    """The lesson of each id as it is stored now, past every cache: for what a change depends on."""

    bells_of: Read[SchoolId, list[BellSchedule]] = many(
        BELL_SCHEDULES, by="school_id", order=[("valid_from", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """All bell schedules of each school, in the order of the days from which they are valid."""

    holidays_of: Read[SchoolId, list[Holiday]] = many(
        HOLIDAYS, by="school_id", order=_BY_START, where=_touching, cached=True
    )
    """The holidays of each school, in time; of one academic year, or those that touch *days*."""

    events_of: Read[SchoolId, list[SchoolEvent]] = many(
        EVENTS,
        by="school_id",
        order=[("starts_at", ASCENDING), ("title", ASCENDING), ("_id", ASCENDING)],
        where=lambda _, *, days=None: in_days("date", days),
        cached=True,
    )
    """The events of each school, in time, those of one moment by title."""

    async def lessons_of(
        self, audiences: Sequence[Audience], *, days: Days, columns: Columns, deadline: Deadline
    ) -> Mapping[Audience, list[Lesson]]:
        """The lessons each audience has within *days*, in time; one lesson may be of many audiences."""
        owners = {owner for audience in audiences for owner in _owners(audience)}
        if not owners:
            return {audience: [] for audience in audiences}
        wanted = with_columns(columns, "_id", "class_ids", "group_id", "date", "number")
        held = await self.lessons_held_for(sorted(owners), days=days, columns=wanted, deadline=deadline)
        return {audience: _attended(audience, held) for audience in audiences}

    @cached_read("lessons")
    async def lessons_held_for(
        self, owners: Sequence[Owner], *, days: Days, columns: Columns, deadline: Deadline
    ) -> Mapping[Owner, list[Lesson]]:
        """The lessons of each class as a whole, and those of each group, within *days*, in time."""
        found: list[Any] = await self.source.find(
            "lessons",
            {**_held_for(owners), **in_days("date", days)},
            columns=with_columns(columns, "class_ids", "group_id", "date", "number"),
            deadline=deadline,
            order=_IN_TIME,
        )
        held: dict[Owner, list[Lesson]] = {owner: [] for owner in owners}
        classes = {owner.id: held[owner] for owner in owners if not owner.is_group}
        groups = {owner.id: held[owner] for owner in owners if owner.is_group}
        for lesson in found:
            group = lesson["group_id"]
            own, ids = (classes, lesson["class_ids"]) if group is None else (groups, (group,))
            for one in ids:
                if one in own:
                    own[one].append(lesson)
        return held

    async def substituted_lessons(
        self, teachers: Sequence[PersonId], *, days: Days, columns: Columns, deadline: Deadline
    ) -> Mapping[PersonId, list[Lesson]]:
        """The lessons within *days* that each teacher gives in place of another, in time."""
        found: list[Any] = await self.source.find(
            "lessons",
            {_SUBSTITUTE: {"$in": list(teachers)}, **in_days("date", days)},
            columns=with_columns(columns, "substitution", "date", "number"),
            deadline=deadline,
            order=_IN_TIME,
        )
        return {
            own: [lesson for lesson in found if lesson["substitution"]["substitute_teacher_id"] == own]
            for own in teachers
        }


def _owners(audience: Audience) -> set[Owner]:
    classes = {Owner(ClassId(span.id), is_group=False) for span in audience.classes}
    return classes | {Owner(GroupId(span.id), is_group=True) for span in audience.groups}


def _held_for(owners: Iterable[Owner]) -> dict[str, Any]:
    """The condition that a lesson is held for one of *owners*."""
    classes = [owner.id for owner in owners if not owner.is_group]
    groups = [owner.id for owner in owners if owner.is_group]
    alternatives: list[dict[str, Any]] = []
    if classes:
        alternatives.append({"class_ids": {"$in": classes}, "group_id": None})
    if groups:
        alternatives.append({"group_id": {"$in": groups}})
    return {"$or": alternatives}


def _attended(audience: Audience, held: Mapping[Owner, Sequence[Lesson]]) -> list[Lesson]:
    """Those lessons of an audience's classes and groups that it attends, in time."""
    lessons = {
        lesson["_id"]: lesson
        for owner in _owners(audience)
        for lesson in held.get(owner, ())
        if audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
    }
    return sorted(lessons.values(), key=itemgetter("date", "number", "_id"))
