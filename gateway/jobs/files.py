"""The jobs of the files: deleting those that nobody needs, and looking through those that no scanner has seen."""

from typing import Final

from connectors.files import Files
from connectors.files.scanning import scan_waiting
from connectors.files.sweeping import Sweeper
from gateway.jobs.job import Job

SWEEP: Final = "files-sweep"
SCAN: Final = "files-scan"
PERIOD_S: Final = 60.0
"""Files wait for hours before they are swept: a minute more or less is nothing to them."""


def file_jobs(sweeper: Sweeper, files: Files) -> list[Job]:
    """The job that sweeps the files, and the one that has them looked through, where there is a scanner."""
    jobs = [Job(name=SWEEP, run=sweeper.sweep, period_s=PERIOD_S, deadline_s=120)]
    if files.scanner is not None:
        jobs.append(Job(name=SCAN, run=lambda: scan_waiting(files), period_s=PERIOD_S, deadline_s=1_200))
    return jobs
