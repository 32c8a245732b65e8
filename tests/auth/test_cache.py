import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from auth.cache import MAX_TTL_S, Today, ViewerCache, key_of
from auth.errors import RoleNotHeld
from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors import mongo, redis
from connectors.directory import Directory
from connectors.embedded import redis_server
from connectors.errors import SourceUnavailable
from connectors.mongo import Source
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import Day
from tests.auth.conftest import World

PERM = "Asia/Yekaterinburg"


class Family:
    """A parent with a child, and the guardianship between them."""

    def __init__(self, world: World, soon: Callable[[], float]) -> None:
        self.world = world
        self.soon = soon
        self.day = "2026-11-20"
        self.claims = world.claims(Role.PARENT)

    async def settle(self, **right: Any) -> "Family":
        self.school = await self.world.school(PERM)
        self.child = await self.world.student(self.school)
        self.parent = await self.world.person(Role.PARENT, Role.ADMINISTRATOR, school_ids=[self.school])
        self.right = await self.world.guardianship(self.parent, self.child, self.school, **right)
        await self.world.known_as(self.parent)
        self.world.commands.sent.clear()
        return self

    def today(self, zone: str) -> Day:
        assert zone == PERM
        return Day(self.day)

    @property
    def place(self) -> str:
        return self.world.directory.source.database.name

    async def sign_in(self, viewers: Viewers) -> Viewer:
        return await viewers.viewer(self.claims, today=self.today, deadline=self.soon())

    async def children(self, viewers: Viewers) -> set[str]:
        return set((await self.sign_in(viewers)).student_ids)


@pytest.fixture
async def family(world: World, soon: Callable[[], float]) -> Family:
    return await Family(world, soon).settle()


@pytest.fixture
def viewers(world: World, redis_client: redis.Redis) -> Viewers:
    return Viewers(world.directory, BestEffort(redis_client, timeout_s=10))


async def test_the_directory_is_not_asked_again_when_the_viewer_is_kept(family: Family, viewers: Viewers) -> None:
    first = await family.sign_in(viewers)
    family.world.commands.sent.clear()
    assert await family.sign_in(viewers) == first
    assert family.world.commands.sent == []


async def test_a_viewer_is_kept_for_a_minute_at_most(
    family: Family, viewers: Viewers, redis_client: redis.Redis
) -> None:
    await family.sign_in(viewers)
    assert 0 < await redis_client.pttl(key_of(family.claims, family.place)) <= 60_000
    for ttl_s in (0, -1, MAX_TTL_S + 1, float("nan")):
        with pytest.raises(ValueError, match="60"):
            ViewerCache(BestEffort(redis_client), ttl_s=ttl_s)


async def test_a_revoked_guardianship_is_gone_when_the_time_to_live_is_over(
    family: Family, redis_client: redis.Redis
) -> None:
    viewers = Viewers(family.world.directory, BestEffort(redis_client, timeout_s=10), ttl_s=0.3)
    assert await family.children(viewers) == {family.child}
    await family.world.change("guardianships", family.right, data_access=False)
    await asyncio.sleep(0.35)
    assert await family.children(viewers) == set()


async def test_a_viewer_is_made_anew_when_redis_kept_him_too_long(
    family: Family, viewers: Viewers, redis_client: redis.Redis
) -> None:
    await family.sign_in(viewers)
    text = await redis_client.get(key_of(family.claims, family.place))
    assert isinstance(text, bytes)
    head, body = text.split(b"\n")
    key, made_at, days = orjson.loads(head)
    await family.world.change("guardianships", family.right, data_access=False)
    assert await family.children(viewers) == {family.child}
    await redis_client.set(key_of(family.claims, family.place), orjson.dumps([key, made_at - 61, days]) + b"\n" + body)
    assert await family.children(viewers) == set()


async def test_a_guardianship_does_not_outlive_its_day_when_the_viewer_is_kept(
    world: World, soon: Callable[[], float], viewers: Viewers
) -> None:
    family = await Family(world, soon).settle(valid_to="2026-11-20")
    assert await family.children(viewers) == {family.child}
    family.day = "2026-11-21"
    assert await family.children(viewers) == set()


async def test_a_guardianship_begins_on_its_day_when_the_viewer_was_kept_without_it(
    world: World, soon: Callable[[], float], viewers: Viewers
) -> None:
    family = await Family(world, soon).settle(valid_from="2026-11-21")
    assert await family.children(viewers) == set()
    family.day = "2026-11-21"
    assert await family.children(viewers) == {family.child}


