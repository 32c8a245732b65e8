"""The gateway that drills try: workers on databases of their own, which hold the schools of the benchmark."""

import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import orjson

from connectors.assembly import Clients
from connectors.demo.school import TODAY
from connectors.embedded import Server, mongod, redis_server
from tests.bench.school import Question, seeded
from tests.gateway.load import Program, program

PREFIX: Final = "drill"
_WARM_UP: Final = 20
"""Connections until every worker has its plan, its connections and its viewers."""
QUOTA: Final = str(10**12)
ROLES: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR", "ANALYST")


@dataclass(frozen=True, slots=True)
class Parts:
    """The databases, and the questions that are asked."""

    mongo: Server
    apart: Server
    """The MongoDB of one subsystem, which a drill may stop."""
    redis: Server
    questions: Mapping[str, Question]


@asynccontextmanager
async def parts(students: int, apart: str) -> AsyncIterator[Parts]:
    """Start the databases with this many students; those of the subsystem *apart* are on a server of their own."""
    with tempfile.TemporaryDirectory(prefix="school-gateway-drill-") as directory:
        servers = mongod(Path(directory, "mongo")), mongod(Path(directory, "apart")), redis_server(Path(directory, "r"))
        mongo, own, redis = servers
        async with mongo as uri, own as own_uri, redis:
            async with Clients(uri, uris={apart: own_uri}, prefix=PREFIX, timeout_s=30) as clients:
                questions = await seeded(clients.connectors, students=students)
            yield Parts(mongo, own, redis, {question.name: question for question in questions})


@asynccontextmanager
async def gateway(parts: Parts, apart: str, *, workers: int, **environment: str) -> AsyncIterator[Program]:
    """Run `school-gateway serve` with its default settings, and quotas that nobody uses up."""
    settings = {
        "GATEWAY_MONGO__URI": parts.mongo.uri,
        "GATEWAY_MONGO__URIS": orjson.dumps({apart: parts.apart.uri}).decode(),
        "GATEWAY_MONGO__PREFIX": PREFIX,
        "GATEWAY_REDIS__URI": parts.redis.uri,
        "GATEWAY_TODAY": TODAY.isoformat(),
        **{f"GATEWAY_RATE_LIMIT__PER_MINUTE__{role}": QUOTA for role in ROLES},
        **environment,
    }
    async with program("--workers", str(workers), **settings) as running:
        yield running


async def length_of(url: str, question: Question) -> int:
    """Return how long the whole answer to a question is, in bytes."""
    headers = {"Authorization": f"Bearer {question.bearer}", "Content-Type": "application/json"}
    bodies = [await _answer(url, question.graphql, headers) for _ in range(_WARM_UP)]
    return len(bodies[-1])


async def _answer(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a whole answer that comes over a connection of its own."""
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        found = await response.read()
    if response.status != HTTPStatus.OK or b'"errors"' in found:
        raise RuntimeError(found[:500].decode(errors="replace"))
    return found


async def breakers_opened(url: str) -> int:
    """Return how often a breaker of a worker opened."""
    async with aiohttp.ClientSession() as session, session.get(url.replace("/graphql", "/metrics")) as response:
        found = re.findall(r'gateway_breaker_changes_total\{[^}]*to="open"[^}]*\} ([\d.e+]+)', await response.text())
    return round(sum(map(float, found)))


def resident_mb(pids: Sequence[int]) -> list[float]:
    """Return the memory that each process holds."""
    return [_status(pid, "VmRSS") for pid in pids]


def peak_mb(pids: Sequence[int]) -> list[float]:
    """Return the most memory that each process has held."""
    return [_status(pid, "VmHWM") for pid in pids]


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
