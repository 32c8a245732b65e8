"""The protocol graphql-transport-ws: every way in which a connection ends, and what may be sent over one."""

import asyncio
from typing import Any

import pytest
from aiohttp import WSMsgType
from structlog.testing import capture_logs

from auth.viewer import Role
from gateway.live.rules import LiveRules
from tests.gateway.http.live.listening import (
    MARKS,
    Listener,
    connected,
    ending_in,
    listening,
    opened,
    running,
    until_running,
)
from tests.gateway.school import TODAY
from tests.gateway.served import served, token
from tests.gateway.writing.acting import Acting

STUDENT = Role.STUDENT


async def code_of(acts: Acting, *messages: Any, protocol: str = "graphql-transport-ws", signed_in: bool = False) -> int:
    """The code with which a connection ends after *messages*; strings and bytes are sent as they are."""
    async with opened(acts.served, protocol=protocol) as listener:
        if signed_in:
            bearer = acts.bearer("ivan", STUDENT)
            await listener.send("connection_init", payload={"Authorization": f"Bearer {bearer}"})
        for message in messages:
            if isinstance(message, bytes):
                await listener.socket.send_bytes(message)
            elif isinstance(message, str):
                await listener.socket.send_str(message)
            else:
                await listener.socket.send_json(message)
        return await listener.closed()


def init(bearer: str | None) -> dict[str, Any]:
    return {"type": "connection_init", "payload": {"Authorization": f"Bearer {bearer}"} if bearer else {}}


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        b"{}",
        "[]",
        "{}",
        {"type": "unknown"},
        {"type": "subscribe", "payload": {"query": MARKS}},
        {"type": "subscribe", "id": "", "payload": {"query": MARKS}},
        {"type": "subscribe", "id": "1"},
        {"type": "complete"},
    ],
)
async def test_4400_for_a_malformed_message(message: Any, acts: Acting) -> None:
    assert await code_of(acts, message, signed_in=True) == 4400


async def test_4400_for_a_first_message_that_is_none(acts: Acting) -> None:
    assert await code_of(acts, {"type": "complete", "id": "1"}) == 4400
    assert await code_of(acts, {"type": "connection_init", "payload": "text"}) == 4400


async def test_4401_without_a_token_that_is_trusted(acts: Acting) -> None:
    assert await code_of(acts, {"type": "subscribe", "id": "1", "payload": {"query": MARKS}}) == 4401
    assert await code_of(acts, init(None)) == 4401
    assert await code_of(acts, init("no.token.here")) == 4401
    assert await code_of(acts, init(token("nobody", STUDENT))) == 4401
    assert await code_of(acts, init(acts.bearer("ivan", Role.ADMINISTRATOR))) == 4401


async def test_4403_for_an_expired_token_so_that_clients_ask_for_another(acts: Acting) -> None:
    expired = ending_in(acts.bearer("ivan", STUDENT), -3_600)
    assert await code_of(acts, init(expired)) == 4403


async def test_4406_for_another_protocol(acts: Acting) -> None:
    assert await code_of(acts, protocol="graphql-ws") == 4406


async def test_4409_for_an_id_that_is_in_use(acts: Acting) -> None:
    async with listening(acts, "ivan", STUDENT, MARKS) as ivan:
        await ivan.send("subscribe", id="1", payload={"query": MARKS})
        assert await ivan.closed() == 4409


async def test_4429_for_a_second_init(acts: Acting) -> None:
    bearer = acts.bearer("ivan", STUDENT)
    assert await code_of(acts, init(bearer), init(bearer)) == 4429


async def test_1009_for_a_message_that_is_too_large(acts: Acting) -> None:
    long = {"type": "subscribe", "id": "1", "payload": {"query": MARKS + " " * LiveRules.message_bytes}}
    assert await code_of(acts, long, signed_in=True) == 1009


async def test_1013_for_more_connections_than_a_person_may_have(acts: Acting) -> None:
    async with listening(acts, "ivan", STUDENT), listening(acts, "ivan", STUDENT), listening(acts, "ivan", STUDENT):
        assert await code_of(acts, init(acts.bearer("ivan", STUDENT))) == 1013
        async with listening(acts, "petr", STUDENT):
            pass
    async with listening(acts, "ivan", STUDENT):
        pass


async def test_an_operation_more_than_a_connection_may_run_is_refused_alone(acts: Acting) -> None:
    async with listening(acts, "ivan", STUDENT) as ivan:
        for number in range(4):
            await ivan.subscribe(MARKS, str(number))
        for operation_id in ("4", "more"):
            await ivan.send("subscribe", id=operation_id, payload={"query": MARKS})
        message = await ivan.message()
        assert (message["id"], message["type"]) == ("more", "error")
        assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        for operation_id in ("0", "1"):
            await ivan.send("complete", id=operation_id)
        await ivan.subscribe(MARKS, "more")


async def test_queries_and_pings_are_answered_over_the_same_socket(acts: Acting) -> None:
    async with listening(acts, "ivan", STUDENT) as ivan:
        await ivan.send("ping")
        assert await ivan.message() == {"type": "pong"}
        await ivan.send("subscribe", id="q", payload={"query": "{ viewer { role } }"})
        assert await ivan.message() == {
            "id": "q",
            "type": "next",
            "payload": {"data": {"viewer": {"role": "STUDENT"}}},
        }
        assert await ivan.message() == {"id": "q", "type": "complete"}


