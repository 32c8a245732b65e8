"""What one person with a valid token sends to hurt the others: documents that are dear to prepare, run, or keep."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from tests.bench.load import run_k6

_SCRIPT: Final = Path(__file__).with_name("attack.js")
_TYPES: Final = "fields { name args { name type { name } } type { name kind ofType { name ofType { name } } } }"


def bodies() -> Sequence[str]:
    """The attacks; `UNIQUE` stands where a number makes a document one that nobody has seen."""
    return [orjson.dumps(one).decode() for one in (*_documents(), _registration())]


def _documents() -> Sequence[Mapping[str, Any]]:
    introspection = " ".join(f"a{n}: types {{ name {_TYPES} }}" for n in range(45))
    long = " ".join(f"f{n}: viewer {{ role }}" for n in range(49))
    texts = [
        f"query UNIQUE {{ __schema {{ {introspection} }} }}",
        f"query UNIQUE {{ {' '.join('__typename' for _ in range(4_000))} }}",
        f"query UNIQUE {{ {long} }}",
        f"query UNIQUE {{ viewer {'@skip(if: false)' * 49} {{ role }} }}",
        "query UNIQUE { students(first: 100) { nodes { id marks(first: 40) { nodes { id value comment } } } } }",
        "query UNIQUE { students(first: 100) { nodes { performance { average weightedAverage markCount } } } }",
        f"query {'N' * 20_000}UNIQUE {{ viewer {{ role }} }}",
        "# " + "comment " * 5_000 + "UNIQUE\n{ viewer { role } }",
        "query UNIQUE { " + "viewer { person { " * 15 + "id" + " } }" * 15 + " }",
    ]
    return [{"query": text} for text in texts]


def _registration() -> Mapping[str, Any]:
    text = "query { viewer { role } } # " + "x" * 20_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"query": text, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}


async def attack(url: str, bearer: str, *, rate: int, seconds: float) -> Mapping[str, int]:
    """Send the attacks *rate* times a second; return how often each status was the answer."""
    with NamedTemporaryFile(suffix=".json") as file:
        file.write(orjson.dumps(bodies()))
        file.flush()
        report = await run_k6(
            _SCRIPT, URL=url, BEARER=bearer, BODIES=file.name, RATE=str(rate), DURATION=f"{int(seconds * 1000)}ms"
        )
    counts: Mapping[str, int] = orjson.loads(report)
    return counts


@asynccontextmanager
async def connections_without_bodies(url: str, bearer: str, count: int) -> AsyncIterator[None]:
    """Hold connections that announce a body and send none, and open them again when they are closed."""
    parts = urlsplit(url)
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {bearer}\r\n"
        "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    ).encode()

    async def hold() -> None:
        while True:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(head)
            try:
                await reader.read()
            except ConnectionError:
                await asyncio.sleep(0.1)
            finally:
                writer.close()

    tasks = [asyncio.create_task(hold()) for _ in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
