"""Verification: whether the chains of the audit are as the sealer made them, and where they are not."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING

from connectors.audit.chain import FIRST, details_hash, event_hash, event_id
from connectors.audit.checkpoints import Checkpoint, school_id_of
from connectors.audit.documents import EVENTS, PERSONAL
from connectors.audit.signatures import PublicKeys
from connectors.mongo import Database

_PERSONAL: Final = frozenset(PERSONAL)
REPORTED_EVERY: Final = 1_000
"""Events after which progress is reported."""


class Tampering(StrEnum):
    """How a chain differs from what the sealer made."""

    CHANGED = "CHANGED"
    """The event is not the one that was sealed under its hash: a value was changed, or events have changed places."""

    MISSING = "MISSING"
    """Events before this one were removed."""

    UNLINKED = "UNLINKED"
    """The event does not follow the one before it: it, or another in its place, was put in or changed with its hash."""

    UNSIGNED = "UNSIGNED"
    """The last events have no valid signature: the sealer did not write them, or not as they are."""

    CUT = "CUT"
    """The chain ends before a checkpoint: its last events were removed."""

    REWRITTEN = "REWRITTEN"
    """The event at a checkpoint has another hash than the checkpoint: the chain was made anew up to there."""

    FORGED_CHECKPOINT = "FORGED_CHECKPOINT"
    """The checkpoint itself has no valid signature."""


class Finding(NamedTuple):
    """One place at which a chain is not as it was made."""

    school_id: str
    number: int
    tampering: Tampering
    event_id: str | None = None
    until: int | None = None
    """The last of several events that are meant; None where it is one."""


@dataclass(slots=True)
class Report:
    """The findings of a verification."""

    findings: list[Finding] = field(default_factory=list)
    events: int = 0
    schools: int = 0
    erased: int = 0
    """Events whose personal details were erased."""
    checkpoints: int = 0


Progress = Callable[[int], None]
"""Takes the number of events that were verified so far."""


async def verify(
    database: Database,
    *,
    keys: PublicKeys,
    checkpoints: Iterable[Checkpoint] = (),
    on_progress: Progress = lambda _: None,
) -> Report:
    """Verify the chains of all schools, also against *checkpoints*; without any *keys* no signature is looked at."""
    report = Report()
    expected: dict[str, dict[int, list[Checkpoint]]] = {}
    for checkpoint in checkpoints:
        report.checkpoints += 1
        if _is_forged(checkpoint, keys):
            report.findings.append(Finding(school_id_of(checkpoint), checkpoint["number"], Tampering.FORGED_CHECKPOINT))
        else:
            expected.setdefault(school_id_of(checkpoint), {}).setdefault(checkpoint["number"], []).append(checkpoint)
    found: Sequence[str] = await database[EVENTS.name].distinct("school_id")
    for school in sorted({*found, *expected}):
        chain = _Chain(school, keys, expected.get(school, {}), report)
        async for event in database[EVENTS.name].find({"school_id": school}).sort([("number", ASCENDING), ("_id", 1)]):
            chain.take(event)
            report.events += 1
            if report.events % REPORTED_EVERY == 0:
                on_progress(report.events)
        chain.end()
    report.schools = len(found)
    return report


def _is_forged(checkpoint: Checkpoint, keys: PublicKeys) -> bool:
    if not keys:
        return False
    return not keys.verifies(
        checkpoint["key_id"],
        checkpoint["signature"],
        school_id_of(checkpoint),
        checkpoint["number"],
        checkpoint["hash"],
    )


@dataclass(slots=True)
class _Chain:
    """The chain of one school while it is verified, event by event."""

    school: str
    keys: PublicKeys
    expected: Mapping[int, Collection[Checkpoint]]
    report: Report
    number: int = 0
    previous: str = FIRST
    unsigned_from: int | None = None
    """The first event after the last signature."""

    def take(self, event: Mapping[str, Any]) -> None:
        """Verify the next event of the school by its number."""
        own, event_id = event.get("number"), event["_id"]
        if not isinstance(own, int):
            self._add(Tampering.CHANGED, self.number + 1, event_id)
            return
        if own > self.number + 1:
            self._add(Tampering.MISSING, self.number + 1, until=own - 1)
        elif own <= self.number or event.get("previous") != self.previous:
            self._add(Tampering.UNLINKED, own, event_id)
        if self._is_changed(event):
            self._add(Tampering.CHANGED, own, event_id)
        self._check_signature(event, own)
        if any(checkpoint["hash"] != event.get("hash") for checkpoint in self.expected.get(own, ())):
            self._add(Tampering.REWRITTEN, own, event_id)
        self.number, self.previous = own, event.get("hash", "")

    def end(self) -> None:
        """Verify what can be said once there are no more events."""
        if self.keys and self.unsigned_from is not None:
            self._add(Tampering.UNSIGNED, self.unsigned_from, until=self.number)
        reached = max(self.expected, default=0)
        if reached > self.number:
            self._add(Tampering.CUT, self.number + 1, until=reached)

    def _is_changed(self, event: Mapping[str, Any]) -> bool:
        is_erased = _PERSONAL.isdisjoint(event)
        self.report.erased += is_erased
        return (
            event["_id"] != event_id(event.get("source", ""), event.get("fact_id", ""))
            or event_hash(event) != event.get("hash")
            or (not is_erased and details_hash(event) != event.get("details_hash"))
        )

    def _check_signature(self, event: Mapping[str, Any], own: int) -> None:
        self.unsigned_from = self.unsigned_from or own
        signature = event.get("signature")
        if signature is None:
            return
        if self.keys and not self.keys.verifies(
            event.get("key_id"), signature, self.school, own, event.get("hash", "")
        ):
            self._add(Tampering.UNSIGNED, self.unsigned_from, event["_id"], until=own)
        self.unsigned_from = None

    def _add(self, tampering: Tampering, at: int, event_id: str | None = None, until: int | None = None) -> None:
        self.report.findings.append(Finding(self.school, at, tampering, event_id, until if until != at else None))
