"""One of the three servers that are compared, as a process of its own: `python -m tests.bench.serve NAME`.

All three have the gateway's settings, driver, event loop and garbage collector; the port is printed when they serve.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import uvloop
from aiohttp import web
from graphql import ExecutionResult
from pymongo.monitoring import CommandListener

from gateway.app import create_app, serve_app_until_stopped
from gateway.context import RequestContext
from gateway.engine import stock
from gateway.engine.document import Operation
from gateway.settings import Settings
from tests.bench.limit import create_limit

GATEWAY: Final = "gateway"
STOCK: Final = "stock"
LIMIT: Final = "limit"
CACHED: Final = "cached"
READY: Final = "serving"

App = Callable[[Settings, Sequence[CommandListener]], web.Application]


async def run_stock(operation: Operation, context: RequestContext, variables: Mapping[str, Any]) -> ExecutionResult:
    """Run *operation* by graphql-core's executor."""
    return await stock.run(operation.view.full, operation, context, variables)


SERVERS: Final[Mapping[str, App]] = {
    GATEWAY: lambda settings, listeners: create_app(settings, listeners=listeners),
    STOCK: lambda settings, listeners: create_app(settings, listeners=listeners, run=run_stock),
    LIMIT: create_limit,
    CACHED: lambda settings, listeners: create_app(_with_cache(settings), listeners=listeners),
}
"""The same answers: by compiled plans, by graphql-core's executor, by hand; and by the gateway as it is served.

The first three read everything from MongoDB, each time. The last keeps what answers everybody alike for a second.
"""


def _with_cache(settings: Settings) -> Settings:
    return settings.model_copy(update={"cache": settings.cache.model_copy(update={"enabled": True})})


async def _serve(name: str, settings: Settings) -> None:
    app = SERVERS[name](settings, ())
    http = settings.http
    await serve_app_until_stopped(app, http.host, http.port, on_ready=_say_so)


def _say_so() -> None:
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1], Settings()))
