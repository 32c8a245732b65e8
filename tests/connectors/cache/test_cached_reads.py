import asyncio
import inspect
import os
import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from connectors import redis
from connectors.assembly import Clients, Connectors
from connectors.audience import Audience, Span
from connectors.cache.cached_reads import CachedReads, CollectionVersions
from connectors.cache.redis_store import STAMP_BYTES, RedisStore
from connectors.change_streams import SILENT_S, ChangeStreams
from connectors.errors import SourceUnavailable
from connectors.mongo.read_log import CacheLookup, LoggedDeadline, ReadLog
from connectors.redis import Redis
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import ClassId, Days, LessonId, PersonId, StudentId
from tests.gateway.served import Recorder

WITHIN_S = 30
"""A busy machine is slow, not down."""
BOUND_S = 60
"""For a busy machine: far less than what is kept for ten minutes would stay."""
WEEK = Days("2026-11-16", "2026-11-22")
COLUMNS = frozenset({"_id", "date", "number", "starts_at", "room", "class_ids", "group_id"})
ALL_A = frozenset({"_id", "room"})
STARTS_AT = datetime(2026, 11, 18, 5, 30, 0, 123000, tzinfo=UTC)


def lesson(key: str, day: str, number: int, classes: list[str], group: str | None = None) -> dict[str, Any]:
    return {
        "_id": f"les_{key}",
        "class_ids": classes,
        "group_id": group,
        "date": day,
        "number": number,
        "starts_at": STARTS_AT,
        "room": "12",
    }


