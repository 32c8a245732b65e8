"""A background job: what it does, how often, and how long one run may take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Work = Callable[[], Awaitable[bool]]
"""One run of a job; returns whether there is more to do at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that one process at a time runs, again and again.

    A run may be broken off at any moment, by its deadline or the end of its process, and another process may run the
    job next: whatever it has begun must be safe to repeat.
    """

    name: str
    """Names the lease, and the job in metrics, in the log and in what `doctor` prints: words with hyphens."""
    run: Work
    period_s: float
    """The pause between two runs, unless there is more to do."""
    deadline_s: float = 30.0
    """How long one run may take."""

    @property
    def lease_s(self) -> float:
        """How long a lease lasts: a run that begins in its first half ends before it."""
        return 2 * self.deadline_s
