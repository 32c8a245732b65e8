"""`make bench`: the gateway beside Strawberry's own execution and beside hand-written endpoints, one process each."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

import orjson
import typer
import uvloop
from rich.console import Console

from connectors.assembly import Clients
from connectors.embedded import mongod, redis_server
from connectors.mongo import Driver
from tests.bench.answers import agreed_answers, answers_of
from tests.bench.changes import CHANGES, COMPARED, agreed_changes, changes_of, round_of_changes, undo
from tests.bench.preparing import new_document_ms, plan_hit_ms
from tests.bench.processes import serving
from tests.bench.report import PAGE, RESULTS, as_json, machine, tables, written_page
from tests.bench.rounds import Runs, round_of, warm_up, way, way_of
from tests.bench.school import QUERIES, TIMEOUT_S, Question, seeded, settings_of, viewers_of, write_manifest
from tests.bench.serve import COMPRESSED, PERSISTED, SERVED, SERVERS, VIEWERS

PREFIX: Final = "bench"
ZIPPED: Final = "journal"
"""The query that is also asked for compressed: its answer is the largest."""
ENCODING: Final = "gzip, deflate, br, zstd"
"""What browsers accept."""

console = Console(stderr=True)


class _How(TypedDict):
    """How long and how hard the servers are asked."""

    rounds: int
    seconds: float
    clients: int


def main(
    students: Annotated[int, typer.Option(help="How many students the schools have in all.")] = 600,
    rounds: Annotated[int, typer.Option(min=1, help="How often every server is asked every query.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="How long each time.")] = 2.5,
    clients: Annotated[int, typer.Option(help="Requests under way at a time.")] = 4,
    drivers: Annotated[list[Driver] | None, typer.Option("--driver", help="motor, pymongo, or both.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these queries, and these changes.")] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Three short rounds: some three minutes.")] = False,
    keep: Annotated[bool, typer.Option(help="Write results/latest.json and docs/performance.md.")] = True,
) -> None:
    """Measure, print, and keep the figures."""
    if quick:
        rounds, seconds = 3, 1.0
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(
            _measured(students, rounds, seconds, clients, drivers or [Driver.MOTOR], only or (*QUERIES, *CHANGES))
        )
    for table in tables(found):
        Console(width=130).print(table)
    if keep:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        PAGE.write_text(written_page(PAGE.read_text(), found))


async def _measured(
    students: int, rounds: int, seconds: float, clients: int, drivers: Sequence[Driver], only: Sequence[str]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
        async with mongod(Path(directory, "mongo")) as mongo, redis_server(Path(directory, "redis")) as redis:
            with console.status(f"Generating {students} students"):
                async with Clients(mongo, prefix=PREFIX, timeout_s=TIMEOUT_S) as opened:
                    questions = await seeded(opened.connectors, students=students)
                    viewers = [one for own in questions for one in await viewers_of(opened.connectors, own)]
                    hit_ms = await plan_hit_ms(opened, questions[0])
            chosen = [question for question in questions if question.name in only]
            viewers = [question for question in viewers if question.name in only]
            by_driver: dict[str, dict[str, Any]] = {}
            for driver in drivers:
                how: _How = {"rounds": rounds, "seconds": seconds, "clients": clients}
                found = await _compared(mongo, redis, driver, chosen, viewers, **how) if chosen else {"queries": {}}
                written = await _changes_compared(mongo, redis, driver, only, **how)
                by_driver[driver.value] = {
                    **written,
                    **found,
                    "queries": {**found["queries"], **written.get("queries", {})},
                }
    return {
        **machine(),
        "students": students,
        "rounds": rounds,
        "seconds": seconds,
        "clients": clients,
        "new_document_ms": await new_document_ms(),
        "plan_hit_ms": hit_ms,
        "drivers": by_driver,
    }


async def _compared(
    mongo: str,
    redis: str,
    driver: Driver,
    questions: Sequence[Question],
    viewers: Sequence[Question],
    *,
    rounds: int,
    seconds: float,
    clients: int,
) -> dict[str, Any]:
    settings = settings_of(mongo, redis, PREFIX, driver=driver)
    answers = await agreed_answers(settings, questions)
    of_viewers = await answers_of(SERVED, settings, viewers)
    zipped = [question for question in questions if question.name == ZIPPED]
    compressed = await answers_of(SERVED, settings, zipped, encoding=ENCODING)
    runs: Runs = {}
    async with AsyncExitStack() as stack:
        manifests = write_manifest(questions, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        servers = [
            await stack.enter_async_context(serving(name, mongo, redis, PREFIX, driver=driver, manifests=manifests))
            for name in SERVERS
        ]
        last = servers[-1]
        ways = [way_of(server, questions, answers[server.name]) for server in servers]
        ways += [
            way(VIEWERS, last, list(zip(viewers, of_viewers, strict=True))),
            way_of(replace(last, name=PERSISTED), questions, answers[PERSISTED]),
            way(COMPRESSED, last, list(zip(zipped, compressed, strict=True)), encoding=ENCODING),
        ]
        await warm_up(ways, clients=clients)
        for number in range(rounds):
            with console.status(f"{driver.value}: round {number + 1} of {rounds}"):
                await round_of(ways, runs, clients=clients, seconds=seconds)
        peaks = {server.name: server.peak_mb for server in servers}
    counts = Counter(question.name for question in viewers)
    return {**as_json(runs, answers, peaks), "viewers": counts}


async def _changes_compared(
    mongo: str, redis: str, driver: Driver, only: Sequence[str], *, rounds: int, seconds: float, clients: int
) -> dict[str, Any]:
    """The changes by the gateway and by hand; nothing where none of them is wanted."""
    async with Clients(mongo, prefix=PREFIX, timeout_s=TIMEOUT_S) as opened, AsyncExitStack() as stack:
        connectors = opened.connectors
        changes = await changes_of(connectors, only)
        if not changes:
            return {}
        answers = await agreed_changes(settings_of(mongo, redis, PREFIX, driver=driver), connectors, changes)
        servers = [
            await stack.enter_async_context(serving(name, mongo, redis, PREFIX, driver=driver)) for name in COMPARED
        ]
        await round_of_changes(connectors, servers, changes, answers, {}, clients=clients, seconds=1)
        runs: Runs = {}
        for number in range(rounds):
            with console.status(f"{driver.value}: changes, round {number + 1} of {rounds}"):
                await round_of_changes(connectors, servers, changes, answers, runs, clients=clients, seconds=seconds)
        await undo(connectors)
        return as_json(runs, answers, {server.name: server.peak_mb for server in servers})


if __name__ == "__main__":
    typer.run(main)
