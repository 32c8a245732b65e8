"""`school-gateway work`."""

from connectors.processes import lower_priority
from gateway.cli.migrate import require_latest_version
from gateway.cli.serve import configure_logs
from gateway.cli.terminal import console, fail, run, settings_of_environment
from gateway.work import work_until_stopped


def work() -> None:
    """Run the background jobs, apart from `serve`: the audit is sealed and its checkpoints are given away.

    Any number of processes may run; one of them does each job, and another takes over when it ends.
    """
    lower_priority()
    settings = settings_of_environment()
    configure_logs(settings)
    require_latest_version(settings)
    try:
        run(work_until_stopped(settings, on_ready=lambda: console.print("Working.")))
    except ValueError as error:
        fail(f"The settings are wrong. {error}")
    except OSError as error:
        fail(f"Cannot listen on port {settings.jobs.port}: {error.strerror}. Choose another by GATEWAY_JOBS__PORT.")
