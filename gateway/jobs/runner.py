"""Runs jobs in the event loop of a process: each under a lease, so that one process at a time runs it."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from uuid import uuid4

import structlog
from pymongo.errors import PyMongoError

from connectors import leases
from connectors.errors import ConnectorError
from connectors.mongo import Database
from gateway.jobs.job import Job
from gateway.observability.metrics import JOB_HELD, JOB_RUNS, JOB_SECONDS

MOST_PAUSE_S: Final = 60.0
"""The longest pause after runs that failed."""
RELEASE_S: Final = 2.0
"""How long a process that ends tries to hand its leases on; after that they end by themselves."""
_JITTER: Final = (0.8, 1.2)
"""Spreads the runs of several processes."""

_log = structlog.get_logger(__name__)


class JobRunner:
    """Runs *jobs* while it is entered; their leases are kept in *database*."""

    def __init__(self, jobs: Iterable[Job], database: Database) -> None:
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._loops = [_Loop(job, database, self._holder) for job in jobs]
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(loop.run(), name=f"job {loop.job.name}") for loop in self._loops]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_S):
                await asyncio.gather(*(loop.release() for loop in self._loops))


@dataclass(slots=True)
class _Loop:
    """One job, run again and again."""

    job: Job
    database: Database
    holder: str
    held_until: float = 0.0
    """Until when this process has the lease, by the monotonic clock."""
    failures: int = 0
    """Runs in a row that failed."""
    is_noted: bool = False
    """Whether the lease's document says how runs end since the lease was last renewed."""

    async def run(self) -> None:
        """Run the job in its turns, for ever."""
        while True:
            has_more = False
            is_held = await self._holds_lease()
            JOB_HELD.labels(self.job.name).set(is_held)
            if is_held:
                has_more = await self._run_once()
            if not has_more:
                await asyncio.sleep(self._pause_s(is_held=is_held) * random.uniform(*_JITTER))  # noqa: S311 - hides nothing

    async def release(self) -> None:
        """Let another process have the job at once."""
        if self.held_until > time.monotonic():
            JOB_HELD.labels(self.job.name).set(0)
            with suppress(PyMongoError, OSError):
                await leases.release(self.database, self.job.name, self.holder, datetime.now(UTC))

    async def _holds_lease(self) -> bool:
        """Whether a run that begins now ends while this process still has the lease."""
        now = time.monotonic()
        if self.held_until - now > self.job.deadline_s:
            return True
        lasts = timedelta(seconds=self.job.lease_s)
        try:
            async with asyncio.timeout(self.job.deadline_s):
                is_held = await leases.take(self.database, self.job.name, self.holder, datetime.now(UTC), lasts)
        except (PyMongoError, OSError) as error:
            self._failed(error)
            return False
        self.held_until = now + self.job.lease_s if is_held else 0.0
        self.is_noted = False
        return self.held_until - time.monotonic() > self.job.deadline_s

    async def _run_once(self) -> bool:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.job.deadline_s):
                has_more = await self.job.run()
        except Exception as error:  # noqa: BLE001 - a job that fails is run again, whatever it failed for
            self._failed(error)
            await self._note(type(error).__name__)
            return False
        JOB_SECONDS.labels(self.job.name).observe(time.perf_counter() - began)
        JOB_RUNS.labels(self.job.name, "success").inc()
        if self.failures or not self.is_noted:
            await self._note(None)
        self.failures = 0
        return has_more

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        JOB_RUNS.labels(self.job.name, "failure").inc()
        is_source = isinstance(error, PyMongoError | ConnectorError | OSError | TimeoutError)
        _log.warning("job failed", job=self.job.name, code=self.job.name, exc_info=None if is_source else error)

    async def _note(self, failure: str | None) -> None:
        """Note for `doctor` how the run ended: once for each renewal of the lease, and whenever it differs."""
        self.is_noted = True
        with suppress(PyMongoError, OSError):
            await leases.note_run(self.database, self.job.name, self.holder, datetime.now(UTC), failure)

    def _pause_s(self, *, is_held: bool) -> float:
        if self.failures:
            return min(MOST_PAUSE_S, self.job.period_s * float(2 ** min(self.failures, 10)))
        return self.job.period_s if is_held else max(self.job.period_s, self.job.deadline_s / 2)
