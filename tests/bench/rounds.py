"""Rounds: every server once with every question, one after the other, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.answers import Answered, request_of
from tests.bench.load import Asked, Load, load
from tests.bench.processes import Process
from tests.bench.school import Question


@dataclass(frozen=True, slots=True)
class Run:
    """One server with one question for a while."""

    seen: Load
    cpu_ms: float
    """Processor time of the server per request."""


Runs = dict[tuple[str, str], list[Run]]
"""The runs of each way of asking and question, a round each."""


@dataclass(frozen=True, slots=True)
class Way:
    """A server, what it is asked, by question, and which coding of the answer is asked for."""

    name: str
    server: Process
    each_request: Mapping[str, Sequence[Asked]]
    paths: Mapping[str, str]
    encoding: str = ""


def way_of(server: Process, questions: Sequence[Question], answers: Mapping[str, Answered]) -> Way:
    """Each question by one viewer, to a server of that name."""
    return way(server.name, server, [(question, answers[question.name]) for question in questions])


def way(name: str, server: Process, each_request: Sequence[tuple[Question, Answered]], *, encoding: str = "") -> Way:
    """Questions, one name several times where several viewers ask, with the answers that are expected."""
    by_question: dict[str, list[Asked]] = {}
    paths = {}
    for question, answered in each_request:
        paths[question.name], body = request_of(name, question)
        by_question.setdefault(question.name, []).append(Asked(question.bearer, body, len(answered.body)))
    return Way(name, server, by_question, paths, encoding)


async def warm_up(ways: Sequence[Way], *, clients: int) -> None:
    """Have everybody compiled, connected and known."""
    for one in ways:
        for question in one.each_request:
            await run_once(one, question, clients=clients, seconds=1)


async def round_of(ways: Sequence[Way], runs: Runs, *, clients: int, seconds: float) -> None:
    """One round into *runs*: question by question, each in every way."""
    for question in dict.fromkeys(question for one in ways for question in one.each_request):
        for one in ways:
            if question in one.each_request:
                run = await run_once(one, question, clients=clients, seconds=seconds)
                runs.setdefault((one.name, question), []).append(run)


async def run_once(one: Way, question: str, *, clients: int, seconds: float) -> Run:
    """One question in one way for a while."""
    before = one.server.cpu_s
    url = one.server.url + one.paths[question]
    seen = await load(url, one.each_request[question], clients=clients, seconds=seconds, encoding=one.encoding)
    return Run(seen, (one.server.cpu_s - before) * 1000 / seen.requests)


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
