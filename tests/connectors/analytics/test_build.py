"""Builds: of nothing, of one class, switched at once, and read under a deadline."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from connectors.analytics import Question, Statistic, Store, build, day_of_build
from connectors.analytics.questions import statement
from connectors.errors import SourceUnavailable
from tests.connectors.analytics.region import KEY, Region
from tests.databases import own_databases

DAY: Final = "2026-11-18"
EVER: Final = 1e12
TOTAL: Final = Question(Statistic.MARKS, frozenset({"year"}))


@pytest.fixture
async def empty(mongo_uri: str) -> AsyncIterator[Mapping[str, Any]]:
    async with own_databases(mongo_uri, "empty") as (connectors, _):
        yield connectors.databases


async def rows(store: Store, question: Question) -> list[dict[str, Any]]:
    return (await store.rows(*statement(question), EVER))[1]


async def test_there_are_no_cells_when_there_are_no_documents(empty: Mapping[str, Any], tmp_path: Path) -> None:
    built = await build(empty, tmp_path, key=KEY, today=DAY)
    assert set(built.records.values()) == set(built.cells.values()) == {0}
    store = Store(tmp_path, timeout_s=60)
    assert await rows(store, TOTAL) == []
    assert await rows(store, TOTAL._replace(exact_schools=())) == []
    await store.aclose()


async def test_all_wholes_equal_the_class_when_there_is_one(empty: Mapping[str, Any], tmp_path: Path) -> None:
    await _one_class(empty, students=8)
    await build(empty, tmp_path, key=KEY, today=DAY)
    store = Store(tmp_path, timeout_s=60)
    shown = []
    for by in ({"year"}, {"year", "municipality", "school"}, {"year", "municipality", "school", "grade", "class"}):
        [row] = await rows(store, Question(Statistic.MARKS, frozenset(by)))
        shown.append((row["reason"], row["students"], *(row[f"v{i}"] for i in range(8))))
    assert len(set(shown)) == 1  # the same records have the same noise
    assert shown[0][0] == 0
    await store.aclose()


async def test_everything_is_hidden_when_the_only_class_has_few_students(
    empty: Mapping[str, Any], tmp_path: Path
) -> None:
    await _one_class(empty, students=4)
    built = await build(empty, tmp_path, key=KEY, today=DAY)
    assert built.hidden["marks"] == built.cells["marks"] > 0


async def _one_class(databases: Mapping[str, Any], students: int) -> None:
    own = {"school_id": "sch_a"}
    await databases["directory"]["schools"].insert_one({"_id": "sch_a", "name": "Школа"})
    await databases["directory"]["classes"].insert_one({"_id": "cls_a", **own, "name": "7А", "grade_level": 7})
    five = [{"value": str(n), "numeric_value": n, "is_passing": n > 2} for n in (2, 3, 4, 5)]
    await databases["grades"]["grade_scales"].insert_one({"_id": "scl_a", **own, "max_value": 5, "values": five})
    await databases["grades"]["marks"].insert_many(
        [
            {
                "_id": f"mrk_{student}_{value}",
                **own,
                "student_id": f"stu_{student}",
                "class_id": "cls_a",
                "subject_id": "sub_a",
                "kind_id": None,
                "scale_id": "scl_a",
                "value": str(value),
                "numeric_value": value,
                "is_point": False,
                "counts_towards_average": True,
                "given_on": "2026-10-05",
            }
            for student in range(students)
            for value in (3, 4, 5)
        ]
    )


async def test_the_new_build_is_read_when_it_is_whole(empty: Mapping[str, Any], tmp_path: Path) -> None:
    first = await build(empty, tmp_path, key=KEY, today="2026-11-17")
    store = Store(tmp_path, timeout_s=60)
    assert (await store.build(EVER)).name == first.name
    await _one_class(empty, students=8)
    second = await build(empty, tmp_path, key=KEY, today=DAY)
    assert day_of_build(tmp_path) == DAY
    assert (await store.build(EVER)).name == second.name
    await build(empty, tmp_path, key=KEY, today=DAY)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2
    await store.aclose()


async def test_nothing_is_left_when_a_build_fails(region: Region, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        await build({"directory": region.databases["directory"]}, tmp_path, key=KEY, today=DAY)
    assert list(tmp_path.iterdir()) == []
    assert day_of_build(tmp_path) is None


ENDLESS: Final = "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 11"


async def test_a_question_ends_when_its_time_is_over(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    assert await rows(store, TOTAL)
    reader = await store._reader()
    with pytest.raises(SourceUnavailable):
        await store.rows(ENDLESS, [], asyncio.get_running_loop().time() + 0.05)
    assert reader.process.returncode == -signal.SIGKILL
    assert await rows(store, TOTAL)
    await store.aclose()


async def test_a_question_does_not_get_the_answer_of_another_that_was_given_up(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    expected = await rows(store, TOTAL)
    given_up = asyncio.create_task(store.rows("SELECT 1 AS n", [], EVER))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await rows(store, TOTAL) == expected
    await store.aclose()


async def test_questions_wait_for_each_other(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    answers = await asyncio.gather(*(store.rows(f"SELECT {number} AS n", [], EVER) for number in range(20)))
    assert [found for _, found in answers] == [[{"n": number}] for number in range(20)]
    await store.aclose()


async def test_the_process_has_a_low_priority_and_ends_when_nobody_can_ask_it_any_more(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    assert await rows(store, TOTAL)
    reader = await store._reader()
    assert os.getpriority(os.PRIO_PROCESS, reader.process.pid) == 5  # requests go before it
    reader.questions.close()  # as the system does when the gateway is killed
    async with asyncio.timeout(60):
        assert await reader.process.wait() == 0
    await store.aclose()


async def test_another_process_reads_when_one_was_killed(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    assert await rows(store, TOTAL)
    reader = await store._reader()
    os.kill(reader.process.pid, signal.SIGKILL)
    await reader.process.wait()
    assert await rows(store, TOTAL)
    await store.aclose()


@pytest.mark.parametrize(
    "forbidden",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SET memory_limit = '100GB'",
        "ATTACH '/nowhere/x.db'",
        "INSTALL httpfs",
    ],
)
async def test_duckdb_reaches_nothing_else_when_it_is_open(region: Region, forbidden: str) -> None:
    store = Store(region.folder, timeout_s=60)
    assert await rows(store, TOTAL)
    with pytest.raises(SourceUnavailable):
        await store.rows(forbidden, [], EVER)
    await store.aclose()


async def test_there_is_no_source_when_nothing_was_built(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(SourceUnavailable):
        await store.build(EVER)
    await store.aclose()


async def test_no_file_names_a_student_or_a_document_about_one(region: Region) -> None:
    with duckdb.connect() as work:
        for file in sorted(region.files.glob("*.parquet")):
            columns = work.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
            texts = [column[0] for column in columns if column[1] == "VARCHAR"]
            if file.name.endswith((".records.parquet", ".release.parquet")):
                assert texts == []
            for name in texts:
                prefixes = work.execute(f"SELECT DISTINCT left({name}, 4) FROM '{file}'").fetchall()
                assert {prefix for (prefix,) in prefixes}.isdisjoint({"stu_", "per_", "mrk_", "att_", "ack_"})


@pytest.mark.parametrize("table", ["marks.records.parquet", "batch.json"])
async def test_a_build_that_is_cancelled_leaves_no_thread_and_no_files(
    region: Region, tmp_path: Path, table: str
) -> None:
    """Whatever its thread is doing: writing a batch of documents, or counting."""
    before = {thread.ident for thread in threading.enumerate()}
    building = asyncio.create_task(build(region.databases, tmp_path, key=KEY, today=DAY))
    async with asyncio.timeout(60):
        while not list(tmp_path.glob(f"*.new/{table}")):  # noqa: ASYNC110 - what is waited for is a thread
            await asyncio.sleep(0.001)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert list(tmp_path.iterdir()) == []
    busy = [own for own in threading.enumerate() if own.ident not in before and not own.name.startswith("asyncio_")]
    assert busy == []
    assert (await build(region.databases, tmp_path, key=KEY, today=DAY)).records == region.build.records
