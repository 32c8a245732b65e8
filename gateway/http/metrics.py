"""The endpoint `/metrics` for Prometheus, of one process or of all workers together."""

import asyncio
import gc
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from gateway.observability.metrics import LOOP_LAG

EVERY_S: Final = 1.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

# prometheus-client's own collector of these sees only the process that is asked, and none of several.
RESIDENT: Final = Gauge("gateway_process_resident_bytes", "Memory that a process holds.", multiprocess_mode="liveall")
CPU: Final = Gauge("gateway_process_cpu_seconds", "Processor time that it has used.", multiprocess_mode="liveall")
COLLECTIONS: Final = Gauge(
    "gateway_process_gc_collections", "Runs of the garbage collector, of all generations.", multiprocess_mode="liveall"
)


def routes() -> list[web.RouteDef]:
    """The metrics of all processes that this one belongs to."""

    async def metrics(_request: web.Request) -> web.Response:
        body = generate_latest(_registry())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return [web.get("/metrics", metrics)]


def _registry() -> CollectorRegistry:
    if not _is_shared():
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # theirs
    return registry


def _is_shared() -> bool:
    """Whether processes write their metrics into files that each of them reads: see gateway.workers."""
    return bool(ValueClass.__name__ == "MmapedValue")


async def watched_process(_app: web.Application) -> AsyncIterator[None]:
    """Measures the process itself, for as long as the application lives."""
    measuring = asyncio.create_task(_measure())
    yield
    measuring.cancel()


async def _measure() -> None:
    loop = asyncio.get_running_loop()
    while True:
        used = resource.getrusage(resource.RUSAGE_SELF)
        CPU.set(used.ru_utime + used.ru_stime)
        RESIDENT.set(_resident())
        COLLECTIONS.set(sum(generation["collections"] for generation in gc.get_stats()))
        due = loop.time() + EVERY_S
        await asyncio.sleep(EVERY_S)
        LOOP_LAG.observe(max(loop.time() - due, 0))


def _resident() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:  # not Linux: the most it ever had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
