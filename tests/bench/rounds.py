"""Rounds: every server once with every question, one after the other, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.answers import Answered, request_of
from tests.bench.load import Load, load
from tests.bench.processes import Process
from tests.bench.school import Question


@dataclass(frozen=True, slots=True)
class Run:
    """One server with one question for a while."""

    seen: Load
    cpu_ms: float
    """Processor time of the server per request."""


Runs = dict[tuple[str, str], list[Run]]
"""The runs of each server and question, a round each."""


async def warm_up(
    servers: Sequence[Process],
    questions: Sequence[Question],
    answers: Mapping[str, Mapping[str, Answered]],
    *,
    clients: int,
) -> None:
    """Have everybody compiled, connected and known."""
    for server in servers:
        for question in questions:
            await _run(server, question, answers[server.name][question.name], clients=clients, seconds=1)


async def round_of(
    servers: Sequence[Process],
    questions: Sequence[Question],
    answers: Mapping[str, Mapping[str, Answered]],
    runs: Runs,
    *,
    clients: int,
    seconds: float,
) -> None:
    """One round into *runs*."""
    for question in questions:
        for server in servers:
            answered = answers[server.name][question.name]
            run = await _run(server, question, answered, clients=clients, seconds=seconds)
            runs.setdefault((server.name, question.name), []).append(run)


async def _run(server: Process, question: Question, answered: Answered, *, clients: int, seconds: float) -> Run:
    path, body = request_of(server.name, question)
    before = server.cpu_s
    seen = await load(
        server.url + path, question.bearer, body, length=len(answered.body), clients=clients, seconds=seconds
    )
    return Run(seen, (server.cpu_s - before) * 1000 / seen.requests)


def ratio(runs: Runs, question: str, server: str, other: str) -> list[float]:
    """How many times the rate of *other* the rate of *server* is, round by round."""
    pairs = zip(runs[server, question], runs[other, question], strict=True)
    return [own.seen.per_second / their.seen.per_second for own, their in pairs]


def cpu_ratio(runs: Runs, question: str, server: str, other: str) -> list[float]:
    """How many requests *server* answers with the processor time that *other* needs for one, round by round."""
    pairs = zip(runs[server, question], runs[other, question], strict=True)
    return [their.cpu_ms / own.cpu_ms for own, their in pairs]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """The smallest, the median and the largest."""
    return min(values), median(values), max(values)
