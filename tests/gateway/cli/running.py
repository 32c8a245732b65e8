"""The command line as a user runs it, but within this process, since starting Python takes most of a run."""

import asyncio
import socket
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from connectors.assembly import Clients
from connectors.demo.ownership import MARK
from connectors.migrations import versions
from gateway.cli.main import app


class Said(NamedTuple):
    code: int
    out: str
    err: str


async def run(*arguments: str, **environment: str) -> Said:
    """What `school-gateway` says to these arguments; an exception that it lets through is the test's."""
    with pytest.MonkeyPatch.context() as patching:
        for command in ("demo", "serve"):  # the log of this process is not the command's
            patching.setattr(f"gateway.cli.{command}.configure_log", lambda **_: None)
        said = await asyncio.to_thread(
            CliRunner().invoke,
            app,
            list(arguments),
            env={"COLUMNS": "240", "TERM": "dumb", **environment},
            catch_exceptions=False,
        )
    return Said(said.exit_code, said.stdout, said.stderr)


def place(environment: Mapping[str, str]) -> str:
    """The `SERVER/PREFIX` of an environment."""
    server = urlsplit(environment["GATEWAY_MONGO__URI"]).netloc.rpartition("@")[2]
    return f"{server}/{environment['GATEWAY_MONGO__PREFIX']}"


async def documents(environment: Mapping[str, str]) -> dict[str, int]:
    """How many documents each collection has that has any, without the marks of generated data and of the version."""
    found = {}
    async with Clients(environment["GATEWAY_MONGO__URI"], prefix=environment["GATEWAY_MONGO__PREFIX"]) as clients:
        for subsystem, database in clients.connectors.databases.items():
            for name in await database.list_collection_names():
                if name not in (MARK, versions.COLLECTION) and (count := await database[name].count_documents({})):
                    found[f"{subsystem}.{name}"] = count
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
