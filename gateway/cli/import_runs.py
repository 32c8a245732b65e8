"""`school-gateway import runs` and `import repeat`."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from connectors.directory.imports import ImportRunRecord
from connectors.imports.history import conflicts_of, latest_runs, run_of
from connectors.snapshots import Conflict
from gateway.app import open_clients
from gateway.cli.importing import AllowEnding, ImportOptions, SkippedList, import_files
from gateway.cli.terminal import fail, out, run, settings_of_environment


def runs(
    run_id: Annotated[
        str | None, typer.Argument(metavar="RUN", help="List what one run refused and left as it was.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 20,
) -> None:
    """Show the runs of imports, or one run with every record that it refused."""

    async def work() -> tuple[list[ImportRunRecord], list[Conflict]]:
        async with open_clients(settings_of_environment()) as clients:
            databases = clients.connectors.databases
            if run_id is None:
                return await latest_runs(databases["directory"], count), []
            found = await run_of(databases["directory"], run_id)
            return ([found], await conflicts_of(databases, found)) if found else ([], [])

    found, conflicts = run(work())
    if run_id is not None and not found:
        fail(f"There is no run {run_id}; `import runs` lists them.")
    for one in found:
        _print(one)
    for field, here, source in conflicts:
        out.print(f"  {field}: {here!r} here, {source!r} in the source", markup=False)


def _print(record: ImportRunRecord) -> None:
    counts = ", ".join(f"{count:,} {name}" for name, count in record.get("counts", {}).items() if count)
    started = f"{record['started_at']:%Y-%m-%d %H:%M}"
    out.print(
        f"{record['_id']} {started} {record['state']} {record['format']} {record['source']}: {counts or 'nothing'}",
        markup=False,
    )
    if "failure" in record:
        out.print(f"  {record['failure']}", markup=False)
    if record.get("refused"):
        table = Table("file", "line", "entity", "reason")
        for one in record["refused"]:
            table.add_row(Text(one["file"]), str(one["line"]), one["entity"], Text(one["reason"]))
        out.print(table)


def repeat(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run to repeat, as `import runs` names it.")],
    allow_ending: AllowEnding = None,
    skipped: SkippedList = None,
) -> None:
    """Read the files of a run again, with its options: records that were missing come in, all others stay."""

    async def work() -> ImportRunRecord | None:
        async with open_clients(settings_of_environment()) as clients:
            return await run_of(clients.connectors.databases["directory"], run_id)

    record = run(work())
    if record is None:
        fail(f"There is no run {run_id}; `import runs` lists them.")
    import_files(ImportOptions.of(record["options"]), allow_ending=allow_ending, skipped=skipped)
