"""Requests as bytes, and what they cost."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson
from aiohttp import ClientResponse

from tests.gateway.served import Served

GRAPHQL = "application/graphql-response+json"


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def extensions(self) -> Mapping[str, Any]:
        """The extensions of the first error."""
        found: Mapping[str, Any] = self.json["errors"][0]["extensions"]
        return found

    @property
    def code(self) -> str:
        return str(self.extensions["code"])


async def _answered(response: ClientResponse) -> Answered:
    return Answered(response.status, response.headers, await response.read())


async def post(gateway: Served, bearer: str | None, body: Any, **headers: str) -> Answered:
    """POST *body*, as JSON unless it is bytes; `Content_Type` and the like become headers."""
    data = BytesIO(body if isinstance(body, bytes) else orjson.dumps(body))
    all_headers = {"Content-Type": "application/json", "Accept": GRAPHQL, **_named(bearer, headers)}
    client = gateway.client  # its session, for the client itself would keep every response
    async with client.session.post(client.make_url("/graphql"), data=data, headers=all_headers) as response:
        return await _answered(response)


async def get(gateway: Served, bearer: str | None, parameters: Mapping[str, str], **headers: str) -> Answered:
    all_headers = {"Accept": GRAPHQL, **_named(bearer, headers)}
    async with gateway.client.get("/graphql", params=parameters, headers=all_headers) as response:
        return await _answered(response)


def _named(bearer: str | None, headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**named, "Authorization": f"Bearer {bearer}"} if bearer else named


async def raw(gateway: Served, head: str, *parts: bytes, pause_s: float = 0) -> bytes:
    """Send a request as it is, piece by piece, and read one answer."""
    reader, writer = await asyncio.open_connection(gateway.client.host, gateway.client.port)
    try:
        writer.write(head.replace("\n", "\r\n").encode())
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(10):
            found = await reader.readuntil(b"\r\n\r\n")
            return found + await reader.readexactly(int(found.lower().partition(b"content-length:")[2].split()[0]))
    finally:
        writer.close()


@contextmanager
def cpu_below(seconds: float) -> Iterator[None]:
    """Fails when this process, client and server, computed for longer; the garbage of other tests is left alone."""
    gc.disable()
    before = time.process_time()
    try:
        yield
    finally:
        took = time.process_time() - before
        gc.enable()
    assert took < seconds, f"{took:.3f} s of CPU"


@contextmanager
def keeps_below(size_bytes: int) -> Iterator[None]:
    """Fails when more than that is in use at the end of what was allocated meanwhile.

    Python's allocations are counted, not the memory of the process: that depends on gaps which other tests left.
    """
    gc.collect()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        in_use, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert in_use < size_bytes, f"{in_use:,} bytes are kept"
