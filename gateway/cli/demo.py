"""`school-gateway demo`."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from auth.viewer import Role
from connectors.demo.ownership import NotGenerated
from connectors.embedded.server_process import ServerNotStarted
from connectors.imports.edfi import ImportFailed
from connectors.migrations.migrating import MigrationRuns
from connectors.migrations.versions import WrongVersion
from gateway.app import serve_until_stopped
from gateway.cli import demo_settings
from gateway.cli.demo_state import SEED, StateUnusable, running
from gateway.cli.terminal import console, fail, run
from gateway.http.pages.demo import ShownViewer
from gateway.observability.logging import configure as configure_log
from gateway.settings import Settings


def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen on 127.0.0.1.")] = 8080,
    data: Annotated[str, typer.Option(help="`seed`, or the directory of an Ed-Fi sample.")] = SEED,
    directory: Annotated[Path | None, typer.Option("--dir", help="Where the demo keeps its databases.")] = None,
    *,
    tokens: Annotated[bool, typer.Option("--tokens", help="Print a token of each role.")] = False,
) -> None:
    """Start everything embedded, load the data once, serve, and say whom to sign in as."""
    if data != SEED:
        if not Path(data).is_dir():
            fail(f"{data} is not a directory: give --data seed, or the directory of an Ed-Fi sample.")
        data = str(Path(data).resolve())
    state = directory or Path(".state") / Path(data).name
    ignored = demo_settings.ignored(os.environ)
    if ignored:
        console.print(f"A demo uses only what it starts itself; it ignores {', '.join(ignored)}.", highlight=False)
    try:
        socket.create_server(("127.0.0.1", port)).close()  # said before anything is loaded
    except OSError as error:
        fail(f"Cannot listen on port {port}: {error.strerror}. Choose another by --port.")
    configure_log(as_json=False, level="WARNING", id_key=None)
    try:
        run(_demo(state, data, port, tokens=tokens))
    except (StateUnusable, ServerNotStarted, ImportFailed, MigrationRuns, WrongVersion) as error:
        fail(str(error))
    except NotGenerated as error:
        fail(f"{error}. Give the demo a --dir of its own.")
    except OSError as error:
        fail(f"The demo cannot run: {error}.")


async def _demo(directory: Path, data: str, port: int, *, tokens: bool) -> None:
    async with running(directory, data, port=port) as (settings, viewers):

        def tell() -> None:
            print_people(viewers, settings, tokens=tokens)

        await serve_until_stopped(settings, shown=viewers, on_ready=tell)


def print_people(viewers: Sequence[ShownViewer], settings: Settings, *, tokens: bool) -> None:
    """One person of each role, with *tokens* theirs, and last where to begin."""
    origin = f"http://{settings.http.host}:{settings.http.port}"
    console.print("\n[bold]Sign in as, among others[/]")
    for role in Role:
        people = [viewer for viewer in viewers if viewer["role"] == role]
        if people:
            more = f" and {len(people) - 1} more" if people[1:] else ""
            console.print(f"  {role.replace('_', ' ').capitalize():<14} {people[0]['name']}{more}", highlight=False)
            if tokens:
                console.print(people[0]["token"], soft_wrap=True, highlight=False)
    if not tokens:
        console.print(f"\nTokens for your own client: {origin}/demo/viewers, or --tokens.", highlight=False)
    console.print("Ctrl-C ends it.")
    console.print(f"\n[bold]Open this: {origin}/[/]", highlight=False)
