"""The servers as processes, and what the kernel counts of them."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.demo.school import TODAY
from connectors.mongo import Driver
from tests.bench.school import TIMEOUT_S
from tests.bench.serve import READY
from tests.gateway.served import SECRET

_ROOT: Final = Path(__file__).parents[2]
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A server that is running."""

    name: str
    url: str
    pid: int

    @property
    def cpu_s(self) -> float:
        """The processor time it has used, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def peak_mb(self) -> float:
        """The most memory it has held (VmHWM)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@asynccontextmanager
async def serving(
    name: str,
    mongo: str,
    redis: str,
    prefix: str,
    *,
    driver: Driver = Driver.MOTOR,
    manifests: Path | None = None,
) -> AsyncIterator[Process]:
    """Run the server *name* of `tests.bench.serve` on a free port."""
    port = free_port()
    settings = {
        "GATEWAY_HTTP__PORT": str(port),
        "GATEWAY_MONGO__URI": mongo,
        "GATEWAY_MONGO__PREFIX": prefix,
        "GATEWAY_MONGO__TIMEOUT_S": str(TIMEOUT_S),
        "GATEWAY_MONGO__DRIVER": driver.value,
        "GATEWAY_REDIS__URI": redis,
        "GATEWAY_OBSERVE__LOG_REQUESTS": "false",
        "GATEWAY_RATE_LIMIT__ENABLED": "false",
        "GATEWAY_CACHE__ENABLED": "false",
        "GATEWAY_JOBS__IN_SERVE": "false",
        "GATEWAY_AUTH__DEVELOPER_SECRET": SECRET,
        "GATEWAY_TODAY": TODAY.isoformat(),
        "PYTHONPATH": str(_ROOT),
    }
    if manifests is not None:
        settings["GATEWAY_PERSISTED__MANIFESTS"] = str(manifests)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.serve", name),
        cwd=_ROOT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    draining: asyncio.Task[bytes] | None = None
    try:
        if process.stdout is None or await process.stdout.readline() != f"{READY}\n".encode():
            raise RuntimeError(f"the server {name} did not start")
        draining = asyncio.create_task(process.stdout.read())
        yield Process(name, f"http://127.0.0.1:{port}", process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if draining is not None:
            await draining


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
