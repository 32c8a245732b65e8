"""Which requests are taken on, by themselves and of a gateway whose places somebody tries to take up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.http.admission import (
    FIRST_LIMIT,
    LEAST_LIMIT,
    REFUSALS_PER_S,
    RESERVED,
    TICK_S,
    Admission,
    AdmissionRules,
    Slot,
)
from gateway.operations.errors import Refused
from gateway.settings import HttpSettings
from tests.gateway.http.asking import post
from tests.gateway.http.conftest import Serve


async def entered(admission: Admission, person: str, requests: int = 1, address: str = "") -> list[Slot]:
    return [await admission.enter(person, address, f"token of {person}") for _ in range(requests)]


@asynccontextmanager
async def full(rules: AdmissionRules) -> AsyncIterator[tuple[Admission, list[Slot]]]:
    """An admission without a free place; any lag is too much for it, so that there are no more."""
    admission = Admission(replace(rules, lag_s=1e-9))
    slots = await entered(admission, "heavy", FIRST_LIMIT)
    for number in range(RESERVED):
        slots += await entered(admission, f"with one request: {number}")
    try:
        yield admission, slots
    finally:
        for slot in slots:
            slot.release(0)


def busy(seconds: float) -> None:
    """Work that nothing of the event loop interrupts."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def test_more_requests_run_at_once_while_they_only_wait_and_others_end() -> None:
    # However busy the machine is, this process only waits.
    admission = Admission(AdmissionRules(lag_s=60, queue_s=60))
    many = asyncio.gather(*(admission.enter("one", "", "t") for _ in range(150)))
    while not many.done():
        for slot in await entered(admission, "another"):
            await asyncio.sleep(0.01)
            slot.release(0)
    assert admission.limit > 100
    for slot in await many:
        slot.release(0)


async def test_few_more_requests_run_at_once_while_none_ends() -> None:
    # They may wait for a source that hangs, or for one that has enough to do with the first of them.
    admission = Admission(AdmissionRules(lag_s=60, queue_s=0.5))
    tasks = [asyncio.create_task(admission.enter("one", "", "t")) for _ in range(100)]
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    slots = [slot for slot in ended if isinstance(slot, Slot)]
    assert FIRST_LIMIT < len(slots) <= FIRST_LIMIT + 0.5 / TICK_S
    for slot in slots:
        slot.release(0)


async def test_fewer_requests_run_at_once_while_the_event_loop_is_late() -> None:
    admission = Admission(AdmissionRules(lag_s=0.02))
    slots = await entered(admission, "one", FIRST_LIMIT)
    for _ in range(20):
        await asyncio.sleep(0.001)
        busy(0.06)
    assert admission.limit == LEAST_LIMIT
    for slot in slots:
        slot.release(0)


async def test_fewer_requests_run_at_once_while_reads_wait_for_their_turn_at_a_database() -> None:
    admission = Admission(AdmissionRules())
    held = await entered(admission, "one", 2)
    for _ in range(20):
        for slot in await entered(admission, "another"):
            slot.release(0.5)
        await asyncio.sleep(TICK_S * 1.5)
    assert admission.limit == LEAST_LIMIT
    for slot in held:
        slot.release(0)


async def test_no_more_requests_run_at_once_while_a_read_waits_for_its_turn_at_a_database() -> None:
    admission = Admission(AdmissionRules(lag_s=5, queue_s=0.5), queued_s=lambda _now: 6.0)
    tasks = [asyncio.create_task(admission.enter("one", "", "t")) for _ in range(50)]
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    slots = [slot for slot in ended if isinstance(slot, Slot)]
    assert (len(slots), admission.limit) == (FIRST_LIMIT, LEAST_LIMIT)
    for slot in slots:
        slot.release(0)


async def test_a_request_is_refused_at_once_when_its_turn_would_come_too_late() -> None:
    async with full(AdmissionRules(queue_s=0.2)) as (admission, slots):
        waiting = [asyncio.create_task(admission.enter("heavy", "", "t")) for _ in range(60)]
        await asyncio.sleep(0)
        for _ in range(FIRST_LIMIT):  # one leaves each 50 ms: a queue of fifty is more than two seconds long
            time.sleep(0.05)  # noqa: ASYNC251 - nobody else's time is to pass, or the others wait too long
            slots.pop().release(0)
        with pytest.raises(Refused) as refused:
            admission.enter("heavy", "", "t").send(None)  # it raises before it waits
        assert admission.refuses("t")
        assert (refused.value.status, refused.value.extensions["code"]) == (503, "OVERLOADED")
        assert refused.value.retry_after_s in {1, 2, 3}
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        slots += [slot for slot in ended if isinstance(slot, Slot)]


