"""One client's live connection: its operations, what waits for them, and the rights under which it is delivered."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol

from graphql import OperationType

from auth.errors import AuthError
from auth.viewer import Viewer
from connectors.errors import SourceUnavailable
from gateway.engine.documents import PreparedOperation
from gateway.events import Event, EventSource
from gateway.languages import Text
from gateway.live.hub import Hub
from gateway.observability import metrics
from gateway.operations.errors import Refused, error_result
from gateway.operations.request import OperationRequest
from gateway.operations.result import OperationResult
from gateway.operations.service import OperationService

BATCH: Final = 16
"""How many events are delivered under rights that were looked up once."""
RIGHTS_S: Final = 60
"""How often topics are computed anew while rights of anybody change: so long, too, does a viewer stay in the cache."""
REFRESH_S: Final = 3_600
"""How often topics are computed anew where nothing was changed: dated rights begin at midnight of some zone."""

_ENDED: Final = Text(
    "The subscription has ended: what you may read has changed, or you have to sign in again.",
    "Подписка закончилась: изменилось то, что вам доступно, или нужно войти снова.",
)
_TOO_MANY: Final = Text(
    "This connection runs {maximum} operations at once at most.",
    "Одно соединение выполняет не больше {maximum} операций одновременно.",
)


class Close(NamedTuple):
    """Why the gateway ends a connection: a code of WebSocket, and a reason for metrics and clients."""

    code: int
    reason: str


class Ending(Enum):
    """The reasons that clients of graphql-transport-ws answer by signing in again, or by connecting again."""

    SIGNED_OUT = Close(4403, "Forbidden: sign in again")
    INTERRUPTED = Close(1012, "Events may have been missed: read everything anew")
    TRY_LATER = Close(1013, "Try again later")
    TOO_SLOW = Close(1013, "Too slow")
    LEAVING = Close(1001, "The gateway is stopping")


class Transport(Protocol):
    """Writes to the client; each write ends when the client may be sent more."""

    async def next(self, operation_id: str, result: OperationResult) -> None:
        """Send a result of an operation that goes on."""
        ...

    async def error(self, operation_id: str, result: OperationResult) -> None:
        """Send the errors that end an operation."""
        ...

    async def complete(self, operation_id: str) -> None:
        """Say that an operation has ended."""
        ...

    async def close(self, ending: Close) -> None:
        """Close the connection."""
        ...


class SignedIn(Protocol):
    """Whoever has opened the connection."""

    @property
    def person(self) -> str:
        """A text that identifies the person: issuer and subject."""
        ...

    @property
    def ends_at(self) -> float:
        """Seconds since 1970 after which the token or the session is worth nothing."""
        ...

    async def viewer(self, *, is_fresh: bool) -> Viewer:
        """The viewer with the rights of now. Raises `AuthError`, and `SourceUnavailable`."""
        ...

    async def forget(self) -> None:
        """Have the viewer looked up anew by the next request: rights have changed."""
        ...

    async def is_valid(self) -> bool:
        """Whether the token or the session is still good."""
        ...


@dataclass(eq=False, slots=True)
class Subscription:
    """A subscription that runs."""

    connection: "LiveConnection"
    id: str
    request: OperationRequest
    source: EventSource
    topics: frozenset[str]

    def offer(self, document_id: str, at: datetime) -> None:
        """Have a changed document delivered; one that waits already is delivered once."""
        self.connection.offer(self, document_id, at)

    def changes_missed(self) -> None:
        """End the connection: changes may have been missed."""
        self.connection.end(Ending.INTERRUPTED)


@dataclass(eq=False, slots=True)
class LiveConnection:
    """Delivers events of the subscriptions of one connection, in their order, until `run` returns."""

    hub: Hub
    service: OperationService
    signed_in: SignedIn
    transport: Transport
    admit: Callable[[], AbstractAsyncContextManager[None]]
    """Blocks in which operations run when it is their turn."""
    timeout_s: float
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _pending: dict[tuple[Subscription, str], datetime] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Operations begin in the order in which they were sent: a query after a subscription misses nothing between."""
    ending: Ending | None = None
    """Why the connection ends; None as long as it goes on."""
    _seen_rights: int = field(init=False)
    _refreshed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._seen_rights, self._refreshed_at = self.hub.rights_version, asyncio.get_running_loop().time()

    async def start(self, operation_id: str, request: OperationRequest) -> bool:
        """Begin an operation; return whether it goes on. A query or a mutation is answered at once."""
        try:
            return await self._start(operation_id, request)
        except Exception as error:  # noqa: BLE001 - an operation that cannot begin ends with its errors
            await self._fail(operation_id, error_result(error, request.request_id))
            return False

    async def _start(self, operation_id: str, request: OperationRequest) -> bool:
        async with AsyncExitStack() as running:
            async with self._turn:
                await running.enter_async_context(self.admit())
                viewer = await self.signed_in.viewer(is_fresh=False)
                prepared = await self.service.prepare(viewer, request)
                if prepared.operation.kind is OperationType.SUBSCRIPTION:
                    return await self._subscribe(operation_id, request, prepared)
            result = await self._result(viewer, request)
        await self._answer(operation_id, result)
        return False

    async def _subscribe(self, operation_id: str, request: OperationRequest, prepared: PreparedOperation) -> bool:
        viewer = await self.signed_in.viewer(is_fresh=True)  # topics of a right that is new are followed at once
        root = prepared.operation.tree.root
        source = self.hub.sources[root.fields[0].name if root else ""]
        # The text was found and is allowed: later runs need no id of it.
        request = replace(
            request,
            query=prepared.operation.source,
            document_id=None,
            persisted_hash=None,
            is_derived=True,
            explains=False,
        )
        result = await self.service.run(viewer, request, self._deadline(), event=Event())
        if result.answer.get("errors"):
            await self._fail(operation_id, result)
            return False
        own = Subscription(self, operation_id, request, source, self.hub.topics_of(source, viewer))
        await self.hub.add(own)
        self.subscriptions[operation_id] = own
        metrics.LIVE_SUBSCRIPTIONS.inc()
        return True

    def stop(self, operation_id: str) -> None:
        """End a subscription, if there is one of this id."""
        own = self.subscriptions.pop(operation_id, None)
        if own is not None:
            self.hub.remove(own)
            metrics.LIVE_SUBSCRIPTIONS.dec()
            for key in [key for key in self._pending if key[0] is own]:
                del self._pending[key]

    def close(self) -> None:
        """End all subscriptions: the connection is gone."""
        for own in list(self.subscriptions):
            self.stop(own)

    def offer(self, subscription: Subscription, document_id: str, at: datetime) -> None:
        """Have a changed document delivered; the connection ends where too much waits for it."""
        key = (subscription, document_id)
        if key in self._pending:
            metrics.LIVE_EVENTS.labels("joined").inc()
        elif len(self._pending) >= self.hub.rules.queue:
            metrics.LIVE_EVENTS.labels("dropped").inc()
            self.end(Ending.TOO_SLOW)
        else:
            self._pending[key] = at
            self._wake.set()

    def end(self, ending: Ending) -> None:
        """End the connection as soon as what is being sent is sent."""
        self.ending = self.ending or ending
        self._wake.set()

    async def run(self) -> Close:
        """Deliver until the connection has to be closed; return why. It may be cancelled at any time."""
        loop = asyncio.get_running_loop()
        while self.ending is None:
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()
            except TimeoutError:
                await self._check(loop.time())
                continue
            self._wake.clear()
            while self._pending and self.ending is None:
                await self._deliver()
        if self.ending is Ending.SIGNED_OUT:
            await self._tell_ended()
        return self.ending.value

    def _pause_s(self) -> float:
        left = self.signed_in.ends_at - datetime.now(UTC).timestamp()
        return max(0.0, min(left, self.hub.rules.check_s))

    async def _check(self, now: float) -> None:
        """End the connection of whoever is signed in no more; follow the topics of rights that have changed."""
        if not await self._is_signed_in():
            self.end(Ending.SIGNED_OUT)
            return
        pause_s = RIGHTS_S if self.hub.rights_version != self._seen_rights else REFRESH_S
        if now - self._refreshed_at >= pause_s:
            self._seen_rights, self._refreshed_at = self.hub.rights_version, now
            await self._viewer(is_fresh=False)

    async def _is_signed_in(self) -> bool:
        if datetime.now(UTC).timestamp() >= self.signed_in.ends_at:
            return False
        try:
            return await self.signed_in.is_valid()
        except SourceUnavailable:
            self.end(Ending.TRY_LATER)
            return True

    async def _viewer(self, *, is_fresh: bool) -> Viewer | None:
        """The viewer of now, whose topics are followed from now on; None where the connection ends."""
        try:
            viewer = await self.signed_in.viewer(is_fresh=is_fresh)
        except SourceUnavailable:
            self.end(Ending.TRY_LATER)
            return None
        except AuthError:
            self.end(Ending.SIGNED_OUT)
            return None
        for own in self.subscriptions.values():
            self.hub.set_topics(own, self.hub.topics_of(own.source, viewer))
        return viewer

    async def _deliver(self) -> None:
        """Deliver some of what waits, with the rights of now."""
        async with self.hub.deliveries:
            if not await self._is_signed_in():
                self.end(Ending.SIGNED_OUT)
            viewer = None if self.ending else await self._viewer(is_fresh=True)
            if viewer is None:
                return
            ready: list[tuple[Subscription, OperationResult, datetime]] = []
            for key in list(self._pending)[:BATCH]:
                at = self._pending.pop(key, None)
                subscription, document_id = key
                if at is not None:
                    results = await self._results(viewer, subscription, document_id)
                    ready += [(subscription, result, at) for result in results]
        for subscription, result, at in ready:
            if self.subscriptions.get(subscription.id) is subscription:
                await self._send(subscription, result, at)

    async def _results(self, viewer: Viewer, subscription: Subscription, document_id: str) -> list[OperationResult]:
        """The results of a changed document that the viewer may read."""
        found = []
        for object_id in subscription.source.object_ids(document_id, viewer):
            event = Event(object_id)
            result = await self.service.run(viewer, subscription.request, self._deadline(), event=event)
            if event.is_withheld:
                metrics.LIVE_EVENTS.labels("withheld").inc()
            else:
                found.append(result)
        return found

    async def _send(self, subscription: Subscription, result: OperationResult, at: datetime) -> None:
        if "data" in result.answer:
            await self._written(self.transport.next(subscription.id, result))
            metrics.LIVE_EVENTS.labels("delivered").inc()
            metrics.LIVE_LAG.observe(max(0.0, datetime.now(UTC).timestamp() - at.timestamp()))
        else:  # such as a quota that is used up
            metrics.LIVE_EVENTS.labels("failed").inc()
            self.stop(subscription.id)
            await self._fail(subscription.id, result)

    async def _result(self, viewer: Viewer, request: OperationRequest) -> OperationResult:
        async def fresh() -> Viewer:
            return await self.signed_in.viewer(is_fresh=True)

        result = await self.service.run(viewer, request, self._deadline(), fresh=fresh)
        if result.has_changed_rights:
            await self.signed_in.forget()
        return result

    async def _answer(self, operation_id: str, result: OperationResult) -> None:
        if "data" not in result.answer:
            await self._fail(operation_id, result)
            return
        await self._written(self.transport.next(operation_id, result))
        await self._written(self.transport.complete(operation_id))

    async def _fail(self, operation_id: str, result: OperationResult) -> None:
        await self._written(self.transport.error(operation_id, result))

    async def _tell_ended(self) -> None:
        """Tell the subscriptions that they end, without a reason that would name what was changed."""
        for operation_id in list(self.subscriptions):
            own = self.subscriptions[operation_id].request
            refused = Refused(HTTPStatus.FORBIDDEN, _ENDED, code="SUBSCRIPTION_ENDED")
            self.stop(operation_id)
            await self._fail(operation_id, error_result(refused, own.request_id))

    async def _written(self, writing: Awaitable[None]) -> None:
        """Wait until the client may be sent more; a client that reads too slowly is left."""
        try:
            async with asyncio.timeout(self.hub.rules.send_s):
                await writing
        except TimeoutError:
            self.end(Ending.TOO_SLOW)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.timeout_s


def too_many_operations(maximum: int, request_id: str) -> OperationResult:
    """The result of one operation more than a connection may run."""
    refused = Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        _TOO_MANY.format(maximum=maximum),
        code="TOO_MANY_SUBSCRIPTIONS",
        extensions={"limit": "subscriptions", "maximum": maximum},
    )
    return error_result(refused, request_id)
