"""The protocol graphql-transport-ws over a WebSocket.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web

from auth.errors import AuthError, TokenExpired
from connectors.errors import SourceUnavailable
from gateway.http.admission import Admission
from gateway.http.connection import cancelled, client_left
from gateway.http.live.connections import Connections
from gateway.http.live.frames import Frames
from gateway.http.live.signing_in import LiveSignIn
from gateway.http.reading.request import request_of
from gateway.live.connection import LiveConnection, too_many_operations
from gateway.live.ending import Close, Ending
from gateway.live.hub import Hub
from gateway.live.rights import SignedIn
from gateway.observability import metrics
from gateway.observability.middleware import RequestObserver
from gateway.operations.errors import Refused, error_result
from gateway.operations.request import OperationRequest
from gateway.operations.result import OperationResult
from gateway.operations.service import OperationService

PROTOCOL: Final = "graphql-transport-ws"
MAX_ID: Final = 100
"""Characters of the id of an operation, at most: clients send numbers or UUIDs."""

MALFORMED: Final = Close(4400, "Malformed message")
UNAUTHORIZED: Final = Close(4401, "Unauthorized")
FORBIDDEN: Final = Close(4403, "Forbidden")
WRONG_PROTOCOL: Final = Close(4406, "Subprotocol not acceptable")
INIT_TIMEOUT: Final = Close(4408, "Connection initialisation timeout")
SAME_ID: Final = Close(4409, "Subscriber for this id already exists")
SECOND_INIT: Final = Close(4429, "Too many initialisation requests")


class Closed(Exception):
    """The connection has to be closed."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.reason)
        self.close = close


