"""Clients that were away get what they have missed, with the rights of now, once, and in its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role, Viewer
from connectors.change_feed import Change
from gateway.live.connection import LiveConnection, Subscription
from gateway.live.resume_cursors import Cursors
from gateway.live.rights import Rights
from tests.gateway.http.live.listening import MARKS, WITHIN_S, Listener, connected, ending_in, opened
from tests.gateway.school import TODAY
from tests.gateway.served import ISSUER, Served, served
from tests.gateway.writing.acting import Acting

STUDENT, PARENT = Role.STUDENT, Role.PARENT
KEY: Final = "a key of cursors of the tests, long enough"


@pytest.fixture
def uris(mongo_uri: str, redis_uri: str) -> tuple[str, str]:
    return mongo_uri, redis_uri


@asynccontextmanager
async def process(acts: Acting, uris: tuple[str, str], **live: Any) -> AsyncIterator[Served]:
    """A new process that serves the school."""
    async with served(*uris, prefix=acts.prefix, today=TODAY, live={"key": KEY, **live}) as gateway:
        yield gateway


@asynccontextmanager
async def resuming(
    acts: Acting, gateway: Served, who: str, role: Role, after: str | None = None, query: str = MARKS
) -> AsyncIterator[Listener]:
    """A socket with a subscription that goes on *after* a cursor."""
    async with connected(gateway, {"Authorization": f"Bearer {acts.bearer(who, role)}"}) as listener:
        payload = {"query": query, "extensions": {"after": after} if after else None}
        await listener.send("subscribe", id="1", payload=payload)
        yield listener


async def beginning(acts: Acting, listener: Listener, key: str = "m1") -> str:
    """The cursor of a first event."""
    await listener.send("subscribe", id="later", payload={"query": "{ __typename }"})
    while (await listener.message())["type"] != "complete":
        pass
    await change_mark(acts, key, "the first")
    mark_id, cursor = await event(listener)
    assert mark_id == acts.id("Mark", key)
    return cursor


async def event(listener: Listener) -> tuple[str, str]:
    """The mark of the next event, and its cursor."""
    message = await listener.message()
    assert message["type"] == "next", message
    payload = message["payload"]
    return payload["data"]["markChanged"]["mark"]["id"], payload["extensions"]["cursor"]


async def code_of(listener: Listener) -> str:
    """The code of the error with which a subscription ends."""
    message = await listener.message()
    assert message["type"] == "error", message
    return str(message["payload"][0]["extensions"]["code"])


async def change_mark(acts: Acting, key: str, comment: str = "again") -> None:
    await acts.change("grades.marks", {"_id": acts.id("Mark", key)}, {"$set": {"comment": comment}})


async def add_marks(acts: Acting, first: int, count: int) -> list[str]:
    """Give Ivan marks, one after the other."""
    [mark] = await acts.found("grades.marks", _id=acts.id("Mark", "m1"))
    ids = [f"mrk_new{number:04}" for number in range(first, first + count)]
    for own in ids:
        await acts.insert("grades.marks", {**mark, "_id": own, "work_id": f"wrk{own[3:]}"})
    return ids


async def test_a_client_gets_what_it_missed_and_then_what_is_new_each_once(acts: Acting, uris: tuple[str, str]) -> None:
    async with process(acts, uris) as gateway:
        async with resuming(acts, gateway, "ivan", STUDENT) as ivan:
            cursor = await beginning(acts, ivan)
        missed = await add_marks(acts, 0, 3)
        await acts.change("grades.marks", {"student_id": acts.id("Student", "petr")}, {"$set": {"comment": "his"}})
        async with resuming(acts, gateway, "ivan", STUDENT, cursor) as ivan:
            assert [(await event(ivan))[0] for _ in missed] == missed
            await change_mark(acts, "m2")
            assert (await event(ivan))[0] == acts.id("Mark", "m2")


async def test_a_mark_that_was_changed_several_times_meanwhile_arrives_once(
    acts: Acting, uris: tuple[str, str]
) -> None:
    async with process(acts, uris) as gateway:
        async with resuming(acts, gateway, "ivan", STUDENT) as ivan:
            cursor = await beginning(acts, ivan)
        for key in ("m1", "m2", "m1"):
            await change_mark(acts, key, f"meanwhile {key}")
        await change_mark(acts, "m1", "at last")
        async with resuming(acts, gateway, "ivan", STUDENT, cursor) as ivan:
            assert [(await event(ivan))[0] for _ in range(2)] == [acts.id("Mark", "m2"), acts.id("Mark", "m1")]
            await change_mark(acts, "m3")
            assert (await event(ivan))[0] == acts.id("Mark", "m3")


async def test_nothing_is_lost_or_repeated_by_a_client_that_comes_and_goes_while_marks_are_given(
    acts: Acting, uris: tuple[str, str]
) -> None:
    async with process(acts, uris) as first, process(acts, uris) as second:
        async with resuming(acts, first, "ivan", STUDENT) as ivan:
            cursor = await beginning(acts, ivan)
        adding = asyncio.create_task(add_marks(acts, 0, 60))
        found: list[str] = []
        while len(found) < 60:
            for gateway in (first, second):  # whose streams are not equally far
                async with resuming(acts, gateway, "ivan", STUDENT, cursor) as ivan:
                    for _ in range(min(7, 60 - len(found))):
                        mark_id, cursor = await event(ivan)
                        found.append(mark_id)
        assert found == await adding


async def test_a_stream_goes_on_after_the_id_of_its_last_event(acts: Acting, uris: tuple[str, str]) -> None:
    async def following(gateway: Served, *ids: str, **headers: str) -> str:
        """The id of the last event of a stream that sends these marks."""
        sent = {"Accept": "text/event-stream", "Authorization": f"Bearer {acts.bearer('ivan', STUDENT)}"}
        url = gateway.client.make_url("/graphql")
        async with (
            gateway.client.session.post(url, json={"query": MARKS}, headers={**sent, **headers}) as response,
            asyncio.timeout(WITHIN_S),
        ):
            last = ""
            for expected in ids:
                if not headers:
                    await asyncio.sleep(1)  # no message says that the subscription runs
                    await acts.change("grades.marks", {"_id": expected}, {"$set": {"comment": "now"}})
                while (text := await response.content.readuntil(b"\n\n")) == b":\n\n":
                    pass
                kind, cursor, data = text[:-2].decode().split("\n")
                payload = orjson.loads(data.removeprefix("data: "))
                assert (kind, payload["data"]["markChanged"]["mark"]["id"]) == ("event: next", expected)
                last = cursor.removeprefix("id: ")
                assert last == payload["extensions"]["cursor"]
            return last

    async with process(acts, uris) as gateway:
        last = await following(gateway, acts.id("Mark", "m1"))
        missed = await add_marks(acts, 0, 2)
        await following(gateway, *missed, **{"Last-Event-ID": last})


async def test_what_is_missed_is_sent_with_the_rights_of_now_after_a_restart(
    acts: Acting, uris: tuple[str, str]
) -> None:
    anna = acts.id("Student", "anna")
    [hers, *_] = await acts.found("grades.marks", student_id=anna)
    async with process(acts, uris) as gateway, resuming(acts, gateway, "olga", PARENT) as olga:
        cursor = await beginning(acts, olga)
    await change_mark(acts, "m2", "while she was a guardian")
    guardianship = {"_id": acts.id("Guardianship", "olga:ivan")}
    await acts.change("directory.guardianships", guardianship, {"$set": {"valid_to": "2026-11-17"}})
    await acts.change("grades.marks", {"_id": hers["_id"]}, {"$set": {"comment": "hers"}})
    async with process(acts, uris) as gateway:
        async with resuming(acts, gateway, "olga", PARENT, cursor) as olga:
            assert (await event(olga))[0] == hers["_id"]
        await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"roles": []}})
    async with process(acts, uris) as gateway:
        async with opened(gateway) as olga:
            await olga.send("connection_init", payload={"Authorization": f"Bearer {acts.bearer('olga', PARENT)}"})
            message = await olga.socket.receive_json()
            assert message == {"type": "connection_ack"}  # the viewer may be one of a minute ago, and sees nothing
            await olga.send("subscribe", id="1", payload={"query": MARKS, "extensions": {"after": cursor}})
            assert (await olga.message())["type"] == "error"
        expired = ending_in(acts.bearer("ivan", STUDENT), -3_600)
        async with opened(gateway) as ivan:
            await ivan.send("connection_init", payload={"Authorization": f"Bearer {expired}"})
            assert await ivan.closed() == 4403


async def test_a_cursor_of_others_or_of_another_kind_or_process_is_refused(acts: Acting, uris: tuple[str, str]) -> None:
    lessons = "subscription { lessonChanged { lesson { id } } }"
    async with process(acts, uris) as gateway, process(acts, uris, key="another key of cursors, that is long") as other:
        async with resuming(acts, gateway, "ivan", STUDENT) as ivan:
            cursor = await beginning(acts, ivan)
        for own, who, role, after, query in (
            (gateway, "petr", STUDENT, cursor, MARKS),
            (gateway, "olga", PARENT, cursor, MARKS),
            (gateway, "ivan", STUDENT, cursor, lessons),
            (gateway, "ivan", STUDENT, "no cursor", MARKS),
            (other, "ivan", STUDENT, cursor, MARKS),
        ):
            async with resuming(acts, own, who, role, after, query) as listener:
                assert await code_of(listener) == "EVENTS_MISSED"


async def test_a_client_is_told_when_the_server_does_not_know_the_position_any_more(
    acts: Acting, uris: tuple[str, str]
) -> None:
    cursors = Cursors(KEY)
    holder = f"{ISSUER} {acts.school.subject_of_token('ivan')}", STUDENT, "grades.marks"
    async with process(acts, uris) as gateway:
        async with resuming(acts, gateway, "ivan", STUDENT) as ivan:
            position = cursors.position(await beginning(acts, ivan), *holder)
        assert position is not None
        never = position[:2] + "00000001" + position[10:]  # the event of a mark in 1970
        async with resuming(acts, gateway, "ivan", STUDENT, cursors.cursor(never, *holder)) as ivan:
            assert await code_of(ivan) == "EVENTS_MISSED"


@pytest.mark.parametrize("live", [{"resume_changes": 2}, {"queue": 2}])
async def test_a_client_is_told_when_it_has_missed_too_much(
    acts: Acting, uris: tuple[str, str], live: dict[str, Any]
) -> None:
    async with process(acts, uris, **live) as gateway:
        async with resuming(acts, gateway, "ivan", STUDENT) as ivan:
            cursor = await beginning(acts, ivan)
        await add_marks(acts, 0, 2)
        async with resuming(acts, gateway, "ivan", STUDENT, cursor) as ivan:
            await event(ivan)
            await event(ivan)
        await add_marks(acts, 2, 1)
        async with resuming(acts, gateway, "ivan", STUDENT, cursor) as ivan:
            assert await code_of(ivan) == "EVENTS_MISSED"
            await ivan.subscribe(MARKS, "2")  # without a cursor it goes on
            await change_mark(acts, "m1", "after all")
            assert (await event(ivan))[0] == acts.id("Mark", "m1")


@pytest.mark.parametrize("after", [1, ["cursor"], "x" * 1_025])
async def test_what_is_no_cursor_at_all_is_an_invalid_input(acts: Acting, after: Any) -> None:
    async with connected(acts.served, {"Authorization": f"Bearer {acts.bearer('ivan', STUDENT)}"}) as ivan:
        await ivan.send("subscribe", id="1", payload={"query": MARKS, "extensions": {"after": after}})
        assert await code_of(ivan) == "INVALID_INPUT"


async def test_a_document_that_changes_while_others_are_read_waits_behind_them(
    acts: Acting, uris: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (acts.id("Mark", key) for key in ("m1", "m2", "m3"))
    connections: list[LiveConnection] = []
    read: list[Change] = []
    offer, results, fresh_viewer = LiveConnection.offer, LiveConnection._results, Rights.fresh_viewer

    def noted(self: LiveConnection, subscription: Subscription, change: Change) -> None:
        connections.append(self)
        offer(self, subscription, change)

    async def when_all_wait(self: Rights) -> Viewer:
        while len(connections[0]._pending) < 3 and not read:  # noqa: ASYNC110 - changes come from another process
            await asyncio.sleep(0.01)
        return await fresh_viewer(self)

    async def recorded(self: LiveConnection, viewer: Viewer, own: Subscription, change: Change) -> Any:
        if not read:
            self.offer(own, change._replace(document_id=second, position="F" * len(change.position)))
        read.append(change)
        return await results(self, viewer, own, change)

    async with process(acts, uris) as gateway, resuming(acts, gateway, "ivan", STUDENT) as ivan:
        await beginning(acts, ivan)
        monkeypatch.setattr(LiveConnection, "offer", noted)
        monkeypatch.setattr(LiveConnection, "_results", recorded)
        monkeypatch.setattr(Rights, "fresh_viewer", when_all_wait)
        for key in ("m1", "m2", "m3"):
            await change_mark(acts, key)
        assert [(await event(ivan))[0] for _ in range(4)] == [first, second, third, second]
    positions = [change.position for change in read]
    assert positions == sorted(positions)
