"""A process that serves, from its first request to its last."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from gateway.http.connection import ConnectionRules, GatewayRunner
from gateway.http.reading.body import LINGERING_S

BACKLOG: Final = 1024
"""Connections that may wait to be accepted; more are refused by the kernel."""
POLL_S: Final = 0.05
KEEPALIVE_S: Final = 75
"""How long a connection may take to bring its next request; most proxies close what is idle sooner, as they should."""


@dataclass(slots=True)
class Life:
    """The state of a process that serves: whether it is stopping, and whether it turns clients away."""

    is_stopping: bool = False
    """Whether the process is stopping, so that /readyz reports it."""
    is_draining: bool = False
    """Whether the process accepts no new connections, and each answer closes its connection."""
    on_draining: list[Callable[[float], None]] = field(default_factory=list)
    """Called when draining begins, with the seconds that it lasts: for connections that no answer would close."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """How a process ends."""

    announce_s: float
    """How long it goes on as if nothing had happened, but for /readyz."""
    drain_s: float
    """How long, then, it waits for one more request on each connection that is kept alive, to close it politely."""
    shutdown_s: float
    """How long, at last, requests that run may take."""


async def wait_for_stop_signal() -> None:
    """Return at SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


async def serve(
    app: web.Application,
    listening: socket.socket,
    life: Life,
    stopping: Stopping,
    *,
    rules: ConnectionRules,
    keepalive_s: float,
    on_ready: Callable[[], None],
    until: Callable[[], Awaitable[None]] = wait_for_stop_signal,
) -> None:
    """Serve *app* on a bound socket *until* that returns; no request that was sent by then is lost."""
    runner = GatewayRunner(
        app,
        rules,
        access_log=None,
        auto_decompress=False,  # compressed bodies are refused, not unpacked
        keepalive_timeout=keepalive_s,  # runs from the start of a connection, and no byte of a header puts it off
        lingering_time=LINGERING_S,
        shutdown_timeout=stopping.shutdown_s,
    )
    await runner.setup()
    try:
        site = web.SockSite(runner, listening, backlog=BACKLOG)
        await site.start()
        on_ready()
        await until()
        life.is_stopping = True
        await asyncio.sleep(stopping.announce_s)
        life.is_draining = True
        for begin in life.on_draining:
            begin(stopping.drain_s)
        await site.stop()
        await _drained(runner, stopping.drain_s)
    finally:
        await runner.cleanup()


async def _drained(runner: web.AppRunner, within_s: float) -> None:
    """Return when every connection is closed, or when that takes longer."""
    try:
        async with asyncio.timeout(within_s):
            while runner.server and runner.server.connections:  # noqa: ASYNC110 - aiohttp tells nobody of the last
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket bound to the address; *shared* sets SO_REUSEPORT: the kernel divides clients among all such sockets."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    return listening
