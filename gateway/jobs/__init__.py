"""What the gateway does without a client: jobs, each run by one process at a time."""

from gateway.jobs.job import Job
from gateway.jobs.runner import JobRunner

__all__ = ["Job", "JobRunner"]