async def test_viewers_are_kept_apart_when_role_issuer_or_subject_differ(world: World) -> None:
    mine = world.claims(Role.PARENT)
    others = [
        world.claims(Role.TEACHER),
        world.claims(Role.PARENT, "other"),
        world.claims(Role.PARENT, issuer="https://another.example"),
        mine._replace(issuer=mine.issuer + mine.subject[:3], subject=mine.subject[3:]),
    ]
    assert len({key_of(claims, "a") for claims in (mine, *others)}) == 5
    assert mine.subject not in key_of(mine, "a")
    assert key_of(mine, "a") != key_of(mine, "b"), "the same subject may be somebody else in another directory"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\n",
        b"\x80\x04N.",
        b"null\nnull",
        b"{}\n{}",
        b"[" * 50_000,
        "a list",
        "no head",
        "no body",
        "another's",
        "another role",
        "another zone",
        "more schools",
    ],
    ids=lambda g: repr(g[:12]),
)
async def test_the_directory_decides_when_redis_holds_garbage(
    family: Family, viewers: Viewers, redis_client: redis.Redis, garbage: bytes | str
) -> None:
    viewer = await family.sign_in(viewers)
    text = await redis_client.get(key_of(family.claims, family.place))
    assert isinstance(text, bytes)
    head, body = text.split(b"\n")
    key, made_at, days = orjson.loads(head)
    await family.world.change("guardianships", family.right, data_access=False)
    stranger = family.world.claims(Role.PARENT, "stranger")
    administrator = Viewer(role=Role.ADMINISTRATOR, person_id=viewer.person_id)
    forged: dict[str, bytes] = {
        "no head": body,
        "no body": head + b"\n",
        "another's": orjson.dumps([key_of(stranger, family.place), made_at, days]) + b"\n" + body,
        "another role": head + b"\n" + administrator.to_json(),
        "another zone": orjson.dumps([key, made_at, {"../etc/passwd": family.day}]) + b"\n" + body,
        "more schools": head + b"\n" + body.replace(b'"zones":{', b'"zones":{"sch_other":"Europe/Moscow",'),
    }

    def today(zone: str) -> Day:
        if zone != PERM:
            raise KeyError(zone)
        return Day(family.day)

    if garbage == "a list":
        await redis_client.delete(key_of(family.claims, family.place))
        await redis_client.rpush(key_of(family.claims, family.place), text)
    else:
        await redis_client.set(
            key_of(family.claims, family.place), forged[garbage] if isinstance(garbage, str) else garbage
        )
    again = await viewers.viewer(family.claims, today=today, deadline=family.soon())
    assert (again.role, again.student_ids) == (Role.PARENT, frozenset())


async def test_the_directory_is_asked_when_redis_is_down(family: Family) -> None:
    nowhere = redis.connect("redis://127.0.0.1:1", timeout_s=2)
    viewers = Viewers(family.world.directory, BestEffort(nowhere))
    for _ in range(2):
        assert await family.children(viewers) == {family.child}
    await nowhere.aclose()


async def test_the_directory_is_asked_when_there_is_no_redis(family: Family) -> None:
    viewers = Viewers(family.world.directory, None)
    for _ in range(2):
        family.world.commands.sent.clear()
        assert await family.children(viewers) == {family.child}
        assert family.world.commands.sent


async def test_requests_are_hardly_held_up_when_redis_hangs(family: Family, tmp_path: Path, today: Today) -> None:
    server = redis_server(tmp_path / "redis")
    async with server as uri:
        client = redis.connect(uri, timeout_s=5)
        cache = ViewerCache(BestEffort(client, timeout_s=0.2))
        viewer = Viewer(role=Role.PARENT, person_id=family.parent)
        await cache.put(family.claims, viewer, {}, time.time())
        assert await cache.get(family.claims, today) == viewer
        os.kill(server.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            for _ in range(20):
                assert await cache.get(family.claims, today) is None
                await cache.put(family.claims, viewer, {}, time.time())
            assert time.monotonic() - began < 4, "forty waits of 0.2 s are eight seconds"
        finally:
            os.kill(server.pid, signal.SIGCONT)
        other = family.world.claims(Role.PARENT, "other")
        async with asyncio.timeout(60):
            while await cache.get(family.claims, today) != viewer:
                assert await cache.get(other, today) is None, "no late answer is taken for another's"
                await asyncio.sleep(0.02)
        await client.aclose()


async def test_nobody_is_let_in_when_the_directory_is_down_and_no_viewer_is_kept(
    family: Family, redis_client: redis.Redis, viewers: Viewers
) -> None:
    client: Any = mongo.connect("mongodb://127.0.0.1:1", timeout_s=0.1)
    cut_off = Viewers(Directory(Source("directory", client[family.place])), BestEffort(redis_client, timeout_s=10))
    deadline = asyncio.get_running_loop().time() + 0.2
    with pytest.raises(SourceUnavailable):
        await cut_off.viewer(family.claims, today=family.today, deadline=deadline)
    await family.sign_in(viewers)
    assert await family.children(cut_off) == {family.child}, "within the minute he is known"
    client.close()


async def test_a_refusal_is_not_kept(world: World, viewers: Viewers, soon: Callable[[], float]) -> None:
    family = Family(world, soon)
    with pytest.raises(Exception, match="User not found"):
        await family.sign_in(viewers)
    await family.settle()
    assert await family.children(viewers) == {family.child}


async def test_the_minute_counts_from_the_reads_when_these_were_slow(
    family: Family, viewers: Viewers, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = family.world.directory.guardianships_of_people
    began = time.time()
    found_at: list[float] = []

    async def slowly(*arguments: Any, **more: Any) -> Any:
        found = await read(*arguments, **more)
        found_at.append(time.time())
        await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(family.world.directory, "guardianships_of_people", slowly)
    await family.sign_in(viewers)
    text = await redis_client.get(key_of(family.claims, family.place))
    assert isinstance(text, bytes)
    _, read_at, _ = orjson.loads(text.split(b"\n")[0])
    assert began <= read_at <= found_at[0], "what was read before the wait is no younger for it"


async def test_a_post_does_not_outlive_its_day_when_the_viewer_is_kept(
    world: World, soon: Callable[[], float], viewers: Viewers
) -> None:
    school = await world.school(PERM)
    post = {"role": "ADMINISTRATOR", "school_id": school, "starts_on": None, "ends_on": "2026-11-20"}
    await world.known_as(await world.person(Role.ADMINISTRATOR, school_ids=[school], posts=[post]))
    claims = world.claims(Role.ADMINISTRATOR)
    day = Day("2026-11-20")
    assert (await viewers.viewer(claims, today=lambda _: day, deadline=soon())).school_ids == (school,)
    day = Day("2026-11-21")
    with pytest.raises(RoleNotHeld):
        await viewers.viewer(claims, today=lambda _: day, deadline=soon())
