"""Opens live connections at the address of the graph."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.http.admission import Admission
from gateway.http.connection import cancelled, client_left
from gateway.http.errors import Refused
from gateway.http.live.connections import Connections, bound_send_buffer
from gateway.http.live.frames import Frames
from gateway.http.live.signing_in import LiveSignIn
from gateway.http.live.sse import HEADERS, EventStream
from gateway.http.live.websocket import PROTOCOL, WebSocketConnection
from gateway.http.reading.body import Bodies
from gateway.http.reading.negotiation import joined, prefers_events
from gateway.http.reading.request import graphql_requests
from gateway.http.writing.response import Responses
from gateway.languages import Text
from gateway.live.connection import LiveConnection
from gateway.live.ending import Ending
from gateway.live.hub import Hub
from gateway.observability import metrics
from gateway.observability.middleware import LIVE, RequestObserver
from gateway.observability.request_record import record_of
from gateway.operations.errors import error_result
from gateway.operations.request import OperationRequest
from gateway.operations.service import OperationService

CLOSE_S: Final = 2.0
"""How long a client may take to answer that the connection is closed."""
_ONE: Final = "1"
"""The id of the only operation of a stream."""
_TOO_MANY: Final = Text(
    "You have {maximum} live connections, which is the most.", "У вас уже {maximum} открытых соединений — это максимум."
)
_NO_BATCH: Final = Text("Send one operation for each stream.", "Отправляйте по одной операции на поток.")


def wants_live(request: web.Request) -> bool:
    """Whether a client asks for a WebSocket or an event stream."""
    if request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket":
        return True
    return prefers_events(joined(request, "Accept"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEndpoint:
    """Serves subscriptions, and other operations beside them."""

    hub: Hub
    service: OperationService
    sign_in: LiveSignIn
    connections: Connections
    bodies: Bodies
    responses: Responses
    client_header: str
    admission: Admission
    observer: RequestObserver
    timeout_s: float

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends. Raises `Refused` where there are too many."""
        is_socket = "Upgrade" in request.headers
        record_of(request).kind = LIVE
        with self.connections.opened("websocket" if is_socket else "sse"):
            return await (self._socket(request) if is_socket else self._stream(request))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        rules = self.hub.rules
        bound_send_buffer(request, rules.send_buffer_bytes)
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            timeout=CLOSE_S,
            heartbeat=rules.ping_s,
            max_msg_size=rules.message_bytes,
            compress=False,
        )
        await socket.prepare(request)
        connection = WebSocketConnection(
            socket,
            request,
            OperationRequest(variables={}, client=request.headers.get(self.client_header, "")),
            self.hub,
            self.service,
            self.sign_in,
            self.connections,
            self._frames(request),
            self.admission,
            self.observer,
            self.timeout_s,
        )
        await connection.serve()
        return socket

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        request_id = record_of(request).request_id = uuid.uuid4().hex
        bound_send_buffer(request, self.hub.rules.send_buffer_bytes)
        response = web.StreamResponse(headers={**HEADERS, "X-Request-Id": request_id})
        stream = EventStream(response, self._frames(request), request_id)
        try:
            signed_in = await self.sign_in.of_request(request)
            sent = await graphql_requests(
                request, self.bodies, batch_max=0, client_header=self.client_header, request_id=request_id
            )
            maximum = self.hub.rules.person_connections
            if not self.connections.may_connect(signed_in.person):
                message = _TOO_MANY.format(maximum=maximum)
                extensions = {"limit": "connections", "maximum": maximum}
                raise Refused(429, message, code="TOO_MANY_SUBSCRIPTIONS", extensions=extensions)  # noqa: TRY301 - below it is answered
            if not isinstance(sent, OperationRequest):
                raise Refused(400, _NO_BATCH)  # noqa: TRY301 - likewise
        except Exception as error:  # noqa: BLE001 - a client would ask again and again for any answer but a stream
            await response.prepare(request)
            await stream.error(_ONE, error_result(error, request_id))
            return response
        await response.prepare(request)
        admit = self.admission.admits(signed_in.person, request.remote or "")
        live = LiveConnection(self.hub, self.service, signed_in, stream, admit, self.observer.note, self.timeout_s)
        with self.connections.of_person(live):
            await self._streamed(request, live, stream, sent)
        return response

    async def _streamed(
        self, request: web.Request, live: LiveConnection, stream: EventStream, sent: OperationRequest
    ) -> None:
        if not await live.start(_ONE, sent):
            return
        delivering = asyncio.create_task(live.run(), name="live delivery")
        pinging = asyncio.create_task(stream.ping(self.hub.rules.ping_s), name="live ping")
        ended = asyncio.create_task(stream.ended.wait(), name="live end")
        left = asyncio.create_task(client_left(request), name="live client left")
        tasks: set[asyncio.Task[Any]] = {delivering, pinging, ended, left}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(tasks)
        if live.ending is Ending.TOO_SLOW and request.transport is not None:
            request.transport.abort()
        code = Ending.LEAVING.value.code if delivering.cancelled() else delivering.result().code
        metrics.LIVE_CLOSED.labels(str(code)).inc()

    def _frames(self, request: web.Request) -> Frames:
        return Frames(self.responses, self.responses.language(request))
