"""The jobs of the integrity checks: running those that wait, and requesting those of each day."""

from typing import Final

from connectors.checks import Checks
from gateway.jobs.job import Job

RUN: Final = "integrity-run"
DAILY: Final = "integrity-daily"
_LOOK_S: Final = 2.0
_DAILY_LOOK_S: Final = 600.0
_DEADLINE_S: Final = 1_800.0


def integrity_jobs(checks: Checks) -> list[Job]:
    """The job that runs checks, and the one that has every school checked once a day, in the night of UTC."""
    return [
        Job(name=RUN, run=checks.run_next, period_s=_LOOK_S, deadline_s=_DEADLINE_S),
        Job(name=DAILY, run=checks.queue_daily_runs, period_s=_DAILY_LOOK_S, deadline_s=60),
    ]
