"""Jobs: the gateway's work without a client, each done by one process at a time."""

from gateway.jobs.job import Job
from gateway.jobs.runner import JobRunner

__all__ = ["Job", "JobRunner"]
