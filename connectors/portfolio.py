"""Portfolio: achievements, what they are worth, and the rating that follows."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.attachments import ATTACHED_FILES, Attachment
from connectors.declarations import Collection, Connector, Read, by_ids, many, paged
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import Deadline, Document, without_none
from connectors.vocabulary import (
    AchievementId,
    AchievementTypeId,
    ClassId,
    Columns,
    Page,
    Paging,
    PersonId,
    SchoolId,
    StudentId,
)


class AchievementKind(StrEnum):
    """How an achievement is scored."""

    ROUNDS = "ROUNDS"  # olympiads, contests, sport: places in rounds (F110)
    """By places in rounds: olympiads, contests, sport."""

    POINTS = "POINTS"  # additional education, electives: presence and defence (F111)
    """By points for presence and defence: additional education, electives."""


class AchievementStatus(StrEnum):
    """Whether an achievement is confirmed."""

    UNCONFIRMED = "UNCONFIRMED"  # «н/п»
    """Added by a student or a parent and not confirmed yet («н/п»)."""

    CONFIRMED = "CONFIRMED"
    """Confirmed: it counts in the rating."""

    REJECTED = "REJECTED"
    """Rejected."""


class AchievementType(TypedDict):
    """A section of the portfolio; its *area* is a slice of the rating's diagram."""

    _id: AchievementTypeId
    school_id: SchoolId
    name: str
    kind: AchievementKind
    area: str
    is_outside: NotRequired[bool]  # additional education outside the school, which no teacher here has part in (F112)


class AchievementRound(TypedDict):
    name: str
    place: int | None  # 1, 2, 3
    participated: bool
    points: int | float


class Achievement(TypedDict):
    _id: AchievementId
    school_id: SchoolId
    student_id: StudentId
    class_id: ClassId | None  # the class that the student was in
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
    teacher_id: NotRequired[PersonId | None]  # who prepared the student: it stands in their portfolio, too (F112)
    edited_by_ids: NotRequired[list[PersonId]]  # who changed it as a student or a parent
    rejected_by_id: NotRequired[PersonId | None]
    rejection_reason: NotRequired[str | None]
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


class ScoringTable(TypedDict):
    """The points that one school gives for a place in a round, taking part, presence and defence (F113)."""

    _id: str
    school_id: SchoolId
    type_id: AchievementTypeId
    points_by_place: list[int | float]  # first, second, third
    points_for_participation: int | float
    max_presence_points: int | float
    max_defence_points: int | float
    uses: NotRequired[int]  # counts the achievements scored by it, so that none is scored while it is changed
    version: NotRequired[int]  # see `connectors.vocabulary.version_of`


_LATEST: Final = [("sort_on", DESCENDING), ("_id", DESCENDING)]

ACHIEVEMENTS: Final = Collection(
    "achievements",
    Achievement,
    indexes=[
        IndexModel([("student_id", ASCENDING), *_LATEST]),
        IndexModel([("type_id", ASCENDING)]),
        IndexModel([("teacher_id", ASCENDING), *_LATEST], partialFilterExpression={"teacher_id": {"$exists": True}}),
    ],
)
ACHIEVEMENT_TYPES: Final = Collection(
    "achievement_types", AchievementType, indexes=[IndexModel([("school_id", ASCENDING)])]
)
SCORING_TABLES: Final = Collection(
    "scoring_tables",
    ScoringTable,
    indexes=[IndexModel([("school_id", ASCENDING)]), IndexModel([("type_id", ASCENDING)])],
)


class Section(TypedDict):
    """The confirmed achievements of one student of one type, summed up."""

    type_id: AchievementTypeId
    count: int
    points: int | float


def _wanted(
    _: Sequence[StudentId], *, type_id: AchievementTypeId | None, statuses: tuple[AchievementStatus, ...] | None
) -> Document:
    """The condition that an achievement is of a type, and has one of some statuses."""
    return without_none(
        type_id=type_id, status=None if statuses is None else {"$in": [str(status) for status in statuses]}
    )


class Portfolios(Connector):
    """Reads of the portfolio."""

    collections = (ACHIEVEMENTS, ACHIEVEMENT_TYPES, SCORING_TABLES, ATTACHED_FILES, FACTS, KEYS)

    achievements_of: Read[StudentId, Page] = paged(ACHIEVEMENTS, by="student_id", order=_LATEST, where=_wanted)
    """The achievements of each student, the latest first."""

    achievements_by_ids: Read[AchievementId, Achievement] = by_ids(ACHIEVEMENTS)
    """The achievement of each id."""

    async def achievements_among(
        self,
        groups: Sequence[tuple[StudentId, ...]],
        *,
        status: AchievementStatus,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[StudentId, ...], Page]:
        """The achievements with a status of all students of each group together, the latest first."""
        return await self.source.pages_of(
            ACHIEVEMENTS.name,
            {students: {"student_id": {"$in": list(students)}, "status": str(status)} for students in groups},
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
        )

    prepared_by: Read[PersonId, Page] = paged(
        ACHIEVEMENTS,
        by="teacher_id",
        order=_LATEST,
        where=lambda _, *, schools: {
            "school_id": {"$in": list(schools)},
            "status": AchievementStatus.CONFIRMED.value,
        },
    )
    """The confirmed achievements that each teacher prepared students for, the latest first."""

    types_of: Read[SchoolId, list[AchievementType]] = many(
        ACHIEVEMENT_TYPES, by="school_id", order=[("name", ASCENDING), ("_id", ASCENDING)], cached=True
    )
    """The types of achievements of each school, by name."""

    scoring_of: Read[AchievementTypeId, list[ScoringTable]] = many(SCORING_TABLES, by="type_id", cached=True)
    """The scoring table of each type: one document or none."""

    types_by_ids: Read[AchievementTypeId, AchievementType] = by_ids(ACHIEVEMENT_TYPES, cached=True)
    """The type of each id."""

    async def sections_of(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, list[Section]]:
        """Each student's confirmed achievements by type, most points first. *columns* has no meaning here."""
        rows = await self.source.aggregate(
            "achievements",
            [
                {"$match": {"student_id": {"$in": list(students)}, "status": AchievementStatus.CONFIRMED.value}},
                {
                    "$group": {
                        "_id": {"student": "$student_id", "type": "$type_id"},
                        "count": {"$sum": 1},
                        "points": {"$sum": "$points"},
                    }
                },
                {"$sort": {"points": DESCENDING, "_id.type": ASCENDING}},
            ],
            deadline=deadline,
        )
        sections: dict[StudentId, list[Section]] = {student: [] for student in students}
        for row in rows:
            section = Section(type_id=row["_id"]["type"], count=row["count"], points=row["points"])
            sections[row["_id"]["student"]].append(section)
        return sections

    async def points_of(
        self, students: Sequence[StudentId], *, columns: Columns, deadline: Deadline
    ) -> Mapping[StudentId, int | float]:
        """The confirmed points of each student, earned in any class. *columns* has no meaning here."""
        rows = await self.source.aggregate(
            "achievements",
            [
                {"$match": {"student_id": {"$in": list(students)}, "status": AchievementStatus.CONFIRMED.value}},
                {"$group": {"_id": "$student_id", "points": {"$sum": "$points"}}},
            ],
            deadline=deadline,
        )
        points: dict[StudentId, int | float] = dict.fromkeys(students, 0)
        points |= {row["_id"]: row["points"] for row in rows}
        return points
