"""`school-gateway explain`: what a query means to a role, on the terminal."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role
from gateway import explain
from gateway.app import open_clients
from gateway.context import Clock, RequestContext, zone
from gateway.engine.prepare.visibility import View
from gateway.engine.reads import Reads
from gateway.schema.query import graphql_schema
from gateway.settings import Settings

out = Console(soft_wrap=True, highlight=False)


def tell_plan(
    source: str, name: str | None, role: Role, variables: Mapping[str, Any], *, generated: bool
) -> explain.Prepared:
    """What is pruned, which columns are needed, what it may cost, how long the preparation takes, the plan's code."""
    made = explain.prepared(source, name, View(graphql_schema(), role.value))
    for denial in explain.pruned(made.prepared.operation):
        out.print(f"pruned  {'.'.join(denial['path'])}  visible to {', '.join(denial['visibleTo'])}")
    table = Table("type", "columns", title="Columns read")
    for named, needs in explain.columns(made.prepared.operation).items():
        table.add_row(named, ", ".join(needs))
    out.print(table)
    tell_cost(explain.cost(made.prepared, variables))
    out.print(f"parsed, pruned and validated in {made.prepare_ms:.1f} ms, compiled in {made.compile_ms:.1f} ms")
    if generated:
        out.print(Syntax(made.prepared.plan.source, "python"))
    return made


def tell_cost(cost: Mapping[str, Any]) -> None:
    """What it may cost or did cost, and where most of that lies."""
    path = ".".join(cost["heaviest"]["path"])
    place = f"; {cost['heaviest']['cost']} of it {path}" if path else ""
    actual = f", cost {cost['actual']}" if "actual" in cost else ""
    out.print(f"may cost {cost['estimated']}{place}{actual}")


async def tell_run(
    settings: Settings, made: explain.Prepared, role: Role, subject: str, variables: Mapping[str, Any]
) -> None:
    """Run it as the person known to the developer issuer as *subject*; tell batches, commands and indexes."""
    deadline = asyncio.get_running_loop().time() + settings.mongo.timeout_s
    clock = Clock(settings.today)
    claims = Claims(settings.auth.developer_issuer, subject, role, None, 0)
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        viewer = await Viewers(connectors.directory, None).viewer(
            claims,
            today=lambda name: clock.day(zone(name)),
            deadline=deadline,
        )
        context = RequestContext(viewer, connectors, Reads(deadline), "explain", clock, explain=True)
        result = await explain.run_explained(
            made.prepared,
            context,
            variables,
            lambda: made.prepared.plan.run(context, variables),
            made.compile_ms,
        )
    told = (result.extensions or {})["explain"]
    tell_cost(told["cost"])
    batches = Table("read", "keys", "columns", title="Loader batches")
    for batch in told["batches"]:
        batches.add_row(batch["read"], str(batch["keys"]), ", ".join(batch["columns"]))
    out.print(batches)
    table = Table("connector.collection", "command", "filter", "projection", "indexes", title="MongoDB")
    for command in told["commands"]:
        table.add_row(
            f"{command['connector']}.{command['collection']}",
            command["command"],
            str(command.get("filter") or command.get("pipeline")),
            ", ".join(command.get("projection", {})),
            ", ".join(command["indexes"]),
        )
    out.print(table)
    out.print(f"{len(told['commands'])} commands")
    answered = Table("path", "objects", title="Answer")
    for shown in told["objects"]:
        answered.add_row(".".join(shown["path"]), str(shown["count"]))
    out.print(answered)
    for error in result.errors or ():
        out.print(f"error at {error.path}: {error.message}")
