"""Erasure of personal details: the events stay in their chains, and nobody can tell any more whom they were about.

That something was erased is itself a fact, without saying of whom.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo.write_concern import WriteConcern

from connectors import facts
from connectors.audit.documents import EVENTS, PERSONAL
from connectors.audit.refusals import REFUSALS
from connectors.facts import Actor, Change, Fact
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import PersonId, SchoolId

ACTION = "eraseAuditDetails"
_RECORD_S = 10.0


async def erase(
    audit: Source,
    sources: Iterable[Source],
    *,
    student: str | None = None,
    actor: str | None = None,
    before: datetime | None = None,
) -> Mapping[str, int]:
    """Erase the details of the events that meet all conditions; return how many there were at each school.

    What was sealed of them is deleted from the facts of *sources*, and so are the refusals of *actor*.

    Raises ValueError without any condition.
    """
    conditions = {"student_id": student, "actor_id": actor, "at": {"$lt": before} if before else None}
    where: dict[str, Any] = {name: value for name, value in conditions.items() if value is not None}
    if not where:
        raise ValueError("name a student, a person or a day")
    events = audit.database[EVENTS.name].with_options(write_concern=WriteConcern("majority"))
    erased: dict[str, int] = {}
    for school in await events.distinct("school_id", where):
        own = {**where, "school_id": school, "salt": {"$exists": True}}
        count = await events.count_documents(own)
        if count:
            await _record(audit, school, count)  # first: no erasure is without its record
            await events.update_many(own, {"$unset": dict.fromkeys(PERSONAL, "")})
            erased[school] = count
    if actor is not None:
        where["actor.person_id"] = where.pop("actor_id")
        await audit.database[REFUSALS.name].delete_many({"person_id": actor})
    for source in sources:
        await source.database[facts.COLLECTION].delete_many({**where, "expires_at": {"$ne": None}})
    return erased


async def count(audit: Source, students: Sequence[str], actors: Sequence[str]) -> int:
    """How many events have details about these students, or of what these people did."""
    of_whom = [{"student_id": {"$in": list(students)}}, {"actor_id": {"$in": list(actors)}}]
    where = {"$or": of_whom, "salt": {"$exists": True}}
    return int(await audit.database[EVENTS.name].count_documents(where))


async def _record(audit: Source, school: SchoolId, count: int) -> None:
    erasure = Fact(
        _id=facts.new_id(),
        school_id=school,
        at=datetime.now(UTC),
        actor=Actor(person_id=PersonId(""), role=""),
        action=ACTION,
        object_id=school,
        student_id=None,
        changes=[Change(field="events", before=None, after=count)],
        request_id="",
        client="school-gateway audit erase",
    )

    async def body(transaction: Transaction) -> None:
        await transaction.insert(facts.COLLECTION, [erasure])

    await transact(audit, body, within_s=_RECORD_S)
