"""`school-gateway import tables` and `import template`."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.imports.tables.template import write_templates
from gateway.cli.importing import AllowEnding, DryRun, ImportOptions, SkippedList, import_files
from gateway.cli.terminal import fail, out


def import_tables(  # noqa: PLR0917 - typer makes an option of each
    paths: Annotated[list[Path], typer.Argument(help="CSV files, workbooks (.xlsx), directories or zip archives.")],
    school: Annotated[str | None, typer.Option(help="The name of the school; needed the first time.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A file (TOML) that says which heading is which column.")] = None,
    time_zone: Annotated[str, typer.Option(help="The school's IANA time zone.")] = "Asia/Yekaterinburg",
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "urn:school",
    source: Annotated[
        str | None,
        typer.Option(help="Whose records these are; one for each school of an issuer.  [default: the issuer]"),
    ] = None,
    allow_ending: AllowEnding = None,
    skipped: SkippedList = None,
    *,
    rename_school: Annotated[
        bool, typer.Option("--rename-school", help="The school has a new name: --school.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Import a school's own tables; `import template` writes the headings that are understood."""
    first, *more = (str(path.absolute()) for path in paths)
    options = ImportOptions(
        "tables",
        first,
        time_zone,
        issuer,
        tables=tuple(more),
        source=source,
        school=school,
        is_renamed=rename_school,
        mapping=str(mapping.absolute()) if mapping else None,
    )
    import_files(options, allow_ending=allow_ending, skipped=skipped, is_dry=dry_run)


def template(
    directory: Annotated[Path, typer.Argument(help="Where to write the workbook and the mapping file.")],
) -> None:
    """Write a workbook with all tables and their headings, and a mapping file for other headings."""
    try:
        written = write_templates(directory)
    except OSError as error:
        fail(f"{directory}: {error.strerror}")
    for path in written:
        out.print(path)
