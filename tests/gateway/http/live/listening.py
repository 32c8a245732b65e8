"""Listening to a served gateway over a WebSocket, message by message."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import ClientWebSocketResponse, WSMsgType
from jose import jwt

from auth.viewer import Role
from gateway.observability import metrics
from tests.gateway.served import SECRET, Served
from tests.gateway.writing.acting import Acting

WITHIN_S = 30
MARKS = "subscription { markChanged { student { id } mark { id value } } }"
REMARKS = "subscription { remarkAdded { student { id } remark { text } } }"


@dataclass(slots=True)
class Listener:
    """One open socket."""

    socket: ClientWebSocketResponse

    async def send(self, kind: str, **message: Any) -> None:
        await self.socket.send_json({"type": kind, **message})

    async def message(self) -> Any:
        """The next message."""
        async with asyncio.timeout(WITHIN_S):
            return await self.socket.receive_json()

    async def closed(self) -> int:
        """The code with which the gateway closes the socket, whatever it sends before."""
        async with asyncio.timeout(WITHIN_S):
            while (received := await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        assert received.type is WSMsgType.CLOSE, received
        return int(received.data)

    async def subscribe(self, query: str, operation_id: str = "1", **variables: Any) -> None:
        """Begin a subscription, and wait until it runs."""
        await self.send("subscribe", id=operation_id, payload={"query": query, "variables": variables})
        await self.send("subscribe", id="later", payload={"query": "{ __typename }"})  # operations begin in their order
        assert await self.message() == {"id": "later", "type": "next", "payload": {"data": {"__typename": "Query"}}}
        assert await self.message() == {"id": "later", "type": "complete"}

    async def event(self) -> Any:
        """The data of the next event."""
        message = await self.message()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]


def ending_in(bearer: str, seconds: float) -> str:
    """A token as *bearer* that ends at another time."""
    claims = jwt.get_unverified_claims(bearer)
    ending: str = jwt.encode({**claims, "exp": int(time.time() + seconds)}, SECRET, algorithm="HS256")
    return ending


def running() -> float:
    """How many subscriptions run in this process."""
    [family] = metrics.LIVE_SUBSCRIPTIONS.collect()
    return family.samples[0].value


async def until_running(count: float) -> None:
    """Wait until so many subscriptions run in this process."""
    async with asyncio.timeout(WITHIN_S):
        while running() != count:  # noqa: ASYNC110 - no message of the protocols says it
            await asyncio.sleep(0.01)


async def settled(acts: Acting) -> None:
    """Wait until everything that was changed so far is routed: changes are routed in their order."""
    query = "subscription { announcementAdded { id } }"
    async with connected(acts.served, {"Authorization": f"Bearer {acts.bearer('boris', Role.STUDENT)}"}) as boris:
        await boris.subscribe(query)
        [one, *_] = await acts.found("announcements.announcements", school_id=acts.id("School", "perm"))
        last = f"ann_{uuid4().hex}"
        audience = [f"{acts.id('School', 'perm')}:STUDENT"]
        await acts.insert("announcements.announcements", {**one, "_id": last, "audience": audience})
        while (await boris.event())["announcementAdded"]["id"] != last:
            pass
        await acts.client[f"{acts.prefix}_announcements"]["announcements"].delete_one({"_id": last})


@asynccontextmanager
async def opened(gateway: Served, *, protocol: str = "graphql-transport-ws", **headers: str) -> AsyncIterator[Listener]:
    """A socket whose client has said nothing yet."""
    async with gateway.client.ws_connect("/graphql", protocols=(protocol,), headers=headers) as socket:
        yield Listener(socket)


@asynccontextmanager
async def connected(gateway: Served, parameters: Mapping[str, Any]) -> AsyncIterator[Listener]:
    """A socket whose client is signed in."""
    async with opened(gateway) as listener:
        await listener.send("connection_init", payload=parameters)
        assert await listener.message() == {"type": "connection_ack"}
        yield listener


@asynccontextmanager
async def listening(acts: Acting, who: str, role: Role, query: str = "", **variables: Any) -> AsyncIterator[Listener]:
    """A socket of one of the people of the school, with a subscription."""
    async with connected(acts.served, {"Authorization": f"Bearer {acts.bearer(who, role)}"}) as listener:
        if query:
            await listener.subscribe(query, **variables)
        yield listener
