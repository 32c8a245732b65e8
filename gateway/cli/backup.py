"""`school-gateway backup` and `restore`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from connectors.assembly import Connectors
from connectors.backups import contents, manifest, restoring, saving
from connectors.backups.manifest import BackupUnusable, Manifest
from connectors.backups.saving import BackupFailed, OnProgress, Servers
from connectors.demo import ownership
from connectors.files.store import GridStore
from gateway.app import connectors_of, open_clients
from gateway.cli.load import bar
from gateway.cli.terminal import console, fail, run, settings_of_environment
from gateway.settings import Settings

Directory = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="The directory of the backup.")]


def backup(directory: Directory) -> None:
    """Save all databases, and the contents of files, into a directory that is not there yet."""
    settings = settings_of_environment()
    with _failing_with_a_sentence(directory):
        saved = run(_save(settings, directory))
    documents, size = manifest.totals(saved)
    console.print(f"Saved {documents:,} documents of {size:,} bytes, {_contents(saved)}.", highlight=False)
    if not saved["is_of_one_moment"]:
        console.print(
            "A server has no replica set: what changed meanwhile may be in one collection and not in another."
        )


def restore(
    directory: Directory,
    replace: Annotated[
        list[str] | None, typer.Option(metavar="SERVER/PREFIX", help="Replace what the databases there have.")
    ] = None,
) -> None:
    """Restore a backup into empty databases, or in the place of those that --replace names. Stop the gateway before."""
    settings = settings_of_environment()
    with _failing_with_a_sentence(directory):
        saved = run(_restore(settings, directory, replace or []))
    documents, _ = manifest.totals(saved)
    console.print(
        f"Restored {documents:,} documents of {saved['saved_at']}, {_contents(saved)}. "
        "Empty Redis, and run `school-gateway doctor`.",
        highlight=False,
    )


async def _save(settings: Settings, directory: Path) -> Manifest:
    async with open_clients(settings) as clients:
        connectors, servers = connectors_of(settings, clients), clients.servers
        with _progress("Saving", await asyncio.to_thread(saving.count, servers)) as on_progress:
            saved = await asyncio.to_thread(saving.save, servers, directory, on_progress)
        if not isinstance(connectors.files.store, GridStore):
            with console.status("Saving the contents of files"):
                saved["contents"] = await contents.save(connectors.files.store, directory)
            await connectors.files.store.aclose()
        saving.complete(directory, saved)
        return saved


async def _restore(settings: Settings, directory: Path, replace: Sequence[str]) -> Manifest:
    with console.status("Comparing the files with the manifest"):
        saved = await asyncio.to_thread(manifest.read, directory)
        if saved["contents"] is not None:
            await asyncio.to_thread(contents.check, directory)
    async with open_clients(settings) as clients:
        connectors = connectors_of(settings, clients)
        store = connectors.files.store
        if (saved["contents"] is None) != isinstance(store, GridStore):
            fail("Contents of files lay in another store when this was saved: set GATEWAY_FILES__S3__… as it was then.")
        await _require_leave(connectors, replace)
        await _load(clients.servers, directory, saved)
        if saved["contents"] is not None:
            with console.status("Restoring the contents of files"):
                await contents.restore(store, directory)
            await store.aclose()
        with console.status("Creating the indexes"):
            await connectors.create_indexes()
        return saved


async def _require_leave(connectors: Connectors, replace: Sequence[str]) -> None:
    """End the command where databases have documents, and *replace* does not name them."""
    found = [holding for holding in await ownership.holdings(connectors) if holding.documents]
    foreign = [holding for holding in found if holding.place not in replace]
    if foreign:
        counts = ownership.documents_by_place(foreign)
        there = ", ".join(f"{place} ({count:,} documents)" for place, count in counts.items())
        named = " ".join(f"--replace {place}" for place in counts)
        fail(f"There is data in {there}. Nothing was changed. To drop it and restore the backup there, add {named}")


async def _load(servers: Servers, directory: Path, saved: Manifest) -> None:
    documents, _ = manifest.totals(saved)
    with _progress("Restoring", documents) as on_progress:
        await asyncio.to_thread(restoring.restore, servers, directory, saved, on_progress)


@contextmanager
def _progress(what: str, total: int) -> Iterator[OnProgress]:
    with bar() as progress:
        task = progress.add_task(what, total=total or None)
        yield lambda name, by: progress.update(task, description=f"{what} {name}", advance=by)


@contextmanager
def _failing_with_a_sentence(directory: Path) -> Iterator[None]:
    try:
        yield
    except (BackupFailed, BackupUnusable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"Cannot read or write {error.filename or directory}: {error.strerror or error}.")


def _contents(saved: Manifest) -> str:
    count = saved["contents"]
    return "the contents of files among them" if count is None else f"and {count:,} contents of files"
