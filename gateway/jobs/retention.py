"""The job that deletes what has become older than it is to be kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.audit import erasure
from connectors.erasure.retention import RetentionRules, delete_aged
from connectors.mongo import Database, Source
from gateway.jobs.job import Job

RETENTION: Final = "retention"
_LOOK_S: Final = 3_600.0
_DEADLINE_S: Final = 300.0


def retention_jobs(
    databases: Mapping[str, Database], audit: Source, fact_sources: Sequence[Source], rules: RetentionRules
) -> list[Job]:
    """The job that carries out the *rules*."""

    async def run() -> bool:
        now = datetime.now(UTC)
        has_more = await delete_aged(databases, rules, now)
        if rules.audit_details_days is not None:
            await erasure.erase(audit, fact_sources, before=now - timedelta(days=rules.audit_details_days))
        return has_more

    return [Job(name=RETENTION, run=run, period_s=_LOOK_S, deadline_s=_DEADLINE_S)]
