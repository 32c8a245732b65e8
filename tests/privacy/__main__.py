"""`make privacy`: compares worlds for as long as it is asked to, and stops at any time."""

import argparse
import asyncio
import sys
import tempfile
import time
from math import inf
from pathlib import Path

import uvloop

from connectors.embedded import mongod, redis_server
from tests.privacy.campaign import Campaign, Sizes, campaign
from tests.privacy.coverage import Coverage
from tests.privacy.leaks import LEAKS
from tests.privacy.sowing import SIZES, found_within
from tests.privacy.worlds import DATA_SETS


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make privacy", description=__doc__)
    parser.add_argument("--comparisons", type=int, default=100_000, help="how many answers to compare in all")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with")
    parser.add_argument("--round", type=int, default=0, help="the round to go on with, as an earlier run has said")
    parser.add_argument("--data", action="append", choices=sorted(DATA_SETS), help="the data sets; all without it")
    parser.add_argument("--documents", type=int, default=60, help="random documents of each role")
    parser.add_argument("--minutes", type=float, default=inf, help="how long each data set may take at most")
    parser.add_argument("--leaks", action="store_true", help="sow each leak, and say after how many it is found")
    parser.add_argument("--leak", default="", help="with --leaks, only those whose name has this text")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> int:
    names = ["written"] if arguments.leaks else arguments.data or list(DATA_SETS)
    differences, coverage = 0, Coverage()
    with tempfile.TemporaryDirectory(prefix="school-gateway-") as directory:
        async with mongod(Path(directory, "mongo")) as mongo, redis_server(Path(directory, "redis")) as redis:
            for name in names:
                world = await DATA_SETS[name]()
                sizes = SIZES if arguments.leaks else Sizes(arguments.documents, arguments.documents // 10)
                databases = (f"{redis}/1", f"{redis}/2")
                async with campaign(world, mongo, databases, seed=arguments.seed, sizes=sizes) as running:
                    if arguments.leaks:
                        return await _leaks(running, arguments.leak)
                    running.coverage = coverage
                    differences += await _rounds(running, arguments, arguments.comparisons // len(names))
    for line in coverage.report():
        say(line)
    return 1 if differences else 0


async def _leaks(running: Campaign, part: str) -> int:
    """Sow each leak whose name has *part*; the number of those that are not found."""
    missed = 0
    for leak in (one for one in LEAKS if part in one.name):
        after = await found_within(running, leak)
        missed += after is None
        say(f"seed {running.seed}: {leak.name}: {'NOT FOUND' if after is None else f'found after {after}'}")
    return missed


async def _rounds(running: Campaign, arguments: argparse.Namespace, comparisons: int) -> int:
    began, printed, number = time.process_time(), 0, arguments.round
    until = time.monotonic() + arguments.minutes * 60
    try:
        while running.compared < comparisons and time.monotonic() < until:
            await running.round(number)
            number += 1
            for difference in running.differences[printed:]:
                say(str(difference))
            printed = len(running.differences)
            if number % 6 == 0:
                _say(running, number, began)
    except asyncio.CancelledError:
        say(f'Stopped; go on by ARGS="--seed {running.seed} --round {number} --data {running.world.name}".')
        raise
    finally:
        _say(running, number, began)
        for (role, transport), count in sorted(running.by_transport.items()):
            say(f"  {running.world.name} seed {running.seed} {role} {transport}: {count}")
    return printed


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _say(running: Campaign, number: int, began: float) -> None:
    spent = time.process_time() - began
    say(
        f"{running.world.name}, seed {running.seed}: {running.compared} comparisons in {number} rounds,"
        f" {len(running.differences)} differences, {running.unsteady} unsteady; {spent:.0f} s of processor time"
    )


if __name__ == "__main__":
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            sys.exit(runner.run(_run(_arguments())))
    except KeyboardInterrupt:
        sys.exit(130)
