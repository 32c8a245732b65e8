"""All connectors at once: over a replica set that has no primary for a while, and as a busy process starts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from connectors import assembly
from connectors.assembly import Clients
from connectors.embedded import mongod
from connectors.errors import Overloaded, SourceUnavailable
from connectors.mongo import ALL, Driver, connect

STEPPED_DOWN_S = 20


@pytest.mark.parametrize("driver", Driver)
async def test_everything_but_rights_is_read_while_there_is_no_primary(tmp_path: Path, driver: Driver) -> None:
    async with mongod(tmp_path) as uri:
        as_set = uri.replace("directConnection=true", "replicaSet=rs0&readPreference=secondaryPreferred")
        async with Clients(as_set, timeout_s=0.5, driver=driver) as clients:
            connectors = clients.connectors
            for source in connectors.sources.values():
                await source.find("things", {}, columns=ALL, deadline=_soon(20))
            await _step_down(uri)
            async with asyncio.timeout(STEPPED_DOWN_S):
                while not await _is_read(connectors.grades.source):  # noqa: ASYNC110 - a server signals no event of ours
                    await asyncio.sleep(0.05)
            assert not await _is_read(connectors.directory.source)
            await connectors.grades.source.ping(deadline=_soon(10))


async def test_a_process_that_lags_while_it_starts_makes_its_indexes_later(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lag(*, deadline: float) -> None:  # noqa: ARG001 - a ping has a deadline
        raise Overloaded

    monkeypatch.setattr(assembly, "_INDEXES_AGAIN_S", 0.01)
    async with Clients(mongo_uri, prefix="late_indexes") as clients:
        connectors = clients.connectors
        source = connectors.diary.source
        with monkeypatch.context() as busy:
            busy.setattr(source, "ping", lag)
            late = await connectors.begin_indexes()
            assert not late.done()
        async with asyncio.timeout(60):
            await late
        there = await source.database["remarks"].index_information()
        assert len(there) > 1
        for database in connectors.databases.values():
            await source.database.client.drop_database(database.name)  # type: ignore[attr-defined] # of motor


def _soon(within_s: float) -> float:
    return asyncio.get_running_loop().time() + within_s


async def _is_read(source: Any) -> bool:
    while True:
        try:
            await source.find("things", {}, columns=ALL, deadline=_soon(2))
        except Overloaded:
            continue  # this process was late, which says nothing of the source
        except SourceUnavailable:
            return False
        return True


async def _step_down(uri: str) -> None:
    client: Any = connect(uri, timeout_s=5)
    try:
        await client.admin.command("replSetStepDown", STEPPED_DOWN_S, force=True)
    except AutoReconnect:
        pass  # the server closes connections as it steps down
    finally:
        client.close()
