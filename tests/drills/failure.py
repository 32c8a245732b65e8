"""`make drill-failure`: what others notice when a source hangs, when Redis hangs, and when one person attacks."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Final

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from connectors.embedded import Server
from tests.bench.report import markdown
from tests.bench.school import Question
from tests.drills.attacks import attack, connections_without_bodies
from tests.drills.gateway import Parts, breakers_opened, gateway, length_of, parts
from tests.drills.load import Seen, load
from tests.drills.page import kept_in_page, when_and_where

APART: Final = "portfolio"
TOUCHING: Final = "query Touching { viewer { student { portfolio { achievements(first: 3) { nodes { id } } } } } }"
WITHOUT_BODY: Final = 520
HEADS: Final = ("while", "asked", "whole", "partial", "503", "failed", "p50 ms", "p95 ms", "p99 ms", "max ms")


@dataclass(frozen=True, slots=True)
class Drill:
    """A running gateway, and how the one who must notice nothing asks it."""

    started: Parts
    url: str
    question: Question
    length: int
    rate: int
    seconds: float
    rounds: int

    async def ask(self) -> Seen:
        """Ask for a while."""
        question = self.question
        return await load(
            self.url,
            question.bearer,
            question.graphql,
            length=self.length,
            seconds=self.seconds,
            clients=100,
            rate=self.rate,
            waits=False,
        )


def main(
    seconds: Annotated[float, typer.Option(help="How long each phase lasts.")] = 10,
    rate: Annotated[int, typer.Option(help="Requests a second of the one who must notice nothing.")] = 20,
    attacks: Annotated[int, typer.Option(help="Requests a second of the one who attacks.")] = 20,
    students: Annotated[int, typer.Option(help="How many students the schools have.")] = 600,
    rounds: Annotated[int, typer.Option(help="How often each failure follows a quiet phase.")] = 3,
    drivers: Annotated[list[str] | None, typer.Option("--driver", help="motor, pymongo, or both.")] = None,
    *,
    keep: Annotated[bool, typer.Option(help="Write the figures into docs/operators.md.")] = False,
) -> None:
    """Print the times of a student's week before, during and after each failure."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        drilled = runner.run(_drills(seconds, rate, attacks, students, rounds, drivers or ["motor"]))
    about_all = (
        f"a student's week, {rate} times a second; {rounds} rounds of {seconds:g} s each, medians of their percentiles"
    )
    lines = [f"{when_and_where()}; {about_all}.", ""]
    console = Console(width=140)
    for driver, (rows, about) in drilled.items():
        table = Table(*HEADS, title=f"{driver}: {about_all}")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print(about)
        lines += [f"Driver {driver}. {about}", "", *markdown(HEADS, rows), ""]
    if keep:
        kept_in_page("failure", lines[:-1])


async def _drills(
    seconds: float, rate: int, attacks: int, students: int, rounds: int, drivers: list[str]
) -> dict[str, tuple[list[Sequence[str]], str]]:
    found = {}
    async with parts(students, APART) as started:
        for driver in drivers:
            async with gateway(started, APART, workers=2, GATEWAY_MONGO__DRIVER=driver) as running:
                week = started.questions["week"]
                drill = Drill(started, running.url, week, await length_of(running.url, week), rate, seconds, rounds)
                rows, statuses = await _phases(drill, attacks)
                opened = await breakers_opened(running.url)
                by_status = ", ".join(f"{status}: {count}" for status, count in statuses.items())
                found[driver] = rows, f"The attacks were answered with {by_status}. Breakers opened: {opened}."
    return found


async def _phases(drill: Drill, attacks: int) -> tuple[list[Sequence[str]], Mapping[str, int]]:
    await drill.ask()
    rows: list[Sequence[str]] = []
    statuses: dict[str, int] = {}
    failures: dict[str, Callable[[], AbstractAsyncContextManager[None]]] = {
        f"the MongoDB of the {APART} hangs": lambda: _source_hangs(drill),
        "Redis hangs": lambda: _stopped(drill.started.redis),
        f"one attacks, {attacks} times a second": lambda: _attacked(drill, attacks, statuses),
    }
    for name, failure in failures.items():
        before, during, after = [], [], []
        for _ in range(drill.rounds):  # in turn, so that whatever else the machine does hits all alike
            before.append(await drill.ask())
            async with failure():
                during.append(await drill.ask())
            after.append(await drill.ask())
        rows += _row("quiet", before), _row(name, during), _row("it is over", after)
    return rows, statuses


def _row(name: str, rounds: Sequence[Seen]) -> Sequence[str]:
    """The counts of all rounds, the medians of their percentiles, and the longest time."""
    counts = (
        sum(getattr(seen, of) for seen in rounds) for of in ("request_count", "whole", "partial", "refused", "failed")
    )
    times = (median(getattr(seen, of) for seen in rounds) for of in ("p50_ms", "p95_ms", "p99_ms"))
    longest = max(seen.max_ms for seen in rounds)
    return [name, *(f"{count:,}" for count in counts), *(f"{time:.1f}" for time in (*times, longest))]


@asynccontextmanager
async def _stopped(server: Server) -> AsyncIterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@asynccontextmanager
async def _source_hangs(drill: Drill) -> AsyncIterator[None]:
    """Stop the server apart, while others ask for what it holds."""
    body = b'{"query": "%s"}' % TOUCHING.encode()
    async with _stopped(drill.started.apart):
        touching = asyncio.create_task(
            load(
                drill.url,
                drill.question.bearer,
                body,
                length=0,
                seconds=drill.seconds,
                clients=100,
                rate=20,
                waits=False,
            )
        )
        yield
        await touching


@asynccontextmanager
async def _attacked(drill: Drill, rate: int, statuses: dict[str, int]) -> AsyncIterator[None]:
    bearer = drill.started.questions["page"].bearer
    async with connections_without_bodies(drill.url, bearer, WITHOUT_BODY):
        attacking = asyncio.create_task(attack(drill.url, bearer, rate=rate, seconds=drill.seconds))
        yield
        for status, count in (await attacking).items():
            statuses[status] = statuses.get(status, 0) + count


if __name__ == "__main__":
    typer.run(main)
