"""`make bench-audit`: writers with facts and the sealer beside writers without, in turns within one run.

A write is the transaction of a mutation: it looks for its idempotency key and for the object, inserts the object and
the key, and, in the turns with an audit, the fact. A turn with an audit ends when its last fact is sealed, so that no
work of the sealer falls into the next turn.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from connectors import facts, idempotency
from connectors.assembly import Clients, Connectors
from connectors.audit.sealer import Sealer
from connectors.audit.signatures import Signer
from connectors.embedded import mongod
from connectors.facts import Actor, Fact
from connectors.mongo import Source
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import PersonId, SchoolId, StudentId
from tests.bench.report import markdown

GOAL: Final = 0.8
"""The share of the rate without facts that writers with them are to reach."""
SCHOOLS: Final = 4
_PATIENCE_S: Final = 30.0

console: Final = Console(stderr=True)


def main(
    writers: Annotated[int, typer.Option(help="Writers at once.")] = 32,
    seconds: Annotated[float, typer.Option(help="How long each turn lasts.")] = 4,
    turns: Annotated[int, typer.Option(help="Turns of each kind.")] = 8,
) -> None:
    """Print the rates of all turns, and the ratio of their medians; end with status 1 where it is below 0.8."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ratio = runner.run(_measured(writers, seconds, turns))
    if ratio < GOAL:
        raise typer.Exit(1)


async def _measured(writers: int, seconds: float, turns: int) -> float:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as directory:
        async with mongod(Path(directory)) as uri, Clients(uri, prefix="bench", timeout_s=_PATIENCE_S) as clients:
            connectors = clients.connectors
            await connectors.create_indexes()
            return await _compare(connectors, writers, seconds, turns)


async def _compare(connectors: Connectors, writers: int, seconds: float, turns: int) -> float:
    diary = connectors.diary.source
    sealer = Sealer(connectors.audit.source, [diary], Signer(Ed25519PrivateKey.generate()))
    rates: dict[bool, list[float]] = {False: [], True: []}
    for is_audited in (False, True):  # to warm up
        await _turn(diary, sealer, writers, 1, is_audited=is_audited)
    for turn in range(turns):
        for is_audited in (False, True) if turn % 2 == 0 else (True, False):
            rates[is_audited].append(await _turn(diary, sealer, writers, seconds, is_audited=is_audited))
    without, with_audit = (statistics.median(rates[is_audited]) for is_audited in (False, True))
    rows = [
        [name, f"{statistics.median(own):.0f}", f"{min(own):.0f}", f"{max(own):.0f}"]
        for name, own in (("without facts", rates[False]), ("with facts and sealer", rates[True]))
    ]
    console.print("\n".join(markdown(("writes a second", "median", "least", "most"), rows)), highlight=False)
    ratio = with_audit / without
    events = await connectors.audit.source.database["events"].count_documents({})
    console.print(f"{writers} writers, {turns} turns of {seconds} s each; {events:,} facts sealed. Ratio {ratio:.2f}.")
    return ratio


async def _turn(diary: Source, sealer: Sealer, writers: int, seconds: float, *, is_audited: bool) -> float:
    """Writes a second."""
    began = time.monotonic()
    sealing = asyncio.create_task(_seal(sealer)) if is_audited else None
    counts = await asyncio.gather(
        *(_write_until(diary, f"{began} {number}", began + seconds, is_audited=is_audited) for number in range(writers))
    )
    if sealing is not None:
        sealing.cancel()
        await asyncio.gather(sealing, return_exceptions=True)
        while await sealer.seal():
            pass
    return sum(counts) / (time.monotonic() - began)


async def _seal(sealer: Sealer) -> None:
    while True:
        if not await sealer.seal():
            await asyncio.sleep(1)


async def _write_until(diary: Source, writer: str, end: float, *, is_audited: bool) -> int:
    count = 0
    while time.monotonic() < end:
        await _write(diary, f"{writer} {count}", is_audited=is_audited)
        count += 1
    return count


async def _write(diary: Source, name: str, *, is_audited: bool) -> None:
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
