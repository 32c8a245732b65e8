"""The sealer: copies each fact of every subsystem, as an event, into the hash chain of its school, exactly once.

The events of one batch and school are inserted in one transaction; then the facts are left to expire. A process that
ends in between has lost nothing: the facts are found again, and their events, whose ids follow from those of the facts,
are there already. Two sealers at once are as safe, because no two events of a school have the same number.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import DESCENDING
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from connectors import facts, metrics
from connectors.audit import chain
from connectors.audit.documents import EVENTS
from connectors.audit.signatures import Signer
from connectors.errors import ConnectorError
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import PREFIXES, SchoolId

BATCH: Final = 500
"""Facts of a subsystem that are sealed together: a transaction of some tens of milliseconds."""
PENDING: Final = {"expires_at": None}
"""The condition of a fact that is not in the audit yet."""
NO_SCHOOL: Final = SchoolId(f"{PREFIXES['School']}_")
"""Whose chain takes facts without a school: only a fact that was altered has none."""
_SEAL_S: Final = 10.0
_END: Final = frozenset({"number", "hash"})

_log = logging.getLogger(__name__)


class Sealer:
    """Seals the facts that the databases *sources* hold."""

    def __init__(
        self,
        audit: Source,
        sources: Iterable[Source],
        signer: Signer | None = None,
        *,
        keep_facts: timedelta = timedelta(days=30),
        batch: int = BATCH,
    ) -> None:
        self._audit = audit
        self._sources = list(sources)
        self._signer = signer
        self._keep_facts = keep_facts
        self._batch = batch
        self._has_indexes = False

    async def seal(self) -> bool:
        """Seal what waits, a batch of each subsystem; return whether there may be more.

        A subsystem that does not answer does not hold up the others; its error is raised at the end.
        """
        if not self._has_indexes:  # that of the numbers is what keeps two sealers apart
            await self._audit.database[EVENTS.name].create_indexes(list(EVENTS.indexes))
            self._has_indexes = True
        has_more = False
        failure: Exception | None = None
        lag_s = 0.0
        for source in self._sources:
            try:
                found = await self._pending(source)
                if found:
                    lag_s = max(lag_s, (datetime.now(UTC) - _time_of(found[0])).total_seconds())
                await self._seal(source, found)
            except (ConnectorError, PyMongoError, OSError) as error:
                _log.warning("The facts of %s were not sealed: %r", source.name, type(error).__name__)
                failure = error
                continue
            has_more |= len(found) == self._batch
        metrics.AUDIT_LAG.set(lag_s)
        if failure is not None:
            raise failure
        return has_more

    async def _pending(self, source: Source) -> Sequence[Mapping[str, Any]]:
        """A batch of the facts that wait, sorted by their time; only such as no new primary can take back."""
        place = source.database[facts.COLLECTION].with_options(read_concern=ReadConcern("majority"))
        found: list[Mapping[str, Any]] = await place.find(PENDING).limit(self._batch).to_list(None)
        return sorted(found, key=lambda fact: (_time_of(fact), fact["_id"]))

    async def _seal(self, source: Source, found: Sequence[Mapping[str, Any]]) -> None:
        by_school: dict[SchoolId, list[Mapping[str, Any]]] = defaultdict(list)
        for fact in found:
            by_school[fact.get("school_id") or NO_SCHOOL].append(fact)
        for school, own in by_school.items():
            await self._append(source.name, school, own)
            await self._mark(source, own)

    async def _append(self, source: str, school: SchoolId, own: Sequence[Mapping[str, Any]]) -> None:
        """Add the events of facts of one school to its chain, without a lock.

        Where another sealer takes the number meanwhile, the transaction runs again, without the events that are there.
        """
        attempts = 0

        async def body(transaction: Transaction) -> int:
            nonlocal attempts
            attempts += 1
            # Events that are there already are looked for once inserting has failed: after a crash, or beside another.
            new = own if attempts == 1 else await self._without_event(source, own, transaction)
            last = await transaction.find_one(
                EVENTS.name, {"school_id": school}, columns=_END, order=[("number", DESCENDING)]
            )
            now = datetime.now(UTC)
            events = chain.chained(
                [(source, fact) for fact in new], school=school, after=last, now=now, signer=self._signer
            )
            if events:
                await transaction.insert(EVENTS.name, events)
            return len(events)

        committed = await transact(self._audit, body, within_s=_SEAL_S)
        metrics.AUDIT_SEALED.inc(committed.result)

    async def _without_event(
        self, source: str, own: Sequence[Mapping[str, Any]], transaction: Transaction
    ) -> Sequence[Mapping[str, Any]]:
        ids = [chain.event_id(source, fact["_id"]) for fact in own]
        found = await transaction.find(EVENTS.name, {"_id": {"$in": ids}}, columns=frozenset({"_id"}))
        known = {event["_id"] for event in found}
        return [fact for one, fact in zip(ids, own, strict=True) if one not in known]

    async def _mark(self, source: Source, own: Sequence[Mapping[str, Any]]) -> None:
        """Mark facts as sealed: MongoDB deletes them by itself when they have expired."""
        place = source.database[facts.COLLECTION].with_options(write_concern=WriteConcern("majority"))
        expires_at = datetime.now(UTC) + self._keep_facts
        await place.update_many({"_id": {"$in": [fact["_id"] for fact in own]}}, {"$set": {"expires_at": expires_at}})


def _time_of(fact: Mapping[str, Any]) -> datetime:
    """When a fact was made; only a fact that was altered does not say so."""
    found: datetime = fact.get("at") or datetime.now(UTC)
    return found
