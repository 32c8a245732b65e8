"""The tiny school, served for the tests of what goes over HTTP."""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypedDict

import aiohttp
import pytest
from playwright.async_api import Browser

from auth.viewer import Role
from tests.gateway import school
from tests.gateway.building import Builder
from tests.gateway.http.chromium import offline_chromium
from tests.gateway.served import Served, served, token

Serve = Callable[..., AbstractAsyncContextManager[Served]]
"""Serves the school by other settings: `async with serve(http=HttpSettings(...)) as gateway`."""


@pytest.fixture(scope="module")
async def browser(graphiql_page: None) -> AsyncIterator[Browser]:  # noqa: ARG001 - it is what is opened
    """A Chromium that reaches this machine alone."""
    async with offline_chromium() as browser:
        yield browser


class DemoViewer(TypedDict):
    role: str
    name: str
    personId: str
    token: str
    graphiql: str
    studentIds: list[str]
    """The students whom a student or a parent may read."""


@pytest.fixture(scope="module")
async def people(demo_url: str) -> Sequence[DemoViewer]:
    """The viewers of the demo."""
    async with aiohttp.ClientSession() as client, client.get(f"{demo_url}/demo/viewers") as response:
        named: list[DemoViewer] = await response.json()
        return named


@pytest.fixture(scope="module")
def viewers(people: Sequence[DemoViewer]) -> Mapping[str, DemoViewer]:
    """One viewer of each role, the first that the demo names."""
    return {viewer["role"]: viewer for viewer in reversed(people)}


@pytest.fixture(scope="session")
def prefix() -> str:
    # Workers share the databases' servers: each has a school of its own.
    return f"http_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
async def built(mongo_uri: str, prefix: str) -> Builder:
    builder = school.build(prefix)
    await builder.write(mongo_uri, prefix)
    return builder


@pytest.fixture(scope="session")
def serve(mongo_uri: str, redis_uri: str, prefix: str, built: Builder) -> Serve:  # noqa: ARG001 - its documents are there then
    def start(*, redis: str | None = redis_uri, **settings: Any) -> AbstractAsyncContextManager[Served]:
        return served(mongo_uri, redis, prefix=prefix, today=school.TODAY, **settings)

    return start


@pytest.fixture(scope="session")
async def gateway(serve: Serve) -> AsyncIterator[Served]:
    """The gateway by its default settings."""
    async with serve() as served_by_default:
        yield served_by_default


@pytest.fixture(scope="session")
def ivan(built: Builder) -> str:
    """A student's token."""
    return token(built.subject_of_token("ivan"), Role.STUDENT)


@pytest.fixture(scope="session")
def olga(built: Builder) -> str:
    """His mother's token."""
    return token(built.subject_of_token("olga"), Role.PARENT)
