"""Load by k6 on a gateway that may refuse, or fail: what became of each request."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import orjson

from tests.bench.load import run_k6

_SCRIPT: Final = Path(__file__).with_name("load.js")


@dataclass(frozen=True, slots=True)
class Seen:
    """What k6 counted, and the times of whole answers."""

    seconds: float
    """How long new requests were sent; the last answers come a little later."""
    whole: int
    partial: int
    """Answers with 200 that are not the one that was expected."""
    refused: int
    """Answers with 503 and `Retry-After`."""
    failed: int
    """All other answers, and lost connections."""
    dropped: int
    """Requests that were due and not sent, because all clients still waited."""
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    refused_p50_ms: float
    refused_p99_ms: float

    @property
    def request_count(self) -> int:
        """Requests that were due."""
        return self.whole + self.partial + self.refused + self.failed + self.dropped

    @property
    def goodput(self) -> float:
        """Whole answers a second."""
        return self.whole / self.seconds


async def load(
    url: str,
    bearer: str,
    body: bytes,
    *,
    length: int,
    seconds: float,
    clients: int,
    rate: int = 0,
    waits: bool = True,
) -> Seen:
    """Ask *url* for *seconds*: *clients* in a closed loop, or *rate* times a second; *waits*: as Retry-After says."""
    with NamedTemporaryFile(suffix=".json") as file:
        file.write(body)
        file.flush()
        settings = {
            "URL": url,
            "BEARER": bearer,
            "BODY": file.name,
            "LENGTH": str(length),
            "CLIENTS": str(clients),
            "RATE": str(rate),
            "WAITS": str(waits).lower(),
            "DURATION": f"{int(seconds * 1000)}ms",
        }
        report = await run_k6(_SCRIPT, **settings)
    return Seen(seconds=seconds, **orjson.loads(report))
