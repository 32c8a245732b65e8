"""A replica set of three members, any of which can be killed and started again."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp.test_utils import unused_port
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from connectors.embedded import mongod

_POLL_S: Final = 0.05
_WITHIN_S: Final = 60
_SETTINGS: Final = {"electionTimeoutMillis": 2_000, "heartbeatIntervalMillis": 500, "catchUpTimeoutMillis": 2_000}
"""A fifth of the defaults, so that a primary is missed and replaced within seconds."""


@dataclass(slots=True)
class Member:
    """A server of the set; it keeps its port and its files when it is killed."""

    program: Path
    environment: Mapping[str, str]
    directory: Path
    port: int = field(default_factory=unused_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.directory.mkdir(exist_ok=True)
        arguments = ["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"]
        arguments += ["--dbpath", str(self.directory), "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
        arguments += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        with Path(f"{self.directory}.log").open("ab") as log:
            self.process = subprocess.Popen([self.program, *arguments], env=self.environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """End the process by SIGKILL, as a power failure would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def status(self) -> Mapping[str, Any]:
        """The set as this member sees it."""
        async with AsyncMongoClient[dict[str, Any]](
            f"mongodb://{self.host}/?directConnection=true", serverSelectionTimeoutMS=500
        ) as client:
            return await client.admin.command("replSetGetStatus")


@dataclass(slots=True)
class ReplicaSet:
    """Three members."""

    members: Sequence[Member]

    @property
    def uri(self) -> str:
        return f"mongodb://{','.join(member.host for member in self.members)}/?replicaSet=rs0"

    async def primary(self) -> Member:
        """The primary, once there is one and both others follow it."""
        async with asyncio.timeout(_WITHIN_S):
            while True:
                for member in self.members:
                    try:
                        states = {one["name"]: one["stateStr"] for one in (await member.status())["members"]}
                    except PyMongoError:
                        continue
                    if sorted(states.values()) == ["PRIMARY", "SECONDARY", "SECONDARY"]:
                        return next(one for one in self.members if states[one.host] == "PRIMARY")
                await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def replica_set(directory: Path) -> AsyncIterator[ReplicaSet]:
    """Start a set of three members on free ports; all are ended at the end."""
    first = mongod(directory / "first")  # finds the program, and what it needs to run
    await first.start()
    program = Path(f"/proc/{first.pid}/exe").readlink()
    variables = Path(f"/proc/{first.pid}/environ").read_text().split("\0")
    await first.stop()
    environment = dict(variable.split("=", 1) for variable in variables if "=" in variable)
    members = [Member(program, environment, directory / f"member{number}") for number in range(3)]
    try:
        for member in members:
            member.start()
        hosts = [{"_id": number, "host": member.host} for number, member in enumerate(members)]
        uri = f"mongodb://{members[0].host}/?directConnection=true"
        async with AsyncMongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=_WITHIN_S * 1000) as client:
            await client.admin.command("replSetInitiate", {"_id": "rs0", "members": hosts, "settings": _SETTINGS})
        servers = ReplicaSet(members)
        await servers.primary()
        yield servers
    finally:
        for member in members:
            if member.process is not None and member.process.poll() is None:
                member.kill()
