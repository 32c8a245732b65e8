"""Messages at length: ten thousand changes at once, and many senders into one group, whose times are printed."""

import asyncio
import time
from statistics import median, quantiles
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.building import Builder
from tests.gateway.writing.acting import Acting, mutation
from tests.gateway.writing.test_messages import SENT, check_numbers, play

pytestmark = pytest.mark.slow

MEMBERS: Final = 30
SENDERS: Final = 40
ROUNDS: Final = 10
"""Each sender writes so many messages, one after the other."""


async def test_numbers_are_right_after_ten_thousand_changes_at_once(acts: Acting) -> None:
    await play(acts, 10_000, 18)


async def test_forty_senders_write_into_a_group_of_thirty(acts: Acting, capsys: pytest.CaptureFixture[str]) -> None:
    built = Builder(acts.prefix)
    people = [f"pupil {number}" for number in range(MEMBERS)]
    for who in people:
        built.student(who, who.title(), built.enrolment("7a"))
    sides = dict.fromkeys(people, "STUDENT") | {"kuznetsova": "STAFF"}
    sides.pop(people[-1])
    built.conversation("many", sides, ("kuznetsova", "Пишите"), title="Класс", admin="kuznetsova")
    await acts.put(built)
    own, took = built.id("Conversation", "many"), list[float]()

    async def writes(number: int) -> None:
        who = people[number % (MEMBERS - 1)]
        for turn in range(ROUNDS):
            values = {"to": {"conversationId": own}, "text": f"{who}: {turn}"}
            key = f"{number} {turn}"
            began = time.perf_counter()
            answer: dict[str, Any] = await acts.answer(
                who, Role.STUDENT, mutation("sendMessage", SENT, key), {"input": values}
            )
            took.append((time.perf_counter() - began) * 1000)
            assert answer["data"]["sendMessage"]["userErrors"] == []

    began = time.perf_counter()
    await asyncio.gather(*(writes(number) for number in range(SENDERS)))
    total = time.perf_counter() - began
    await check_numbers(acts)
    [conversation] = await acts.found("messages.conversations", _id=own)
    assert conversation["seq"] == 1 + SENDERS * ROUNDS
    with capsys.disabled():
        hundredths = quantiles(took, n=100)
        print(  # noqa: T201 - the figure that this test is run for
            f"\n{SENDERS} senders, {len(took)} messages, a group of {MEMBERS}: {len(took) / total:.0f} a second, "
            f"median {median(took):.0f} ms, p99 {hundredths[98]:.0f} ms, longest {max(took):.0f} ms"
        )