async def test_each_operation_of_a_socket_has_its_line_in_the_log(acts: Acting) -> None:
    with capture_logs() as lines:
        async with listening(acts, "ivan", STUDENT) as ivan:
            await ivan.send("subscribe", id="q", payload={"query": "query Mine { viewer { student { displayName } } }"})
            for _ in ("next", "complete"):
                await ivan.message()
            await ivan.subscribe(MARKS.replace("subscription", "subscription Marks"), "s")
            await ivan.send("subscribe", id="r", payload={"query": "subscription { remarkAdded { student { id } } }"})
            assert (await ivan.message())["type"] == "error"
        async with asyncio.timeout(30):
            while not any(line.get("kind") == "live" for line in lines):  # noqa: ASYNC110 - no message says it
                await asyncio.sleep(0.01)
    requests = [line for line in lines if line["event"] == "request" and line["kind"] != "live"]
    query, subscription, _later, refused = requests
    assert (query["kind"], query["role"], query["status"], query["errors"]) == ("query", "STUDENT", 200, [])
    assert query["reads"] > 0
    assert (subscription["kind"], subscription["status"]) == ("subscription", 200)
    assert (refused["role"], refused["errors"]) == ("STUDENT", ["UNAUTHORIZED_FIELD_OR_TYPE"])
    assert len({line["request_id"] for line in requests}) == 4


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { markChanged { nothing } }", "INVALID_INPUT"),
        ("subscription { markChanged { student { id } } homeworkChanged { student { id } } }", "INVALID_INPUT"),
        ("subscription { __typename }", "INVALID_INPUT"),
        ("subscription { testAssigned { id } }", "UNAUTHORIZED_FIELD_OR_TYPE"),
        ("subscription {", "INVALID_INPUT"),
    ],
)
async def test_a_subscription_that_is_wrong_ends_with_its_errors(query: str, code: str, acts: Acting) -> None:
    async with listening(acts, "olga", Role.PARENT) as olga:
        await olga.send("subscribe", id="1", payload={"query": query})
        message = await olga.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == code


async def test_a_subscription_is_refused_over_plain_http(acts: Acting) -> None:
    answer = await acts.answer("ivan", STUDENT, MARKS)
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_all_subscriptions_end_with_their_connection(acts: Acting) -> None:
    await until_running(0)
    async with listening(acts, "ivan", STUDENT, MARKS):
        assert running() == 1
    await until_running(0)


async def test_4408_for_a_client_that_says_nothing(acts: Acting, mongo_uri: str, redis_uri: str) -> None:
    async with (
        served(mongo_uri, redis_uri, prefix=acts.prefix, today=TODAY, live={"init_s": 0.1}) as gateway,
        opened(gateway) as listener,
    ):
        assert await listener.closed() == 4408


async def test_1013_for_a_client_for_whom_too_much_waits(acts: Acting, mongo_uri: str, redis_uri: str) -> None:
    async with (
        served(mongo_uri, redis_uri, prefix=acts.prefix, today=TODAY, live={"queue": 1, "deliveries": 1}) as gateway,
        connected(gateway, {"Authorization": f"Bearer {acts.bearer('ivan', STUDENT)}"}) as listener,
    ):
        await listener.subscribe(MARKS)
        marks = acts.client[f"{acts.prefix}_grades"]["marks"]
        await marks.update_many({"student_id": acts.id("Student", "ivan")}, {"$set": {"comment": "all at once"}})
        assert await listener.closed() == 1013


async def test_1001_when_the_process_stops(acts: Acting, mongo_uri: str, redis_uri: str) -> None:
    async with served(mongo_uri, redis_uri, prefix=acts.prefix, today=TODAY) as gateway:
        bearer = {"Authorization": f"Bearer {acts.bearer('ivan', STUDENT)}"}
        async with connected(gateway, bearer) as listener:
            await listener.subscribe(MARKS)
            stopping = asyncio.create_task(gateway.client.server.close())
            received = await listener.socket.receive()
            assert (received.type, received.data) == (WSMsgType.CLOSE, 1001)
            await listener.socket.close()
            await stopping


async def test_a_client_that_does_not_read_is_cut_off(acts: Acting, mongo_uri: str, redis_uri: str) -> None:
    aliases = " ".join(f"a{number}: comment" for number in range(50))
    ivan = {"student_id": acts.id("Student", "ivan")}
    marks = acts.client[f"{acts.prefix}_grades"]["marks"]
    live = {"send_s": 0.2, "queue": 1_000}
    async with (
        served(mongo_uri, redis_uri, prefix=acts.prefix, today=TODAY, live=live) as gateway,
        connected(gateway, {"Authorization": f"Bearer {acts.bearer('ivan', STUDENT)}"}) as listener,
    ):
        await listener.subscribe(f"subscription {{ markChanged {{ mark {{ {aliases} }} }} }}")
        async with asyncio.timeout(30):
            number = 0
            while running():
                number += 1
                await marks.update_many(ivan, {"$set": {"comment": f"{number}" + "о" * 2_000}})
                await asyncio.sleep(0.01)
        assert (await code_after_all(listener)) in {1006, 1013}


async def code_after_all(listener: Listener) -> int | None:
    """The code of a connection that has ended, after all that was sent before."""
    while (await listener.socket.receive()).type is WSMsgType.TEXT:
        pass
    return listener.socket.close_code
