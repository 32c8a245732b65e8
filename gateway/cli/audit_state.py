"""Rows of `doctor` about the audit and the jobs: what waits to be sealed, who runs the jobs, and how they end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import facts, leases
from connectors.assembly import Connectors
from connectors.audit.checkpoints import ends
from connectors.audit.sealer import PENDING
from connectors.audit.signatures import Signer
from connectors.leases import Lease
from gateway.app import jobs_of
from gateway.cli.terminal import console
from gateway.settings import Settings


async def check_jobs(settings: Settings, connectors: Connectors) -> bool:
    """Print the state of each job; whether all are run and end well."""
    now = datetime.now(UTC)
    database = connectors.audit.source.database
    found = {lease["_id"]: lease for lease in await leases.every(database)}
    try:
        jobs = jobs_of(settings, connectors)
    except ValueError as error:
        console.print(f"jobs: [red]{error}[/]", highlight=False)
        return False
    lines = [_line(job.name, found.get(job.name), now) for job in jobs]
    for line, _ in lines:
        console.print(line, highlight=False, soft_wrap=True)
    return all(is_well for _, is_well in lines)


def _line(name: str, lease: Lease | None, now: datetime) -> tuple[str, bool]:
    if lease is None:
        return f"job {name}: was never run; `serve` or `work` runs it", True
    ran = lease.get("succeeded_at")
    last = f"last ended well {_ago(ran, now)}" if ran else "never ended well"
    if lease.get("failure"):
        return f"job {name}: [red]fails[/] with {lease['failure']}; {last}", False
    if lease["ends_at"] < now:
        return f"job {name}: no process runs it now; {last}", True
    return f"job {name}: run by {lease['holder']}; {last}", True


async def check_audit(settings: Settings, connectors: Connectors) -> bool:
    """Print what the audit holds and what waits for it; whether nothing has waited for too long."""
    key = settings.audit.private_key()
    every = await ends(connectors.audit.source.database)
    signed = f"signed by key {Signer.of(key).key_id}" if key else "not signed: GATEWAY_AUDIT__SIGNING_KEY is not set"
    console.print(
        f"audit: {sum(own['number'] for own in every):,} events of {len(every):,} schools; {signed}",
        highlight=False,
        soft_wrap=True,
    )
    count, oldest = await waiting(connectors)
    if oldest is None:
        return True
    age_s = (datetime.now(UTC) - oldest).total_seconds()
    is_late = age_s > settings.audit.late_s and settings.today is None  # whose facts are of a day of their own
    text = f"{count:,} facts wait to be sealed, the oldest since {oldest.isoformat(timespec='seconds')}"
    console.print(f"audit: [red]late:[/] {text}" if is_late else f"audit: {text}", highlight=False, soft_wrap=True)
    return not is_late


async def waiting(connectors: Connectors) -> tuple[int, datetime | None]:
    """How many facts are not in the audit yet, and when the oldest of them happened."""
    count = 0
    oldest: list[datetime] = []
    for source in connectors.fact_sources:
        place = source.database[facts.COLLECTION]
        count += await place.count_documents(PENDING)
        first: Sequence[Any] = await place.find(PENDING, {"at": 1}).sort("at").limit(1).to_list(None)
        oldest += [own["at"] for own in first]
    return count, min(oldest, default=None)


def _ago(moment: datetime, now: datetime) -> str:
    return f"{max(0, int((now - moment).total_seconds())):,} s ago"
