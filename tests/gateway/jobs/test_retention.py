"""What has become older than it is to be kept is deleted by a job, and nothing else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.assembly import Connectors
from connectors.erasure import retention
from gateway.app import jobs_of
from gateway.jobs import Job
from gateway.settings import RetentionSettings, Settings
from tests.connectors.audit.sealing import Sealing, fact
from tests.databases import own_databases


@pytest.fixture
async def connectors(mongo_uri: str) -> AsyncIterator[Connectors]:
    async with own_databases(mongo_uri, "retention") as (connectors, _):
        yield connectors


def job(connectors: Connectors, **days: int) -> Job:
    settings = Settings(retention=RetentionSettings(**days))
    [found] = [job for job in jobs_of(settings, connectors) if job.name == "retention"]
    return found


async def test_what_is_too_old_is_deleted(connectors: Connectors) -> None:
    now = datetime.now(UTC)
    for one in retention.AGED:
        ages = {"old": 11, "new": 9}
        rows = [{"_id": name, one.key: now - timedelta(days=days)} for name, days in ages.items()]
        await connectors.databases[one.subsystem][one.collection].insert_many(rows)
    every = {one.rule: 10 for one in retention.AGED}
    assert not await job(connectors, **every).run()
    for one in retention.AGED:
        left = await connectors.databases[one.subsystem][one.collection].distinct("_id")
        assert left == ["new"], one


async def test_what_has_no_limit_is_kept_for_good(connectors: Connectors) -> None:
    notices = connectors.databases["diary"]["absence_notices"]
    await notices.insert_one({"_id": "1", "sent_at": datetime(2001, 1, 1, tzinfo=UTC)})
    await job(connectors).run()
    assert await notices.count_documents({}) == 1


async def test_a_run_deletes_some_and_says_that_there_is_more(
    connectors: Connectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    reports = connectors.databases["messages"]["reports"]
    await reports.insert_many([{"_id": number, "reported_at": datetime(2001, 1, 1, tzinfo=UTC)} for number in range(3)])
    assert await job(connectors).run()
    assert await reports.count_documents({}) == 1
    assert not await job(connectors).run()


async def test_details_of_the_audit_are_erased_once_they_are_too_old(connectors: Connectors) -> None:
    sealing = Sealing(connectors)
    await sealing.put(fact(minute=0))
    await sealing.sealer().seal()
    await job(connectors).run()
    assert [("salt" in event) for event in await sealing.events()] == [True], "without a limit they stay"
    await job(connectors, audit_details_days=1).run()
    assert [("salt" in event) for event in await sealing.events() if event["action"] == "giveMark"] == [False]
