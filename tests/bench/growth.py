"""`make bench-growth`: the same queries among ever more students; commands and times must not grow with them."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final

import orjson
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from connectors.assembly import Clients
from connectors.embedded import mongod, redis_server
from tests.bench.answers import answers_of
from tests.bench.processes import serving
from tests.bench.report import GROWTH, PAGE, machine, markdown, replaced
from tests.bench.rounds import Runs, round_of, warm_up, way
from tests.bench.school import QUERIES, TIMEOUT_S, seeded, settings_of
from tests.bench.serve import GATEWAY

SIZES: Final = (1_000, 10_000, 100_000)
WEEKS_BACK: Final = 3
MOST: Final = 1.3
"""How many times the smallest size's median any other's may be."""
_HEADS: Final = ("query", "students", "documents", "commands", "p50 ms", "to the smallest")

console = Console(stderr=True)


def main(
    students: Annotated[list[int] | None, typer.Option(help="The sizes, the smallest first.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="How long a query is asked in each round.")] = 1.5,
    weeks_back: Annotated[
        int, typer.Option(help="How many weeks of each student's school year there are.")
    ] = WEEKS_BACK,
    *,
    keep: Annotated[bool, typer.Option(help="Write results/growth.json and docs/performance.md.")] = True,
) -> None:
    """Measure, print, keep; exit 1 where commands differ or a median grows beyond 1.3."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sizes = runner.run(_measured(sorted(students or SIZES), rounds, seconds, weeks_back))
    found = {**machine(), "weeks_back": weeks_back, "rounds": rounds, "seconds": seconds, "sizes": sizes}
    rows = list(_rows(sizes))
    table = Table(*_HEADS, title="One client at a time")
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)
    if keep:
        GROWTH.parent.mkdir(exist_ok=True)
        GROWTH.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        said = f"{found['date']}; {found['machine']}; {rounds} rounds of {seconds} s, one client at a time."
        PAGE.write_text(replaced(PAGE.read_text(), "growth", [said, "", *markdown(_HEADS, rows)]))
    if not all(_holds(sizes, query) for query in QUERIES):
        raise typer.Exit(1)


async def _measured(students: Sequence[int], rounds: int, seconds: float, weeks_back: int) -> list[dict[str, Any]]:
    measured = []
    for size in students:
        with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
            async with mongod(Path(directory, "mongo")) as mongo, redis_server(Path(directory, "redis")) as redis:
                measured.append(await _size(mongo, redis, size, rounds, seconds, weeks_back))
    return measured


async def _size(mongo: str, redis: str, students: int, rounds: int, seconds: float, weeks_back: int) -> dict[str, Any]:
    prefix = "growth"
    began = perf_counter()
    with console.status(f"Generating {students:,} students"):
        async with Clients(mongo, prefix=prefix, timeout_s=TIMEOUT_S) as clients:
            questions = await seeded(clients.connectors, students=students, weeks_back=weeks_back)
            documents = await _documents(clients)
    seeding_s = perf_counter() - began
    answers = await answers_of(GATEWAY, settings_of(mongo, redis, prefix), questions)
    runs: Runs = {}
    async with serving(GATEWAY, mongo, redis, prefix) as server:
        own_way = way(GATEWAY, server, list(zip(questions, answers, strict=True)))
        with console.status(f"Asking among {students:,} students"):
            await warm_up([own_way], clients=1)
            for _ in range(rounds):
                await round_of([own_way], runs, clients=1, seconds=seconds)
    return {
        "students": students,
        "documents": documents,
        "seeding_s": round(seeding_s, 1),
        "queries": {
            question.name: {
                "commands": answered.commands,
                "p50_ms": round(_median(runs, question.name), 3),
            }
            for question, answered in zip(questions, answers, strict=True)
        },
    }


def _median(runs: Runs, query: str) -> float:
    """The median of the fastest round: what else the machine does only ever adds to a round."""
    return min(run.seen.p50_ms for run in runs[GATEWAY, query])


async def _documents(clients: Clients) -> int:
    count = 0
    for source in clients.connectors.sources.values():
        for name in await source.database.list_collection_names():
            count += await source.database[name].estimated_document_count()
    return count


def _rows(sizes: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            query,
            f"{size['students']:,}",
            f"{size['documents']:,}",
            str(own["commands"]),
            f"{own['p50_ms']:.2f}",
            f"×{own['p50_ms'] / sizes[0]['queries'][query]['p50_ms']:.2f}",
        )
        for query in QUERIES
        for size in sizes
        for own in (size["queries"][query],)
    ]


def _holds(sizes: Sequence[Mapping[str, Any]], query: str) -> bool:
    own = [size["queries"][query] for size in sizes]
    is_constant = len({each["commands"] for each in own}) == 1
    return is_constant and all(each["p50_ms"] <= MOST * own[0]["p50_ms"] for each in own)


if __name__ == "__main__":
    typer.run(main)
