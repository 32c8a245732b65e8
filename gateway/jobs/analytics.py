"""The job that builds the statistics anew on each day."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from gateway.jobs.job import Job

BUILD: Final = "analytics-build"
_LOOK_S: Final = 600.0
_DEADLINE_S: Final = 1_800.0


def analytics_jobs(
    build: Callable[[], Awaitable[object]], latest: Callable[[], str | None], today: Callable[[], date]
) -> list[Job]:
    """The job that runs *build* once on each day, as soon as the *latest* build is of an earlier one."""

    async def run() -> bool:
        if (latest() or "") < today().isoformat():
            await build()
        return False

    return [Job(name=BUILD, run=run, period_s=_LOOK_S, deadline_s=_DEADLINE_S)]
