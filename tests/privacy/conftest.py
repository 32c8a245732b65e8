"""The campaigns of a test run, each with two databases of Redis that nobody else uses."""

import os

import pytest


@pytest.fixture(scope="session")
def redis_uris(redis_uri: str) -> tuple[str, str]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    return f"{redis_uri}/{2 * worker + 8}", f"{redis_uri}/{2 * worker + 9}"
