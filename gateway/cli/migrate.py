"""`school-gateway migrate`, and the check of every command that reads or writes the data of a school."""

from typing import Annotated

import typer

from connectors.assembly import Connectors
from connectors.migrations import migrating, versions
from connectors.migrations.migrating import MigrationRuns, Step
from connectors.migrations.numbered import LATEST
from connectors.migrations.versions import WrongVersion
from gateway.app import open_clients
from gateway.cli.load import bar
from gateway.cli.terminal import console, fail, out, run, settings_of_environment
from gateway.settings import Settings


def migrate(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be changed, and change nothing.")] = False,
) -> None:
    """Bring the data of an earlier version into the shape that this version needs.

    Stop the gateway and save a backup before. A migration that was broken off is completed by running it again.
    A second run changes nothing.
    """
    settings = settings_of_environment()

    async def work() -> list[Step]:
        async with open_clients(settings) as clients:
            if dry_run:
                return await migrating.pending(clients.connectors.databases)
            return await migrate_data(clients.connectors)

    try:
        steps = run(work())
    except (WrongVersion, MigrationRuns) as error:
        fail(str(error))
    for step in steps:
        out.print(f"{step.number} {step.migration.subsystem}: {step.migration.title}: {step.documents:,} documents")
    if dry_run:
        console.print(f"Nothing was changed. {len(steps)} migrations lead to schema version {LATEST}.")
    else:
        console.print(f"The data is of schema version {LATEST}.")


async def migrate_data(connectors: Connectors) -> list[Step]:
    """Migrate all databases, and show on a bar how far that is."""
    with bar() as progress:
        task = progress.add_task("Migrating", total=None)

        def tell(step: Step, done: int) -> None:
            description = f"Migrating {step.migration.subsystem}: {step.migration.title}"
            progress.update(task, description=description, completed=done, total=max(done, step.documents))

        return await migrating.migrate(connectors.databases, tell)


def require_latest_version(settings: Settings) -> None:
    """End the command with a sentence where the data is older or newer than this program."""

    async def check() -> None:
        async with open_clients(settings) as clients:
            await versions.require_latest(clients.connectors.databases)

    try:
        run(check())
    except WrongVersion as error:
        fail(str(error))


async def check_versions(connectors: Connectors) -> bool:
    """Print the schema version of the databases, and return whether it is the one of this program."""
    found = await versions.versions_of(connectors.databases)
    wrong = {name: version for name, version in found.items() if version not in (None, LATEST)}
    if not wrong:
        console.print(f"schema version: {LATEST}")
        return True
    for name, version in wrong.items():
        todo = "`school-gateway migrate`" if (version or 0) < LATEST else "install the newer school-gateway"
        console.print(
            f"[red]schema version[/] of {name}: {version}, this program needs {LATEST}: {todo}", soft_wrap=True
        )
    return False
