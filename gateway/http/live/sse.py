"""Operations over server-sent events: one request for each, in the distinct connections mode of graphql-sse.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from gateway.http.live.frames import Frames
from gateway.http.reading.negotiation import EVENT_STREAM
from gateway.operations.result import OperationResult

HEADERS: Final = {
    "Content-Type": f"{EVENT_STREAM}; charset=utf-8",
    "Cache-Control": "private, no-store",
    "Vary": "Accept, Accept-Encoding, Authorization, Cookie",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}
_PING: Final = b":\n\n"
_COMPLETE: Final = b"event: complete\ndata:\n\n"


@dataclass(slots=True, eq=False)
class EventStream:
    """Writes the events of one operation."""

    response: web.StreamResponse
    frames: Frames
    request_id: str
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self, _operation_id: str, result: OperationResult) -> None:
        """Send a result of the operation."""
        cursor = result.answer.get("extensions", {}).get("cursor", "")
        head = f"event: next\nid: {cursor}\n" if cursor else "event: next\n"
        await self._write(head.encode() + b"data: " + self.frames.answer(result, self.request_id) + b"\n\n")

    async def error(self, operation_id: str, result: OperationResult) -> None:
        """Send the errors that end the operation: the protocol has no event of their own for them."""
        await self.next(operation_id, result)
        await self.complete(operation_id)

    async def complete(self, _operation_id: str) -> None:
        """Say that the operation has ended."""
        await self._write(_COMPLETE)
        self.ended.set()

    async def ping(self, every_s: float) -> None:
        """Send comments, so that no proxy takes the connection for an idle one."""
        while True:
            await asyncio.sleep(every_s)
            await self._write(_PING)

    async def _write(self, data: bytes) -> None:
        try:
            await self.response.write(data)
        except ConnectionError:
            self.ended.set()
