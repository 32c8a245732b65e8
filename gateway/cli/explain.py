"""`school-gateway explain`: prints what a query means to a role, and what running it takes."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.syntax import Syntax
from rich.table import Table

from auth.errors import AuthError
from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role
from connectors.errors import SourceUnavailable
from gateway.app import connectors_of, open_clients, operation_service
from gateway.cli.terminal import fail, out, run, settings_of_environment
from gateway.engine.prepare.operation import OperationRefused
from gateway.engine.prepare.visibility import View
from gateway.operations import explain as explanation
from gateway.operations.manifests import TrustedDocuments
from gateway.operations.persisted import PersistedDocuments, Step
from gateway.operations.request import OperationRequest
from gateway.schema.query import graphql_schema
from gateway.settings import Settings


def print_plan(
    source: str, name: str | None, role: Role, variables: Mapping[str, Any], *, generated: bool
) -> explanation.Prepared:
    """Print which fields are pruned, which columns are needed, the cost, the preparation time and the plan's code."""
    result = explanation.prepared(source, name, View(graphql_schema(), role.value))
    for denial in explanation.pruned(result.prepared.operation):
        out.print(f"pruned  {'.'.join(denial['path'])}  visible to {', '.join(denial['visibleTo'])}")
    table = Table("type", "columns", title="Columns read")
    for named, needs in explanation.columns(result.prepared.operation).items():
        table.add_row(named, ", ".join(needs))
    out.print(table)
    print_cost(explanation.cost(result.prepared, variables))
    out.print(f"parsed, pruned and validated in {result.prepare_ms:.1f} ms, compiled in {result.compile_ms:.1f} ms")
    if generated:
        out.print(Syntax(result.prepared.plan.source, "python"))
    return result


def print_cost(cost: Mapping[str, Any]) -> None:
    """Print the estimated cost, the actual one where the operation has run, and the most expensive place."""
    path = ".".join(cost["heaviest"]["path"])
    place = f"; {cost['heaviest']['cost']} of it {path}" if path else ""
    actual = f", cost {cost['actual']}" if "actual" in cost else ""
    out.print(f"may cost {cost['estimated']}{place}{actual}")


async def run_and_print(
    settings: Settings, source: str, name: str | None, role: Role, subject: str, variables: Mapping[str, Any]
) -> None:
    """Run it as the person known to the developer issuer as *subject*, and print what that took."""
    deadline = asyncio.get_running_loop().time() + settings.mongo.timeout_s
    claims = Claims(settings.auth.developer_issuer, subject, role, None, 0)
    async with open_clients(settings) as clients:
        connectors = connectors_of(settings, clients)
        service = replace(
            operation_service(settings, connectors, None),
            persisted=PersistedDocuments(TrustedDocuments({}, frozenset()), None, Step.OPEN, {}),
            explains_to_all=True,
        )
        viewer = await Viewers(connectors.directory, None).viewer(claims, today=service.clock.day_in, deadline=deadline)
        request = OperationRequest(query=source, operation_name=name, variables=variables, explains=True)
        answer = (await service.run(viewer, request, deadline)).answer
    for error in answer.get("errors", ()):
        out.print(f"error at {'.'.join(map(str, error.get('path', ())))}: {error['message']}")
    if "extensions" in answer:
        print_explanation(answer["extensions"]["explain"])


def print_explanation(explained: Mapping[str, Any]) -> None:
    """Print the cost of a run, its batches of reads, its MongoDB commands, and the objects in its answer."""
    print_cost(explained["cost"])
    batches = Table("read", "keys", "columns", title="Loader batches")
    for batch in explained["batches"]:
        batches.add_row(batch["read"], str(batch["keys"]), ", ".join(batch["columns"]))
    out.print(batches)
    table = Table("connector.collection", "command", "filter", "projection", "indexes", title="MongoDB")
    for command in explained["commands"]:
        table.add_row(
            f"{command['connector']}.{command['collection']}",
            command["command"],
            str(command.get("filter") or command.get("pipeline")),
            ", ".join(command.get("projection", {})),
            ", ".join(command["indexes"]),
        )
    out.print(table)
    out.print(f"{len(explained['commands'])} commands")
    answered = Table("path", "objects", title="Answer")
    for shown in explained["objects"]:
        answered.add_row(".".join(shown["path"]), str(shown["count"]))
    out.print(answered)


def explain(
    file: Annotated[Path, typer.Argument(help="A file with a GraphQL document.", exists=True, dir_okay=False)],
    role: Annotated[Role, typer.Option(help="As this role sees it.")],
    operation: Annotated[str | None, typer.Option(help="Which operation, where the file has several.")] = None,
    subject: Annotated[str | None, typer.Option(help="With --run: whom to run it as, as for `token`.")] = None,
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    *,
    run_: Annotated[bool, typer.Option("--run", help="Run it, and tell the commands it issues.")] = False,
    source: Annotated[bool, typer.Option("--source", help="Show the generated Python.")] = False,
) -> None:
    """Say what a query means to a role: pruned fields, columns, cost, and with --run commands, indexes and batches."""
    if run_ and subject is None:
        fail("--run needs --subject: whom to run it as.")
    try:
        values = json.loads(variables)
        print_plan(file.read_text(), operation, role, values, generated=source)
        if run_ and subject is not None:
            run(run_and_print(settings_of_environment(), file.read_text(), operation, role, subject, values))
    except OperationRefused as refusal:
        fail("\n".join(error.message for error in refusal.errors))
    except json.JSONDecodeError:
        fail("--variables is not JSON.")
    except (AuthError, SourceUnavailable) as error:
        fail(f"Cannot run it as {subject}: {error}")
