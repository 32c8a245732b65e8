"""A server that speaks clamd's command INSTREAM."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.files.scanning import Clamd

VIRUS = b"EICAR"


@asynccontextmanager
async def clamd(answer: bytes | None = None) -> AsyncIterator[Clamd]:
    """A server that speaks the command INSTREAM, and finds `VIRUS`; with *answer* it always answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
        found = b"stream: Eicar-Test FOUND\0" if VIRUS in content else b"stream: OK\0"
        writer.write(found if answer is None else answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Clamd("127.0.0.1", server.sockets[0].getsockname()[1], timeout_s=30)
