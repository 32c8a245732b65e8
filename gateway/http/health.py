"""Whether the gateway lives, and whether it can answer."""

import asyncio
from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

from connectors.breaker import State
from connectors.errors import SourceUnavailable
from connectors.mongo import Source
from connectors.redis import Redis, RedisError
from gateway.http.life import Life

PROBE_S = 1.0
ESSENTIAL: Final = "directory"
"""The subsystem that every request needs: it says who may see whom."""


def routes(sources: Mapping[str, Source], redis: Redis | None, life: Life) -> list[web.RouteDef]:
    """`/healthz`: the process answers. `/readyz`: it can answer requests, if only some of their fields.

    A database that does not answer, other than the directory's, or Redis, makes the gateway `degraded`: taking it out
    of service would take from clients all that the others still answer.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return _json(200, {"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        if life.is_stopping:
            return _json(503, {"status": "stopping"})
        names = [f"mongo:{name}" for name in sources]
        states = dict(zip(names, await asyncio.gather(*map(_mongo, sources.values())), strict=True))
        if redis is not None:
            states["redis"] = await _redis(redis)
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
    except SourceUnavailable:
        return "unavailable"
    return "ok" if source.guard.breaker.state is State.CLOSED else "recovering"


async def _redis(redis: Redis) -> str:
    try:
        async with asyncio.timeout(PROBE_S):
            await redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unavailable"
    return "ok"


def _json(status: int, answer: object) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(answer),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
