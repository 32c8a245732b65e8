"""`make bench-live`: open subscriptions of the gateway beside bare WebSockets of aiohttp, in one run.

Both servers are processes of their own; the clients are in this one. Measured are the memory of a connection, the
processor time of a frame when all are sent one (an announcement of each school; a frame of the same size by the bare
server), and the time from a write to its frame while single marks are changed at a rate.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import aiohttp
import typer
import uvloop
from pymongo import AsyncMongoClient
from rich.console import Console

from connectors.assembly import Clients
from connectors.embedded import mongod, redis_server
from tests.bench.processes import Process, free_port, serving
from tests.bench.school import TIMEOUT_S, seeded, viewers_of
from tests.bench.serve import GATEWAY

PREFIX: Final = "bench"
PROTOCOL: Final = "graphql-transport-ws"
WITHIN_S: Final = 300
"""How long any part of the measurement may take."""
OPENING: Final = 50
"""Sockets that are opened at once."""
SINGLE: Final = 20
"""Sockets that receive single events, each of a student of their own."""
ANNOUNCEMENTS: Final = "subscription { announcementAdded { id title } }"
MARKS: Final = "subscription { markChanged { mark { id comment } } }"
BARE: Final = "aiohttp"

console: Final = Console(stderr=True)
Socket = aiohttp.ClientWebSocketResponse


def main(
    sockets: Annotated[int, typer.Option(min=100, max=10_000, help="Open subscriptions.")] = 10_000,
    broadcasts: Annotated[int, typer.Option(min=1, max=20, help="How often all are sent a frame.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="How long single marks are changed.")] = 10,
    rate: Annotated[int, typer.Option(min=1, max=1_000, help="Marks that are changed in a second.")] = 100,
) -> None:
    """Print what was measured."""
    os.environ["GATEWAY_LIVE__PERSON_CONNECTIONS"] = "1000"
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measured(sockets, broadcasts, seconds, rate))


async def _measured(sockets: int, broadcasts: int, seconds: int, rate: int) -> None:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
        async with (
            mongod(Path(directory, "mongo")) as mongo,
            redis_server(Path(directory, "redis")) as redis,
            AsyncMongoClient[dict[str, Any]](mongo, tz_aware=True) as client,
        ):
            async with Clients(mongo, prefix=PREFIX, timeout_s=TIMEOUT_S) as opened:
                questions = await seeded(opened.connectors, students=600)
                week = next(one for one in questions if one.name == "week")
                viewers = await viewers_of(opened.connectors, week)
            async with serving(GATEWAY, mongo, redis, PREFIX) as gateway, _unlimited() as session:
                await _gateway(Bench(session, gateway, client), viewers, sockets, broadcasts, seconds, rate)
            async with _bare() as bare, _unlimited() as session:
                await _bare_broadcasts(Bench(session, bare, client), sockets, broadcasts)


class Bench:
    """A server, and the clients of its sockets."""

    def __init__(
        self, session: aiohttp.ClientSession, server: Process, client: AsyncMongoClient[dict[str, Any]]
    ) -> None:
        self.session, self.server, self.client = session, server, client
        self.received = 0
        self.arrived: dict[str, float] = {}
        """When the frame of a comment arrived."""
        self._reading: list[asyncio.Task[None]] = []

    async def open(self, bearers: Sequence[str], query: str) -> None:
        """Open a subscription for each of these tokens; an empty one is no more than a socket."""
        turns = asyncio.Semaphore(OPENING)

        async def one(bearer: str) -> None:
            async with turns, asyncio.timeout(WITHIN_S):
                socket = await self.session.ws_connect(f"{self.server.url}/graphql", protocols=(PROTOCOL,))
                if bearer:
                    await socket.send_json(
                        {"type": "connection_init", "payload": {"Authorization": f"Bearer {bearer}"}}
                    )
                    await socket.receive_json()
                    await socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
                    await socket.send_json({"id": "2", "type": "subscribe", "payload": {"query": "{ __typename }"}})
                    await socket.receive_json()
                    await socket.receive_json()
            self._reading.append(asyncio.create_task(self._read(socket)))

        await asyncio.gather(*(one(bearer) for bearer in bearers))

    async def _read(self, socket: Socket) -> None:
        async for message in socket:
            self.received += 1
            mark = (message.json()["payload"].get("data") or {}).get("markChanged")
            if mark:
                self.arrived[mark["mark"]["comment"]] = time.perf_counter()

    async def until(self, count: int) -> None:
        """Return when so many frames have arrived."""
        async with asyncio.timeout(WITHIN_S):
            while self.received < count:  # noqa: ASYNC110 - frames arrive in many tasks
                await asyncio.sleep(0.01)

    def rss_kb(self) -> float:
        """The resident memory of the server."""
        return int(Path(f"/proc/{self.server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1024

    def say(self, what: str, value: float, unit: str) -> None:
        console.print(f"{self.server.name}: {what} {value:,.3g} {unit}", highlight=False)


async def _gateway(
    bench: Bench, viewers: Sequence[Any], sockets: int, broadcasts: int, seconds: int, rate: int
) -> None:
    bearers = [own.bearer for own in viewers]
    await bench.open(bearers[:SINGLE], MARKS)  # also has all code loaded, and the change stream opened
    before = bench.rss_kb()
    began = time.perf_counter()
    await bench.open([bearers[number % len(bearers)] for number in range(sockets)], ANNOUNCEMENTS)
    bench.say("opening a subscription", (time.perf_counter() - began) / sockets * 1000, "ms")
    bench.say("memory of a connection", (bench.rss_kb() - before) / sockets, "KB")
    announcements = bench.client[f"{PREFIX}_announcements"]["announcements"]
    example = await announcements.find_one({})
    schools = await bench.client[f"{PREFIX}_directory"]["schools"].distinct("_id")
    spent, took = bench.server.cpu_s, time.perf_counter()
    for number in range(broadcasts):
        expected = bench.received + sockets
        await announcements.insert_many(
            {
                **(example or {}),
                "_id": f"ann_bench{number}{school}",
                "school_id": school,
                "audience": [f"{school}:STUDENT"],
                "archived_at": None,
            }
            for school in schools
        )
        await bench.until(expected)
    frames = broadcasts * sockets
    bench.say("processor time of a frame sent to all", (bench.server.cpu_s - spent) / frames * 1e6, "µs")
    bench.say("time of a broadcast", (time.perf_counter() - took) / broadcasts, "s")
    await _single(bench, [own.variables["student"] for own in viewers[:SINGLE]], seconds, rate)


async def _single(bench: Bench, students: Sequence[str], seconds: int, rate: int) -> None:
    marks = bench.client[f"{PREFIX}_grades"]["marks"]
    found = [await marks.find({"student_id": own}).limit(10).to_list() for own in students]
    ids = [mark["_id"] for own in found for mark in own]
    sent: dict[str, float] = {}
    spent, began = bench.server.cpu_s, time.perf_counter()
    expected = bench.received + seconds * rate
    for number in range(seconds * rate):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        sent[str(number)] = time.perf_counter()
        await marks.update_one({"_id": ids[number % len(ids)]}, {"$set": {"comment": str(number)}})
    try:
        async with asyncio.timeout(20):
            await bench.until(expected)
    except TimeoutError:
        console.print(f"{expected - bench.received} of {seconds * rate} frames did not come: they were joined")
    took = sorted(bench.arrived[key] - sent[key] for key in sent if key in bench.arrived)
    bench.say("processor time of a single event", (bench.server.cpu_s - spent) / (seconds * rate) * 1000, "ms")
    bench.say("from a write to its frame, median", statistics.median(took) * 1000, "ms")
    bench.say("from a write to its frame, 99 %", took[int(0.99 * (len(took) - 1))] * 1000, "ms")


async def _bare_broadcasts(bench: Bench, sockets: int, broadcasts: int) -> None:
    await bench.open([""] * SINGLE, "")
    before = bench.rss_kb()
    await bench.open([""] * sockets, "")
    bench.say("memory of a connection", (bench.rss_kb() - before) / sockets, "KB")
    text = '{"id":"1","type":"next","payload":{"data":{"announcementAdded":{"id":"ann_","title":"' + "о" * 150 + '"}}}}'
    spent = bench.server.cpu_s
    for _ in range(broadcasts):
        expected = bench.received + sockets + SINGLE
        async with bench.session.post(f"{bench.server.url}/send", data=text.encode()):
            await bench.until(expected)
    bench.say("processor time of a frame", (bench.server.cpu_s - spent) / broadcasts / (sockets + SINGLE) * 1e6, "µs")


def _unlimited() -> aiohttp.ClientSession:
    """A client without aiohttp's limit of a hundred connections."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


@asynccontextmanager
async def _bare() -> AsyncIterator[Process]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bare_sockets", str(port)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield Process(BARE, f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    typer.run(main)
