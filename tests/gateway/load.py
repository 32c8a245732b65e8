"""Load on a gateway that runs in processes of its own, as operators run it, and what became of each request."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.gateway.served import SECRET

ROOT: Final = Path(__file__).parents[2]
START_S: Final = 60


@dataclass(slots=True)
class Program:
    """A `school-gateway serve` that takes requests."""

    process: asyncio.subprocess.Process
    url: str
    lines: list[str]

    @property
    def pid(self) -> int:
        return self.process.pid

    def children(self) -> list[int]:
        """The workers that live."""
        own = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in own.read_text().split()]

    @property
    def processor_s(self) -> float:
        """The processor time of the process itself, in all its threads: of the clock that clock_getcpuclockid names."""
        return time.clock_gettime(~self.pid << 3 | 2)

    async def ended(self, within_s: float = 30) -> int:
        """Its exit status."""
        return await asyncio.wait_for(self.process.wait(), within_s)


@asynccontextmanager
async def program(*arguments: str, **environment: str) -> AsyncIterator[Program]:
    """Run `school-gateway serve` on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve", *arguments),
        cwd=ROOT,
        env={
            **os.environ,
            "COLUMNS": "200",
            "GATEWAY_HTTP__PORT": str(port),
            "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET,
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []
    url = ""
    try:
        async with asyncio.timeout(START_S):
            while not url and (line := (await process.stdout.readline()).decode()):
                lines.append(line)
                if "Listening on" in line:
                    url = line.rpartition("Listening on ")[2].strip()
        assert url, "".join(lines)
        reading = asyncio.create_task(_read(process.stdout, lines))
        yield Program(process, url, lines)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()
    await reading


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    while line := await stream.readline():
        lines.append(line.decode())


async def until(done: Callable[[], bool], within_s: float = 60) -> None:
    """Return when *done()* is true: for what other processes do."""
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110 - another process signals no event of ours
            await asyncio.sleep(0.1)


@dataclass(slots=True)
class Load:
    """Clients that ask one query again and again, each over a connection that it keeps."""

    url: str
    bearer: str
    query: str
    clients: int = 8
    pause_s: float = 0.0
    times_ms: list[float] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    """What went wrong below GraphQL: connections that were lost, and status codes that say so."""

    async def run(self, seconds: float) -> None:
        """Ask for so long."""
        connector = aiohttp.TCPConnector(limit=self.clients)
        async with aiohttp.ClientSession(connector=connector) as session:
            until = time.perf_counter() + seconds
            await asyncio.gather(*(self._client(session, until) for _ in range(self.clients)))

    async def _client(self, session: aiohttp.ClientSession, until: float) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            try:
                answer = await self._ask(session)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.failures.append(repr(error))
            else:
                self.times_ms.append((time.perf_counter() - began) * 1000)
                self.codes |= {error["extensions"]["code"] for error in answer.get("errors", ())}
            await asyncio.sleep(self.pause_s)

    async def _ask(self, session: aiohttp.ClientSession) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        async with session.post(self.url, json={"query": self.query}, headers=headers) as response:
            if response.status != 200:
                self.failures.append(f"{response.status} {await response.text()}")
                return {}
            answer: Mapping[str, Any] = await response.json()
            return answer

    def percentile(self, share: float) -> float:
        """The time in ms that this share of the answers took at most."""
        return sorted(self.times_ms)[int(share * (len(self.times_ms) - 1))]
