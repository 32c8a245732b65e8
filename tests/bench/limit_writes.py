"""The two changes written by hand: the rights read afresh, the same rules, the same transaction with its fact.

What the rules need is read at once; the change, its fact and the reads that it depends on are one transaction. The
answer is what was written: it is not read again.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from aiohttp import web

from auth.viewer import Viewer
from connectors.facts import new_id
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import mint

if TYPE_CHECKING:
    from tests.bench.limit import Limit

Row = dict[str, Any]
_PERSON: Final = "student_id school_id enrolments memberships"


def _is_in_force(row: Row, day: str, first: str = "starts_on", last: str = "ends_on") -> bool:
    return (row[first] is None or row[first] <= day) and (row[last] is None or day <= row[last])


def _fact(viewer: Viewer, action: str, changed: Row, after: Row) -> Row:
    return {
        "_id": new_id(),
        "school_id": changed["school_id"],
        "at": datetime.now(UTC),
        "actor": {"person_id": viewer.person_id, "role": viewer.role},
        "action": action,
        "object_id": changed["_id"],
        "student_id": changed["student_id"],
        "changes": [{"field": name, "before": None, "after": value} for name, value in after.items()],
        "request_id": uuid4().hex,
        "client": "",
    }


async def give_mark(limit: "Limit", viewer: Viewer, variables: Mapping[str, Any]) -> Row:
    """As giveMark.graphql."""
    sent = variables["input"]
    school_id, today = viewer.school_ids[0], limit.today(viewer)
    at_school = {"school_id": school_id}
    people, assignments, schools, years, periods, scales = await gather(
        limit.find("directory", "people", {"student_id": sent["studentId"]}, _PERSON),
        limit.find(
            "directory",
            "staff_assignments",
            {"person_id": viewer.person_id, "kind": "TEACHER"},
            "class_id group_id subject_id starts_on ends_on",
        ),
        limit.find("directory", "schools", {"_id": school_id}, "marks_within_days periods_close_after_days"),
        limit.find("directory", "academic_years", at_school, "starts_on ends_on"),
        limit.find("grades", "attestation_periods", at_school, "subject_id class_ids group_id starts_on ends_on"),
        limit.find("grades", "grade_scales", at_school, "_id name min_value max_value values"),
    )
    if not people or sent["studentId"] not in viewer.student_ids:
        raise web.HTTPNotFound
    [student], [school] = people, schools
    classes = [own["class_id"] for own in student["enrolments"] if _is_in_force(own, today)]
    groups = [own["group_id"] for own in student["memberships"] if _is_in_force(own, today)]
    taught = [own for own in assignments if _is_in_force(own, today)]
    scale = min((own for own in scales if own["min_value"] is not None), key=lambda own: (own["name"], own["_id"]))
    values = {own["value"]: own["numeric_value"] for own in scale["values"]}
    if sent["value"] not in values or not any(own["starts_on"] <= today for own in years):
        raise web.HTTPBadRequest
    closes_after = timedelta(days=school.get("periods_close_after_days", 7))
    running = [own for own in periods if _is_in_force(own, today)]
    if running and all(
        date.fromisoformat(own["ends_on"]) + closes_after < date.fromisoformat(today) for own in running
    ):
        raise web.HTTPBadRequest

    async def body(transaction: Transaction) -> Row:
        work = await transaction.find_one("works", {"_id": sent["workId"]}, columns=frozenset())
        if work is None or not any(
            own["subject_id"] == work["subject_id"] and (own["class_id"] in classes or own["group_id"] in groups)
            for own in taught
        ):
            raise web.HTTPNotFound
        [kind] = await transaction.find("work_kinds", {"_id": work["kind_id"]}, columns=frozenset())
        key = {"work_id": work["_id"], "student_id": student["student_id"]}
        if await transaction.find_one("marks", key, columns=frozenset({"_id"})):
            raise web.HTTPConflict
        mark = {
            "_id": mint("Mark", uuid4().hex),
            **at_school,
            **key,
            "class_id": classes[0],
            "subject_id": work["subject_id"],
            "kind_id": work["kind_id"],
            "lesson_id": None,
            "value": sent["value"],
            "numeric_value": values[sent["value"]],
            "scale_id": scale["_id"],
            "weight": kind["weight"],
            "is_point": False,
            "point_valid_until": None,
            "counts_towards_average": kind["counts_towards_average"],
            "is_exam": False,
            "comment": None,
            "given_on": today,
            "given_by_id": viewer.person_id,
            "history": [],
            "journal": "MAIN",
            "version": 1,
        }
        await transaction.insert("marks", [mark])
        shown = ("value", "weight", "scale_id", "is_point", "point_valid_until", "work_id", "lesson_id", "given_on")
        after = {name: mark[name] for name in shown if mark[name] is not None}
        await transaction.insert("facts", [_fact(viewer, "giveMark", mark, after)])
        return mark

    committed = await transact(limit.connectors.grades.source, body, within_s=limit.timeout_s)
    mark = committed.result
    return {
        "giveMark": {
            "mark": {"id": mark["_id"], **{name: mark[name] for name in ("value", "weight", "version")}},
            "userErrors": [],
        }
    }


async def acknowledge(limit: "Limit", viewer: Viewer, variables: Mapping[str, Any]) -> Row:
    """As acknowledge.graphql."""
    sent = variables["input"]
    monday = date.fromisoformat(sent["weekStart"])
    school_id, today = viewer.school_ids[0], limit.today(viewer)
    people, schools, years = await gather(
        limit.find("directory", "people", {"student_id": sent["studentId"]}, _PERSON),
        limit.find("directory", "schools", {"_id": school_id}, "acknowledges_from"),
        limit.find("directory", "academic_years", {"school_id": school_id}, "starts_on ends_on"),
    )
    if not people or sent["studentId"] not in viewer.student_ids or monday.isoweekday() != 1:
        raise web.HTTPNotFound
    opens = monday + timedelta(days=schools[0].get("acknowledges_from", 5) - 1)
    if today < opens.isoformat() or not any(own["starts_on"] <= sent["weekStart"] for own in years):
        raise web.HTTPBadRequest
    key = {
        "student_id": sent["studentId"],
        "week_starts_on": sent["weekStart"],
        "person_id": viewer.person_id,
    }

    async def body(transaction: Transaction) -> None:
        if await transaction.find_one("acknowledgements", key, columns=frozenset({"_id"})):
            return
        acknowledged = {
            "_id": mint("Acknowledgement", *key.values()),
            "school_id": people[0]["school_id"],
            **key,
            "acknowledged_at": limit.clock.now(),
        }
        await transaction.insert("acknowledgements", [acknowledged])
        after = {name: acknowledged[name] for name in ("week_starts_on", "acknowledged_at")}
        await transaction.insert("facts", [_fact(viewer, "acknowledgeDiary", acknowledged, after)])

    await transact(limit.connectors.diary.source, body, within_s=limit.timeout_s)
    week = {"startsOn": sent["weekStart"], "acknowledgement": {"by": {"id": viewer.person_id}}}
    return {"acknowledgeDiary": {"week": week, "userErrors": []}}


WRITES: Final[Mapping[str, Callable[["Limit", Viewer, Mapping[str, Any]], Awaitable[Row]]]] = {
    "giveMark": give_mark,
    "acknowledge": acknowledge,
}
"""The endpoint of each change."""
