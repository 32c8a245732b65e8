"""`school-gateway analytics build`."""

from connectors.analytics import Build
from connectors.processes import lower_priority
from gateway.app import build_statistics, open_clients
from gateway.cli.load import print_counts
from gateway.cli.terminal import console, fail, run, settings_of_environment


def build() -> None:
    """Count the statistics anew; gateways that run take them at once."""
    lower_priority()

    async def work() -> Build:
        settings = settings_of_environment()
        async with open_clients(settings) as clients:
            return await build_statistics(settings, clients.connectors)

    try:
        built = run(work())
    except ValueError as error:
        fail(str(error))
    print_counts("Statistics", records=built.records, cells=built.cells, hidden=built.hidden)
    console.print(f"Build {built.name}, of {built.today}.", highlight=False)
