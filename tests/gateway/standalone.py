"""A MongoDB server without a replica set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.embedded import mongod
from connectors.embedded.server_process import ServerProcess


@asynccontextmanager
async def standalone(directory: Path) -> AsyncIterator[str]:
    """A MongoDB that belongs to no replica set."""
    server = mongod(directory / "first")
    await server.start()
    program = Path(f"/proc/{server.pid}/exe").readlink()
    environment = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{server.pid}/environ").read_text().split("\0") if "=" in entry
    )
    await server.stop()
    (directory / "alone").mkdir()
    process = ServerProcess(directory / "alone")
    await process.start(
        program,
        lambda port: [
            "--bind_ip",
            "127.0.0.1",
            "--port",
            str(port),
            "--nounixsocket",
            "--dbpath",
            str(process.directory),
        ],
        environment,
    )
    try:
        yield f"mongodb://127.0.0.1:{process.port}"
    finally:
        await process.stop()
