"""The contents of digests: how much there is of each kind in the diary, as the graph answers the person themselves.

What a person may not read is not counted, for it is not in the answer: a student's digest knows of no remarks.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from auth.viewer import Viewer
from connectors.notifications import DigestDays, NotificationLetter
from gateway.engine.encoding import encoded
from gateway.exports.export import PRUNED
from gateway.operations.request import OperationRequest
from gateway.operations.service import OperationService

READ_TIMEOUT_S: Final = 20.0
DOCUMENT: Final = """query Digest($days: Days!, $first: Date!, $last: Date!) {
  viewer {
    student { ...Child }
    children { ...Child }
  }
}

fragment Child on Student {
  class { name }
  marks(days: $days) { totalCount }
  attendance(days: $days, statuses: [ABSENT, LATE, EXCUSED]) { totalCount }
  homework(days: $days) { totalCount }
  remarks(days: $days) { totalCount }
  comments(days: $days) { totalCount }
  firstWeek: diary(week: $first) { ...Topics }
  lastWeek: diary(week: $last) { ...Topics }
}

fragment Topics on DiaryWeek { days { date lessons { topic } } }
"""
"""The operation of which the answer is counted; F128 says what a digest is about."""


class DigestFailed(Exception):
    """The graph did not answer all that a digest is made of."""


class ChildDigest(NamedTuple):
    """How much there is in the diary of one student."""

    class_name: str | None
    marks: int
    absences: int
    topics: int
    homework: int
    entries: int
    """Teachers' comments to the student, and for parents remarks."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not any(self[1:])


@dataclass(frozen=True, slots=True)
class Digests:
    """Counts what digests are about, by running an operation as the person who gets them."""

    service: OperationService

    async def of(self, letter: NotificationLetter, viewer: Viewer) -> list[ChildDigest]:
        """The digest of each student whom the viewer may read, by name. Raises `DigestFailed`."""
        days = letter["digest_days"]
        operation = OperationRequest(
            query=DOCUMENT,
            variables=variables(days),
            client="digest",
            request_id=letter["_id"],
            is_derived=True,
            queries_only=True,
        )
        result = await self.service.run(viewer, operation, asyncio.get_running_loop().time() + READ_TIMEOUT_S)
        answer = orjson.loads(encoded(result.answer))
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())} - {PRUNED}
        if codes or not answer.get("data"):
            raise DigestFailed(", ".join(sorted(codes)))
        return counted(answer["data"]["viewer"], days)


def variables(days: DigestDays) -> dict[str, Any]:
    """The variables of `DOCUMENT` for some days."""
    first, last = days["first"], days["last"]
    return {"days": {"first": first, "last": last}, "first": first, "last": last}


def counted(viewer: Mapping[str, Any], days: DigestDays) -> list[ChildDigest]:
    """Counts for each student the answer to `DOCUMENT`, of which *viewer* is the root."""
    own = [viewer["student"]] if viewer.get("student") else []
    return [_of_child(child, days) for child in [*own, *(viewer.get("children") or ())]]


def _of_child(child: Mapping[str, Any], days: DigestDays) -> ChildDigest:
    def total(*names: str) -> int:
        return sum(child[name]["totalCount"] for name in names if child.get(name))

    return ChildDigest(
        class_name=(child["class"] or {}).get("name"),
        marks=total("marks"),
        absences=total("attendance"),
        topics=_topics([child["firstWeek"], child["lastWeek"]], days),
        homework=total("homework"),
        entries=total("remarks", "comments"),
    )


def _topics(weeks: Sequence[Any], days: DigestDays) -> int:
    """How many lessons of the days have a topic; both weeks may be the same one."""
    found = {day["date"]: day["lessons"] for week in weeks if week for day in week["days"]}
    within = [lessons for day, lessons in found.items() if days["first"] <= day <= days["last"]]
    return sum(lesson["topic"] is not None for lessons in within for lesson in lessons)
