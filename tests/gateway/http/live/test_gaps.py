"""What clients are told when changes were lost, or the process stops."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest
from pymongo import AsyncMongoClient

from auth.viewer import Role
from connectors.embedded.servers import mongod
from tests.gateway import school
from tests.gateway.http.live.listening import MARKS, Listener, connected
from tests.gateway.load import program
from tests.gateway.served import served, token
from tests.gateway.writing.acting import Acting
from tests.gateway.writing.cutting import cutting

_SECONDS = re.compile(rb"(?<=_data\0.{4}82)[0-9A-F]{8}", re.DOTALL)
"""The seconds since 1970 in the token of a position of a change stream."""


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server on which nobody else writes."""
    async with mongod(tmp_path_factory.mktemp("gap") / "mongo") as uri:
        yield uri


async def test_sockets_are_closed_with_1012_when_the_server_does_not_know_the_position_any_more(server: str) -> None:
    built = school.build("gap")
    await built.write(server, "gap")
    bearer = {"Authorization": f"Bearer {token(built.subject_of_token('ivan'), Role.STUDENT)}"}
    mark = {"_id": built.id("Mark", "m1")}
    with cutting(server) as (through, proxy):
        async with (
            served(through, None, prefix="gap", today=school.TODAY) as gateway,
            AsyncMongoClient[dict[str, Any]](server) as client,
        ):
            marks = client["gap_grades"]["marks"]
            async with connected(gateway, bearer) as ivan:
                await ivan.subscribe(MARKS)
                await marks.update_one(mark, {"$set": {"value": "3"}})
                assert (await ivan.event())["markChanged"]["mark"]["value"] == "3"
                # An event of 1970 that never was: to overwrite the history of a server would take minutes.
                proxy.edit = partial(_SECONDS.sub, b"00000001")
                proxy.is_down = True
                await asyncio.sleep(1)
                proxy.is_down = False
                assert await ivan.closed() == 1012
            async with connected(gateway, bearer) as ivan:
                await ivan.subscribe(MARKS)
                await marks.update_one(mark, {"$set": {"value": "2"}})
                assert (await ivan.event())["markChanged"]["mark"]["value"] == "2"


async def test_no_change_is_lost_and_no_socket_closed_when_the_server_is_away_for_a_while(
    acts: Acting, mongo_uri: str
) -> None:
    bearer = {"Authorization": f"Bearer {acts.bearer('ivan', Role.STUDENT)}"}
    with cutting(mongo_uri) as (through, proxy):
        async with (
            served(through, None, prefix=acts.prefix, today=school.TODAY) as gateway,
            connected(gateway, bearer) as ivan,
        ):
            await ivan.subscribe(MARKS)
            proxy.is_down = True
            await asyncio.sleep(1)
            await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "3"}})
            await asyncio.sleep(1)
            proxy.is_down = False
            assert (await ivan.event())["markChanged"]["mark"]["value"] == "3"


async def test_sockets_are_closed_with_1001_when_the_program_is_told_to_end(mongo_uri: str, redis_uri: str) -> None:
    built = school.build("stopping")
    await built.write(mongo_uri, "stopping")
    environment = {
        "GATEWAY_MONGO__URI": mongo_uri,
        "GATEWAY_MONGO__PREFIX": "stopping",
        "GATEWAY_REDIS__URI": redis_uri,
        "GATEWAY_TODAY": school.TODAY.isoformat(),
        "GATEWAY_HTTP__DRAIN_S": "2",
    }
    bearer = f"Bearer {token(built.subject_of_token('ivan'), Role.STUDENT)}"
    async with program(**environment) as running, aiohttp.ClientSession() as session:
        listeners = []
        for _ in range(3):
            socket = await session.ws_connect(running.url, protocols=("graphql-transport-ws",))
            listener = Listener(socket)
            await listener.send("connection_init", payload={"Authorization": bearer})
            assert await listener.message() == {"type": "connection_ack"}
            await listener.subscribe(MARKS)
            listeners.append(listener)
        os.kill(running.pid, signal.SIGTERM)
        assert [await one.closed() for one in listeners] == [1001, 1001, 1001]
        assert await running.ended(10) == 0
