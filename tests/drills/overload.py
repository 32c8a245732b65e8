"""`make drill`: 64 to 1,024 clients ask two workers for a page of a report over the whole school."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench.report import markdown
from tests.drills.gateway import breakers_opened, gateway, length_of, parts, peak_mb, resident_mb
from tests.drills.load import Seen, load
from tests.drills.page import kept_in_page, when_and_where

APART: Final = "assessments"
AFTER_S: Final = 5.0
HEADS: Final = (
    "clients",
    "whole",
    "partial",
    "503",
    "failed",
    "whole/s",
    "p50 ms",
    "p99 ms",
    "503 p50",
    "503 p99",
    "MB",
)


def main(
    clients: Annotated[list[int] | None, typer.Option(help="How many clients; several times.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each number of clients asks.")] = 15,
    students: Annotated[int, typer.Option(help="How many students the schools have.")] = 600,
    workers: Annotated[int, typer.Option(help="How many workers the gateway has.")] = 2,
    *,
    waits: Annotated[bool, typer.Option(help="Whether clients wait as Retry-After says.")] = True,
    keep: Annotated[bool, typer.Option(help="Write the figures into docs/operators.md.")] = False,
) -> None:
    """Print what became of the requests, and what memory the workers hold."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        drilled = _drill(clients or [64, 128, 256, 512, 1024], seconds, students, workers, waits=waits)
        rows, about = runner.run(drilled)
    table = Table(*HEADS, title=about[0])
    for row in rows:
        table.add_row(*row)
    console = Console(width=140)
    console.print(table)
    console.print(about[1])
    if keep:
        kept_in_page("overload", [*about[:1], "", *markdown(HEADS, rows), "", about[1]])


async def _drill(
    clients: list[int], seconds: float, students: int, workers: int, *, waits: bool
) -> tuple[list[Sequence[str]], Sequence[str]]:
    rows: list[Sequence[str]] = []
    async with parts(students, APART) as started, gateway(started, APART, workers=workers) as running:
        page = started.questions["page"]
        length = await length_of(running.url, page)
        # A quiet round: what a worker holds that has answered, and refused nobody.
        await load(running.url, page.bearer, page.graphql, length=length, seconds=seconds, clients=4 * workers)
        before = resident_mb(running.children())
        for count in clients:
            seen = await load(
                running.url, page.bearer, page.graphql, length=length, seconds=seconds, clients=count, waits=waits
            )
            rows.append([str(count), *_row(seen), _mb(resident_mb(running.children()))])
        await asyncio.sleep(AFTER_S)
        opened = await breakers_opened(running.url)
        pids = running.children()
        memory = f"Memory of a worker: {_mb(before)} MB before, at most {_mb(peak_mb(pids))}, "
        memory += f"{_mb(resident_mb(pids))} {AFTER_S:g} s afterwards. Breakers opened: {opened}."
    how = "wait as Retry-After says" if waits else "ask again at once"
    return rows, [f"{when_and_where()}; {workers} workers, {seconds:g} s each; refused clients {how}.", memory]


def _row(seen: Seen) -> list[str]:
    counts = seen.whole, seen.partial, seen.refused, seen.failed
    times = seen.goodput, seen.p50_ms, seen.p99_ms, seen.refused_p50_ms, seen.refused_p99_ms
    return [*(f"{count:,}" for count in counts), *(f"{time:.1f}" for time in times)]


def _mb(values: list[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)


if __name__ == "__main__":
    typer.run(main)
