"""Whether the gateway lives, and whether it can answer."""

import asyncio
from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

from connectors.breaker import State
from connectors.errors import ConnectorError
from connectors.mongo import Source
from connectors.redis.best_effort import BestEffort
from gateway.http.lifecycle import Life

PROBE_S = 1.0
ESSENTIAL: Final = "directory"
"""The subsystem that every request needs: it says who may see whom."""


class Readiness:
    """Probes the databases. Requests share a probe that runs, or that began at most *cache_s* seconds ago."""

    def __init__(self, sources: Mapping[str, Source], redis: BestEffort | None, *, cache_s: float) -> None:
        self._sources = sources
        self._redis = redis
        self._cache_s = cache_s
        self._began = float("-inf")
        self._probing: asyncio.Task[dict[str, str]] | None = None

    async def states(self) -> dict[str, str]:
        """Return the state of each database."""
        now = asyncio.get_running_loop().time()
        probing = self._probing
        if probing is None or (probing.done() and now - self._began >= self._cache_s):
            self._began = now
            probing = self._probing = asyncio.ensure_future(self._probe())
        return await asyncio.shield(probing)

    async def _probe(self) -> dict[str, str]:
        probes = {f"mongo:{name}": _mongo(source) for name, source in self._sources.items()}
        if self._redis is not None:
            probes["redis"] = _redis(self._redis)
        return dict(zip(probes, await asyncio.gather(*probes.values()), strict=True))


def routes(sources: Mapping[str, Source], readiness: Readiness, life: Life) -> list[web.RouteDef]:
    """`/healthz`: the process answers. `/readyz`: it can answer requests, if only some of their fields.

    A database that does not answer, other than the directory's, or Redis, makes the gateway `degraded`: taking it out
    of service would take from clients all that the others still answer.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return _json(200, {"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        if life.is_stopping:
            return _json(503, {"status": "stopping"})
        states = await readiness.states()
        status = "ok" if all(state == "ok" for state in states.values()) else "degraded"
        if states[f"mongo:{ESSENTIAL}"] != "ok":
            status = "unavailable"
        breakers = {name: source.guard.breaker.state for name, source in sources.items()}
        answer = {"status": status, "checks": states, "breakers": breakers}
        return _json(503 if status == "unavailable" else 200, answer)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def _mongo(source: Source) -> str:
    try:
        await source.ping(deadline=asyncio.get_running_loop().time() + PROBE_S)
    except ConnectorError:  # a process that lags waits for longer by as much, so that the source had its time
        return "unavailable"
    return "ok" if source.guard.breaker.state is State.CLOSED else "recovering"


async def _redis(redis: BestEffort) -> str:
    return "ok" if await redis.call(redis.redis.ping, otherwise=False) else "unavailable"


def _json(status: int, answer: object) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(answer),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
