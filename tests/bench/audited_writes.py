"""`make bench-audit`: writers with facts and the sealer beside writers without, in turns within one run.

Two kinds of writes are measured: bare transactions, and the mutation `giveMark` over HTTP. A turn with an audit ends
when its last fact is sealed, so that no work of the sealer falls into the next turn.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import typer
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from connectors import facts, idempotency
from connectors.assembly import Clients, Connectors
from connectors.audit.sealer import Sealer
from connectors.audit.signatures import Signer
from connectors.demo.school import TODAY
from connectors.embedded import mongod
from connectors.facts import Actor, Fact
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import PersonId, SchoolId, StudentId
from gateway.settings import ObserveSettings
from tests.bench.changes import changes_of, undo
from tests.bench.report import markdown
from tests.bench.school import seeded
from tests.gateway.served import served

GOAL: Final = 0.8
"""The share of the rate without facts that writers with them are to reach."""
PREFIX: Final = "bench"
SCHOOLS: Final = 4
_PATIENCE_S: Final = 30.0

console: Final = Console(stderr=True)

Write = Callable[[int], Awaitable[None]]
"""Makes the change of a number; each number is used once in a turn."""


def main(
    writers: Annotated[int, typer.Option(help="Writers at once.")] = 32,
    seconds: Annotated[float, typer.Option(help="How long each turn lasts.")] = 3,
    turns: Annotated[int, typer.Option(help="Turns of each kind.")] = 6,
) -> None:
    """Print the rates, and the ratio of their medians; end with status 1 where that of mutations is below 0.8."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ratio = runner.run(_measured(writers, seconds, turns))
    if ratio < GOAL:
        raise typer.Exit(1)


async def _measured(writers: int, seconds: float, turns: int) -> float:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
        async with mongod(Path(directory)) as uri, Clients(uri, prefix=PREFIX, timeout_s=_PATIENCE_S) as clients:
            connectors = clients.connectors
            await seeded(connectors, students=200)
            await _compare_transactions(connectors, writers, seconds, turns)
            return await _compare_mutations(uri, connectors, writers, seconds, turns)


async def _compare_transactions(connectors: Connectors, writers: int, seconds: float, turns: int) -> None:
    """Bare transactions, of which the fact is one of six commands."""
    diary = connectors.diary.source

    def write(prefix: str, *, is_audited: bool) -> Write:
        return lambda number: _transaction(diary, f"{prefix} {number}", is_audited=is_audited)

    await _compare("transactions", connectors, write, writers, seconds, turns)


