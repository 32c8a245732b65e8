"""Routes what was changed in the databases to the subscriptions that it may concern."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, Protocol

from auth.viewer import Viewer
from connectors.assembly import RIGHTS, Connectors
from connectors.change_feed import Change, ChangeFeed, Followed
from connectors.errors import SourceUnavailable
from gateway.events import EventSource, Topic
from gateway.live.resume_cursors import Cursors
from gateway.live.rules import LiveRules

RIGHTS_COLLECTIONS: Final = frozenset(
    f"{RIGHTS}.{name}" for name in ("people", "guardianships", "staff_assignments", "classes", "groups", "schools")
)
"""The collections whose changes may alter what viewers may read."""

_log = logging.getLogger(__name__)


class Subscriber(Protocol):
    """A subscription of a connection."""

    source: EventSource
    topics: frozenset[str]

    def offer(self, change: Change) -> None:
        """Take note of a changed document, without waiting."""
        ...

    def changes_missed(self) -> None:
        """Take note that changes may have been missed."""
        ...


class Hub:
    """The subscriptions of one process; changes are followed from the first subscription on."""

    def __init__(
        self,
        connectors: Connectors,
        sources: Mapping[str, EventSource],
        followed: Callable[[Iterable[str]], Followed],
        rules: LiveRules,
        cursors: Cursors,
        timeout_s: float,
    ) -> None:
        self.sources = sources
        self.rules = rules
        self.cursors = cursors
        self.rights_version = 0
        """Incremented when the rights of any viewer may have changed."""
        self.deliveries = asyncio.Semaphore(rules.deliveries)
        self._connectors = connectors
        self._timeout_s = timeout_s
        places = {source.place for source in sources.values()} | RIGHTS_COLLECTIONS
        self._feed = ChangeFeed(followed(places), self._changed, self._missed)
        self._running = AsyncExitStack()
        self._is_running = False
        self._subscribers: dict[tuple[EventSource, str], set[Subscriber]] = defaultdict(set)
        self._count: dict[EventSource, int] = defaultdict(int)
        self._routed: dict[EventSource, str] = {}
        """The position up to which the changes of a source were offered."""

    async def add(self, subscriber: Subscriber) -> str:
        """Offer a subscription what is changed from now on; return the position that now is.

        Raises `SourceUnavailable` where the feed does not open.
        """
        if not self._is_running:
            self._is_running = True
            await self._running.enter_async_context(self._feed)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._feed.is_open.wait()
        except TimeoutError:
            raise SourceUnavailable("events") from None
        self._count[subscriber.source] += 1
        self._index(subscriber)
        source = subscriber.source
        return max(self._routed.get(source, ""), self._feed.opened_at(source.place))

    async def changed_between(self, subscriber: Subscriber, after: str, until: str) -> list[Change]:
        """The changes that a subscription would have been offered after one position up to another, in their order.

        Raises `HistoryLost` where they cannot be read any more, and `SourceUnavailable`.
        """
        source, most = subscriber.source, self.rules.resume_changes
        try:
            async with asyncio.timeout(self._timeout_s), self.deliveries:
                found = await self._feed.between(source.place, after, until, most=most)
                changed = _last_of_each(own for own in found if source.counts(own))
                topics = await source.topics(self._connectors, list(changed), self._deadline()) if changed else {}
        except TimeoutError:
            raise SourceUnavailable("events") from None
        return [own for key, own in changed.items() if not subscriber.topics.isdisjoint(topics.get(key, ()))]

    def set_topics(self, subscriber: Subscriber, topics: frozenset[str]) -> None:
        """Let a subscription follow other topics: the rights of its viewer have changed."""
        if topics != subscriber.topics:
            self._unindex(subscriber)
            subscriber.topics = topics
            self._index(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Offer a subscription nothing any more."""
        self._count[subscriber.source] -= 1
        self._unindex(subscriber)

    def topics_of(self, source: EventSource, viewer: Viewer) -> frozenset[str]:
        """The topics by which a viewer follows a source."""
        return frozenset(source.followed(viewer))

    async def aclose(self) -> None:
        """Follow changes no more."""
        await self._running.aclose()

    def _index(self, subscriber: Subscriber) -> None:
        for topic in subscriber.topics:
            self._subscribers[subscriber.source, topic].add(subscriber)

    def _unindex(self, subscriber: Subscriber) -> None:
        for topic in subscriber.topics:
            key = (subscriber.source, topic)
            self._subscribers[key].discard(subscriber)
            if not self._subscribers[key]:
                del self._subscribers[key]

    async def _changed(self, changes: Sequence[Change]) -> None:
        """Route changes that arrived together: one batch of reads for each source that somebody subscribes to."""
        if any(change.place in RIGHTS_COLLECTIONS for change in changes):
            self.rights_version += 1
        for source in self.sources.values():
            changed = _last_of_each(own for own in changes if own.place == source.place and source.counts(own))
            if changed:
                await self._route(source, changed)

    async def _route(self, source: EventSource, changed: Mapping[str, Change]) -> None:
        """Offer changes of a source; nothing waits between noting their position and offering them."""
        position = max(own.position for own in changed.values())
        topics: Mapping[str, Iterable[Topic]] = {}
        if self._count[source]:
            try:
                topics = await source.topics(self._connectors, list(changed), self._deadline())
            except Exception as error:  # noqa: BLE001 - whom it concerns is not known: subscribers read everything anew
                _log.warning("Changes of %s could not be routed: %s", source.place, type(error).__name__)
                self._end_all_of(source)
        self._routed[source] = position
        for document_id, change in changed.items():
            found: set[Subscriber] = set()
            for topic in topics.get(document_id, ()):
                found |= self._subscribers.get((source, topic), set())
            for subscriber in found:
                subscriber.offer(change)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._timeout_s

    async def _missed(self) -> None:
        self.rights_version += 1
        for source in self.sources.values():
            self._end_all_of(source)

    def _end_all_of(self, source: EventSource) -> None:
        for subscriber in {one for key, own in self._subscribers.items() if key[0] is source for one in own}:
            subscriber.changes_missed()


def _last_of_each(changes: Iterable[Change]) -> dict[str, Change]:
    """The last change of each document, in their order."""
    found: dict[str, Change] = {}
    for change in changes:
        found.pop(change.document_id, None)
        found[change.document_id] = change
    return found
