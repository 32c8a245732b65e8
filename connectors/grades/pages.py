"""Pages of marks: which marks, and the order of people in place of that of ids."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from connectors.grades.documents import Journal
from connectors.mongo import Deadline, Source, in_days, projection, with_columns, without_none
from connectors.vocabulary import COUNT, Columns, Days, Page, Paging, StudentId, SubjectId, WorkKindId

_RANK: Final = "_rank"


class MarkFilter(NamedTuple):
    """Which marks are wanted; a bound on the value leaves out marks that are no numbers."""

    days: Days | None = None
    subject_id: SubjectId | None = None
    kind_id: WorkKindId | None = None
    min_value: float | None = None
    max_value: float | None = None
    journal: Journal | None = None

    def condition(self) -> dict[str, Any]:
        """The condition of MongoDB."""
        bounds = without_none(**{"$gte": self.min_value, "$lte": self.max_value})
        # Marks from before there were several journals name none.
        journal = {"$ne": Journal.EXTENDED.value} if self.journal is Journal.MAIN else self.journal
        return {
            **in_days("given_on", self.days),
            **without_none(
                subject_id=self.subject_id, kind_id=self.kind_id, numeric_value=bounds or None, journal=journal
            ),
        }


class Ranked(NamedTuple):
    """A student, and the order of the ids by which the student's marks are to be sorted."""

    student_id: StudentId
    ranking: tuple[str, ...]


async def ranked_pages(
    source: Source,
    keys: Sequence[Ranked],
    name: str,
    *,
    where: Mapping[str, Any],
    paging: Paging,
    columns: Columns,
    deadline: Deadline,
) -> dict[Ranked, Page]:
    """A page of marks for each key: by the place of the id under *name* in the ranking, then the latest first.

    Marks whose id is in no place of the ranking come first. One command for all keys; a cursor holds the id, not its
    place, so that it stays valid while rankings change.
    """
    students = [key.student_id for key in keys]
    if paging == COUNT:
        counts = await source.count_by("marks", "student_id", students, where=where, deadline=deadline)
        totals = ((key, counts[key.student_id]) for key in keys)
        return {key: Page([], has_next=total > 0, total=total) for key, total in totals}
    of_rankings: dict[tuple[str, ...], list[StudentId]] = defaultdict(list)
    for key in keys:
        of_rankings[key.ranking].append(key.student_id)
    wanted = with_columns(columns, "_id", "student_id", name, "given_on")
    first, *others = (_pipeline(own, ranking, name, where, paging, wanted) for ranking, own in of_rankings.items())
    united = [{"$unionWith": {"coll": "marks", "pipeline": other}} for other in others]
    rows = await source.aggregate("marks", [*first, *united], deadline=deadline)
    found = {row["_id"]: row["top"] for row in rows}
    tops = {key: found.get(key.student_id, []) for key in keys}
    return {key: Page(top[: paging.first], has_next=len(top) > paging.first) for key, top in tops.items()}


def _pipeline(
    students: Sequence[StudentId],
    ranking: tuple[str, ...],
    name: str,
    where: Mapping[str, Any],
    paging: Paging,
    columns: Columns,
) -> list[dict[str, Any]]:
    limits = [where, *([] if paging.after is None else [_beyond(paging, ranking, name)])]
    order = {_RANK: 1, name: 1, "given_on": -1, "_id": -1}
    return [
        {"$match": {"$and": [{"student_id": {"$in": list(students)}}, *limits]}},
        *([{"$project": projection(columns)}] if columns else []),
        {"$set": {_RANK: {"$indexOfArray": [list(ranking), {"$ifNull": [f"${name}", None]}]}}},
        {"$group": {"_id": "$student_id", "top": {"$topN": {"n": paging.limit, "sortBy": order, "output": "$$ROOT"}}}},
    ]


def _beyond(paging: Paging, ranking: tuple[str, ...], name: str) -> dict[str, Any]:
    """The condition that keeps a page to its side of the place where *paging* begins."""
    value, given_on, last_id = (paging.after or (None, "", ""))[:3]  # a caller's cursor may hold more
    later: list[dict[str, Any]] = [
        {name: value, "given_on": {"$lt": given_on}},
        {name: value, "given_on": given_on, "_id": {"$lt": last_id}},
    ]
    if value in ranking:
        later.append({name: {"$in": list(ranking[ranking.index(value) + 1 :])}})
    else:
        unranked = {"$nin": [*ranking, None]} if value is None else {"$nin": list(ranking), "$gt": value}
        later += [{name: {"$in": list(ranking)}}, {name: unranked}]
    return {"$nor": later} if paging.is_before else {"$or": later}
