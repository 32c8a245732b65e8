"""`make bench-disclosures`: staff who read with the journal of disclosures beside staff who read without, in turns.

Both servers are the gateway; one records nobody's reading. Every request of the questions is by staff, so that each
writes rows: of a class of thirty students, and of a page of a school's.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from rich.console import Console

from connectors.assembly import Clients
from connectors.embedded import mongod, redis_server
from tests.bench.answers import answers_of
from tests.bench.processes import serving
from tests.bench.rounds import Runs, cpu_ratio, ratio, round_of, spread, warm_up, way
from tests.bench.school import TIMEOUT_S, seeded, settings_of
from tests.bench.serve import GATEWAY, UNDISCLOSED

GOAL: Final = 0.97
"""The share of the rate without the journal that readers with it are to reach."""
PREFIX: Final = "bench"
BY_STAFF: Final = ("journal", "page")

console: Final = Console(stderr=True)


def main(
    students: Annotated[int, typer.Option(help="How many students the schools have in all.")] = 600,
    rounds: Annotated[int, typer.Option(min=1, help="How often each server is asked each question.")] = 9,
    seconds: Annotated[float, typer.Option(min=1, help="How long each time.")] = 2,
    clients: Annotated[int, typer.Option(help="Requests under way at a time.")] = 4,
) -> None:
    """Print the ratios round by round, and their medians; end with status 1 where one is below 0.97."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        medians = runner.run(_measured(students, rounds, seconds, clients))
    if min(medians) < GOAL:
        raise typer.Exit(1)


async def _measured(students: int, rounds: int, seconds: float, clients: int) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
        async with mongod(Path(directory, "mongo")) as mongo, redis_server(Path(directory, "redis")) as redis:
            async with Clients(mongo, prefix=PREFIX, timeout_s=TIMEOUT_S) as opened:
                questions = [one for one in await seeded(opened.connectors, students=students) if one.name in BY_STAFF]
            answers = await answers_of(GATEWAY, settings_of(mongo, redis, PREFIX), questions)
            requests = list(zip(questions, answers, strict=True))
            runs: Runs = {}
            async with AsyncExitStack() as stack:
                servers = [
                    await stack.enter_async_context(serving(name, mongo, redis, PREFIX))
                    for name in (GATEWAY, UNDISCLOSED)
                ]
                ways = [way(server.name, server, requests) for server in servers]
                await warm_up(ways, clients=clients)
                for number in range(rounds):
                    # Who is asked first has the colder caches of the processor: they take turns.
                    await round_of(ways if number % 2 else ways[::-1], runs, clients=clients, seconds=seconds)
            return [_said(runs, question) for question in BY_STAFF]


def _said(runs: Runs, question: str) -> float:
    rates = ratio(runs, question, GATEWAY, UNDISCLOSED)
    least, middle, most = spread(rates)
    _, cpu, _ = spread(cpu_ratio(runs, question, GATEWAY, UNDISCLOSED))
    rate = spread([run.seen.per_second for run in runs[UNDISCLOSED, question]])[1]
    console.print(
        f"{question}: {rate:.0f} requests a second without the journal; with it × {middle:.3f}"
        f" ({least:.3f} to {most:.3f}), by processor time × {cpu:.3f}"
    )
    return middle


if __name__ == "__main__":
    typer.run(main)
