"""Subscriptions over server-sent events: one request for each, in the distinct connections mode of graphql-sse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import ClientResponse

from auth.viewer import Role
from tests.gateway.http.live.listening import MARKS, WITHIN_S, ending_in, until_running
from tests.gateway.writing.acting import Acting

STUDENT = Role.STUDENT


@asynccontextmanager
async def streamed(acts: Acting, query: str, bearer: str | None = None, **more: Any) -> AsyncIterator[ClientResponse]:
    """The stream of one operation of Ivan."""
    headers = {
        "Accept": "text/event-stream",
        "Authorization": f"Bearer {bearer or acts.bearer('ivan', STUDENT)}",
    }
    client = acts.served.client
    body = {"query": query, **more}
    async with client.session.post(client.make_url("/graphql"), json=body, headers=headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        yield response


async def event(response: ClientResponse) -> tuple[str, Any]:
    """The next event that is no comment: its kind, and its data."""
    async with asyncio.timeout(WITHIN_S):
        while (text := await response.content.readuntil(b"\n\n")) == b":\n\n":
            pass
    assert b"\r" not in text
    kind, *cursor, data = text[:-2].split(b"\n")
    assert all(line.startswith(b"id: ") for line in cursor)
    value = data.removeprefix(b"data:").strip()
    return kind.removeprefix(b"event: ").decode(), orjson.loads(value) if value else None


async def test_events_arrive_until_the_client_leaves(acts: Acting) -> None:
    await until_running(0)
    async with streamed(acts, MARKS) as response:
        await until_running(1)
        for value in ("3", "2"):
            await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": value}})
            kind, payload = await event(response)
            assert (kind, payload["data"]["markChanged"]["mark"]["value"]) == ("next", value)
        response.close()
        await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "4"}})
        await until_running(0)


async def test_a_query_is_answered_by_one_event(acts: Acting) -> None:
    async with streamed(acts, "{ viewer { role } }") as response:
        assert await event(response) == ("next", {"data": {"viewer": {"role": "STUDENT"}}})
        assert await event(response) == ("complete", None)


async def test_errors_come_in_the_stream(acts: Acting) -> None:
    expired = ending_in(acts.bearer("ivan", STUDENT), -3_600)
    for query, bearer, code in (
        (MARKS, expired, "TOKEN_EXPIRED"),
        (MARKS, "nothing", "UNAUTHENTICATED"),
        ("subscription { remarkAdded { student { id } } }", None, "UNAUTHORIZED_FIELD_OR_TYPE"),
        ("{ nothing }", None, "INVALID_INPUT"),
    ):
        async with streamed(acts, query, bearer) as response:
            kind, payload = await event(response)
            assert (kind, payload["errors"][0]["extensions"]["code"]) == ("next", code)
            assert await event(response) == ("complete", None)


async def test_more_streams_than_a_person_may_have_are_refused(acts: Acting) -> None:
    await until_running(0)
    async with streamed(acts, MARKS), streamed(acts, MARKS), streamed(acts, MARKS):
        await until_running(3)
        async with streamed(acts, MARKS) as response:
            _, payload = await event(response)
            assert payload["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"


async def test_the_stream_ends_when_the_person_loses_the_role(acts: Acting) -> None:
    await until_running(0)
    async with streamed(acts, MARKS) as response:
        await until_running(1)
        await acts.change("directory.people", {"_id": acts.id("Person", "ivan")}, {"$set": {"roles": []}})
        await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "4"}})
        _, payload = await event(response)
        assert payload["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_ENDED"
        assert await event(response) == ("complete", None)
        assert await response.content.read() == b""
