"""The live connections of one process: how many there may be, and how they end when the process stops."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from gateway.live.connection import LiveConnection
from gateway.live.ending import Ending
from gateway.live.rules import LiveRules
from gateway.observability import metrics
from gateway.operations.errors import overloaded


class Connections:
    """Counts open connections, and ends them when the process stops."""

    def __init__(self, rules: LiveRules) -> None:
        self._rules = rules
        self._open = 0
        self._people: Counter[str] = Counter()
        self._connected: set[LiveConnection] = set()

    @contextmanager
    def opened(self, transport: str) -> Iterator[None]:
        """Count a connection within the block. Raises `Refused` where there are too many."""
        if self._open >= self._rules.connections:
            raise overloaded()
        self._open += 1
        metrics.LIVE_CONNECTIONS.labels(transport).inc()
        try:
            yield
        finally:
            self._open -= 1
            metrics.LIVE_CONNECTIONS.labels(transport).dec()

    def may_connect(self, person: str) -> bool:
        """Whether a person may have one connection more."""
        return self._people[person] < self._rules.person_connections

    @contextmanager
    def of_person(self, connection: LiveConnection) -> Iterator[None]:
        """Count a connection as that of a person within the block; its subscriptions end with it."""
        person = connection.signed_in.person
        self._people[person] += 1
        self._connected.add(connection)
        try:
            yield
        finally:
            connection.unsubscribe_all()
            self._connected.discard(connection)
            self._people[person] -= 1
            if not self._people[person]:
                del self._people[person]

    def drain(self, within_s: float) -> None:
        """End all connections spread over a time, so that their clients do not connect elsewhere all at once."""
        loop = asyncio.get_running_loop()
        for connection in self._connected:
            loop.call_later(random.uniform(0, within_s / 2), connection.end, Ending.LEAVING)  # noqa: S311 - no secret

    async def end_all(self, _app: web.Application) -> None:
        """End all connections; for aiohttp's signal `on_shutdown`."""
        for connection in self._connected:
            connection.end(Ending.LEAVING)


def bound_send_buffer(request: web.Request, size: int) -> None:
    """Bound what the kernel holds for a client that does not read."""
    transport = request.transport
    own = transport.get_extra_info("socket") if transport is not None else None
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
