"""All connectors, opened together: each subsystem on its own database, and on its own server where one is named."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, Self, get_type_hints

from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from connectors import (
    analytics,
    announcements,
    assessments,
    audit,
    curriculum,
    diary,
    directory,
    downloads,
    files,
    grades,
    integrity,
    messages,
    notifications,
    portfolio,
    schedule,
    services,
)
from connectors.cache.cached_reads import CachedReads, collections_of
from connectors.change_feed import Followed
from connectors.change_streams import Watched
from connectors.declarations import Connector
from connectors.errors import ConnectorError
from connectors.facts import FACTS
from connectors.mongo import Database, Driver, ReadPreference, Source, connect, database_of
from connectors.mongo.resilience import GuardRules
from connectors.mongo.thread_pool import ThreadPool
from connectors.time_limits import TimeLimits

RIGHTS: Final = "directory"
"""The subsystem from which it follows who may see what."""

_ANSWERS_WITHIN_S: Final = 1.0
"""How long a start waits for a source that does not answer."""
_INDEXES_AGAIN_S: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connectors:
    """One connector per subsystem.

    Each one listed here is constructed at start, gets its indexes, has its change stream watched, and is checked by
    `school-gateway doctor`.
    """

    directory: directory.Directory
    diary: diary.Diary
    grades: grades.Grades
    curriculum: curriculum.Curricula
    schedule: schedule.Schedule
    portfolio: portfolio.Portfolios
    assessments: assessments.Assessments
    services: services.Services
    announcements: announcements.Announcements
    messages: messages.Messages
    notifications: notifications.Notifications
    audit: audit.Audit
    analytics: analytics.Analytics
    downloads: downloads.Downloads
    files: files.Files
    integrity: integrity.Integrity

    @property
    def each(self) -> Mapping[str, Connector]:
        """The connector of each subsystem by name."""
        return {name: getattr(self, name) for name in SUBSYSTEMS}

    @property
    def sources(self) -> Mapping[str, Source]:
        """The source of each subsystem."""
        return {name: connector.source for name, connector in self.each.items()}

    @property
    def databases(self) -> Mapping[str, Database]:
        """The database of each subsystem."""
        return {name: source.database for name, source in self.sources.items()}

    @property
    def fact_sources(self) -> list[Source]:
        """The sources of the subsystems whose changes are recorded as facts."""
        return [connector.source for connector in self.each.values() if FACTS in connector.collections]

    def queued_s(self, now: float) -> float:
        """Return how long a read has waited by *now* for its turn at a database that answers others."""
        return max(source.guard.queued_s(now) for source in self.sources.values())

    def keep_reads(self, reads: CachedReads) -> None:
        """Keep in *reads* what answers everybody alike."""
        for source in self.sources.values():
            source.cache = reads

    async def create_indexes(self) -> None:
        """Create the indexes that are declared and missing, in every database."""
        await asyncio.gather(*(connector.create_indexes() for connector in self.each.values()))

    async def begin_indexes(self) -> "asyncio.Future[Any]":
        """Create the indexes; the future tries again, until it succeeds, what a source does not accept now.

        The directory must take them, for without it nobody can sign in: raises PyMongoError where it does not.
        """
        await self.directory.create_indexes()
        others = [connector for name, connector in self.each.items() if name != RIGHTS]
        created = await asyncio.gather(*map(_indexed, others))
        late = [connector for connector, done in zip(others, created, strict=True) if not done]
        return asyncio.gather(*map(_indexed_at_last, late))


SUBSYSTEMS: Final[Mapping[str, type[Connector]]] = get_type_hints(Connectors)
"""The connector's class of each subsystem, in the order in which they stand above."""


async def _indexed(connector: Connector) -> bool:
    try:
        await connector.source.ping(deadline=asyncio.get_running_loop().time() + _ANSWERS_WITHIN_S)
        await connector.create_indexes()  # may take long: it is not to be broken off
    except (PyMongoError, ConnectorError) as error:
        _log.warning("The indexes of %s are not there yet: %r", connector.source.name, error)
        return False
    return True


async def _indexed_at_last(connector: Connector) -> None:
    while not await _indexed(connector):  # noqa: ASYNC110 - what is waited for is another server
        await asyncio.sleep(_INDEXES_AGAIN_S)


_SHARED_THREADS: Final = 4
"""Threads in which motor reads for all sources that answer quickly: each source takes one at most."""


class Clients:
    """The clients behind the connectors, one per distinct server; closing them closes all."""

    def __init__(
        self,
        uri: str,
        *,
        uris: Mapping[str, str] | None = None,
        prefix: str = "school",
        timeout_s: float = 2.0,
        driver: Driver = Driver.MOTOR,
        listeners: Sequence[CommandListener] = (),
        guard: GuardRules | None = None,
        time_limits: TimeLimits | None = None,
        read_preference: ReadPreference = ReadPreference.PRIMARY_PREFERRED,
    ) -> None:
        self._uris = {name: (uris or {}).get(name, uri) for name in SUBSYSTEMS}
        self._clients: dict[str, Any] = {
            distinct: connect(distinct, timeout_s=timeout_s, driver=driver, listeners=listeners)
            for distinct in dict.fromkeys(self._uris.values())
        }
        self._prefix = prefix
        self._guard = guard
        self._time_limits = time_limits or TimeLimits()
        self._threads = ThreadPool("mongodb", few=_SHARED_THREADS, most=_SHARED_THREADS + len(SUBSYSTEMS))
        self._read_preference = read_preference

    @property
    def connectors(self) -> Connectors:
        """The connectors over these clients; the database of a subsystem is `<prefix>_<subsystem>`."""
        sources = {
            name: Source(name, self._database(name, uri), self._guard, self._time_limits, self._threads)
            for name, uri in self._uris.items()
        }
        every: Mapping[str, Any] = {name: SUBSYSTEMS[name](source) for name, source in sources.items()}
        return Connectors(**every)

    def _database(self, name: str, uri: str) -> Database:
        """Return the database of a subsystem; rights are read from the primary, which knows what was withdrawn."""
        preference = ReadPreference.PRIMARY if name == RIGHTS else self._read_preference
        found: Database = database_of(self._clients[uri], f"{self._prefix}_{name}", preference)
        return found

    @property
    def servers(self) -> Mapping[str, Mapping[str, str]]:
        """By the URI of each server, the names of its databases by subsystem."""
        found: dict[str, dict[str, str]] = {}
        for name, uri in self._uris.items():
            found.setdefault(uri, {})[name] = f"{self._prefix}_{name}"
        return found

    @property
    def watched(self) -> Watched:
        """Where the collections of shared reads are, of each subsystem that has any."""
        shared = {name: collections_of(connector) for name, connector in SUBSYSTEMS.items()}
        return {name: (self._uris[name], f"{self._prefix}_{name}", found) for name, found in shared.items() if found}

    def followed(self, places: Iterable[str]) -> Followed:
        """Where the collections *places* (`grades.marks`) are, by subsystem."""
        collections: dict[str, list[str]] = {}
        for place in places:
            subsystem, _, collection = place.partition(".")
            collections.setdefault(subsystem, []).append(collection)
        return {name: (self._uris[name], f"{self._prefix}_{name}", own) for name, own in collections.items()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            closing = client.close()
            if isawaitable(closing):  # PyMongo's; motor's is closed at once
                await closing
