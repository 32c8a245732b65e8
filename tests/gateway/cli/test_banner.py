"""`school-gateway banner`."""

from collections.abc import AsyncIterator, Mapping

import pytest

from connectors.assembly import Connectors
from connectors.vocabulary import kind_of
from tests.databases import own_databases
from tests.gateway.cli.running import run


@pytest.fixture
async def databases(mongo_uri: str) -> AsyncIterator[tuple[Connectors, Mapping[str, str]]]:
    """The connectors of empty databases, and their environment."""
    async with own_databases(mongo_uri, "banner") as (connectors, prefix):
        yield connectors, {"GATEWAY_MONGO__URI": mongo_uri, "GATEWAY_MONGO__PREFIX": prefix}


async def test_a_banner_is_published_listed_and_removed(databases: tuple[Connectors, Mapping[str, str]]) -> None:
    connectors, environment = databases
    said = await run(
        "banner", "publish", "Работы", "В субботу", "--until", "2026-11-30", "--role", "PARENT", **environment
    )
    assert said.code == 0, said.err
    own = said.out.strip()
    assert kind_of(own) == "Announcement"
    [stored] = [one async for one in connectors.databases["announcements"]["announcements"].find({})]
    assert (stored["school_id"], stored["is_banner"], stored["audience"]) == (None, True, ["*:PARENT"])
    assert stored["valid_until"] == "2026-11-30"
    listed = (await run("banner", "list", **environment)).out
    assert own in listed
    assert "until 2026-11-30: Работы" in listed
    assert (await run("banner", "remove", own, **environment)).code == 0
    assert (await run("banner", "list", **environment)).out == ""
    again = await run("banner", "remove", own, **environment)
    assert (again.code, "no such banner" in again.err) == (1, True)


async def test_a_banner_without_readers_or_text_is_refused(databases: tuple[Connectors, Mapping[str, str]]) -> None:
    _, environment = databases
    for arguments in ((" ", "text"), ("title", " "), ("title", "text", "--role", "ANALYST")):
        assert (await run("banner", "publish", *arguments, **environment)).code == 1
    assert (
        "2026-11-31 is not a day"
        in (await run("banner", "publish", "a", "b", "--until", "2026-11-31", **environment)).err
    )
    assert (await run("banner", "list", **environment)).out == ""
