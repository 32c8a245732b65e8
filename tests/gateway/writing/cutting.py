"""A TCP proxy before a MongoDB server that loses connections at a command, or all of them."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from threading import Thread
from typing import Final

_LENGTH: Final = struct.Struct("<i")


class Lost(Enum):
    """The part of a command at which a connection is lost."""

    REQUEST = "request"
    ANSWER = "answer"


@dataclass(slots=True)
class Cutting:
    """Forwards connections to a server, and closes those on which *command* is sent."""

    host: str
    port: int
    command: str = ""
    lost: Lost = Lost.ANSWER
    times: int = 0
    """How many more connections are closed."""
    cuts: int = 0
    """How many connections were closed."""
    is_down: bool = False
    """Whether every connection is closed as soon as something is sent on it."""
    edit: Callable[[bytes], bytes] | None = None
    """Changes what is sent to the server; the length stays."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self, command: str, lost: Lost, times: int) -> None:
        """From now on close the next *times* connections on which *command* is sent."""
        self.command, self.lost, self.times, self.cuts = command, lost, times, 0

    async def forward(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Forward one connection until it is closed by either side or cut."""
        server, to_server = await asyncio.open_connection(self.host, self.port)
        is_cut = asyncio.Event()
        answers = asyncio.create_task(_answers(server, to_client, is_cut))
        self._tasks.add(answers)
        answers.add_done_callback(self._tasks.discard)
        try:
            while True:
                message = await _message(client)
                if self.is_down:
                    break
                if self.times and f"{self.command}\0".encode() in message:
                    self.times -= 1
                    self.cuts += 1
                    if self.lost is Lost.REQUEST:
                        break
                    is_cut.set()
                to_server.write(message if self.edit is None else self.edit(message))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            to_server.close()
            to_client.close()


async def _answers(server: asyncio.StreamReader, to_client: asyncio.StreamWriter, is_cut: asyncio.Event) -> None:
    with suppress(asyncio.IncompleteReadError, OSError):
        while True:
            message = await _message(server)
            if is_cut.is_set():
                break
            to_client.write(message)
    to_client.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One message of MongoDB's protocol; its first four bytes are its length."""
    head = await reader.readexactly(_LENGTH.size)
    return head + await reader.readexactly(_LENGTH.unpack(head)[0] - _LENGTH.size)


@contextmanager
def cutting(uri: str) -> Iterator[tuple[str, Cutting]]:
    """A proxy before the server at *uri*, and the URI of the proxy.

    It runs in a thread of its own: motor's `close` blocks the event loop until the server has answered.
    """
    address = uri.rpartition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    proxy = Cutting(host, int(port))
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    starting = asyncio.start_server(proxy.forward, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield uri.replace(address, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"), proxy
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