async def _compare_mutations(uri: str, connectors: Connectors, writers: int, seconds: float, turns: int) -> float:
    """`giveMark` over HTTP, by the gateway in this process; where there is no audit its fact is not inserted."""
    questions = (await changes_of(connectors, ["giveMark"]))["giveMark"]
    insert = Transaction.insert

    async def without_facts(self: Transaction, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        if collection != facts.COLLECTION:
            await insert(self, collection, documents)

    async with served(uri, None, prefix=PREFIX, today=TODAY, observe=ObserveSettings(log_requests=False)) as gateway:

        def write(prefix: str, *, is_audited: bool) -> Write:  # noqa: ARG001 - as the other one
            Transaction.insert = insert if is_audited else without_facts  # type: ignore[method-assign] # of this process alone
            return send

        async def send(number: int) -> None:
            question = questions[number]
            headers = {"Authorization": f"Bearer {question.bearer}", "Content-Type": "application/json"}
            answer = await gateway.client.post("/graphql", data=question.graphql, headers=headers)
            if b'"userErrors":[]' not in await answer.read():
                raise ValueError(await answer.text())

        try:
            return await _compare("mutations", connectors, write, writers, seconds, turns)
        finally:
            Transaction.insert = insert  # type: ignore[method-assign] # likewise


class _Writes(Protocol):
    def __call__(self, prefix: str, *, is_audited: bool) -> Write: ...


async def _compare(
    what: str, connectors: Connectors, write: _Writes, writers: int, seconds: float, turns: int
) -> float:
    sources = [connectors.diary.source, connectors.grades.source]
    sealer = Sealer(connectors.audit.source, sources, Signer(Ed25519PrivateKey.generate()))
    rates: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(-1, turns):  # the first one warms up
        for is_audited in (False, True) if turn % 2 == 0 else (True, False):
            one = write(f"{what} {turn} {is_audited}", is_audited=is_audited)
            rate = await _turn(one, sealer if is_audited else None, writers, seconds)
            if turn >= 0:
                rates[is_audited].append(rate)
            await undo(connectors)
    rows = [
        [name, f"{statistics.median(own):.0f}", f"{min(own):.0f}", f"{max(own):.0f}"]
        for name, own in (("without facts", rates[False]), ("with facts and sealer", rates[True]))
    ]
    console.print("\n".join(markdown((f"{what} a second", "median", "least", "most"), rows)), highlight=False)
    ratio = statistics.median(rates[True]) / statistics.median(rates[False])
    console.print(f"{writers} writers, {turns} turns of {seconds} s each. Ratio {ratio:.2f}.")
    return ratio


async def _turn(write: Write, sealer: Sealer | None, writers: int, seconds: float) -> float:
    """Writes a second; with a sealer the turn lasts until all facts are sealed."""
    began = time.monotonic()
    numbers = count()
    sealing = asyncio.create_task(_seal(sealer)) if sealer else None
    counts = await asyncio.gather(*(_write_until(write, numbers, began + seconds) for _ in range(writers)))
    if sealer is not None and sealing is not None:
        sealing.cancel()
        await asyncio.gather(sealing, return_exceptions=True)
        while await sealer.seal():
            pass
    return sum(counts) / (time.monotonic() - began)


async def _seal(sealer: Sealer) -> None:
    while True:
        if not await sealer.seal():
            await asyncio.sleep(1)


async def _write_until(write: Write, numbers: Iterator[int], end: float) -> int:
    written = 0
    while time.monotonic() < end:
        await write(next(numbers))
        written += 1
    return written


async def _transaction(diary: Source, name: str, *, is_audited: bool) -> None:
    now = datetime.now(UTC)
    school = SchoolId(f"sch_{hash(name) % SCHOOLS}")
    key = idempotency.key_of(PersonId("per_1"), "TEACHER", name, name.encode())
    remark: dict[str, Any] = {
        "_id": f"rem_{name}",
        "school_id": school,
        "student_id": f"stu_{hash(name) % 500}",
        "made_on": "2026-11-18",
        "made_at": now,
        "text": "На уроке отвечал у доски, домашнее задание выполнено полностью.",
        "kind": None,
        "author_id": "per_1",
    }

    async def body(transaction: Transaction) -> None:
        await idempotency.outcome_of(key, transaction, now)
        await transaction.find_one("remarks", {"_id": remark["_id"]}, columns=frozenset({"_id"}))
        await transaction.insert("remarks", [remark])
        if is_audited:
            await transaction.insert(facts.COLLECTION, [_fact(remark, school, now)])
        await idempotency.remember(key, {"remark_id": remark["_id"]}, transaction, now + timedelta(days=7))

    await transact(diary, body, within_s=_PATIENCE_S)


def _fact(remark: dict[str, Any], school: SchoolId, now: datetime) -> Fact:
    changed = ("text", "kind", "made_on")
    return Fact(
        _id=facts.new_id(),
        school_id=school,
        at=now,
        actor=Actor(person_id=PersonId("per_1"), role="TEACHER"),
        action="addRemark",
        object_id=remark["_id"],
        student_id=StudentId(remark["student_id"]),
        changes=[{"field": name, "before": None, "after": _shown(name, remark[name])} for name in changed],
        request_id="0f3c2b1a",
        client="bench",
    )


def _shown(name: str, value: Any) -> Any:
    return facts.digest_of(value, b"key") if name == "text" else value


if __name__ == "__main__":
    typer.run(main)
