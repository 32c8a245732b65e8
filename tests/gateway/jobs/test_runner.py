"""Background jobs: one process at a time runs each, and another takes over."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from connectors import leases
from connectors.mongo import connect
from gateway.jobs import Job, JobRunner
from gateway.observability.metrics import JOB_RUNS


@pytest.fixture
async def database(mongo_uri: str) -> AsyncIterator[Any]:
    client = connect(mongo_uri, timeout_s=30)
    database = client[f"jobs_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"]
    await database[leases.COLLECTION].delete_many({})
    yield database
    client.close()


class Work:
    """A job that counts its runs, and does what a test wants in each."""

    def __init__(self, each: Callable[[int], Any] = lambda _: False) -> None:
        self.runs = 0
        self._each = each
        self._ran = asyncio.Condition()

    def job(self, **options: Any) -> Job:
        return Job(**{"name": "work", "run": self.run, "period_s": 0.01, **options})

    async def run(self) -> bool:
        self.runs += 1
        async with self._ran:
            self._ran.notify_all()
        result = self._each(self.runs)
        return bool(await result if asyncio.iscoroutine(result) else result)

    async def reaches(self, runs: int) -> None:
        async with self._ran:
            await self._ran.wait_for(lambda: self.runs >= runs)


async def test_a_job_runs_again_and_again_while_the_runner_is_entered(database: Any) -> None:
    work = Work()
    async with JobRunner([work.job()], database):
        await work.reaches(3)
    runs = work.runs
    await asyncio.sleep(0.1)  # nothing is left that could run
    assert work.runs == runs


async def test_one_of_several_runners_has_the_job_and_another_takes_over_when_it_ends(database: Any) -> None:
    first, second = Work(), Work()
    options = {"deadline_s": 0.2}
    async with JobRunner([second.job(**options)], database):
        await second.reaches(1)
        async with JobRunner([first.job(**options)], database):
            await second.reaches(second.runs + 5)
            assert first.runs == 0
    async with JobRunner([first.job(**options)], database):
        await first.reaches(1)  # at once: the lease was handed on


async def test_a_lease_whose_holder_is_gone_ends_by_itself(database: Any) -> None:
    gone, heir = Work(), Work()
    runner = JobRunner([gone.job(deadline_s=0.2)], database)
    await runner.__aenter__()
    await gone.reaches(1)
    for task in runner._tasks:  # as by a kill: nothing is released
        task.cancel()
    async with JobRunner([heir.job(deadline_s=0.2)], database):
        await heir.reaches(1)


async def test_there_is_no_pause_while_there_is_more_to_do(database: Any) -> None:
    work = Work(lambda run: run < 50)
    async with JobRunner([work.job(period_s=3_600)], database):
        await work.reaches(50)


async def test_a_run_that_fails_is_noted_and_run_again(database: Any) -> None:
    noted: list[Any] = []

    async def each(run: int) -> bool:
        noted.extend(await leases.every(database))
        if run in {2, 3}:
            raise ValueError("never shown")
        return False

    work = Work(each)
    before = JOB_RUNS.labels("work", "failure")._value.get()
    async with JobRunner([work.job()], database):
        await work.reaches(7)
    assert JOB_RUNS.labels("work", "failure")._value.get() == before + 2
    failures = [lease.get("failure") for lease in noted]
    assert failures[:6] == [None, None, "ValueError", "ValueError", None, None]
    assert "never shown" not in str(noted)


async def test_a_run_that_takes_longer_than_its_deadline_is_broken_off(database: Any) -> None:
    ended: list[str] = []

    async def each(run: int) -> bool:
        if run == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("broken off")
                raise
        return False

    work = Work(each)
    async with JobRunner([work.job(deadline_s=0.2)], database):
        await work.reaches(2)
    assert ended == ["broken off"]


async def test_jobs_do_not_wait_for_each_other(database: Any) -> None:
    async def waits(_: int) -> bool:
        await asyncio.Event().wait()
        return False

    slow, quick = Work(waits), Work()
    async with JobRunner([slow.job(name="slow"), quick.job(name="quick")], database):
        await slow.reaches(1)
        await quick.reaches(3)
