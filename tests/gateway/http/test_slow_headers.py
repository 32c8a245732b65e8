"""Clients that take their time over the headers of a request, at a gateway in a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from yarl import URL

from auth.viewer import Role
from tests.gateway.load import Program, program
from tests.gateway.served import token

KEEPALIVE_S = 0.5
PAUSE_S = 0.05
CLOSED_WITHIN_S = 30
"""Less than a connection is kept by default."""
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
ENDLESS = b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 4_000


@pytest.fixture(scope="module")
async def impatient(mongo_uri: str) -> AsyncIterator[Program]:
    environment = {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": "slow_headers",
        "GATEWAY_HTTP__KEEPALIVE_S": str(KEEPALIVE_S),
    }
    async with program(**environment) as running:
        yield running


async def answers(running: Program, at_once: bytes, slowly: bytes = b"") -> bytes:
    """All that is answered until the gateway closes the connection."""
    url = URL(running.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    async def send() -> None:
        with suppress(ConnectionError):
            writer.write(at_once)
            for byte in slowly:
                await asyncio.sleep(PAUSE_S)
                writer.write(bytes([byte]))

    sending = asyncio.create_task(send())
    received = b""
    try:
        with suppress(ConnectionResetError):  # a byte more was on its way
            async with asyncio.timeout(CLOSED_WITHIN_S):
                while part := await reader.read(65_536):
                    received += part
    finally:
        sending.cancel()
        writer.close()
    return received


@pytest.mark.parametrize("slowly", [b"", ENDLESS], ids=["silence", "a byte at a time"])
async def test_a_connection_is_closed_when_its_first_request_does_not_come(impatient: Program, slowly: bytes) -> None:
    assert await answers(impatient, b"", slowly) == b""


@pytest.mark.parametrize("slowly", [b"", ENDLESS], ids=["silence", "a byte at a time"])
async def test_a_connection_is_closed_when_its_next_request_does_not_come(impatient: Program, slowly: bytes) -> None:
    received = await answers(impatient, REQUEST, slowly)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.count(b"HTTP/1.1 ") == 1


async def test_a_body_may_take_longer_than_the_headers(impatient: Program) -> None:
    body = b'{"query":"{ __typename }"}'
    head = f"POST /graphql HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: {len(body)}\n"
    head += f"Authorization: Bearer {token('nobody', Role.PARENT)}\n\n"
    assert len(body) * PAUSE_S > 2 * KEEPALIVE_S
    assert b"USER_NOT_FOUND" in await answers(impatient, head.replace("\n", "\r\n").encode(), body)
