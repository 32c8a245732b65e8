"""Cached reads after a change: outdated in the process and in Redis before the change is answered."""

import asyncio
from typing import Any

import pytest

from auth.viewer import Role
from connectors.change_streams import ChangeStreams
from gateway.settings import CacheSettings
from tests.gateway.writing.acting import Acting, acting


async def _silent(streams: Any, source: str, *_: object) -> None:
    """A change stream that is alive and says nothing: whatever is outdated, something else has done it."""
    while True:
        streams._versions.seen_until(source, asyncio.get_running_loop().time())
        await asyncio.sleep(0.1)


async def room_of(acts: Acting, who: str, role: Role) -> tuple[str | None, bool]:
    """The room of a lesson in the timetable of its class, and whether MongoDB was asked for it."""
    query = """query ($id: ID!) {
      class(id: $id) { timetable(week: "2026-11-16") { days { lessons { id room } } } } }"""
    acts.served.recorder.clear()
    answer = await acts.answer(who, role, query, {"id": acts.id("Class", "7a")})
    days = answer["data"]["class"]["timetable"]["days"]
    rooms = {lesson["id"]: lesson["room"] for day in days for lesson in day["lessons"]}
    return rooms[acts.id("Lesson", "sat1")], acts.served.recorder.touched("schedule", "lessons") > 0


async def test_what_two_gateways_have_cached_is_outdated_before_the_change_is_answered(
    acts: Acting, mongo_uri: str, redis_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No server can be made to delay the events of a change stream, which else might have outdated the reads.
    monkeypatch.setattr(ChangeStreams, "_follow", _silent)
    long, none = CacheSettings(process_s=60), CacheSettings(process_s=0)
    async with (
        acting(mongo_uri, redis_uri, acts.prefix, cache=long) as writing,
        acting(mongo_uri, redis_uri, acts.prefix, cache=none) as other,
    ):
        await acts.restore()
        cached = False
        for _ in range(100):  # until Redis holds it
            cached = await room_of(other, "ivan", Role.STUDENT) == ("21", False)
            if cached:
                break
            await asyncio.sleep(0.05)
        assert cached
        await room_of(writing, "admin", Role.ADMINISTRATOR)
        assert await room_of(writing, "admin", Role.ADMINISTRATOR) == ("21", False)  # out of the process
        edited = {"lessonId": acts.id("Lesson", "sat1"), "version": 0, "room": "35"}
        assert await writing.codes("admin", Role.ADMINISTRATOR, "editLesson", edited) == []
        assert await room_of(other, "ivan", Role.STUDENT) == ("35", True)
        room, _ = await room_of(writing, "admin", Role.ADMINISTRATOR)
        assert room == "35"
