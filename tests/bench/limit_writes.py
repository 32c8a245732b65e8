"""The two changes written by hand: what one would write instead of a mutation, with the same guarantees.

The gateway and the endpoint here both do the following, and neither leaves any of it out:

1. read the viewer afresh from the directory, by the same code, so that a right that ended is none;
2. read what the rules need: the student, the viewer's assignments, the school, its years, periods and scales;
3. in one transaction (snapshot, committed to a majority, begun again after a conflict, within a deadline) read what
   the change depends on (the work, its kind, the mark or the acknowledgement that may be there already, which is the
   natural key of both changes: a request that is sent again changes nothing), insert the document and its fact;
4. after the commit, read anew what the answer shows.

Neither request has an idempotency key, since both changes have a natural one, and neither changes a document that has
a version. The *limit* writes by the driver's own `with_transaction`; *limit, commands* by the connectors' transactions.
"""

from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

import pymongo
from aiohttp import web
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import Primary
from pymongo.write_concern import WriteConcern

from auth.viewer import Viewer
from connectors.facts import new_id
from connectors.mongo.transactions import transact
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


class Transaction(Protocol):
    """What a change does in its transaction; the connectors' own and `_Session` can."""

    async def find_one(self, collection: str, where: Row, *, columns: frozenset[str]) -> Row | None: ...

    async def insert(self, collection: str, documents: Sequence[Row]) -> None: ...


class _Session:
    """A transaction by the driver's own methods."""

    def __init__(self, limit: "Limit", database: str, session: Any) -> None:
        self._limit = limit
        self._database = database
        self._session = session

    async def find_one(self, collection: str, where: Row, *, columns: frozenset[str]) -> Row | None:
        shown = dict.fromkeys(columns, 1) or None
        found: Row | None = await self._limit.collection(self._database, collection).find_one(
            where, shown, session=self._session
        )
        return found

    async def insert(self, collection: str, documents: Sequence[Row]) -> None:
        await self._limit.collection(self._database, collection).insert_many(documents, session=self._session)


async def _committed(limit: "Limit", database: str, body: Callable[[Transaction], Awaitable[Any]]) -> Any:
    """Run *body* in a transaction of a database, and return its result."""
    if limit.threads is not None:
        source = getattr(limit.connectors, database).source
        return (await transact(source, body, within_s=limit.timeout_s)).result
    with pymongo.timeout(limit.timeout_s):
        async with _session(limit.databases[database].client) as session:
            return await session.with_transaction(
                lambda own: body(_Session(limit, database, own)),
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=Primary(),
            )


@asynccontextmanager
async def _session(client: Any) -> AsyncIterator[Any]:
    """A session of either driver: motor's is awaited, PyMongo's is there at once."""
    session = client.start_session()
    async with await session if isawaitable(session) else session as own:
        yield own


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
        kind = await transaction.find_one("work_kinds", {"_id": work["kind_id"]}, columns=frozenset())
        if kind is None:
            raise web.HTTPBadRequest
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

    new = await _committed(limit, "grades", body)
    shown = ("value", "weight", "version")
    [mark] = await limit.find("grades", "marks", {"_id": new["_id"]}, " ".join(shown))
    return {"giveMark": {"mark": {"id": new["_id"], **{name: mark[name] for name in shown}}, "userErrors": []}}


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

    await _committed(limit, "diary", body)
    [shown] = await limit.find("diary", "acknowledgements", key, "person_id")
    week = {"startsOn": sent["weekStart"], "acknowledgement": {"by": {"id": shown["person_id"]}}}
    return {"acknowledgeDiary": {"week": week, "userErrors": []}}


WRITES: Final[Mapping[str, Callable[["Limit", Viewer, Mapping[str, Any]], Awaitable[Row]]]] = {
    "giveMark": give_mark,
    "acknowledge": acknowledge,
}
"""The endpoint of each change."""