LESSONS = [
    lesson("a1", "2026-11-18", 1, ["cls_a"]),
    lesson("ab", "2026-11-18", 2, ["cls_a", "cls_b"]),
    lesson("g", "2026-11-17", 3, ["cls_a"], "grp_1"),
    lesson("late", "2026-12-01", 1, ["cls_a"]),
]
PERSON = {"_id": "per_1", "display_name": "Анна", "email": "anna@example.org", "school_ids": ["sch_1"]}


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its connectors, what they keep, and the commands they issued."""

    connectors: Connectors
    reads: CachedReads
    recorder: Recorder
    clients: Clients

    @property
    def deadline(self) -> float:
        return asyncio.get_running_loop().time() + WITHIN_S

    async def lessons(self, *ids: str, columns: frozenset[str] = ALL_A) -> Mapping[LessonId, Any]:
        wanted = [LessonId(own) for own in ids]
        return await self.connectors.schedule.lessons_by_ids(wanted, columns=columns, deadline=self.deadline)

    async def room(self, of: str = "les_a1") -> str:
        return str((await self.lessons(of))[LessonId(of)]["room"])

    @property
    def requested_keys(self) -> list[Any]:
        """The ids of lessons that MongoDB was asked for, command by command."""
        return [command["filter"]["_id"]["$in"] for _, name, command in self.recorder.commands if name == "lessons"]


@pytest.fixture
async def prefix(mongo_uri: str) -> str:
    name = f"shared_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with Clients(mongo_uri, prefix=name, timeout_s=WITHIN_S) as clients:
        databases = clients.connectors.databases
        await databases["schedule"]["lessons"].delete_many({})
        await databases["schedule"]["lessons"].insert_many([dict(own) for own in LESSONS])
        await databases["directory"]["people"].delete_many({})
        await databases["directory"]["people"].insert_one(dict(PERSON))
    return name


@asynccontextmanager
async def process(
    mongo_uri: str, prefix: str, in_redis: RedisStore | None = None, *, keep_s: float = 60, watches: bool = False
) -> AsyncIterator[Process]:
    recorder = Recorder()
    versions_seen = CollectionVersions(silent_s=SILENT_S)
    reads = CachedReads(versions_seen, in_redis, keep_s=keep_s)
    async with Clients(mongo_uri, prefix=prefix, timeout_s=WITHIN_S, listeners=[recorder]) as clients:
        connectors = clients.connectors
        connectors.keep_reads(reads)
        one = Process(connectors, reads, recorder, clients)
        if not watches:
            yield one
            return
        async with ChangeStreams(clients.watched, versions_seen, in_redis):
            await until(lambda: current(one) or (in_redis is None and heard(one)))
            yield one
    if in_redis is not None:
        await in_redis.aclose()


def current(one: Process, tag: str = "lessons") -> bool:
    """Whether the process trusts what Redis holds."""
    now = asyncio.get_running_loop().time()
    return one.reads.versions.is_current("schedule", f"schedule.{tag}", now)


def heard(one: Process) -> bool:
    return one.reads.versions.version("schedule.lessons") > 0


async def until(holds: Any, within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not (await holds() if inspect.iscoroutinefunction(holds) else holds()):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


@pytest.fixture
async def alone(mongo_uri: str, prefix: str) -> AsyncIterator[Process]:
    async with process(mongo_uri, prefix) as one:
        yield one


@pytest.fixture
async def client(redis_uri: str) -> AsyncIterator[Redis]:
    connected = redis.connect(redis_uri, timeout_s=WITHIN_S)
    yield connected
    await connected.aclose()


def kept_in(client: Redis, space: str, keep_s: float = 60) -> RedisStore:
    return RedisStore(BestEffort(client, timeout_s=5), prefix=f"test:{space}", keep_s=keep_s)


@pytest.fixture
def space() -> str:
    return uuid.uuid4().hex


async def until_kept(client: Redis, space: str) -> bytes:
    """Return the key of what was read, when Redis holds it: it is written after the answer."""
    found: list[bytes] = []

    async def is_there() -> bool:
        found.extend([own async for own in client.scan_iter(f"test:{space}:*") if b":tag:" not in own])
        return bool(found)

    await until(is_there)
    return found[0]


# ── in the process ──


async def test_what_was_read_is_not_read_again_and_only_the_rest_is(alone: Process) -> None:
    await alone.lessons("les_a1", "les_none")
    found = await alone.lessons("les_a1", "les_ab", "les_none")
    assert set(found) == {"les_a1", "les_ab"}
    assert alone.requested_keys == [["les_a1", "les_none"], ["les_ab"]]


async def test_what_is_counted_does_not_say_whether_there_is_anything(alone: Process) -> None:
    async def lookups(own: str) -> list[CacheLookup]:
        log = ReadLog()
        deadline = LoggedDeadline(alone.deadline, log=log)
        await alone.connectors.schedule.lessons_by_ids([LessonId(own)], columns=ALL_A, deadline=deadline)
        return log.lookups

    for _ in range(2):  # the second time it is kept that there is nothing
        assert await lookups("les_none") == await lookups("les_a1")


async def test_what_is_asked_at_once_is_read_once(alone: Process) -> None:
    first, second, third = await asyncio.gather(
        alone.lessons("les_a1"), alone.lessons("les_a1", "les_ab"), alone.lessons("les_ab")
    )
    assert first["les_a1"] == second["les_a1"]  # type: ignore[index] # ids are strings
    assert second["les_ab"] == third["les_ab"]  # type: ignore[index] # ids are strings
    assert sorted(alone.requested_keys) == [["les_a1"], ["les_ab"]]


async def test_other_columns_and_other_arguments_are_other_reads(alone: Process) -> None:
    schedule = alone.connectors.schedule
    classes = [ClassId("cls_a")]
    week = await schedule.lessons_of_classes(classes, days=WEEK, columns=COLUMNS, deadline=alone.deadline)
    december = Days("2026-12-01", "2026-12-07")
    later = await schedule.lessons_of_classes(classes, days=december, columns=COLUMNS, deadline=alone.deadline)
    bare = await schedule.lessons_of_classes(classes, days=WEEK, columns=ALL_A, deadline=alone.deadline)
    assert [len(own[ClassId("cls_a")]) for own in (week, later, bare)] == [3, 1, 3]
    assert "starts_at" not in bare[ClassId("cls_a")][0]
    assert len(alone.recorder.commands) == 3


async def test_what_is_kept_ends_with_its_time(mongo_uri: str, prefix: str) -> None:
    async with process(mongo_uri, prefix, keep_s=0.05) as one:
        await one.room()
        await asyncio.sleep(0.06)
        await one.room()
        assert len(one.requested_keys) == 2


async def test_nothing_old_stays_in_the_process_when_nobody_reads_any_more(mongo_uri: str, prefix: str) -> None:
    async with process(mongo_uri, prefix, keep_s=0.05) as one:
        await one.lessons("les_a1", "les_ab")
        await one.lessons("les_late")
        await until(lambda: one.reads.size == 0)


async def test_the_failure_of_one_request_is_not_that_of_another_which_waits_for_the_same(alone: Process) -> None:
    schedule = alone.connectors.schedule
    impatient = schedule.lessons_by_ids([LessonId("les_a1")], columns=ALL_A, deadline=alone.deadline - WITHIN_S)
    failed, room = await asyncio.gather(impatient, alone.room(), return_exceptions=True)
    assert isinstance(failed, SourceUnavailable)
    assert room == "12"


async def test_a_request_that_leaves_takes_nothing_from_those_who_wait_for_the_same(alone: Process) -> None:
    leaving = asyncio.create_task(alone.lessons("les_a1"))
    await asyncio.sleep(0)
    staying = asyncio.create_task(alone.lessons("les_a1"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying)[LessonId("les_a1")]["room"] == "12"
    assert len(alone.requested_keys) == 1


async def test_no_more_is_kept_than_fits(mongo_uri: str, prefix: str, alone: Process) -> None:
    del mongo_uri, prefix
    alone.reads._size = 2
    for number in range(5):
        await alone.lessons(f"les_{number}")
    assert len(alone.reads._batches) == 2


# ── what is shared ──


async def test_students_of_one_class_share_its_lessons_and_each_attends_his_own(alone: Process) -> None:
    schedule = alone.connectors.schedule
    in_a = Span("cls_a", "2026-09-01", None)
    ivan = Audience(StudentId("stu_1"), (in_a,), (Span("grp_1", "2026-09-01", None),))
    petr = Audience(StudentId("stu_2"), (in_a, Span("cls_b", "2026-09-01", None)), ())
    left = Audience(StudentId("stu_3"), (Span("cls_a", "2026-09-01", "2026-11-17"),), ())
    attended = {}
    for own in (ivan, petr, left):
        found = await schedule.lessons_of([own], days=WEEK, columns=frozenset(), deadline=alone.deadline)
        attended[own] = [str(lesson["_id"]) for lesson in found[own]]
    assert attended[ivan] == ["les_g", "les_a1", "les_ab"]
    assert attended[petr] == ["les_a1", "les_ab"]
    assert attended[left] == []
    assert len(alone.recorder.commands) == 2, "of the class and the group, then of the other class"


async def test_nothing_about_students_is_shared(alone: Process) -> None:
    about_students = {"marks", "remarks", "comments", "attendance", "submissions", "final_grades", "guardianships"}
    about_students |= {"attestation_debts", "absence_notices", "acknowledgements", "achievements", "course_choices"}
    assert {name: set(collections) for name, (_, _, collections) in alone.clients.watched.items()} == {
        "directory": {"people", "schools", "academic_years", "classes", "groups", "subjects"},
        "schedule": {"lessons", "bell_schedules", "holidays", "events"},
        "curriculum": {"curricula", "work_programmes", "calendar_periods", "module_courses"},
        "grades": {"attestation_periods", "work_kinds", "grade_scales"},
        "portfolio": {"achievement_types", "scoring_tables"},
        "services": {"services"},
    }
    assert not about_students & {own for *_, collections in alone.clients.watched.values() for own in collections}


async def test_no_shared_read_is_told_who_asks(alone: Process) -> None:
    for source in alone.connectors.sources:
        for name, member in vars(type(getattr(alone.connectors, source))).items():
            if hasattr(member, "sharing"):
                parameter_names = set(inspect.signature(member).parameters)
                assert not parameter_names & {"only", "viewer", "role", "students", "audiences", "pairs", "filters"}, (
                    name
                )


async def test_of_people_nothing_but_their_names_is_kept(alone: Process) -> None:
    directory = alone.connectors.directory
    for columns in (frozenset({"display_name", "email"}), frozenset[str](), frozenset({"school_ids"})):
        for _ in range(2):
            await directory.people_by_ids([PersonId("per_1")], columns=columns, deadline=alone.deadline)
    assert len(alone.recorder.commands) == 6
    for _ in range(2):
        await directory.people_by_ids([PersonId("per_1")], columns=frozenset({"display_name"}), deadline=alone.deadline)
    assert len(alone.recorder.commands) == 7


# ── in Redis ──


async def test_another_process_finds_in_redis_what_one_has_read_and_exactly_that(
    mongo_uri: str, prefix: str, client: Redis, space: str
) -> None:
    async with (
        process(mongo_uri, prefix, kept_in(client, space), watches=True) as one,
        process(mongo_uri, prefix, kept_in(client, space), watches=True) as other,
    ):
        await until(lambda: current(one) and current(other))
        read = await one.lessons("les_a1", "les_none", columns=COLUMNS)
        await until_kept(client, space)
        found = await other.lessons("les_a1", "les_none", columns=COLUMNS)
        assert found == read
        assert found[LessonId("les_a1")]["starts_at"] == STARTS_AT
        assert (len(one.requested_keys), len(other.requested_keys)) == (1, 0)


async def test_redis_is_not_asked_while_nobody_watches(mongo_uri: str, prefix: str, client: Redis, space: str) -> None:
    async with process(mongo_uri, prefix, kept_in(client, space), watches=True) as one:
        await one.room()
        await until_kept(client, space)
        async with process(mongo_uri, prefix, kept_in(client, space)) as blind:
            await blind.room()
            assert len(blind.requested_keys) == 1


async def test_garbage_in_redis_is_a_miss(mongo_uri: str, prefix: str, client: Redis, space: str) -> None:
    in_redis = kept_in(client, space)

    async def mended(garbage: bytes) -> bool:
        return await client.get(key) != garbage

    async with process(mongo_uri, prefix, in_redis, keep_s=0, watches=True) as one:
        await one.room()
        key = await until_kept(client, space)
        await one.room()
        assert len(one.requested_keys) == 1
        stamp = bytes(await client.get(f"test:{space}:tag:schedule.lessons") or b"")  # type: ignore[arg-type] # no text
        for garbage in (b"", b"garbage", stamp, stamp + b"garbage", stamp + b"\x05\x00\x00\x00\x00"):
            await client.set(key, garbage)
            assert await one.room() == "12"
            await until(partial(mended, garbage))
        assert len(one.requested_keys) == 6


async def test_stamps_that_redis_lost_are_given_anew(mongo_uri: str, prefix: str, client: Redis, space: str) -> None:
    in_redis = kept_in(client, space)
    async with process(mongo_uri, prefix, in_redis, keep_s=0, watches=True) as one:
        for lost in (None, b"short"):
            key = f"test:{space}:tag:schedule.lessons"
            await (client.delete(key) if lost is None else client.set(key, lost))
            assert await one.room() == "12"
            await until(lambda: current(one))
            assert len(await client.get(key) or b"") == STAMP_BYTES


async def test_without_redis_everything_is_a_miss(mongo_uri: str, prefix: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    down = redis.connect(f"redis://127.0.0.1:{port}/0", timeout_s=0.1)
    in_redis = RedisStore(BestEffort(down, timeout_s=0.1), prefix="test", keep_s=60)
    async with process(mongo_uri, prefix, in_redis, keep_s=0) as one:
        one.reads.versions.seen_until("schedule", asyncio.get_running_loop().time())
        assert current(one), "so that it is asked"
        assert [await one.room() for _ in range(3)] == ["12"] * 3
        assert len(one.requested_keys) == 3
        assert not current(one), "it is told anew before it is trusted"
    await down.aclose()


# ── changes ──


async def change(one: Process, room: str) -> None:
    await one.connectors.databases["schedule"]["lessons"].update_one({"_id": "les_a1"}, {"$set": {"room": room}})


async def shows(one: Process, room: str) -> None:
    async def holds() -> bool:
        return await one.room() == room

    await until(holds, BOUND_S)


async def test_a_change_is_seen_long_before_what_was_kept_ends(mongo_uri: str, prefix: str) -> None:
    async with process(mongo_uri, prefix, keep_s=600, watches=True) as one:
        assert await one.room() == "12"
        await change(one, "13")
        await shows(one, "13")


async def test_a_change_is_seen_where_redis_keeps_what_was_read(
    mongo_uri: str, prefix: str, client: Redis, space: str
) -> None:
    async with (
        process(mongo_uri, prefix, kept_in(client, space, 600), keep_s=0, watches=True) as one,
        process(mongo_uri, prefix, kept_in(client, space, 600), keep_s=0, watches=True) as other,
    ):
        await until(lambda: current(one) and current(other))
        for number in range(3):
            await change(one, str(number))
            await asyncio.gather(shows(one, str(number)), shows(other, str(number)))


async def test_what_was_read_before_a_change_is_not_kept_after_it(
    mongo_uri: str, prefix: str, client: Redis, space: str
) -> None:
    in_redis = kept_in(client, space, 600)
    async with process(mongo_uri, prefix, in_redis, keep_s=0, watches=True) as one:
        stamp, _ = await in_redis.find("schedule.lessons", [])
        assert stamp is not None
        await in_redis.stamp(["schedule.lessons"])
        in_redis.keep(stamp, {"old": ("12",)})
        await asyncio.sleep(0.2)
        assert (await in_redis.find("schedule.lessons", ["old"]))[1] == [None]
        assert await one.room() == "12"


async def test_only_the_collection_that_changed_is_outdated(mongo_uri: str, prefix: str) -> None:
    async with process(mongo_uri, prefix, keep_s=600, watches=True) as one:
        tags = one.reads.versions
        before = (tags.version("schedule.lessons"), tags.version("schedule.holidays"))
        await one.connectors.databases["schedule"]["holidays"].insert_one({"_id": f"hol_{uuid.uuid4().hex}"})
        await until(lambda: tags.version("schedule.holidays") > before[1])
        assert tags.version("schedule.lessons") == before[0]


async def test_a_stream_that_was_killed_is_opened_again_and_outdates_what_it_missed(
    mongo_uri: str, prefix: str
) -> None:
    async with process(mongo_uri, prefix, keep_s=600, watches=True) as one:
        assert await one.room() == "12"
        database = one.connectors.databases["schedule"]
        await database.command({"dropDatabase": 1})  # ends every stream over it
        await database["lessons"].insert_one({**LESSONS[0], "room": "after"})
        await shows(one, "after")
        await until(lambda: one.reads.versions._seen_until.get("schedule") is not None)
        await change(one, "again")
        await shows(one, "again")


async def test_nothing_of_redis_is_trusted_when_a_stream_says_nothing() -> None:
    versions_seen = CollectionVersions(silent_s=SILENT_S)
    versions_seen.seen_until("schedule", 100.0)
    assert versions_seen.is_current("schedule", "schedule.lessons", 100.0 + SILENT_S)
    assert not versions_seen.is_current("schedule", "schedule.lessons", 100.1 + SILENT_S)
    versions_seen.seen_until("schedule", 105.0)
    versions_seen.changed(["schedule.lessons"])
    assert not versions_seen.is_current("schedule", "schedule.lessons", 105.0), "Redis was not told yet"
    versions = dict(versions_seen.pending)
    versions_seen.changed(["schedule.lessons"])
    versions_seen.are_in_redis(versions)
    assert not versions_seen.is_current("schedule", "schedule.lessons", 105.0), "it changed again in between"
    versions_seen.are_in_redis(dict(versions_seen.pending))
    assert versions_seen.is_current("schedule", "schedule.lessons", 105.0)
