"""`school-gateway erase`."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from connectors.audit import erasure as audit_erasure
from connectors.erasure import erasing
from connectors.erasure.erasing import NotFound, Outcome, Subject
from connectors.erasure.rules import Fate
from gateway.app import open_clients
from gateway.cli.audit import erase_details
from gateway.cli.migrate import require_latest_version
from gateway.cli.terminal import console, fail, out, run, settings_of_environment
from gateway.settings import Settings

AUDIT = "audit.events"


def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The id of a person, or of a student.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    although_active: Annotated[
        bool, typer.Option("--although-active", help="Also one who is in a class or has a post today.")
    ] = False,
) -> None:
    """Erase a person: name, details, rights, texts and files. What the law keeps stays, without a name.

    It cannot be undone but by a backup. An erasure that was broken off is completed by running it again.
    """
    settings = settings_of_environment()
    require_latest_version(settings)
    try:
        run(_erase(settings, person, dry_run=dry_run, yes=yes, although_active=although_active))
    except NotFound as error:
        fail(str(error))
    except ValueError as error:
        fail(f"The settings are wrong. {error}")


async def _erase(settings: Settings, person: str, *, dry_run: bool, yes: bool, although_active: bool) -> None:
    today = (settings.today or datetime.now(UTC).date()).isoformat()
    async with open_clients(settings) as clients:
        connectors = clients.connectors
        subject = await erasing.subject_of(connectors.databases["directory"], person, today)
        found = await erasing.outcomes(connectors.each, subject)
        details = await audit_erasure.count(connectors.audit.source, subject.students, _actors(subject))
        _print([*found, Outcome(AUDIT, Fate.CLEARED, details, "")])
        if dry_run:
            console.print("Nothing was changed.")
            return
        if subject.places and not although_active:
            fail(f"{person} still has a place: {', '.join(subject.places)}. End it, or say --although-active.")
        if not yes:
            typer.confirm("This cannot be undone but by a backup. Go on?", abort=True, err=True)
        await erasing.erase(connectors.each, subject, today)
        for student in subject.students:
            await erase_details(settings, connectors, student, None, None)
        for actor in _actors(subject):
            await erase_details(settings, connectors, None, actor, None)
    console.print(f"{person} was erased. Files go with the next sweep, and caches within a minute.", highlight=False)


def _actors(subject: Subject) -> list[str]:
    """Whose acts lose their details, too: what staff did for a school is kept, by an id without a name."""
    return [] if subject.is_staff else list(subject.people)


def _print(outcomes: list[Outcome]) -> None:
    table = Table("collection", "documents", "what becomes of them")
    for one in outcomes:
        if one.documents:
            table.add_row(one.collection, f"{one.documents:,}", f"{one.fate}: {one.why}" if one.why else one.fate)
    out.print(table)
