"""Runs several worker processes on one port under a parent process, which starts, watches and replaces them.

The parent binds one socket for each worker (SO_REUSEPORT) and keeps it open while workers are replaced, so that a
connection that the kernel has assigned to it waits for the next worker instead of being reset. Parent and worker talk
over a pair of sockets. A worker sends `READY`, and `LEAVING` when it has received SIGTERM; the parent sends `LEAVE`.
Each side sees the end of the stream when the other one is gone.
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
"""A worker that ran for longer than this did not fail at its start."""
PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The pauses before a worker that ended by itself is restarted, by the number of such ends in a row."""

_log = structlog.get_logger(__name__)

Command = Callable[[int, int], Sequence[str]]
"""The arguments that start a worker, by the descriptors of its listening socket and of its socket to the parent."""


class WorkersFailed(Exception):
    """A worker ended before the gateway could serve."""


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    began: float = field(default_factory=time.monotonic)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    listener: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Receive the worker's messages until it ends."""
        with suppress(OSError):
            while message := await self.reader.read(1):
                (self.ready if message == READY else self.leaving).set()

    def leave(self) -> None:
        with suppress(OSError):
            self.writer.write(LEAVE)

    async def end(self, within_s: float) -> None:
        """Wait until the worker has ended; kill it after *within_s* seconds."""
        try:
            await asyncio.wait_for(self.process.wait(), within_s)
        except TimeoutError:
            _log.warning("worker killed", pid=self.process.pid, after_s=within_s)
            self.process.kill()
            await self.process.wait()
        self.writer.close()


class Supervisor:
    """Keeps *count* workers running. `run` returns when it was stopped and all workers have ended."""

    def __init__(self, count: int, host: str, port: int, *, command: Command, stopping: Stopping) -> None:
        bound(host, port).close()  # fails where another program has the port, which SO_REUSEPORT would share
        first = bound(host, port, shared=True)
        self.host = host
        self.port: int = first.getsockname()[1]
        self._sockets: list[socket.socket | None] = [first]
        self._sockets += [bound(host, self.port, shared=True) for _ in range(count - 1)]
        self._command = command
        self._end_within_s = stopping.announce_s + stopping.drain_s + stopping.shutdown_s + 5
        self._stopped = asyncio.Event()
        self._replace = [asyncio.Event() for _ in range(count)]
        self._replacing = asyncio.Lock()
        """Held while one worker is replaced, so that the others keep serving."""
        self._metrics = Path()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all workers and keep them running until SIGINT or SIGTERM; SIGHUP replaces them one by one.

        Raises `WorkersFailed` where a worker ends before it serves.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self.replace_all)
        with tempfile.TemporaryDirectory(prefix="school-gateway-metrics-") as directory:
            self._metrics = Path(directory)
            async with asyncio.TaskGroup() as group:
                first = await self._start_all()
                on_ready()
                for slot, worker in enumerate(first):
                    group.create_task(self._supervise(slot, worker))

    def replace_all(self) -> None:
        """Request the replacement of all workers, one by one."""
        for event in self._replace:
            event.set()

    async def _start_all(self) -> list[_Worker]:
        workers = [await self._spawn(slot) for slot in range(len(self._sockets))]
        if not all(await asyncio.gather(*map(self._becomes_ready, workers))):
            for worker in workers:
                worker.leave()
            await asyncio.gather(*(worker.end(self._end_within_s) for worker in workers))
            raise WorkersFailed("A worker ended before it could serve; its error is logged above.")
        return workers

    async def _supervise(self, slot: int, worker: _Worker) -> None:
        failures = 0
        while True:
            await self._wait_for_event(slot, worker)
            if self._stopped.is_set():
                worker.leave()
                await self._end_worker(worker)
                return
            if worker.process.returncode is None:
                worker = await self._replace_worker(slot, worker)
            else:
                if time.monotonic() - worker.began > STEADY_S:
                    failures = 0
                _log.error("worker ended", pid=worker.process.pid, status=worker.process.returncode)
                await self._end_worker(worker)
                if not await self._pause(slot, PAUSES_S[min(failures, len(PAUSES_S) - 1)]):
                    return
                failures += 1
                worker = await self._spawn(slot)

    async def _wait_for_event(self, slot: int, worker: _Worker) -> None:
        """Wait until the worker has ended, asks to leave, is to be replaced, or everything is to stop."""
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

    async def _replace_worker(self, slot: int, worker: _Worker) -> _Worker:
        """Start a new worker, and stop the old one once the new one serves; the old one stays where that fails."""
        async with self._replacing:
            self._replace[slot].clear()
            if self._stopped.is_set():
                return worker
            new = await self._spawn(slot)
            if not await self._becomes_ready(new):
                await self._end_worker(new)
                _log.error("worker not replaced", pid=worker.process.pid)
                if worker.leaving.is_set():
                    worker.leave()
                    await self._end_worker(worker)
                return worker
            worker.leave()
            await self._end_worker(worker)
            _log.info("worker replaced", pid=worker.process.pid, by=new.process.pid)
            return new

    async def _becomes_ready(self, worker: _Worker) -> bool:
        """Whether the worker becomes ready before it ends and within `READY_WITHIN_S`."""
        waits = [asyncio.ensure_future(waiting) for waiting in (worker.ready.wait(), worker.process.wait())]
        await asyncio.wait(waits, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        for waiting in waits:
            waiting.cancel()
        return worker.ready.is_set()

    async def _end_worker(self, worker: _Worker) -> None:
        await worker.end(self._end_within_s)
        multiprocess.mark_process_dead(worker.process.pid, str(self._metrics))  # type: ignore[no-untyped-call] # not typed by the library

    async def _pause(self, slot: int, pause_s: float) -> bool:
        """Pause before a restart. False where everything is to stop.

        The socket is closed meanwhile, so that the kernel assigns no connection to it.
        """
        listening = self._sockets[slot]
        if pause_s and listening is not None:
            listening.close()
            self._sockets[slot] = None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), pause_s)
        return not self._stopped.is_set()

    async def _spawn(self, slot: int) -> _Worker:
        listening = self._sockets[slot]
        if listening is None:
            listening = self._sockets[slot] = bound(self.host, self.port, shared=True)
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", *self._command(listening.fileno(), theirs.fileno())),
                pass_fds=[listening.fileno(), theirs.fileno()],
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self._metrics)},
                start_new_session=True,  # Ctrl-C at the terminal goes to the parent only
            )
        worker = _Worker(process, *await asyncio.open_connection(sock=ours))
        worker.listener = asyncio.create_task(worker.listen())
        return worker


class Parent:
    """A worker's connection to its parent process."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)

    def ready(self) -> None:
        """Tell the parent that this worker serves."""
        self._send(READY)

    async def wait_for_leave(self) -> None:
        """Wait for the parent's request to leave, or for its end. SIGTERM asks the parent for a successor."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._send, LEAVING)
        with suppress(OSError):
            await loop.sock_recv(self._socket, 1)

    def _send(self, word: bytes) -> None:
        with suppress(OSError):
            self._socket.send(word)
