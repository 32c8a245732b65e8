"""Reads of the audit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pymongo import DESCENDING

from connectors.audit.disclosures import DISCLOSURES
from connectors.audit.documents import EVENTS
from connectors.audit.refusals import REFUSALS
from connectors.declarations import Connector, Read, paged
from connectors.facts import FACTS
from connectors.leases import LEASES
from connectors.mongo import Deadline, Document, Order, in_days, without_none
from connectors.vocabulary import Columns, Days, Page, Paging, SchoolId

BY_DAY: Final[Order] = [("day", DESCENDING), ("_id", DESCENDING)]
LATEST: Final[Order] = [("at", DESCENDING), ("_id", DESCENDING)]


class SchoolTime(NamedTuple):
    """The time from *first* to before *end* at one school; None is without a bound."""

    school_id: SchoolId
    first: datetime | None = None
    end: datetime | None = None


def _disclosed(_: Sequence[str], /, *, days: Days | None, of_student: bool) -> Document:
    return {**in_days("day", days), **({"own_count": {"$gt": 0}} if of_student else {})}


class Audit(Connector):
    """Reads of the audit, which the sealer alone adds events to."""

    collections = (DISCLOSURES, EVENTS, FACTS, LEASES, REFUSALS)

    disclosures_of: Read[str, Page] = paged(DISCLOSURES, by="student_id", order=BY_DAY, where=_disclosed)
    """A page of what was read of each student, the latest day first; *of_student* leaves out what they may not know."""

    async def events_within(
        self,
        keys: Sequence[tuple[SchoolTime, ...]],
        /,
        *,
        columns: Columns,
        deadline: Deadline,
        paging: Paging,
        **filters: str | None,
    ) -> Mapping[Any, Page]:
        """A page of the events at all schools of each key, the latest first; *filters* are values of their keys."""
        wheres = {key: _where(key, without_none(**filters)) for key in keys}
        return await self.source.pages_of(
            EVENTS.name, wheres, order=LATEST, paging=paging, columns=columns, deadline=deadline
        )

    async def refusals_at(
        self,
        keys: Sequence[tuple[SchoolId, ...]],
        /,
        *,
        columns: Columns,
        deadline: Deadline,
        paging: Paging,
        days: Days | None = None,
    ) -> Mapping[Any, Page]:
        """A page of the refusals of people of all schools of each key, the latest day first."""
        wheres = {key: {"school_ids": {"$in": list(key)}, **in_days("day", days)} for key in keys}
        return await self.source.pages_of(
            REFUSALS.name, wheres, order=BY_DAY, paging=paging, columns=columns, deadline=deadline
        )


def _where(schools: tuple[SchoolTime, ...], filters: Document) -> Document:
    if not schools:
        return {"_id": None}
    alternatives = [{"school_id": own.school_id, **_between(own), **filters} for own in schools]
    return alternatives[0] if len(alternatives) == 1 else {"$or": alternatives}


def _between(own: SchoolTime) -> Document:
    bounds = without_none(**{"$gte": own.first, "$lt": own.end})
    return {"at": bounds} if bounds else {}
