"""`school-gateway seed`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from connectors.assembly import Connectors
from connectors.demo import ownership
from connectors.demo.ownership import NotGenerated
from connectors.demo.school import TODAY
from gateway.app import open_clients
from gateway.cli.load import load_demo, print_counts, print_sign_in_names
from gateway.cli.terminal import console, fail, run, settings_of_environment


def seed(
    schools: Annotated[int, typer.Option(min=1, help="How many; schools and colleges take turns.")] = 2,
    students: Annotated[int, typer.Option(min=10, max=300_000, help="How many in all.")] = 600,
    number: Annotated[int, typer.Option("--seed", help="The same number gives the same people.")] = 1,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it all stands around; 2026-11-18 without.")
    ] = None,
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "school-gateway",
    replace: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVER/PREFIX", help="Replace what is there even if it was not generated."),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing generated data.")] = False,
) -> None:
    """Generate Russian schools and colleges into the databases, in place of what was generated before."""

    async def work() -> None:
        async with open_clients(settings_of_environment()) as clients:
            await _confirm_replacement(clients.connectors, replace or [], yes=yes)
            summary, loaded = await load_demo(
                clients.connectors,
                seed=number,
                schools=schools,
                students=students,
                today=today.date() if today else TODAY,
                issuer=issuer,
                replace=replace or [],
            )
            print_counts("Generated", documents=summary.counts)
            await print_sign_in_names(clients.connectors, loaded, issuer)

    try:
        run(work())
    except NotGenerated as error:
        named = " ".join(f"--replace {place}" for place in error.places)
        fail(f"{error}. To replace it all the same, add {named}")


async def _confirm_replacement(connectors: Connectors, replace: Sequence[str], *, yes: bool) -> None:
    """Say which servers are written to and how many documents are replaced there, and ask unless *yes*."""
    found = await ownership.holdings(connectors)
    foreign = [holding for holding in found if holding.is_foreign and holding.place not in replace]
    if foreign:
        raise NotGenerated(foreign)
    for place, documents in ownership.documents_by_place(found).items():
        console.print(f"Writing to {place}, which holds {documents:,} documents.", highlight=False)
    if not yes and any(holding.documents for holding in found):
        typer.confirm("All of them will be replaced. Go on?", abort=True, err=True)
