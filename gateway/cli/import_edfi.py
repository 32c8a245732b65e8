"""`school-gateway import edfi`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.importing import AllowEnding, ImportOptions, SkippedList, import_files


def import_edfi(
    directory: Annotated[Path, typer.Argument(help="Where the Ed-Fi interchange files (*.xml) are.")],
    time_zone: Annotated[str, typer.Option(help="The schools' IANA time zone.")] = "America/Chicago",
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "urn:ed-fi",
    allow_ending: AllowEnding = None,
    skipped: SkippedList = None,
) -> None:
    """Import Ed-Fi interchange files; a second time changes nothing. Links that they no longer name end."""
    options = ImportOptions("edfi", str(directory.absolute()), time_zone, issuer)
    import_files(options, allow_ending=allow_ending, skipped=skipped)