@dataclass(slots=True, eq=False)
class WebSocketConnection:
    """Speaks with one client until it leaves or has to."""

    socket: web.WebSocketResponse
    request: web.Request
    base: OperationRequest
    hub: Hub
    service: OperationService
    sign_in: LiveSignIn
    connections: Connections
    frames: Frames
    admission: Admission
    observer: RequestObserver
    timeout_s: float
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """The operations that begin, or are answered, by their ids."""

    async def serve(self) -> None:
        """Speak with the client; the socket is closed afterwards."""
        ending = None
        try:
            if self.socket.ws_protocol != PROTOCOL:
                raise Closed(WRONG_PROTOCOL)  # noqa: TRY301 - every way to the end is here
            signed_in = await self._signed_in()
            await self._serve(signed_in)
        except Closed as closed:
            ending = closed.close
        if ending is not None:
            await self.close(ending)
        metrics.LIVE_CLOSED.labels(str(self.socket.close_code or "")).inc()

    async def _signed_in(self) -> SignedIn:
        """Whoever says in the first message who they are."""
        try:
            async with asyncio.timeout(self.hub.rules.init_s):
                message = await self._received()
                while message["type"] in {"ping", "pong"}:
                    await self._heard(message)
                    message = await self._received()
        except TimeoutError:
            raise Closed(INIT_TIMEOUT) from None
        if message["type"] != "connection_init":
            raise Closed(UNAUTHORIZED if message["type"] == "subscribe" else MALFORMED)
        parameters = message.get("payload") or {}
        if not isinstance(parameters, dict):
            raise Closed(MALFORMED)
        try:
            signed_in = await self.sign_in.of_socket(self.request, parameters)
            await signed_in.viewer(is_fresh=False)
        except TokenExpired:
            raise Closed(FORBIDDEN) from None
        except AuthError:
            raise Closed(UNAUTHORIZED) from None
        except Refused:  # a page of another site
            raise Closed(FORBIDDEN._replace(code=UNAUTHORIZED.code)) from None
        except SourceUnavailable:
            raise Closed(Ending.TRY_LATER.value) from None
        if not self.connections.may_connect(signed_in.person):
            raise Closed(Ending.TRY_LATER.value._replace(reason="Too many connections"))
        return signed_in

    async def _serve(self, signed_in: SignedIn) -> None:
        admit = self.admission.admits(signed_in.person, self.request.remote or "")
        live = LiveConnection(self.hub, self.service, signed_in, self, admit, self.observer.note, self.timeout_s)
        with self.connections.of_person(live):
            await self.send({"type": "connection_ack"})
            delivering = asyncio.create_task(live.run(), name="live delivery")
            reading = asyncio.create_task(self._read(live), name="live reading")
            left = asyncio.create_task(client_left(self.request), name="live client left")
            try:
                await asyncio.wait({delivering, reading, left}, return_when=asyncio.FIRST_COMPLETED)
                if delivering.done():
                    raise Closed(delivering.result())
                if reading.done():
                    reading.result()
            finally:
                await cancelled({delivering, reading, left, *self._tasks.values()})

    async def _read(self, live: LiveConnection) -> None:
        """Do what the client says, until it leaves."""
        while True:
            message = await self._received()
            match message["type"]:
                case "ping" | "pong":
                    await self._heard(message)
                case "subscribe":
                    await self._subscribe(live, message)
                case "complete":
                    operation_id = _id_of(message)
                    live.unsubscribe(operation_id)
                    if (task := self._tasks.pop(operation_id, None)) is not None:
                        task.cancel()
                case "connection_init":
                    raise Closed(SECOND_INIT)
                case _:
                    raise Closed(MALFORMED)

    async def _subscribe(self, live: LiveConnection, message: Mapping[str, Any]) -> None:
        operation_id, payload = _id_of(message), message.get("payload")
        if not isinstance(payload, dict):
            raise Closed(MALFORMED)
        if operation_id in live.subscriptions or operation_id in self._tasks:
            raise Closed(SAME_ID)
        base = replace(self.base, request_id=uuid.uuid4().hex)
        maximum = self.hub.rules.subscriptions
        if len(live.subscriptions) + len(self._tasks) >= maximum:
            await self.error(operation_id, too_many_operations(maximum, base.request_id))
            return
        try:
            request = request_of(payload, base)
        except Refused as refused:
            await self.error(operation_id, error_result(refused, base.request_id))
            return
        task = asyncio.create_task(self._started(live, operation_id, request), name="live operation")
        self._tasks[operation_id] = task

    async def _started(self, live: LiveConnection, operation_id: str, request: OperationRequest) -> None:
        try:
            await live.start(operation_id, request)
        finally:
            if self._tasks.get(operation_id) is asyncio.current_task():
                del self._tasks[operation_id]

    async def _heard(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping":
            await self.send({"type": "pong"})

    async def _received(self) -> dict[str, Any]:
        """The next message. Raises `Closed` where it is none."""
        received = await self.socket.receive()
        if received.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
            raise Closed(Close(self.socket.close_code or 1000, ""))
        if received.type is not WSMsgType.TEXT:
            raise Closed(MALFORMED)
        try:
            message = orjson.loads(received.data)
        except orjson.JSONDecodeError:
            raise Closed(MALFORMED) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closed(MALFORMED)
        return message

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send a message without a payload of ours."""
        await self._send(orjson.dumps(message).decode())

    async def next(self, operation_id: str, result: OperationResult) -> None:
        """Send a result of an operation that goes on."""
        await self._send_payload(operation_id, "next", self.frames.answer(result))

    async def error(self, operation_id: str, result: OperationResult) -> None:
        """Send the errors that end an operation."""
        await self._send_payload(operation_id, "error", orjson.dumps(self.frames.errors(result)))

    async def complete(self, operation_id: str) -> None:
        """Say that an operation has ended."""
        await self.send({"id": operation_id, "type": "complete"})

    async def close(self, ending: Close) -> None:
        """Close the connection; a client that does not read is cut off, with what it has not read."""
        try:
            async with asyncio.timeout(self.hub.rules.send_s):
                await self.socket.close(code=ending.code, message=ending.reason.encode())
        except (TimeoutError, ConnectionError):
            if self.request.transport is not None:
                self.request.transport.abort()

    async def _send_payload(self, operation_id: str, kind: str, payload: bytes) -> None:
        head = b'{"id":%s,"type":"%s","payload":' % (orjson.dumps(operation_id), kind.encode())
        await self._send((head + payload + b"}").decode())

    async def _send(self, text: str) -> None:
        with suppress(ConnectionError):  # the client has left, which the reading task notices
            await self.socket.send_str(text)


def _id_of(message: Mapping[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not 0 < len(operation_id) <= MAX_ID:
        raise Closed(MALFORMED)
    return operation_id
