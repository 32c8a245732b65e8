"""Schedule: lessons as they take place on a date, bells, holidays, events of the school."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from pymongo import ASCENDING, IndexModel

from connectors.ids import Audience, ClassId, Columns, Days, GroupId, LessonId, PersonId, SchoolId, SubjectId
from connectors.mongo import Deadline, Source


class LessonStatus(StrEnum):
    PLANNED = "PLANNED"
    HELD = "HELD"
    CANCELLED = "CANCELLED"
    MOVED = "MOVED"


class HolidayKind(StrEnum):
    HOLIDAYS = "HOLIDAYS"
    PUBLIC_HOLIDAY = "PUBLIC_HOLIDAY"


class Substitution(TypedDict):
    """What a lesson was before it was changed. A None part was not changed."""

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


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "lessons": [
        IndexModel([("class_ids", ASCENDING), ("date", ASCENDING)]),
        IndexModel([("group_id", ASCENDING), ("date", ASCENDING)]),
    ],
    "bell_schedules": [IndexModel([("school_id", ASCENDING), ("valid_from", ASCENDING)])],
    "holidays": [IndexModel([("school_id", ASCENDING), ("academic_year", ASCENDING), ("starts_on", ASCENDING)])],
    "events": [IndexModel([("school_id", ASCENDING), ("date", ASCENDING)])],
}
