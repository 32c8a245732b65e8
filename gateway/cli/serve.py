"""`school-gateway serve`."""

from typing import Annotated

import typer

from gateway.app import serve_as_worker, serve_by_workers, serve_until_stopped
from gateway.cli.migrate import require_latest_version
from gateway.cli.terminal import console, fail, run, settings_of_environment
from gateway.observability.logging import configure as configure_log
from gateway.settings import LogFormat, Settings
from gateway.workers import WorkersFailed


def serve(
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many processes; else GATEWAY_HTTP__WORKERS.")
    ] = None,
    worker: Annotated[str | None, typer.Option(hidden=True, help="What a parent gives its worker.")] = None,
) -> None:
    """Serve by the settings of the environment (GATEWAY_*)."""
    settings = settings_of_environment()
    if settings.demo:
        fail("GATEWAY_DEMO is for `school-gateway demo` alone: it hands out tokens.")
    configure_logs(settings)
    require_latest_version(settings)
    try:
        run(_serve(settings, workers or settings.http.workers, worker))
    except ValueError as error:
        fail(f"The settings are wrong. {error}")
    except WorkersFailed as error:
        fail(str(error))
    except OSError as error:
        fail(f"Cannot listen on port {settings.http.port}: {error.strerror}. Choose another by GATEWAY_HTTP__PORT.")


def configure_logs(settings: Settings) -> None:
    """Set up the log of the process by the settings."""
    observe = settings.observe
    configure_log(
        as_json=observe.log_format is LogFormat.JSON,
        level=observe.log_level,
        id_key=observe.id_key.get_secret_value() if observe.id_key else None,
        queue_lines=observe.log_queue_lines,
        repeated_lines=observe.log_repeated_lines,
    )


async def _serve(settings: Settings, workers: int, worker: str | None) -> None:
    def on_ready() -> None:
        _print_address(settings)

    if worker is not None:
        listening, parent = worker.split(":")
        await serve_as_worker(settings, listening_fd=int(listening), parent_fd=int(parent))
    elif workers > 1:
        await serve_by_workers(settings, workers, on_ready=on_ready)
    else:
        await serve_until_stopped(settings, on_ready=on_ready)


def _print_address(settings: Settings) -> None:
    host, port = settings.http.host, settings.http.port
    console.print(f"Listening on http://{host}:{port}/graphql", highlight=False)
