"""One client's live connection: its operations, what waits for them, and its delivery."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter
from typing import Final, Protocol

from graphql import OperationType

from auth.viewer import Viewer
from connectors.change_feed import Change, HistoryLost
from connectors.mongo.read_log import LoggedDeadline
from gateway.engine.documents import PreparedOperation
from gateway.events import Event, EventSource
from gateway.languages import Text
from gateway.live.ending import Close, Ended, Ending
from gateway.live.hub import Hub
from gateway.live.rights import Rights, SignedIn
from gateway.observability import metrics
from gateway.observability.middleware import CLIENT_GONE
from gateway.observability.request_record import RequestRecord, codes_of
from gateway.operations.errors import Refused, error_result
from gateway.operations.request import OperationRequest
from gateway.operations.result import OperationResult
from gateway.operations.service import OperationService

BATCH: Final = 16
"""How many events are delivered under rights that were looked up once."""

_ENDED: Final = Text(
    "The subscription has ended: what you may read has changed, or you have to sign in again.",
    "Подписка закончилась: изменилось то, что вам доступно, или нужно войти снова.",
)
_EVENTS_MISSED: Final = Text(
    "What was changed since the cursor cannot be sent any more: read everything anew, and subscribe without a cursor.",
    "Изменения после этого курсора уже не отправить: прочитайте всё заново и подпишитесь без курсора.",
)
_TOO_MANY: Final = Text(
    "This connection runs {maximum} operations at once at most.",
    "Одно соединение выполняет не больше {maximum} операций одновременно.",
)


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


@dataclass(eq=False, slots=True)
class Subscription:
    """A subscription that runs."""

    connection: "LiveConnection"
    id: str
    request: OperationRequest
    source: EventSource
    topics: frozenset[str]
    position: str = ""
    """The position up to which the client has received everything when it subscribes; empty if it does not say."""
    held: list[Change] | None = None
    """The changes that arrive while earlier ones are looked for, which come first; None afterwards."""

    def offer(self, change: Change) -> None:
        """Have a changed document delivered; one that waits already is delivered once."""
        if change.position <= self.position:
            return  # the client has received it from a process that was quicker
        if self.held is None:
            self.connection.offer(self, change)
        elif len(self.held) < self.connection.hub.rules.queue:
            self.held.append(change)
        else:
            self.connection.end(Ending.TOO_SLOW)

    def resume(self, missed: Iterable[Change]) -> None:
        """Have delivered what the client has missed, and then what was changed meanwhile."""
        held, self.held = self.held or [], None
        for change in (*missed, *held):
            self.offer(change)

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
    note: Callable[[RequestRecord, int, float], None]
    """Counts and logs an operation that was answered or has begun: its record, its status, and seconds."""
    timeout_s: float
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _pending: dict[tuple[Subscription, str], Change] = field(default_factory=dict)
    """The changes that wait, in their order."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Operations begin in the order in which they were sent: a query after a subscription misses nothing between."""
    ending: Ending | None = None
    """Why the connection ends; None as long as it goes on."""
    rights: Rights = field(init=False)

    def __post_init__(self) -> None:
        self.rights = Rights(self.hub, self.signed_in)

    async def start(self, operation_id: str, request: OperationRequest) -> bool:
        """Begin an operation; return whether it goes on. A query or a mutation is answered at once."""
        record, began = RequestRecord(request_id=request.request_id, status=CLIENT_GONE), perf_counter()
        try:
            return await self._start(operation_id, request, record)
        except Exception as error:  # noqa: BLE001 - an operation that cannot begin ends with its errors
            await self._fail(operation_id, _recorded(error_result(error, request.request_id), record))
            return False
        finally:
            self.note(record, record.status, perf_counter() - began)

    async def _start(self, operation_id: str, request: OperationRequest, record: RequestRecord) -> bool:
        async with AsyncExitStack() as running:
            async with self._turn:
                await running.enter_async_context(self.admit())
                viewer = await self.signed_in.viewer(is_fresh=False)
                record.role = viewer.role.value
                prepared = await self.service.prepare(viewer, request)
                if prepared.operation.kind is OperationType.SUBSCRIPTION:
                    return await self._subscribe(operation_id, request, prepared, record)
            result = _recorded(await self._result(viewer, request, record), record)
        await self._answer(operation_id, result)
        return False

    async def _subscribe(
        self, operation_id: str, request: OperationRequest, prepared: PreparedOperation, record: RequestRecord
    ) -> bool:
        viewer = await self.signed_in.viewer(is_fresh=True)  # topics of a right that is new are followed at once
        root = prepared.operation.tree.root
        source = self.hub.sources[root.fields[0].name if root else ""]
        position = self._position(request.after, viewer, source)
        # The text was found and is allowed: later runs need no id of it.
        request = replace(
            request,
            query=prepared.operation.source,
            document_id=None,
            persisted_hash=None,
            is_derived=True,
            explains=False,
            after=None,
        )
        deadline = LoggedDeadline(self._operation_deadline(), record.tally)
        result = _recorded(await self.service.run(viewer, request, deadline, event=Event()), record)
        if result.answer.get("errors"):
            await self._fail(operation_id, result)
            return False
        own = Subscription(self, operation_id, request, source, self.hub.topics_of(source, viewer), position)
        if position:
            own.held = []
        until = await self.hub.add(own)
        self.subscriptions[operation_id] = own
        metrics.LIVE_SUBSCRIPTIONS.inc()
        if position:
            await self._resume(own, until)
        return True

    def _position(self, after: str | None, viewer: Viewer, source: EventSource) -> str:
        """The position of a client's cursor; empty without one. Raises `Refused` for one of others."""
        if after is None:
            return ""
        position = self.hub.cursors.position(after, self.signed_in.person, viewer.role, source.place)
        if position is None:
            raise _events_missed()
        return position

    async def _resume(self, own: Subscription, until: str) -> None:
        """Have what was changed before *until* delivered to a client that was away. Raises `Refused`."""
        with ExitStack() as undoing:
            undoing.callback(self.unsubscribe, own.id)
            try:
                missed = await self.hub.changed_between(own, own.position, until) if own.position < until else []
            except HistoryLost:
                raise _events_missed() from None
            if len(missed) > self.hub.rules.queue:
                raise _events_missed()
            undoing.pop_all()
        own.resume(missed)

    def unsubscribe(self, operation_id: str) -> None:
        """End a subscription, if there is one of this id."""
        own = self.subscriptions.pop(operation_id, None)
        if own is not None:
            self.hub.remove(own)
            metrics.LIVE_SUBSCRIPTIONS.dec()
            for key in [key for key in self._pending if key[0] is own]:
                del self._pending[key]

    def unsubscribe_all(self) -> None:
        """End all subscriptions: the connection is gone."""
        for own in list(self.subscriptions):
            self.unsubscribe(own)

    def offer(self, subscription: Subscription, change: Change) -> None:
        """Have a changed document delivered; the connection ends where too much waits for it."""
        key = (subscription, change.document_id)
        if self._pending.pop(key, None) is not None:
            metrics.LIVE_EVENTS.labels("joined").inc()
            self._pending[key] = change  # behind the others, so that cursors are in the order of changes
        elif len(self._pending) >= self.hub.rules.queue:
            metrics.LIVE_EVENTS.labels("dropped").inc()
            self.end(Ending.TOO_SLOW)
        else:
            self._pending[key] = change
            self._wake.set()

    def end(self, ending: Ending) -> None:
        """End the connection as soon as what is being sent is sent."""
        self.ending = self.ending or ending
        self._wake.set()

    async def run(self) -> Close:
        """Deliver until the connection has to be closed; return why. It may be cancelled at any time."""
        while self.ending is None:
            try:
                await self._wait_and_deliver()
            except Ended as ended:
                self.end(ended.ending)
        if self.ending is Ending.SIGNED_OUT:
            await self._tell_ended()
        return self.ending.value

    async def _wait_and_deliver(self) -> None:
        """Wait until something is to be delivered or checked, and do it."""
        try:
            async with asyncio.timeout(self.rights.pause_s()):
                await self._wake.wait()
        except TimeoutError:
            viewer = await self.rights.checked()
            if viewer is not None:
                self._follow(viewer)
            return
        self._wake.clear()
        while self._pending and self.ending is None:
            await self._deliver_batch()

    def _follow(self, viewer: Viewer) -> None:
        """Have the subscriptions follow what concerns the viewer of now."""
        for own in self.subscriptions.values():
            self.hub.set_topics(own, self.hub.topics_of(own.source, viewer))

    async def _deliver_batch(self) -> None:
        """Deliver some of what waits, with the rights of now."""
        async with self.hub.deliveries:
            viewer = await self.rights.fresh_viewer()
            self._follow(viewer)
            ready: list[tuple[Subscription, OperationResult, datetime]] = []
            # Taken out at once: a document that is changed meanwhile waits behind what waits already.
            batch = [(key[0], self._pending.pop(key)) for key in list(self._pending)[:BATCH]]
            for subscription, change in batch:
                results = await self._results(viewer, subscription, change)
                ready += [(subscription, result, change.at) for result in results]
        for subscription, result, at in ready:
            if self.subscriptions.get(subscription.id) is subscription:
                await self._send(subscription, result, at)

    async def _results(self, viewer: Viewer, subscription: Subscription, change: Change) -> list[OperationResult]:
        """The results of a changed document that the viewer may read; the last one has the cursor of the change."""
        found: list[OperationResult] = []
        source = subscription.source
        for object_id in source.object_ids(change.document_id, viewer):
            event = Event(object_id)
            result = await self.service.run(viewer, subscription.request, self._operation_deadline(), event=event)
            if event.is_withheld:
                metrics.LIVE_EVENTS.labels("withheld").inc()
            else:
                found.append(result)
        if found:
            person = self.signed_in.person
            cursor = self.hub.cursors.cursor(change.position, person, viewer.role, source.place)
            found[-1].answer.setdefault("extensions", {})["cursor"] = cursor
        return found

    async def _send(self, subscription: Subscription, result: OperationResult, at: datetime) -> None:
        if "data" in result.answer:
            await self._written(self.transport.next(subscription.id, result))
            metrics.LIVE_EVENTS.labels("delivered").inc()
            metrics.LIVE_LAG.observe(max(0.0, datetime.now(UTC).timestamp() - at.timestamp()))
        else:  # such as a quota that is used up
            metrics.LIVE_EVENTS.labels("failed").inc()
            self.unsubscribe(subscription.id)
            await self._fail(subscription.id, result)

    async def _result(self, viewer: Viewer, request: OperationRequest, record: RequestRecord) -> OperationResult:
        async def fresh() -> Viewer:
            return await self.signed_in.viewer(is_fresh=True)

        deadline = LoggedDeadline(self._operation_deadline(), record.tally)
        result = await self.service.run(viewer, request, deadline, fresh=fresh)
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
            self.unsubscribe(operation_id)
            await self._fail(operation_id, error_result(refused, own.request_id))

    async def _written(self, writing: Awaitable[None]) -> None:
        """Wait until the client may be sent more; a client that reads too slowly is left."""
        try:
            async with asyncio.timeout(self.hub.rules.send_s):
                await writing
        except TimeoutError:
            self.end(Ending.TOO_SLOW)

    def _operation_deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.timeout_s


def _recorded(result: OperationResult, record: RequestRecord) -> OperationResult:
    """Note a result in the record of its operation."""
    record.add(result)
    record.status, record.codes = result.status, codes_of(result.answer)
    return result


def _events_missed() -> Refused:
    return Refused(HTTPStatus.GONE, _EVENTS_MISSED, code="EVENTS_MISSED")


def too_many_operations(maximum: int, request_id: str) -> OperationResult:
    """The result of one operation more than a connection may run."""
    refused = Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        _TOO_MANY.format(maximum=maximum),
        code="TOO_MANY_SUBSCRIPTIONS",
        extensions={"limit": "subscriptions", "maximum": maximum},
    )
    return error_result(refused, request_id)
