"""Keyed changes while the primary of a replica set is killed again and again: each is there exactly once."""

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from auth.viewer import Role
from gateway.write_rules import WriteRules
from tests.gateway.replica_set import replica_set
from tests.gateway.writing.acting import Acting, acting, mutation

KILLS: Final = 20
WRITERS: Final = 8
BETWEEN: Final = 40
"""Changes that are acknowledged between two kills at the least."""
_PAUSE_S: Final = 0.02


@dataclass(slots=True)
class Load:
    """Writers that send keyed changes, each again with its key until it is acknowledged."""

    acts: Acting
    acknowledged: list[str] = field(default_factory=list)
    """The keys of the changes, in the order in which they were acknowledged; a key is the text of its change, too."""
    answers: Counter[str] = field(default_factory=Counter)
    """How often a change was answered by a success, by a replay, and by each other outcome."""
    longest_s: float = 0
    """The longest time without any acknowledgement."""
    is_over: bool = False
    _last: float = 0
    _progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self) -> None:
        """Send one change after another until the load is over."""
        self._last = asyncio.get_running_loop().time()
        key = uuid4().hex
        while True:
            if not await self._is_acknowledged(key):
                await asyncio.sleep(_PAUSE_S)
                continue
            now = asyncio.get_running_loop().time()
            self.longest_s, self._last = max(self.longest_s, now - self._last), now
            async with self._progress:
                self.acknowledged.append(key)
                self._progress.notify_all()
            if self.is_over:
                return
            key = uuid4().hex

    async def _is_acknowledged(self, key: str) -> bool:
        lesson = self.acts.id("Lesson", "mon1")
        query = mutation("assignHomework", "homework { id }", key)
        sent = {"input": {"lessonId": lesson, "kind": "CLASSWORK", "text": key}}
        answer = await self.acts.answer("smirnov", Role.TEACHER, query, sent)
        payload = (answer.get("data") or {}).get("assignHomework")
        if payload is None:
            [error, *_] = answer["errors"]
            self.answers[f"{error['extensions']['code']} {error['extensions'].get('outcome', '')}".strip()] += 1
            return False
        assert payload["userErrors"] == []
        self.answers["replayed" if "replayed" in answer.get("extensions", {}) else "done"] += 1
        return True

    async def goes_on(self, changes: int) -> None:
        """Wait until so many more changes are acknowledged."""
        wanted = len(self.acknowledged) + changes
        async with self._progress:
            await self._progress.wait_for(lambda: len(self.acknowledged) >= wanted)


def _times(texts: Iterable[Any]) -> Counter[int]:
    """How many texts there are once, twice and so on."""
    return Counter(Counter(texts).values())


# PyMongo leaves the sockets of servers that are killed to the collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")
@pytest.mark.slow
async def test_no_acknowledged_change_is_lost_or_doubled_when_primaries_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with replica_set(tmp_path) as mongo, acting(mongo.uri, None, "killed", writing=WriteRules()) as acts:
        load = Load(acts)
        writers = [asyncio.create_task(load.write()) for _ in range(WRITERS)]
        try:
            for _ in range(KILLS):
                await load.goes_on(BETWEEN)
                primary = await mongo.primary()
                primary.kill()
                await load.goes_on(BETWEEN)  # by the new primary
                primary.start()
                await mongo.primary()
        finally:
            load.is_over = True
            await asyncio.gather(*writers)
        homework = [one["text"] for one in await acts.found("diary.homework", version=1)]
        facts = [one["object_id"] for one in await acts.found("diary.facts", action="assignHomework")]
        keys = await acts.found("diary.idempotency")
    gc.collect()
    assert set(load.acknowledged) == set(homework)  # nothing is lost, and nothing is there that nobody sent
    assert _times(homework) == _times(facts) == {1: len(load.acknowledged)}
    assert len(keys) == len(load.acknowledged)
    assert load.answers["done"] + load.answers["replayed"] == len(load.acknowledged)
    with capsys.disabled():
        sys.stdout.write(f"\n{KILLS} kills, {len(homework)} changes: {dict(load.answers)}, {load.longest_s:.1f} s\n")
