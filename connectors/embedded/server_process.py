"""A server program run as our child: one directory is its own, a loopback port too, and it ends when we do."""

import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from connectors.errors import ConnectorError

READY_WITHIN_S: Final = 30.0
STOPPED_WITHIN_S: Final = 10.0
POLL_S: Final = 0.02
_ATTEMPTS: Final = 3
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)


class ServerNotStarted(ConnectorError):
    """An embedded server is not there or did not start; the text says what to do about it."""


class ServerProcess:
    """At most one process for a directory, in which it leaves `lock` (its number), `port` and `server.log`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "server.log"
        self.port = 0
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the running process."""
        if self._process is None:
            raise RuntimeError(f"no server is running in {self.directory}")
        return self._process.pid

    async def start(
        self, program: Path, arguments: Callable[[int], Sequence[str]], environment: Mapping[str, str]
    ) -> None:
        """Run *program* with the arguments for the port found, and return when it accepts connections.

        It is not an asyncio subprocess, so that one event loop may start it and another stop it.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = await self._locked()
        for _ in range(_ATTEMPTS):  # another process may take the port between our look and the program's
            self.port = self._free_port()
            self._process = self._spawn([str(program), *arguments(self.port)], environment, self._lock)
            if await self._accepts(self._process):
                return
        await self.stop()
        last_line = (self.log.read_text(errors="replace").strip().splitlines() or ["no word"])[-1]
        raise ServerNotStarted(f"{program} ended at once: {last_line[:300]} (all of it: {self.log})")

    async def stop(self) -> None:
        """End the process, in peace if it can be had, and give the directory free; nothing if it does not run."""
        if self._process is not None:
            await _end(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _locked(self) -> IO[str]:
        """The directory's lock, which the program inherits: it is free only when we and it are gone."""
        lock = (self.directory / "lock").open("a+")
        try:
            await _wait_until(lambda: _taken(lock), STOPPED_WITHIN_S)
        except TimeoutError:
            lock.seek(0)
            holder = lock.read() or "(unknown)"
            lock.close()
            raise ServerNotStarted(f"{self.directory} is in use by process {holder}; end that one first") from None
        return lock

    def _free_port(self) -> int:
        """The port of last time where it is free, so that addresses people noted stay good; else any."""
        remembered = self.directory / "port"
        with socket.socket() as probe:
            # As servers do: what still fades of the connections of last time does not make the port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(remembered.read_text())))
            except (OSError, ValueError):
                probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        remembered.write_text(str(port))
        return port

    def _spawn(
        self, command: Sequence[str], environment: Mapping[str, str], lock: IO[str]
    ) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with self.log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - the wheel's program or PATH's, and our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=environment,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # an interrupt at the terminal is ours to handle: we stop it in order
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509 - two system calls, no lock to wait for
            )
        lock.truncate(0)
        lock.write(str(process.pid))
        lock.flush()
        return process

    async def _accepts(self, process: "subprocess.Popen[bytes]") -> bool:
        """Whether the process came to accept connections; it ended if not."""
        try:
            await _wait_until(lambda: process.poll() is not None or _listens(self.port), READY_WITHIN_S)
        except TimeoutError:
            await self.stop()
            raise ServerNotStarted(f"no answer in {READY_WITHIN_S:.0f} s from a new server; see {self.log}") from None
        return process.poll() is None


def _die_with(parent: int) -> None:
    """Run in the child: have the kernel kill it when the parent ends, even if that is killed itself."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


async def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.send_signal(signal.SIGCONT)  # a suspended process would not hear it
    try:
        await _wait_until(lambda: process.poll() is not None, STOPPED_WITHIN_S)
    except TimeoutError:
        process.kill()
        process.wait()


async def _wait_until(done: Callable[[], bool], within_s: float) -> None:
    """Return when *done()* is true; raise `TimeoutError` when that takes longer."""
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110 - another process signals no event of ours
            await asyncio.sleep(POLL_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _taken(file: IO[str]) -> bool:
    """Whether the lock of this file is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
