"""One of the servers that are compared, as a process of its own: `python -m tests.bench.serve NAME`.

All have the gateway's settings, driver and event loop; "serving" is printed when they serve.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import strawberry
import uvloop
from aiohttp import web
from graphql import ExecutionResult
from pymongo.monitoring import CommandListener

from gateway.app import create_app, serve_app_until_stopped
from gateway.context import RequestContext
from gateway.engine import reference_executor
from gateway.engine.documents import PreparedOperation
from gateway.observability.logging import configure as configure_log
from gateway.settings import Quotas, Settings
from tests.bench.limit import create_limit

GATEWAY: Final = "gateway"
STOCK: Final = "stock"
EXECUTOR: Final = "executor"
LIMIT: Final = "limit"
LIMIT_COMMANDS: Final = "limit, commands"
SERVED: Final = "served"
VIEWERS: Final = "viewers"
"""Not a server: the one above, asked by up to 200 viewers in turn, each for what is their own."""
PERSISTED: Final = "persisted"
"""Not a server: that one, asked by the ids of documents it knows."""
COMPRESSED: Final = "compressed"
"""Not a server: that one, asked as browsers ask, for a compressed answer."""

READY: Final = "serving"

_UNLIMITED: Final = 10**12
_COLLECTS_AFTER: Final = (700, 10, 10)
"""Python's own settings of the garbage collector."""

App = Callable[[Settings, Sequence[CommandListener]], web.Application]


async def run_stock(
    prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]
) -> ExecutionResult:
    """Run an operation as Strawberry does by itself: parsed, validated and walked object by object, each time."""
    operation = prepared.operation
    schema: strawberry.Schema = operation.view.full._strawberry_schema  # type: ignore[attr-defined] # Strawberry's way back
    source = operation.document.loc.source.body if operation.document.loc else ""
    levels = reference_executor.ReferenceContext(reference_executor.LevelLoaders(operation, context))
    result = await schema.execute(
        source, variable_values=dict(variables), context_value=levels, operation_name=operation.name
    )
    return ExecutionResult(result.data, result.errors)


async def run_executor(
    prepared: PreparedOperation, context: RequestContext, variables: Mapping[str, Any]
) -> ExecutionResult:
    """Run an operation, which is parsed and validated once, by graphql-core's executor."""
    operation = prepared.operation
    return await reference_executor.run(operation.view.full, operation, context, variables)


SERVERS: Final[Mapping[str, App]] = {
    GATEWAY: lambda settings, listeners: create_app(settings, listeners=listeners),
    STOCK: lambda settings, listeners: create_app(settings, listeners=listeners, execute=run_stock),
    EXECUTOR: lambda settings, listeners: create_app(settings, listeners=listeners, execute=run_executor),
    LIMIT: partial(create_limit, commands=False),
    LIMIT_COMMANDS: partial(create_limit, commands=True),
    SERVED: lambda settings, listeners: create_app(as_served(settings), listeners=listeners),
}
"""Servers of the same answers: compiled plans, Strawberry, graphql-core's executor, two by hand, the gateway as served.

All but the last read everything from MongoDB, each time.
"""


UNDISCLOSED: Final = "without disclosures"
"""The gateway, which records nobody's reading; `make bench-disclosures` compares it with the gateway."""


def _undisclosed(settings: Settings, listeners: Sequence[CommandListener]) -> web.Application:
    without = settings.model_copy(deep=True)
    without.disclosures.enabled = False
    return create_app(without, listeners=listeners)


def as_served(settings: Settings) -> Settings:
    """The gateway with all that it has by default, and quotas that nobody uses up."""
    served = settings.model_copy(deep=True)
    served.cache.enabled = True
    served.observe.log_requests = True
    served.rate_limit.enabled = True
    served.rate_limit.per_minute = Quotas(**dict.fromkeys(Quotas.model_fields, _UNLIMITED))
    return served


async def _serve(name: str, settings: Settings) -> None:
    http = settings.http
    with Path(os.devnull).open("wb") as nowhere:
        configure_log(as_json=True, level="INFO", id_key=None, stream=nowhere)
        app = {**SERVERS, UNDISCLOSED: _undisclosed}[name](settings, ())
        await serve_app_until_stopped(app, http.host, http.port, on_ready=lambda: _begin(name))


def _begin(name: str) -> None:
    if name == STOCK:
        gc.unfreeze()
        gc.set_threshold(*_COLLECTS_AFTER)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1], Settings()))
