"""The reads of a request: what is asked at once is one read, of each key once, whoever comes and goes meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import pytest

from gateway.engine.reads import Reads

FAR: Final = 1e9
ID: Final = frozenset({"_id"})


class Source:
    """Answers when it is told to; keys that begin with "no" have no value, those with "bad" fail."""

    def __init__(self) -> None:
        self.requested_keys: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def found(self, keys: Sequence[str], **_rest: Any) -> dict[str, str]:
        self.requested_keys.append(list(keys))
        await self.gate.wait()
        if any(key.startswith("bad") for key in keys):
            raise LookupError(keys)
        return {key: key.upper() for key in keys if not key.startswith("no")}


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def reads() -> Reads:
    return Reads(FAR)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_values_come_in_the_order_of_the_keys_when_these_repeat_or_are_none(reads: Reads, source: Source) -> None:
    assert await reads.read(source.found, ["b", None, "a", "none", "b"], columns=ID) == ["B", None, "A", None, "B"]
    assert source.requested_keys == [["b", "a", "none"]]


async def test_nothing_is_read_when_there_are_no_keys(reads: Reads, source: Source) -> None:
    assert await reads.read(source.found, [None, None], columns=ID) == [None, None]
    assert await reads.read(source.found, [], columns=ID) == []
    assert source.requested_keys == []


async def test_what_is_asked_in_one_turn_is_one_read_of_each_key(reads: Reads, source: Source) -> None:
    answers: list[Any] = await asyncio.gather(
        *(reads.read(source.found, keys, columns=ID) for keys in (["a", "b"], ["b", "c"]))
    )
    assert answers == [["A", "B"], ["B", "C"]]
    assert source.requested_keys == [["a", "b", "c"]]
    assert [(batch.keys, batch.columns) for batch in reads.batches] == [(3, ID)]


async def test_other_columns_or_arguments_are_other_reads(reads: Reads, source: Source) -> None:
    await asyncio.gather(
        reads.read(source.found, ["a"], columns=ID),
        reads.read(source.found, ["a"], columns=ID | {"name"}),
        reads.read(source.found, ["a"], columns=ID, first=2),
    )
    assert source.requested_keys == [["a"], ["a"], ["a"]]


async def test_a_key_that_was_read_is_not_read_again_when_it_had_no_value(reads: Reads, source: Source) -> None:
    await reads.read(source.found, ["a", "none"], columns=ID)
    assert await reads.read(source.found, ["none", "a", "b"], columns=ID) == [None, "A", "B"]
    assert source.requested_keys == [["a", "none"], ["b"]]


async def test_a_key_that_is_under_way_is_waited_for_when_others_are_read_beside_it(
    reads: Reads, source: Source
) -> None:
    source.gate.clear()
    first = asyncio.ensure_future(reads.read(source.found, ["a"], columns=ID))
    await turns()
    second = asyncio.ensure_future(reads.read(source.found, ["a", "b"], columns=ID))
    third = asyncio.ensure_future(reads.read(source.found, ["a"], columns=ID))
    await turns()
    assert source.requested_keys == [["a"], ["b"]]
    source.gate.set()
    answers: list[Any] = await asyncio.gather(first, second, third)
    assert answers == [["A"], ["A", "B"], ["A"]]
    assert len(source.requested_keys) == 2


async def test_all_who_ask_learn_that_a_read_failed_and_others_do_not(reads: Reads, source: Source) -> None:
    await reads.read(source.found, ["a"], columns=ID)
    answers: list[Any] = await asyncio.gather(
        reads.read(source.found, ["bad"], columns=ID),
        reads.read(source.found, ["bad", "a"], columns=ID),
        reads.read(source.found, ["a"], columns=ID),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [LookupError, LookupError, list]
    with pytest.raises(LookupError):
        await reads.read(source.found, ["bad"], columns=ID)
    assert source.requested_keys == [["a"], ["bad"]]


@pytest.mark.parametrize("later", range(6))
async def test_another_reads_when_who_read_for_all_is_gone(reads: Reads, source: Source, later: int) -> None:
    source.gate.clear()
    asking = [asyncio.ensure_future(reads.read(source.found, keys, columns=ID)) for keys in (["a"], ["b"], ["a", "b"])]
    await turns(later)
    asking[0].cancel()
    await turns()
    source.gate.set()
    async with asyncio.timeout(5):
        answers: list[Any] = await asyncio.gather(*asking[1:])
    assert answers == [["B"], ["A", "B"]]
    assert asking[0].cancelled()
    assert sorted(source.requested_keys[-1]) == ["a", "b"]


async def test_nothing_is_left_waiting_when_all_are_gone_before_it_is_sent(reads: Reads, source: Source) -> None:
    gone = asyncio.ensure_future(reads.read(source.found, ["a"], columns=ID))
    await asyncio.sleep(0)
    gone.cancel()
    await turns()
    assert source.requested_keys == []
    assert await reads.read(source.found, ["a"], columns=ID) == ["A"]


async def test_reads_that_are_kept_are_not_read_again_and_others_and_failed_ones_are() -> None:
    stays, forgotten, reads = Source(), Source(), Reads(FAR)

    async def both(key: str) -> list[Any]:
        return [
            await reads.read(stays.found, [key], columns=ID),
            await reads.read(forgotten.found, [key], columns=ID),
        ]

    await both("a")
    reads.forget(lambda read: getattr(read, "__self__", None) is stays)
    assert await both("a") == [["A"], ["A"]]
    assert (stays.requested_keys, forgotten.requested_keys) == ([["a"]], [["a"], ["a"]])
    with pytest.raises(LookupError):
        await reads.read(stays.found, ["bad"], columns=ID)
    reads.forget(lambda read: getattr(read, "__self__", None) is stays)
    await reads.read(stays.found, ["a"], columns=ID)
    assert stays.requested_keys == [["a"], ["bad"], ["a"]]
    reads.forget()
    await reads.read(stays.found, ["a"], columns=ID)
    assert stays.requested_keys == [["a"], ["bad"], ["a"], ["a"]]
