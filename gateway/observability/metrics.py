"""Metrics of requests. Names follow Prometheus: seconds, and `_total` for counters."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from gateway.observability.operation_names import OTHER

SECONDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

DURATION: Final = Histogram(
    "gateway_request_seconds", "GraphQL requests, from their head to their answer.", ["operation"], buckets=SECONDS
)
REQUESTS: Final = Counter("gateway_requests_total", "GraphQL requests that were answered.", ["role", "kind", "status"])
ERRORS: Final = Counter("gateway_errors_total", "Errors in answers.", ["code"])
RUNNING: Final = Gauge("gateway_requests_running", "Requests being answered.", multiprocess_mode="livesum")
OVERLOADED: Final = Counter("gateway_overloaded_total", "Requests refused because the process has too much to do.")
READS: Final = Histogram(
    "gateway_request_reads", "Reads of MongoDB that a request needed.", buckets=(0, 1, 2, 3, 5, 7, 10, 15, 20, 30)
)
COST_BUCKETS: Final = (1, 10, 50, 100, 500, 1_000, 5_000, 10_000)
COST: Final = Histogram("gateway_request_cost", "What a request may cost at most.", buckets=COST_BUCKETS)
ACTUAL_COST: Final = Histogram("gateway_request_actual_cost", "What a request did cost.", buckets=COST_BUCKETS)
OVER_BUDGET: Final = Counter(
    "gateway_over_budget_total", "Operations that may cost more than their role's budget, refused or not.", ["role"]
)
PHASES: Final = Histogram(
    "gateway_engine_phase_seconds",
    "Phases of the engine: prepare and compile once per document and role, run each time.",
    ["phase"],
    buckets=(0.0001, 0.0005, *SECONDS[:9]),
)
LOOP_LAG: Final = Histogram(
    "gateway_event_loop_lag_seconds",
    "How late a timer of the event loop was: how long everything waits for the processor.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)


class Durations:
    """The children of DURATION by operation; a process makes at most *size*, for Prometheus keeps each for good."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._children: dict[str, Histogram] = {}

    def of(self, operation: str) -> Histogram:
        """The child that observes *operation*; that of `other` once there are enough."""
        child = self._children.get(operation)
        if child is None:
            if len(self._children) >= self._size:
                return DURATION.labels(OTHER)
            child = self._children[operation] = DURATION.labels(operation)
        return child


class Family:
    """The children of a counter, kept: to look one up by its labels costs more than to count."""

    def __init__(self, counter: Counter, size: int = 1_000) -> None:
        self._counter = counter
        self._size = size
        self._children: dict[tuple[str, ...], Counter] = {}

    def inc(self, *labels: str) -> None:
        """Count one; labels beyond the size of the family are `other`."""
        child = self._children.get(labels)
        if child is None:
            if len(self._children) >= self._size:
                child = self._counter.labels(*(OTHER,) * len(labels))
            else:
                child = self._children[labels] = self._counter.labels(*labels)
        child.inc()


USER_ERRORS: Final = Family(
    Counter(
        "gateway_user_errors_total", "Problems of inputs that mutations answered as userErrors.", ["mutation", "code"]
    )
)
PHASE: Final[Mapping[str, Histogram]] = {phase: PHASES.labels(phase) for phase in ("prepare", "compile", "run")}
LIVE_CONNECTIONS: Final = Gauge(
    "gateway_live_connections", "Open connections of subscriptions.", ["transport"], multiprocess_mode="livesum"
)
LIVE_SUBSCRIPTIONS: Final = Gauge("gateway_live_subscriptions", "Subscriptions that run.", multiprocess_mode="livesum")
LIVE_EVENTS: Final = Counter(
    "gateway_live_events_total", "Events of subscriptions, by what became of them.", ["outcome"]
)
LIVE_CLOSED: Final = Counter(
    "gateway_live_closed_total", "Connections of subscriptions that ended, by the code they were closed with.", ["code"]
)
LIVE_LAG: Final = Histogram(
    "gateway_live_lag_seconds", "Time from a change in a database to its event being sent.", buckets=SECONDS
)
JOB_RUNS: Final = Counter(
    "gateway_job_runs_total", "Runs of background jobs, by how they ended.", ["job_name", "outcome"]
)
JOB_SECONDS: Final = Histogram(
    "gateway_job_run_seconds",
    "Runs of background jobs.",
    ["job"],
    buckets=(0.01, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0),
)
LETTERS: Final = Counter(
    "gateway_notification_letters_total", "Letters about notifications, by what became of them.", ["outcome"]
)
JOB_HELD: Final = Gauge(
    "gateway_job_held", "1 while a process has the lease of a job.", ["job_name"], multiprocess_mode="livemax"
)
AUDIT_EVENTS: Final = Gauge(
    "gateway_audit_checkpoint_events",
    "Events of all schools up to their last checkpoints: this number never falls, unless events were removed.",
    multiprocess_mode="livemax",
)
AUDIT_CHECKPOINT: Final = Gauge(
    "gateway_audit_checkpoint_timestamp_seconds", "When checkpoints were last given away.", multiprocess_mode="livemax"
)
