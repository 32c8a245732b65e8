"""One answer of each server to each question: whether they agree, how large it is, and what it asked of MongoDB."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp.test_utils import TestClient, TestServer

from gateway.settings import Settings
from tests.bench import serve
from tests.bench.school import Question
from tests.gateway.served import Recorder


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server sent, and how many commands it took."""

    body: bytes
    commands: int


class Disagreement(Exception):
    """Two servers gave different answers to one question."""


def request_of(server: str, question: Question) -> tuple[str, bytes]:
    """The path and the body by which *server* is asked."""
    match server:
        case serve.LIMIT | serve.LIMIT_COMMANDS:
            return f"/{question.name}", question.by_hand
        case serve.PERSISTED:
            return "/graphql", question.by_id
        case _:
            return "/graphql", question.graphql


async def answers_of(
    server: str,
    settings: Settings,
    questions: Iterable[Question],
    *,
    encoding: str = "identity",
    is_repeated: bool = True,
) -> list[Answered]:
    """The answer to each question as it goes over the wire; a question that is repeated finds its viewer known."""
    recorder = Recorder()
    answered = []
    app = serve.SERVERS[server](settings, [recorder])
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        for question in questions:
            path, body = request_of(server, question)
            headers = {
                "Authorization": f"Bearer {question.bearer}",
                "Content-Type": "application/json",
                "Accept-Encoding": encoding,
            }
            if is_repeated:
                await (await client.post(path, data=body, headers=headers)).read()
            recorder.clear()
            text = await (await client.post(path, data=body, headers=headers)).read()
            answered.append(Answered(text, len(recorder.commands)))
    return answered


async def agreed_answers(settings: Settings, questions: Iterable[Question]) -> dict[str, dict[str, Answered]]:
    """The answers by server and question; `Disagreement` unless all servers give the same data and no errors."""
    all_questions = list(questions)
    names = [question.name for question in all_questions]
    answered = {
        server: dict(zip(names, await answers_of(server, settings, all_questions), strict=True))
        for server in serve.SERVERS
    }
    answered[serve.PERSISTED] = answered[serve.SERVED]
    for question in all_questions:
        found = {server: _canonical(own[question.name].body) for server, own in answered.items()}
        if len(set(found.values())) > 1:
            raise Disagreement(f"{question.name}: {_first_difference(found)}")
    return answered


def _canonical(body: bytes) -> bytes:
    answer: Mapping[str, Any] = orjson.loads(body)
    if answer.keys() != {"data"}:
        raise Disagreement(body[:_SHOWN].decode(errors="replace"))
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS)


_SHOWN: Final = 300


def _first_difference(found: Mapping[str, bytes]) -> str:
    shortest = min(map(len, found.values()))
    bodies = list(found.values())
    place = next((n for n in range(shortest) if len({body[n] for body in bodies}) > 1), shortest)
    start = max(0, place - _SHOWN // 2)
    return "\n".join(
        f"{server}: {body[start : start + _SHOWN].decode(errors='replace')}" for server, body in found.items()
    )
