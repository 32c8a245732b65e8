"""Whether the gateway lives, and whether it can answer."""

import asyncio
from collections.abc import Mapping

import orjson
from aiohttp import web

from connectors.errors import SourceUnavailable
from connectors.mongo import Source
from connectors.redis import Redis, RedisError

PROBE_S = 1.0


def routes(sources: Mapping[str, Source], redis: Redis | None) -> list[web.RouteDef]:
    """`/healthz`: the process answers. `/readyz`: so do the databases, and Redis where one is configured."""

    async def healthz(_request: web.Request) -> web.Response:
        return _json(200, {"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        names = [f"mongo:{name}" for name in sources]
        states = dict(zip(names, await asyncio.gather(*map(_mongo, sources.values())), strict=True))
        if redis is not None:
            states["redis"] = await _redis(redis)
        ready = all(state == "ok" for state in states.values())
        return _json(200 if ready else 503, {"status": "ok" if ready else "unavailable", "checks": states})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def _mongo(source: Source) -> str:
    try:
        await source.ping(deadline=asyncio.get_running_loop().time() + PROBE_S)
    except SourceUnavailable:
        return "unavailable"
    return "ok"


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
