"""The job that builds the statistics: once on each day."""

from datetime import date

import pytest

from gateway.jobs.analytics import analytics_jobs


class Builds:
    """Counts builds, and says of which day the latest is."""

    def __init__(self, latest: str | None) -> None:
        self._latest = latest
        self.count = 0

    async def build(self) -> None:
        self.count += 1
        self._latest = "2026-11-18"

    def latest(self) -> str | None:
        return self._latest


@pytest.mark.parametrize("latest", [None, "2026-11-17"])
async def test_statistics_are_built_once_when_the_latest_build_is_of_an_earlier_day(latest: str | None) -> None:
    builds = Builds(latest)
    [job] = analytics_jobs(builds.build, builds.latest, lambda: date(2026, 11, 18))
    assert [await job.run(), await job.run()] == [False, False]
    assert builds.count == 1
