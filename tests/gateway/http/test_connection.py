"""What a connection leaves in the process when its client has closed it."""

import asyncio
import gc

from gateway.http.connection import Connection
from tests.gateway.http.conftest import Serve

COUNT = 20
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
MALFORMED = b"HELLO\r\n\r\n"


def connections() -> int:
    return sum(type(one) is Connection for one in gc.get_objects())


async def test_a_closed_connection_leaves_nothing_for_the_garbage_collector(serve: Serve) -> None:
    # A thousand that stay until a collection hold on to the memory around them, which is then lost to everything else.
    async with serve() as gateway:
        before = connections()
        gc.disable()
        try:
            for request in (GET, MALFORMED, GET[:20], b""):
                for _ in range(COUNT):
                    reader, writer = await asyncio.open_connection(gateway.client.host, gateway.client.port)
                    writer.write(request)
                    if request is GET:
                        await reader.readuntil(b"}")
                    writer.close()
                    await writer.wait_closed()
            async with asyncio.timeout(30):
                while connections() > before:  # noqa: ASYNC110 - the server's end of a connection closes a little later
                    await asyncio.sleep(0.05)
        finally:
            gc.enable()
