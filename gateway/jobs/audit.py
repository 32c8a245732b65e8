"""The jobs of the audit: sealing facts, and giving checkpoints away."""

import asyncio
import time
from pathlib import Path
from typing import Final

import structlog

from connectors.audit.checkpoints import append_lines, ends
from connectors.audit.sealer import Sealer
from connectors.mongo import Database
from gateway.jobs.job import Job
from gateway.observability.metrics import AUDIT_CHECKPOINT, AUDIT_EVENTS
from gateway.observability.repeats import CHECKPOINT

SEAL: Final = "audit-seal"
CHECKPOINTS: Final = "audit-checkpoint"

_log = structlog.get_logger(__name__)


def audit_jobs(
    sealer: Sealer, database: Database, *, seal_s: float, checkpoint_s: float, file: Path | None
) -> list[Job]:
    """The job that seals facts every *seal_s* seconds, and the one that gives checkpoints away, to *file* too."""
    checkpoints = Checkpoints(database, file)
    return [
        Job(name=SEAL, run=sealer.seal, period_s=seal_s, deadline_s=20),
        Job(name=CHECKPOINTS, run=checkpoints.give_away, period_s=checkpoint_s, deadline_s=60),
    ]


class Checkpoints:
    """Gives away the checkpoint of each chain that has grown: to the log, to metrics and to a file."""

    def __init__(self, database: Database, file: Path | None) -> None:
        self._database = database
        self._file = file
        self._numbers: dict[str, int] = {}
        """The number of each school's last event that this process gave away."""

    async def give_away(self) -> bool:
        """Give away the checkpoints of the chains that have grown; there is never more to do at once."""
        every = await ends(self._database)
        new = [own for own in every if own["number"] != self._numbers.get(own["school"])]
        if self._file is not None and new:
            await asyncio.to_thread(append_lines, self._file, new)
        for own in new:
            _log.info(CHECKPOINT, **own)
            self._numbers[own["school"]] = own["number"]
        AUDIT_EVENTS.set(sum(own["number"] for own in every))
        AUDIT_CHECKPOINT.set(time.time())
        return False
