"""Load by k6: a constant number of clients, each waiting for its answer before it asks again.

k6 is a program of its own, so that measuring costs the servers' event loop nothing, and its closed loop keeps a server
just busy: the rate is then what the server can do, and the processor time per request does not depend on the load.
"""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import orjson

_SCRIPT: Final = Path(__file__).with_name("load.js")


@dataclass(frozen=True, slots=True)
class Load:
    """What k6 saw."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by whom, and how long its answer is in bytes."""

    bearer: str
    body: bytes
    length: int


async def load(url: str, each_request: Sequence[Asked], *, clients: int, seconds: float, encoding: str = "") -> Load:
    """Ask *url* the requests in turn for *seconds*; RuntimeError when an answer is no success of the right length."""
    output = [{"bearer": one.bearer, "body": one.body.decode(), "length": one.length} for one in each_request]
    with NamedTemporaryFile(suffix=".json") as file:
        file.write(orjson.dumps(output))
        file.flush()
        settings = {
            "URL": url,
            "ASKED": file.name,
            "CLIENTS": str(clients),
            "DURATION": f"{int(seconds * 1000)}ms",
            "ENCODING": encoding,
        }
        summary = await run_k6(_SCRIPT, **settings)
    seen = orjson.loads(summary)
    if seen["good"] != seen["done"]:
        raise RuntimeError(f"{seen['done'] - seen['good']} of {seen['done']} answers were wrong")
    return Load(seen["done"], seen["seconds"], seen["p50_ms"], seen["p95_ms"])


async def run_k6(script: Path, **settings: str) -> bytes:
    """Run a script and return what its summary says; RuntimeError when it says nothing."""
    process = await asyncio.create_subprocess_exec(
        *(_k6(), "run", "--quiet", "--no-usage-report", "--address", ""),
        *(part for name, value in settings.items() for part in ("--env", f"{name}={value}")),
        str(script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await process.communicate()
    if process.returncode or not output:
        raise RuntimeError(complaints.decode())
    return output


def _k6() -> str:
    """Return the path of the program."""
    beside = Path(sys.executable).with_name("k6")
    found = str(beside) if beside.exists() else shutil.which("k6")
    if found is None:
        raise RuntimeError("k6 is not installed: make bench installs it from the lock file")
    return found
