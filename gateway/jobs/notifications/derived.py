"""Notifications of what nobody has just changed: a control work that is near, absences that have become many."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from auth.viewer import Role
from connectors.diary import AttendanceStatus
from connectors.notifications import NotificationKind
from connectors.vocabulary import Day, Days, SchoolId, StudentId, kind_of
from gateway.context import DEFAULT_ZONE
from gateway.jobs.notifications.inboxes import Inboxes
from gateway.jobs.notifications.present import Place, Present
from gateway.jobs.notifications.topics import Affected, Concerned, Facts, Topic

BATCH: Final = 200
MONTH: Final = len(".2026-11")
READ_TIMEOUT_S: Final = 20.0


def absence_causes(facts: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The facts about attendance, by student and month: the cause of one notification at most."""
    causes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for fact in facts:
        if kind_of(fact["object_id"]) == "AttendanceRecord" and fact["student_id"]:
            causes[f"{fact['student_id']}.{fact['at']:%Y-%m}"].append(fact)
    return causes


def absences_topic(most: int) -> Topic:
    """The topic of more than *most* absences without a valid reason in a calendar month (F88).

    It is told once; were absences corrected to no more than that, it is withdrawn, and is told again after another one.
    """

    async def find(facts: Facts, present: Present) -> dict[str, Concerned | None]:
        months = {own: (StudentId(own[:-MONTH]), own[1 - MONTH :]) for own in facts}
        counts = await _absences(present, months)
        return {
            own: Concerned(school, [Affected(student, student)], frozenset({Role.PARENT}))
            for own, (student, _) in months.items()
            for school, count in [counts.get(own, (SchoolId(""), 0))]
            if count > most
        }

    return Topic(NotificationKind.ABSENCES, find, is_told_once=True)


async def _absences(present: Present, months: Mapping[str, tuple[StudentId, str]]) -> dict[str, tuple[SchoolId, int]]:
    """The school of each student and how often they were absent in a month, by student and month, in one command."""
    days = sorted(month for _, month in months.values())
    where = {
        "student_id": {"$in": sorted({student for student, _ in months.values()})},
        "date": {"$gte": f"{days[0]}-01", "$lte": f"{days[-1]}-31"},
        "status": AttendanceStatus.ABSENT,
    }
    month = {"$substrBytes": ["$date", 0, 7]}
    own = {"_id": {"$concat": ["$student_id", ".", month]}, "school": {"$first": "$school_id"}, "count": {"$sum": 1}}
    place = present.connectors.diary.source.database["attendance"]
    found: list[Any] = await place.aggregate([{"$match": where}, {"$group": own}]).to_list(None)
    return {one["_id"]: (one["school"], one["count"]) for one in found}


@dataclass(frozen=True, slots=True)
class Reminders:
    """Notifies of control works that are near (F83)."""

    inboxes: Inboxes
    days: int
    """How many days before its day a control work is near."""
    today_in: Callable[[str], Day]

    async def remind(self) -> bool:
        """Notify of each control work that is near, once, and once more where it is put off."""
        today = date.fromisoformat(self.today_in(DEFAULT_ZONE))
        # Wherever a school is, its today is a day away at most.
        near = Days(today.isoformat(), (today + timedelta(days=self.days + 1)).isoformat())
        works = await self.inboxes.connectors.grades.control_works_within(near)
        facts = {own: [self._fact(planned)] for own, planned in works.items()}
        topic = Topic(NotificationKind.CONTROL_WORK, self._find)
        for first in range(0, len(facts), BATCH):
            deadline = asyncio.get_running_loop().time() + READ_TIMEOUT_S
            await self.inboxes.update(topic, dict(list(facts.items())[first : first + BATCH]), deadline)
        return False

    def _fact(self, planned: str) -> Mapping[str, Any]:
        """Stands for the moment at which a control work comes near: later than before where it was put off."""
        at = datetime.fromisoformat(planned).replace(tzinfo=UTC) - timedelta(days=self.days)
        return {"at": at, "action": "", "changes": []}

    async def _find(self, facts: Facts, present: Present) -> dict[str, Concerned | None]:
        """The students of today's lists for whom each control work is planned that is near at their school."""
        columns = ("school_id", "class_ids", "group_id", "planned_on")
        found = await present.by_ids(present.connectors.grades.works_by_ids, facts, *columns)
        days = await present.today_at(one["school_id"] for one in found.values())
        near = {own: one for own, one in found.items() if self._is_near(one["planned_on"], days.get(one["school_id"]))}
        places = [Place(tuple(one["class_ids"]), one["group_id"], Day(one["planned_on"])) for one in near.values()]
        concerned: dict[str, Concerned | None] = dict.fromkeys(found)
        for (own, one), students in zip(near.items(), await present.members(places), strict=True):
            targets = [Affected(student, own) for student in sorted(students)]
            concerned[own] = Concerned(one["school_id"], targets)
        return concerned

    def _is_near(self, planned: str, today: Day | None) -> bool:
        if today is None:
            return False
        return 0 < (date.fromisoformat(planned) - date.fromisoformat(today)).days <= self.days
