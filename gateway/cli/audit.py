"""The commands of `school-gateway audit`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pymongo.errors import PyMongoError

from connectors.assembly import Connectors
from connectors.audit.checkpoints import Checkpoint, read_lines
from connectors.audit.documents import EVENTS
from connectors.audit.erasure import erase as erase_from_audit
from connectors.audit.signatures import PublicKeys, Signer, public_keys_in
from connectors.audit.verification import Finding, Report, Tampering
from connectors.audit.verification import verify as verify_chains
from connectors.errors import ConnectorError
from gateway.app import open_clients, sealer_of
from gateway.cli.load import bar
from gateway.cli.terminal import console, fail, out, run, settings_of_environment
from gateway.settings import AuditSettings, Settings

SHOWN: Final = 100
"""Findings that are printed; an audit that was made anew has as many as it has events."""
SENTENCES: Final = {
    Tampering.CHANGED: "is not what was sealed: a value was changed, or events have changed places",
    Tampering.MISSING: "was removed",
    Tampering.UNLINKED: "does not follow the event before it: one of the two was put in, or changed with its hash",
    Tampering.UNSIGNED: "has no valid signature: the sealer did not write it, or not as it is",
    Tampering.CUT: "was removed from the end: a checkpoint reaches further",
    Tampering.REWRITTEN: "has another hash than its checkpoint: the chain was made anew",
    Tampering.FORGED_CHECKPOINT: "has a checkpoint without a valid signature",
}

app: Final = typer.Typer(no_args_is_help=True, help="Verify the audit, and erase personal details in it.")


@app.command()
def verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="A file of checkpoints, or a log that has them; may be repeated."
        ),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="PEM file of the public keys; else those of the settings."),
    ] = None,
) -> None:
    """Verify the chains of all schools; ends with status 1 where something was altered, and names the places.

    A cut end is found by a checkpoint alone.
    """
    settings = settings_of_environment()
    try:
        keys = _keys(settings.audit, public_key)
    except ValueError as error:
        fail(f"The keys cannot be used. {error}")
    if not keys:
        console.print("No key: signatures are not verified, only the chains.")
    if not checkpoint:
        console.print("No checkpoint: whether the last events were removed cannot be told.")
    report = run(_verify(settings, keys, checkpoint or []))
    _print(report)
    if report.findings:
        raise typer.Exit(1)


async def _verify(settings: Settings, keys: PublicKeys, paths: list[Path]) -> Report:
    async with open_clients(settings) as clients:
        database = clients.connectors.audit.source.database
        with bar() as progress:
            total = await database[EVENTS.name].estimated_document_count()
            task = progress.add_task("Verifying", total=total or None)
            return await verify_chains(
                database,
                keys=keys,
                checkpoints=_checkpoints(paths),
                on_progress=lambda done: progress.update(task, completed=done),
            )


def _checkpoints(paths: list[Path]) -> Iterator[Checkpoint]:
    for path in paths:
        yield from read_lines(path)


def _keys(settings: AuditSettings, path: Path | None) -> PublicKeys:
    """The keys whose signatures count. Raises `ValueError` where a file has none."""
    if path is not None:
        return PublicKeys(public_keys_in(path.read_text(encoding="utf-8")))
    public, private = settings.public_keys(), settings.private_key()
    keys = public_keys_in(public) if public else []
    return PublicKeys([*keys, Signer.of(private).public_key] if private else keys)


def _print(report: Report) -> None:
    for finding in report.findings[:SHOWN]:
        out.print(_sentence(finding))
    if len(report.findings) > SHOWN:
        out.print(f"… and {len(report.findings) - SHOWN:,} places more")
    erased = f", {report.erased:,} of them without their personal details, which were erased" if report.erased else ""
    compared = f", compared with {report.checkpoints:,} checkpoints" if report.checkpoints else ""
    verdict = f"altered in {len(report.findings):,} places" if report.findings else "whole"
    counted = f"{report.events:,} events of {report.schools:,} schools"
    console.print(f"{counted}{erased}{compared}: {verdict}.", soft_wrap=True)


def _sentence(finding: Finding) -> str:
    numbers = (
        f"event {finding.number}" if finding.until is None else f"events {finding.number} to {finding.until}, each"
    )
    named = f" ({finding.event_id})" if finding.event_id else ""
    return f"{finding.school_id}: {numbers}{named}: {finding.tampering}: {SENTENCES[finding.tampering]}"


@app.command()
def erase(
    student: Annotated[str | None, typer.Option(help="Erase the details of the events about this student.")] = None,
    person: Annotated[str | None, typer.Option(help="Erase the details of what this person did.")] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Erase the details of events before this day (UTC).")
    ] = None,
) -> None:
    """Erase the personal details of events: who acted, on what, the values. The chains stay whole, and record it.

    Where several options are given, all of them must apply.
    """
    settings = settings_of_environment()
    if student is None and person is None and before is None:
        fail("Name a --student, a --person or a day --before which to erase.")
    moment = before.replace(tzinfo=UTC) if before else None
    try:
        erased = run(_erase(settings, student, person, moment))
    except ValueError as error:
        fail(f"The settings are wrong. {error}")
    for school, count in sorted(erased.items()):
        out.print(f"{school}: {count:,}")
    console.print(f"The details of {sum(erased.values()):,} events were erased.")


async def _erase(
    settings: Settings, student: str | None, person: str | None, before: datetime | None
) -> dict[str, int]:
    async with open_clients(settings) as clients:
        return await erase_details(settings, clients.connectors, student, person, before)


async def erase_details(
    settings: Settings, connectors: Connectors, student: str | None, person: str | None, before: datetime | None
) -> dict[str, int]:
    """Erase personal details of events, once all facts are sealed, so that none brings the details back.

    Raises `ValueError` where the key of the audit is wrong.
    """
    sealer = sealer_of(settings, connectors)
    try:
        while await sealer.seal():
            pass
        erased = await erase_from_audit(
            connectors.audit.source, connectors.fact_sources, student=student, actor=person, before=before
        )
    except ConnectorError as error:
        cause = error.__cause__
        raise cause if isinstance(cause, PyMongoError) else PyMongoError(type(error).__name__) from error
    return dict(erased)
