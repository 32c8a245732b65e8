"""Metrics of the connectors. Names follow Prometheus: seconds, and `_total` for counters."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

READS: Final = Histogram(
    "gateway_source_read_seconds",
    "Reads of a connector's collection, with retries and waiting, by how they ended.",
    ["connector", "collection", "outcome"],
    buckets=BUCKETS,
)
WRITES: Final = Counter(
    "gateway_source_writes_total",
    "Transactions by how they ended: committed, refused by a rule, failure (nothing was changed) or unknown.",
    ["connector", "outcome"],
)
RETRIES: Final = Counter("gateway_source_retries_total", "Reads sent again after a lost connection.", ["connector"])
REFUSED: Final = Counter(
    "gateway_source_refused_total", "Reads that an open breaker, or no free place in time, kept back.", ["connector"]
)
BREAKER: Final = Gauge(
    "gateway_breaker_state",
    "0 closed, 1 half-open, 2 open; of several workers the worst.",
    ["connector"],
    multiprocess_mode="livemax",
)
BREAKER_CHANGES: Final = Counter("gateway_breaker_changes_total", "Changes of a breaker's state.", ["connector", "to"])
OVERLAPS: Final = Counter(
    "gateway_analytics_overlaps_total",
    "Questions of persons who asked for so many tables of published statistics in a day that they overlap much.",
)
VIEWERS: Final = Counter(
    "gateway_viewer_cache_total", "Look-ups of a viewer in Redis: hit, miss, or failure of Redis.", ["outcome"]
)
RATES: Final = Counter(
    "gateway_rate_limit_total",
    "Requests by what the rate limit made of them: taken, short of quota, or let through for a failure of Redis.",
    ["outcome"],
)
CACHED_READS: Final = Counter(
    "gateway_shared_reads_total",
    "Keys of reads that answer everybody alike, by what answered: the process, redis or mongodb; failures of redis.",
    ["connector", "outcome"],
)
WATCHED: Final = Gauge(
    "gateway_changes_watched",
    "1 while the changes of a subsystem are seen; of several workers the worst.",
    ["connector"],
    multiprocess_mode="livemin",
)
LAG: Final = Histogram(
    "gateway_changes_lag_seconds",
    "From a change in MongoDB to its being seen, by the clocks of both.",
    ["connector"],
    buckets=BUCKETS,
)
AUDIT_SEALED: Final = Counter("gateway_audit_sealed_total", "Facts that the audit has taken in.")
AUDIT_LAG: Final = Gauge(
    "gateway_audit_lag_seconds",
    "How old the oldest fact was that the last run of the sealer found waiting; 0 where none waited.",
    multiprocess_mode="livemax",
)
