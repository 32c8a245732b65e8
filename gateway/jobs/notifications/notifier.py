"""Brings notifications up to date with the facts that wait for them: the records of changes (`connectors.facts`).

Working on the same facts again, or in two processes at once, does no harm: the id of a notification follows from its
cause and its owner.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from bson.errors import InvalidDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError, WriteError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from connectors import facts
from connectors.errors import ConnectorError
from connectors.mongo import Source
from connectors.vocabulary import kind_of
from gateway.jobs.notifications.derived import absence_causes, absences_topic
from gateway.jobs.notifications.inboxes import Inboxes
from gateway.jobs.notifications.topics import TOPICS

BATCH: Final = 200
"""Facts of a subsystem that are processed together."""
READ_TIMEOUT_S: Final = 20.0
"""How long the reads of one attempt may take, whether for a batch or for a single fact."""
WAITING: Final = {"awaits_notifications": True}
"""The MongoDB filter of facts whose notifications are not made yet."""
MOST_ABSENCES: Final = 10
"""Absences of a student without a valid reason in a month, of which their parents are not yet warned."""
MOST_ATTEMPTS: Final = 5
"""How often MongoDB may refuse what follows from a fact: two processes that write at once are refused, too."""
_REFUSED: Final = (WriteError, BulkWriteError, InvalidDocument)
"""Errors of what was to be written, such as a document that is too large, and not of the database."""
_RETRIED: Final = (ConnectorError, PyMongoError, OSError)
"""Errors of a database, after which the same facts are tried again."""

_log = structlog.get_logger(__name__)


class Notifier:
    """Makes, moves and deletes notifications by the facts of all subsystems."""

    def __init__(self, inboxes: Inboxes, *, batch: int = BATCH, most_absences: int = MOST_ABSENCES) -> None:
        self._inboxes = inboxes
        self._absences = absences_topic(most_absences)
        self._batch = batch

    async def notify(self) -> bool:
        """Process a batch of the waiting facts of each subsystem; return whether there may be more.

        A subsystem that fails does not hold up the others; the last such error is raised at the end.
        """
        has_more = False
        failure: Exception | None = None
        for source in self._inboxes.connectors.fact_sources:
            try:
                has_more |= await self._notify_of(source)
            except _RETRIED as error:
                _log.warning("notifications were not made", subsystem=source.name, error=type(error).__name__)
                failure = error
        if failure is not None:
            raise failure
        return has_more

    async def _notify_of(self, source: Source) -> bool:
        """Process a batch of one subsystem's facts; read and written by majority, so that no failover undoes it."""
        place = source.database[facts.COLLECTION].with_options(
            read_concern=ReadConcern("majority"), write_concern=WriteConcern("majority")
        )
        found: list[Any] = await place.find(WAITING).sort("at").limit(self._batch).to_list(None)
        if not found:
            return False
        failures = await self._failures(found)
        ids = [fact["_id"] for fact in found if fact["_id"] not in failures]
        await place.update_many({"_id": {"$in": ids}}, {"$unset": {"awaits_notifications": ""}})
        if failures:
            await place.bulk_write([_noted(fact, failures[fact["_id"]]) for fact in found if fact["_id"] in failures])
        return len(found) == self._batch

    async def _failures(self, found: Sequence[Mapping[str, Any]]) -> dict[str, Exception]:
        """Update the notifications of these facts; return the errors of those facts that no time will mend."""
        try:
            await self._update_inboxes(found)
        except Exception as error:  # a fact that another version wrote must not hold up all later ones
            if isinstance(error, _RETRIED) and not isinstance(error, _REFUSED):
                raise
            if len(found) == 1:
                _log.exception("nobody was notified of a fact", fact=found[0].get("_id"))
                return {found[0]["_id"]: error}
            failures: dict[str, Exception] = {}
            for fact in found:
                failures |= await self._failures([fact])
            return failures
        return {}

    async def _update_inboxes(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Update the notifications of the objects that these facts are about."""
        about: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for fact in found:
            kind = kind_of(fact["object_id"])
            if kind is not None and kind in TOPICS:
                about[kind][fact["object_id"]].append(fact)
        deadline = asyncio.get_running_loop().time() + READ_TIMEOUT_S
        for kind, objects in about.items():
            await self._inboxes.update(TOPICS[kind], objects, deadline)
        absences = absence_causes(found)
        if absences:
            await self._inboxes.update(self._absences, absences, deadline)


def _noted(fact: Mapping[str, Any], error: Exception) -> UpdateOne:
    """Notes that nobody was notified of a fact; it waits on where MongoDB has refused this less than often enough."""
    attempts = fact.get("notification_attempts", 0) + 1
    own = {"_id": fact["_id"]}
    if isinstance(error, _REFUSED) and attempts < MOST_ATTEMPTS:
        return UpdateOne(own, {"$set": {"notification_attempts": attempts}})
    failed = {"notifications_failed": type(error).__name__, "notification_attempts": attempts}
    return UpdateOne(own, {"$set": failed, "$unset": {"awaits_notifications": ""}})
