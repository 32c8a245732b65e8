"""`school-gateway import oneroster`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.importing import AllowEnding, DryRun, ImportOptions, SkippedList, import_files


def import_oneroster(
    path: Annotated[Path, typer.Argument(help="A directory with the CSV files, or a zip archive of them.")],
    time_zone: Annotated[str, typer.Option(help="The schools' IANA time zone.")] = "Asia/Yekaterinburg",
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "urn:oneroster",
    application: Annotated[
        str | None, typer.Option(help="The applicationId or vendorId whose userProfiles are sign-in names, too.")
    ] = None,
    allow_ending: AllowEnding = None,
    skipped: SkippedList = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Import OneRoster 1.1 or 1.2 CSV files, whole or only changes; links that are no longer named end."""
    options = ImportOptions("oneroster", str(path.absolute()), time_zone, issuer, application=application)
    import_files(options, allow_ending=allow_ending, skipped=skipped, is_dry=dry_run)
