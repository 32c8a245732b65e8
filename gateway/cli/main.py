"""The commands of `school-gateway`."""

from importlib.metadata import version
from typing import Annotated, Final

import typer

from gateway.cli import (
    analytics,
    audit,
    backup,
    banner,
    demo,
    doctor,
    erase,
    explain,
    import_edfi,
    import_oneroster,
    import_runs,
    import_tables,
    mail,
    migrate,
    permission_diff,
    schema,
    seed,
    serve,
    token,
    work,
)
from gateway.cli.terminal import out

app: Final = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
statistics: Final = typer.Typer(no_args_is_help=True, help="Statistics for administrators and analysts.")
imports: Final = typer.Typer(no_args_is_help=True, help="Read files of other systems into the databases.")

COMMANDS: Final = (
    demo.demo,
    serve.serve,
    work.work,
    seed.seed,
    migrate.migrate,
    backup.backup,
    backup.restore,
    erase.erase,
    token.token,
    explain.explain,
    doctor.doctor,
    mail.mail,
)

for command in COMMANDS:
    app.command()(command)
app.add_typer(imports, name="import")
schemas: Final = typer.Typer(invoke_without_command=True)
schemas.callback()(schema.schema)
schemas.command("diff")(permission_diff.diff)
app.add_typer(schemas, name="schema")
app.add_typer(audit.app, name="audit")
app.add_typer(banner.app, name="banner")
app.add_typer(statistics, name="analytics")
statistics.command("build")(analytics.build)
imports.command("edfi")(import_edfi.import_edfi)
imports.command("oneroster")(import_oneroster.import_oneroster)
imports.command("tables")(import_tables.import_tables)
imports.command("template")(import_tables.template)
imports.command("runs")(import_runs.runs)
imports.command("repeat")(import_runs.repeat)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer's signature
    if value:
        out.print(f"school-gateway {version('school-gateway')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version_: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """One GraphQL graph over a school's subsystems."""


def main() -> None:
    """Run the command line."""
    app()
