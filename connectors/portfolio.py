"""Portfolio: achievements, what they are worth, and the rating that follows."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.ids import AchievementId, AchievementTypeId, ClassId, Columns, Page, PersonId, SchoolId, StudentId
from connectors.mongo import Deadline, Order, Source


class AchievementKind(StrEnum):
    ROUNDS = "ROUNDS"  # olympiads, contests, sport: places in rounds (F110)
    POINTS = "POINTS"  # additional education, electives: presence and defence (F111)


class AchievementStatus(StrEnum):
    UNCONFIRMED = "UNCONFIRMED"  # «н/п»
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


class AchievementType(TypedDict):
    """A section of the portfolio; its *area* is a slice of the rating's diagram."""

    _id: AchievementTypeId
    school_id: SchoolId
    name: str
    kind: AchievementKind
    area: str


class AchievementRound(TypedDict):
    name: str
    place: int | None  # 1, 2, 3
    participated: bool
    points: int | float


class Attachment(TypedDict):
    name: str
    url: str
    media_type: str | None
    size_bytes: int | None


class Achievement(TypedDict):
    _id: AchievementId
    school_id: SchoolId
    student_id: StudentId
    class_id: ClassId | None  # the class he was in
    type_id: AchievementTypeId
    title: str
    achieved_on: str | None
    sort_on: str  # achieved_on, or the day it was added
    rounds: list[AchievementRound]
    points: int | float
    presence_points: int | float | None
    defence_points: int | float | None
    status: AchievementStatus
    added_by_id: PersonId | None
    confirmed_by_id: PersonId | None
    attachments: list[Attachment]


class ScoringTable(TypedDict):
    """What a place in a round, taking part, presence and defence are worth in one school (F113)."""

    _id: str
    school_id: SchoolId
    type_id: AchievementTypeId
    points_by_place: list[int | float]  # first, second, third
    points_for_participation: int | float
    max_presence_points: int | float
    max_defence_points: int | float


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    "achievements": [
        IndexModel([("student_id", ASCENDING), ("sort_on", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("class_id", ASCENDING), ("status", ASCENDING)]),
    ],
    "achievement_types": [IndexModel([("school_id", ASCENDING)])],
    "scoring_tables": [IndexModel([("school_id", ASCENDING)])],
}
