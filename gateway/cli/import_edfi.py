"""`school-gateway import edfi`."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.demo import ownership
from connectors.imports.edfi import EndingRefused, EndingRules, ImportFailed, NothingImported, OnSkip
from gateway.app import open_clients
from gateway.cli.load import listed_in, load_edfi, print_import, print_sign_in_names
from gateway.cli.terminal import fail, run, settings_of_environment


def import_edfi(
    directory: Annotated[Path, typer.Argument(help="Where the Ed-Fi interchange files (*.xml) are.")],
    time_zone: Annotated[str, typer.Option(help="The schools' IANA time zone.")] = "America/Chicago",
    issuer: Annotated[str, typer.Option(help="The issuer of the tokens these people sign in with.")] = "urn:ed-fi",
    allow_ending: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Let up to N links end that are no longer in the files.")
    ] = None,
    skipped: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A CSV file to list every skipped record in, with its reason.")
    ] = None,
) -> None:
    """Import Ed-Fi interchange files; a second time changes nothing. Links that they no longer name end."""
    settings = settings_of_environment()
    rules = EndingRules(settings.imports.ending_number, settings.imports.ending_share, allow_ending)

    async def work(on_skip: OnSkip | None) -> None:
        async with open_clients(settings) as clients:
            await ownership.remove_marks(clients.connectors)
            summary, loaded = await load_edfi(
                clients.connectors,
                directory,
                issuer=issuer,
                time_zone=time_zone,
                today=settings.today,
                endings=rules,
                on_skip=on_skip,
            )
            print_import(summary)
            await print_sign_in_names(clients.connectors, loaded, issuer)

    try:
        with listed_in(skipped) as on_skip:
            run(work(on_skip))
    except EndingRefused as error:
        fail(f"{error} That is: --allow-ending {error.total}")
    except NothingImported as error:
        print_import(error.summary)
        fail(str(error))
    except ImportFailed as error:
        fail(str(error))
    except OSError as error:
        fail(f"Cannot write {skipped}: {error.strerror}")
