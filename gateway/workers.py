"""Several processes on one port, watched by a parent that serves nobody: it starts them, and replaces them.

The parent binds one socket a worker (SO_REUSEPORT) and holds it while workers come and go, so that a connection the
kernel has put there waits for the next worker rather than being reset. It talks with a worker over a pair of sockets.
From the worker: `READY`, and `LEAVING` when somebody sent it SIGTERM. To the worker: `LEAVE`. Where either side is
gone, the other one reads the end of the stream.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import multiprocess

from gateway.http.lifecycle import Stopping, bound

READY: Final = b"r"
LEAVING: Final = b"s"
LEAVE: Final = b"q"

READY_WITHIN_S: Final = 60.0
STEADY_S: Final = 30.0
"""Who lived so long did not fail at its start."""
PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a worker is started again that ended by itself: the longer, the more often it did."""

_log = structlog.get_logger(__name__)

Command = Callable[[int, int], Sequence[str]]
"""The arguments that make this program a worker on a listening socket with a socket to its parent, by descriptors."""


class WorkersFailed(Exception):
    """No worker came up when the gateway was started."""


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    began: float = field(default_factory=time.monotonic)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    hearing: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Hear the worker until it ends."""
        with suppress(OSError):
            while said := await self.reader.read(1):
                (self.ready if said == READY else self.leaving).set()

    def leave(self) -> None:
        with suppress(OSError):
            self.writer.write(LEAVE)

    async def end(self, within_s: float) -> None:
        """Return when it has ended, by force after *within_s*."""
        try:
            await asyncio.wait_for(self.process.wait(), within_s)
        except TimeoutError:
            _log.warning("worker killed", pid=self.process.pid, after_s=within_s)
            self.process.kill()
            await self.process.wait()
        self.writer.close()


class Supervisor:
    """Keeps *count* workers; `run` returns when it was told to stop and all of them have ended."""

    def __init__(self, count: int, host: str, port: int, *, command: Command, stopping: Stopping) -> None:
        bound(host, port).close()  # says so when somebody else has the port, whom SO_REUSEPORT would share it with
        first = bound(host, port, shared=True)
        self.host = host
        self.port: int = first.getsockname()[1]
        self._sockets: list[socket.socket | None] = [first]
        self._sockets += [bound(host, self.port, shared=True) for _ in range(count - 1)]
        self._command = command
        self._end_within_s = stopping.announce_s + stopping.drain_s + stopping.shutdown_s + 5
        self._stopped = asyncio.Event()
        self._replace = [asyncio.Event() for _ in range(count)]
        self._turn = asyncio.Lock()
        """Held while a worker is replaced: the others serve meanwhile."""
        self._metrics = Path()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all workers, and keep them until SIGINT or SIGTERM; SIGHUP replaces them one after the other."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self.replace_all)
        with tempfile.TemporaryDirectory(prefix="school-gateway-metrics-") as directory:
            self._metrics = Path(directory)
            async with asyncio.TaskGroup() as group:
                first = await self._first()
                on_ready()
                for slot, worker in enumerate(first):
                    group.create_task(self._keep(slot, worker))

    def replace_all(self) -> None:
        """Have every worker replaced, one after the other."""
        for event in self._replace:
            event.set()

    async def _first(self) -> list[_Worker]:
        workers = [await self._spawned(slot) for slot in range(len(self._sockets))]
        if not all(await asyncio.gather(*map(self._came_up, workers))):
            for worker in workers:
                worker.leave()
            await asyncio.gather(*(worker.end(self._end_within_s) for worker in workers))
            raise WorkersFailed("A worker ended before it could serve; its last words stand above.")
        return workers

    async def _keep(self, slot: int, worker: _Worker) -> None:
        failures = 0
        while True:
            await self._something(slot, worker)
            if self._stopped.is_set():
                worker.leave()
                await self._gone(worker)
                return
            if worker.process.returncode is None:
                worker = await self._replaced(slot, worker)
            else:
                if time.monotonic() - worker.began > STEADY_S:
                    failures = 0
                _log.error("worker ended", pid=worker.process.pid, status=worker.process.returncode)
                await self._gone(worker)
                if not await self._paused(slot, PAUSES_S[min(failures, len(PAUSES_S) - 1)]):
                    return
                failures += 1
                worker = await self._spawned(slot)

    async def _something(self, slot: int, worker: _Worker) -> None:
        """Return when the worker ended, wants to leave or is to be replaced, or all is to stop."""
        waits = [
            asyncio.ensure_future(waiting)
            for waiting in (
                worker.process.wait(),
                worker.leaving.wait(),
                self._replace[slot].wait(),
                self._stopped.wait(),
            )
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()

    async def _replaced(self, slot: int, worker: _Worker) -> _Worker:
        """The worker that serves from now on: a new one, which serves before the old one leaves."""
        async with self._turn:
            self._replace[slot].clear()
            if self._stopped.is_set():
                return worker
            new = await self._spawned(slot)
            if not await self._came_up(new):
                await self._gone(new)
                _log.error("worker not replaced", pid=worker.process.pid)
                if worker.leaving.is_set():
                    worker.leave()
                    await self._gone(worker)
                return worker
            worker.leave()
            await self._gone(worker)
            _log.info("worker replaced", pid=worker.process.pid, by=new.process.pid)
            return new

    async def _came_up(self, worker: _Worker) -> bool:
        """Whether the worker serves; it ended if not, or does not get ready."""
        waits = [asyncio.ensure_future(waiting) for waiting in (worker.ready.wait(), worker.process.wait())]
        await asyncio.wait(waits, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        for waiting in waits:
            waiting.cancel()
        return worker.ready.is_set()

    async def _gone(self, worker: _Worker) -> None:
        await worker.end(self._end_within_s)
        multiprocess.mark_process_dead(worker.process.pid, str(self._metrics))  # type: ignore[no-untyped-call] # theirs

    async def _paused(self, slot: int, pause_s: float) -> bool:
        """Wait before a start; no connection is put where nobody will come soon. False when all is to stop."""
        held = self._sockets[slot]
        if pause_s and held is not None:
            held.close()
            self._sockets[slot] = None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), pause_s)
        return not self._stopped.is_set()

    async def _spawned(self, slot: int) -> _Worker:
        listening = self._sockets[slot]
        if listening is None:
            listening = self._sockets[slot] = bound(self.host, self.port, shared=True)
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", *self._command(listening.fileno(), theirs.fileno())),
                pass_fds=[listening.fileno(), theirs.fileno()],
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self._metrics)},
                start_new_session=True,  # an interrupt at the terminal is for the parent
            )
        worker = _Worker(process, *await asyncio.open_connection(sock=ours))
        worker.hearing = asyncio.create_task(worker.listen())
        return worker


class Parent:
    """The worker's side: what it tells its parent, and when it is to leave."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)

    def ready(self) -> None:
        """Say that requests are taken."""
        self._say(READY)

    async def told_to_leave(self) -> None:
        """Return when the parent says so, or is gone; SIGTERM asks it for a successor first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._say, LEAVING)
        with suppress(OSError):
            await loop.sock_recv(self._socket, 1)

    def _say(self, word: bytes) -> None:
        with suppress(OSError):
            self._socket.send(word)
