"""How much memory a file of 100,000 rows takes: of the gateway, and of the process that writes a workbook."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from pymongo import AsyncMongoClient

from auth.viewer import Role
from gateway.exports.formats import Format
from tests.gateway import school
from tests.gateway.asking import TinySchool
from tests.gateway.served import served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc, which Linux has"),
]

ROWS: Final = 100_000
MOST_MB: Final = 100
QUERY: Final = """query Marks($id: ID!) { student(id: $id) { displayName marks(first: 100) {
  nodes { id value weight givenOn isPoint comment subject { name } givenBy { displayName } } } } }"""


@pytest.fixture(scope="module")
async def crowded(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    """The tiny school, in which Ivan has 100,000 marks more."""
    prefix = f"crowded_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    built = school.build(prefix)
    await built.write(mongo_uri, prefix)
    async with AsyncMongoClient[dict[str, Any]](mongo_uri) as client:
        marks = client[f"{prefix}_grades"].marks
        own = await marks.find_one({"student_id": built.id("Student", "ivan"), "is_point": False})
        assert own is not None
        for first in range(0, ROWS, 10_000):
            await marks.insert_many(
                [
                    {**own, "_id": f"mrk_{number:08}", "work_id": f"wrk_{number:08}", "comment": "=1+1"}
                    for number in range(first, first + 10_000)
                ]
            )
    rules: dict[str, Any] = {"rows": 200_000, "timeout_s": 600}
    off: dict[str, Any] = {"enabled": False}
    async with served(
        mongo_uri, redis_uri, prefix=prefix, today=school.TODAY, exports=rules, rate_limit=off
    ) as gateway:
        yield TinySchool(gateway, built)


def resident_mb(pid: int | str = "self") -> float:
    """The resident memory of a process in MB; 0 where it has ended."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


async def highest(before: float, done: asyncio.Event) -> float:
    """How much more memory this process, or the largest of its children, has had until *done*."""
    most = 0.0
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while not done.is_set():
        most = max(most, resident_mb() - before, *(resident_mb(pid) for pid in _writers(children)), 0)
        await asyncio.sleep(0.02)
    return most


def _writers(children: Path) -> list[str]:
    found = children.read_text().split() if children.exists() else []
    return [pid for pid in found if b"xlsx_file" in _command(pid)]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("kind", [Format.CSV, Format.XLSX])
async def test_a_hundred_thousand_rows_take_bounded_memory(crowded: TinySchool, kind: Format) -> None:
    async def download(first_only: str | None) -> int:
        size = 0
        days = f'(days: {{first: "{first_only}", last: "{first_only}"}}, ' if first_only else "("
        response = await crowded.served.client.post(
            "/graphql",
            json={"query": QUERY.replace("(first", f"{days}first"), "variables": {"id": crowded.id("Student", "ivan")}},
            headers={
                "Authorization": f"Bearer {crowded.bearer('ivan', Role.STUDENT)}",
                "Accept": kind.media_type,
                "Accept-Encoding": "identity",
            },
        )
        assert response.status == 200
        async for piece in response.content.iter_chunked(65_536):
            size += len(piece)
        return size

    await download("2026-09-02")  # what is loaded once is not of this file
    done = asyncio.Event()
    watching = asyncio.create_task(highest(resident_mb(), done))
    size = await download(None)
    done.set()
    assert size > (ROWS * 50 if kind is Format.CSV else ROWS * 5)
    assert await watching < MOST_MB
