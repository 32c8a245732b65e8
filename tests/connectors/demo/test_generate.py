"""The run as a whole: repeatable, as large as asked, with nothing left in memory."""

import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date
from typing import Any

import pytest

from connectors.assembly import Connectors
from connectors.demo import Summary, generate
from connectors.mongo.bulk_write import Sink
from tests.connectors.demo.generated import Generated, generated
from tests.databases import own_databases

SMALL: dict[str, Any] = {"students": 120, "weeks_back": 2, "weeks_ahead": 1}


class Counting(Sink):
    """Counts documents, keeps none, and watches how many blocks of memory are in use while they pass."""

    def __init__(self) -> None:
        super().__init__({})
        self.students = 0
        self.blocks = 0

    async def put(self, subsystem: str, collection: str, documents: Iterable[Mapping[str, Any]]) -> None:  # noqa: ARG002 - the sink's
        if collection == "people":
            self.students += sum("student_id" in document for document in documents)
        self.blocks = max(self.blocks, sys.getallocatedblocks())


async def counted(**options: Any) -> tuple[Counting, Summary]:
    sink = Counting()
    return sink, await generate(sink, **options)


async def test_the_same_seed_gives_the_same_documents() -> None:
    one, other = await generated(**SMALL), await generated(**SMALL)

    assert one.documents == other.documents
    assert one.summary == other.summary


async def test_another_seed_gives_other_people() -> None:
    one, other = await generated(**SMALL), await generated(**SMALL, seed=2)
    ids = {person["_id"] for person in one["directory.people"]}
    names = [person["display_name"] for person in one["directory.people"]]

    assert not ids & {person["_id"] for person in other["directory.people"]}
    assert names != [person["display_name"] for person in other["directory.people"]]


async def test_progress_is_told_up_to_the_total() -> None:
    progress: list[tuple[int, int]] = []
    await counted(**SMALL, on_progress=lambda done, total: progress.append((done, total)))

    assert progress == sorted(progress)
    assert progress[-1] == (120, 120)
    assert {total for _, total in progress} == {120}


async def test_memory_stays_flat_when_there_are_twice_as_many_students() -> None:
    window = {"weeks_back": 1, "weeks_ahead": 1}
    half, _ = await counted(students=1_500, schools=6, **window)
    full, summary = await counted(students=3_000, schools=6, **window)

    assert (half.students, full.students) == (1_500, 3_000)
    assert summary.counts["directory.schools"] == 6
    assert full.blocks < 1.15 * half.blocks


@pytest.mark.parametrize(("schools", "students"), [(1, 1), (2, 2), (3, 7), (1, 40), (2, 61)])
async def test_tiny_schools_are_generated_too(schools: int, students: int) -> None:
    sink, _ = await counted(schools=schools, students=students, weeks_back=1, weeks_ahead=1)
    assert sink.students == students


@pytest.mark.parametrize(("schools", "students"), [(0, 10), (3, 2)])
async def test_a_school_without_students_is_refused(schools: int, students: int) -> None:
    with pytest.raises(ValueError, match="student"):
        await counted(schools=schools, students=students)


@pytest.mark.parametrize(
    "today", ["2026-09-01", "2026-10-28", "2027-01-05", "2027-03-10", "2027-07-15", "2025-08-20", "2024-11-05"]
)
async def test_any_day_of_any_year_can_be_today(today: str) -> None:
    demo = await generated(students=60, weeks_back=1, weeks_ahead=1, today=date.fromisoformat(today))

    assert all(mark["given_on"] <= today for mark in demo["grades.marks"])
    assert all(row["made_on"] <= today for row in demo["diary.remarks"])
    assert {year["starts_on"] for year in demo["directory.academic_years"]} >= {_first_of_september(today)}


def _first_of_september(today: str) -> str:
    day = date.fromisoformat(today)
    return f"{day.year if day.month >= 9 else day.year - 1}-09-01"


@pytest.fixture
async def connectors(mongo_uri: str) -> AsyncIterator[Connectors]:
    async with own_databases(mongo_uri, "demo") as (connectors, _):
        yield connectors


async def test_documents_are_in_mongodb_as_counted_and_fit_the_unique_indexes(connectors: Connectors) -> None:
    await connectors.create_indexes()
    summary = await generate(Sink(connectors.databases, fresh=True), **SMALL)
    found = {
        name: await connectors.databases[subsystem][collection].count_documents({})
        for name in summary.counts
        for subsystem, _, collection in [name.partition(".")]
    }
    assert found == summary.counts


async def test_a_second_run_changes_nothing(connectors: Connectors) -> None:
    options: dict[str, Any] = {"students": 40, "schools": 1, "weeks_back": 1, "weeks_ahead": 1}
    await generate(Sink(connectors.databases, fresh=True), **options)
    again = Sink(connectors.databases)
    summary = await generate(again, **options)

    assert again.inserted.total() == again.changed.total() == 0
    assert again.unchanged.total() == sum(summary.counts.values())


def test_everything_was_generated(demo: Generated) -> None:
    assert all(demo.summary.counts.values())
    assert sum(demo.summary.counts.values()) > 100_000