async def test_the_more_clients_wait_to_ask_again_the_longer_the_next_ones_are_asked_to_wait() -> None:
    async with full(AdmissionRules(queue_s=0.2, retry_after_s=40)) as (admission, slots):
        waiting = [asyncio.create_task(admission.enter("heavy", "", "t")) for _ in range(60)]
        await asyncio.sleep(0)
        for _ in range(FIRST_LIMIT):
            time.sleep(0.05)  # noqa: ASYNC251 - one request is answered in 50 ms, and nobody else's time is to pass
            slots.pop().release(0)
        waits = [admission.refusal().retry_after_s or 0 for _ in range(2_000)]
        assert max(waits[:20]) <= 3, "20 clients are answered in a second"
        assert max(waits[200:300]) > 3
        assert 30 < max(waits[1_900:]) <= 40, "never more than the setting allows"
        assert min(waits[1_900:]) < 20, "they do not return together"
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        slots += [slot for slot in ended if isinstance(slot, Slot)]


async def test_a_request_is_refused_when_it_has_waited_too_long() -> None:
    async with full(AdmissionRules(queue_s=0.1)) as (admission, slots):
        late = asyncio.create_task(admission.enter("another", "", "t"))
        with pytest.raises(Refused):
            slots.append(await late)


async def test_persons_take_turns_however_many_requests_one_of_them_has() -> None:
    async with full(AdmissionRules(queue_s=60)) as (admission, slots):
        order: list[str] = []

        async def enter(person: str) -> None:
            slots.append(await admission.enter(person, "", person))
            order.append(person)

        tasks = [asyncio.create_task(enter("heavy")) for _ in range(30)]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(enter("light")))
        await asyncio.sleep(0)
        while len(order) < 31:
            if slots:
                slots.pop(0).release(0)
            await asyncio.sleep(0.001)
        assert "light" in order[:2]


async def test_a_place_is_left_for_a_person_of_whom_nothing_runs() -> None:
    admission = Admission(AdmissionRules(lag_s=1e-9, queue_s=60))
    slots = await entered(admission, "heavy", FIRST_LIMIT)
    waiting = asyncio.create_task(entered(admission, "heavy"))
    async with asyncio.timeout(30):
        slots += await entered(admission, "light")
    assert not waiting.done()
    for slot in slots:
        slot.release(0)
    for slot in await waiting:
        slot.release(0)


async def test_one_person_or_one_address_takes_up_no_more_than_its_share() -> None:
    admission = Admission(AdmissionRules(concurrency=20, person_share=0.25, address_share=0.5, queue_s=60))
    tasks: list[asyncio.Task[Slot]] = []

    async def begin(person: str, requests: int, address: str) -> None:
        tasks.extend(asyncio.create_task(admission.enter(person, address, person)) for _ in range(requests))
        await asyncio.sleep(0)

    await begin("one", 5, "here")
    with pytest.raises(Refused):
        await admission.enter("one", "there", "one")
    await begin("another", 5, "here")
    with pytest.raises(Refused):
        await admission.enter("third", "here", "third")
    await begin("third", 1, "there")
    assert all(not task.done() or isinstance(task.result(), Slot) for task in tasks), "all run, or wait"
    while tasks:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result().release(0)
            tasks.remove(task)
    (await admission.enter("one", "here", "one")).release(0)


async def test_a_place_is_free_again_when_the_one_who_waited_for_it_went_away() -> None:
    async with full(AdmissionRules(queue_s=60)) as (admission, slots):
        gone = asyncio.create_task(admission.enter("another", "", "t"))
        await asyncio.sleep(0)
        slots.pop().release(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        while len(slots) > 1:  # by now only the least may run
            slots.pop().release(0)
        slots.extend(await entered(admission, "third"))


def headers(bearer: str, length: int) -> bytes:
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: gateway",
        f"Authorization: Bearer {bearer}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_connections_that_announce_a_body_and_send_none_take_up_no_place(serve: Serve, ivan: str) -> None:
    async with serve(http=HttpSettings(concurrency=20)) as gateway:
        address = gateway.client.host, gateway.client.port
        connections = [await asyncio.open_connection(*address) for _ in range(60)]
        for _reader, writer in connections:
            writer.write(headers(ivan, 500))
            await writer.drain()
        await asyncio.sleep(0.1)
        assert (await post(gateway, ivan, {"query": "{ viewer { role } }"})).status == 200
        for _reader, writer in connections:
            writer.close()


async def test_a_connection_is_read_later_when_many_requests_were_refused() -> None:
    admission = Admission(AdmissionRules())
    read: list[bytes] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(REFUSALS_PER_S // 2):
            admission.slow_down(None)
        admission.slow_down(writer.transport)
        read.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    began = time.monotonic()
    writer.write(b"x")
    async with asyncio.timeout(30):
        while not read:  # noqa: ASYNC110 - what is waited for is the other end
            await asyncio.sleep(0.01)
    assert time.monotonic() - began > 0.4, "half a second's refusals were before it"
    writer.close()
    server.close()
