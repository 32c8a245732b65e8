"""Leases: one process at a time has a job."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from connectors import leases
from connectors.mongo import connect

NOW = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)
LASTS = timedelta(seconds=30)


async def test_one_of_many_gets_a_lease_until_it_ends_or_is_released(mongo_uri: str) -> None:
    client = connect(mongo_uri, timeout_s=30)
    database = client[f"leases_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"]
    await database["leases"].delete_many({})

    async def take(holder: str, after_s: float = 0) -> bool:
        return await leases.take(database, "job", holder, NOW + timedelta(seconds=after_s), LASTS)

    taken = await asyncio.gather(*(take(f"process {number}") for number in range(10)))
    assert sum(taken) == 1
    first = f"process {taken.index(True)}"
    assert await take(first, 20)  # renewed: it lasts until the 50th second
    assert not await take("other", 49)
    assert await take("other", 51)
    assert not await take(first, 52)
    await leases.release(database, "job", first, NOW)  # no longer its own to release
    assert not await take(first, 53)
    await leases.release(database, "job", "other", NOW)
    assert await take(first, 54)
    await leases.note_run(database, "job", first, NOW, None)
    await leases.note_run(database, "job", first, NOW + LASTS, "SourceUnavailable")
    [lease] = await leases.every(database)
    assert (lease["holder"], lease["succeeded_at"], lease["failed_at"], lease["failure"]) == (
        first,
        NOW,
        NOW + LASTS,
        "SourceUnavailable",
    )
    client.close()
