"""The statistics of ten million marks: what a build costs, what a question costs, and what MongoDB itself would cost.

    python -m tests.bench.statistics DIRECTORY load 0 2500000     # in pieces, for each takes some minutes
    python -m tests.bench.statistics DIRECTORY build             # or `build 256`: megabytes that DuckDB may take
    python -m tests.bench.statistics DIRECTORY ask
    python -m tests.bench.statistics DIRECTORY meanwhile         # what families notice of somebody who asks

Processor seconds are those of this process with all its threads, or of mongod, as the kernel counts them.
"""

import asyncio
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from connectors.analytics import BuildRules, Question, Statistic, Store, build
from connectors.analytics.questions import statement
from connectors.assembly import Clients
from connectors.embedded import mongod
from connectors.processes import lower_priority
from connectors.vocabulary import SchoolId

SCHOOLS: Final = 200
CLASSES: Final = 20
STUDENTS: Final = 25
MARKS: Final = 100
SUBJECTS: Final = 12
MUNICIPALITIES: Final = 10
FIRST: Final = date(2026, 9, 1)
DAYS: Final = 260
TODAY: Final = (FIRST + timedelta(days=DAYS)).isoformat()
KEY: Final = b"a key of a measurement, 32 bytes"
_BATCH: Final = 20_000
_READS: Final = 100
_TURNS: Final = 10
"""Reads of families in a turn, and turns: a thousand reads alone, and a thousand beside an analyst."""
say: Final = Console(highlight=False, soft_wrap=True).print
_BY: Final = frozenset({"year", "term", "month", "subject"})


def marks(first: int, last: int) -> Iterator[dict[str, Any]]:
    """The marks with these numbers, all different: a hundred of each student, spread over subjects and days."""
    for number in range(first, last):
        student, nth = divmod(number, MARKS)
        own_class = student // STUDENTS
        school = own_class // CLASSES
        mixed = (number * 2654435761) % 4294967296
        yield {
            "_id": f"mrk_{number:016}",
            "school_id": f"sch_{school}",
            "student_id": f"stu_{student:016}",
            "class_id": f"cls_{own_class}",
            "subject_id": f"sub_{school}_{nth % SUBJECTS}",
            "work_id": f"wrk_{own_class}_{nth}",
            "kind_id": f"wkd_{school}_{mixed % 5}",
            "lesson_id": None,
            "value": str(2 + mixed % 4),
            "numeric_value": 2 + mixed % 4,
            "scale_id": f"scl_{school}",
            "weight": 1,
            "is_point": False,
            "counts_towards_average": True,
            "given_on": (FIRST + timedelta(days=(mixed >> 8) % DAYS)).isoformat(),
            "journal": "MAIN",
        }


async def load(databases: Any, first: int, last: int) -> None:
    """Insert the marks with these numbers, and with the first of them all else."""
    if first == 0:
        await _load_schools(databases)
    batch = []
    for mark in marks(first, last):
        batch.append(mark)
        if len(batch) == _BATCH:
            await databases["grades"]["marks"].insert_many(batch, ordered=False)
            batch = []
    if batch:
        await databases["grades"]["marks"].insert_many(batch, ordered=False)


async def _load_schools(databases: Any) -> None:
    five = [{"value": str(n), "numeric_value": n, "is_passing": n > 2} for n in (2, 3, 4, 5)]
    for school in range(SCHOOLS):
        own = {"school_id": f"sch_{school}"}
        place = f"Округ {school % MUNICIPALITIES}"
        await databases["directory"]["schools"].insert_one(
            {"_id": own["school_id"], "name": f"Школа {school}", "region": "Край", "municipality": place}
        )
        await databases["directory"]["academic_years"].insert_one(
            {"_id": f"yr_{school}", **own, "name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-05-31"}
        )
        await databases["directory"]["classes"].insert_many(
            [
                {"_id": f"cls_{school * CLASSES + i}", **own, "name": f"{1 + i // 2}", "grade_level": 1 + i // 2}
                for i in range(CLASSES)
            ]
        )
        await databases["directory"]["subjects"].insert_many(
            [{"_id": f"sub_{school}_{i}", **own, "name": f"Предмет {i}"} for i in range(SUBJECTS)]
        )
        await databases["grades"]["work_kinds"].insert_many(
            [{"_id": f"wkd_{school}_{i}", **own, "name": f"Вид {i}"} for i in range(5)]
        )
        await databases["grades"]["grade_scales"].insert_one(
            {"_id": f"scl_{school}", **own, "max_value": 5, "values": five}
        )
        quarters = (("2026-09-01", "2026-10-31"), ("2026-11-01", "2026-12-31"), ("2027-01-01", "2027-05-31"))
        await databases["grades"]["attestation_periods"].insert_many(
            [
                {"_id": f"apd_{school}_{i}", **own, "academic_year": "2026/27", "kind": "TRIMESTER", "ordinal": i}
                | {"name": f"{i} триместр", "subject_id": None, "starts_on": starts, "ends_on": ends}
                for i, (starts, ends) in enumerate(quarters, start=1)
            ]
        )


async def measure_build(databases: Any, folder: Path, memory_mb: int) -> None:
    """Print what a build costs with so much memory for DuckDB."""
    before, began = time.process_time(), time.perf_counter()
    built = await build(databases, folder, key=KEY, today=TODAY, how=BuildRules(memory_mb=memory_mb))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = sum(file.stat().st_size for file in (folder / built.name).iterdir()) // 2**20
    say(f"build: {time.perf_counter() - began:.0f} s, of these {time.process_time() - before:.0f} s of processor")
    say(f"records {built.records}, cells {built.cells}, hidden {built.hidden}; peak {peak} MB, files {size} MB")


async def ask(databases: Any, folder: Path, server: int) -> None:
    """Print what the region by subject and month costs: published, from records, and by MongoDB's `$group`."""
    store = Store(folder, memory_mb=512, timeout_s=60)
    await store.build(1e12)
    schools = tuple(SchoolId(f"sch_{school}") for school in range(SCHOOLS))
    published = Question(Statistic.MARKS, _BY, limit=1_000)
    questions = {
        "published cells": published,
        "one school from records, exactly": published._replace(exact_schools=schools[:1]),
        "all schools from records, exactly": published._replace(exact_schools=schools),
    }
    for name, question in questions.items():
        times = []
        rows: list[dict[str, Any]] = []
        for _ in range(3):
            before = time.process_time()
            _, rows = await store.rows(*statement(question), 1e12)
            times.append(time.process_time() - before)
        say(f"{name}: {min(times):.3f} s of processor, {len(rows)} cells")
    before = _processor_s(server)
    month = {"$substrBytes": ["$given_on", 0, 7]}
    pipeline = [
        {
            "$group": {
                "_id": {"subject": "$subject_id", "month": month},
                "n": {"$sum": 1},
                "mean": {"$avg": "$numeric_value"},
            }
        }
    ]
    found = await databases["grades"]["marks"].aggregate(pipeline, allowDiskUse=True).to_list(length=None)
    say(f"MongoDB's $group, without distinct students: {_processor_s(server) - before:.1f} s, {len(found)} groups")
    await store.aclose()


def build_again(uri: str, folder: Path) -> None:
    """Build once more, as `school-gateway work` does."""
    lower_priority()

    async def building() -> None:
        async with Clients(uri, prefix="bench", timeout_s=300) as clients:
            await build(clients.connectors.databases, folder, key=KEY, today=TODAY)

    asyncio.run(building())


async def meanwhile(databases: Any, folder: Path, uri: str) -> None:
    """Print how long a family waits for the latest marks of a child, alone, while an analyst asks without a pause, and
    while another process builds.

    Both take turns, so that whatever else happens on the machine happens to both.
    """
    marks_ = databases["grades"]["marks"]
    await marks_.create_index([("student_id", 1), ("given_on", -1)])
    store = Store(folder, memory_mb=512, timeout_s=60)
    await store.build(1e12)
    published = Question(Statistic.MARKS, _BY, limit=1_000)
    schools = tuple(SchoolId(f"sch_{school}") for school in range(SCHOOLS))
    questions = {"published cells": published, "all schools exactly": published._replace(exact_schools=schools)}
    students = SCHOOLS * CLASSES * STUDENTS

    async def families(first: int) -> list[float]:
        times = []
        for number in range(first, first + _READS):
            began = time.perf_counter()
            own = {"student_id": f"stu_{number * 7919 % students:016}"}
            await marks_.find(own).sort("given_on", -1).limit(20).to_list(length=20)
            times.append(1_000 * (time.perf_counter() - began))
        return times

    async def ask_on(question: Question) -> None:
        while True:
            await store.rows(*statement(question), 1e12)

    for name, question in questions.items():
        alone, beside = [], []
        for turn in range(_TURNS):
            alone += await families(2 * turn * _READS)
            asking = asyncio.create_task(ask_on(question))
            beside += await families((2 * turn + 1) * _READS)
            asking.cancel()
            await asyncio.wait([asking])
        for what, times in (("alone", alone), (f"beside {name}", beside)):
            middle, late = statistics.quantiles(times, n=20)[9], statistics.quantiles(times, n=20)[18]
            say(f"a family's marks {what}: median {middle:.2f} ms, 95 of 100 in {late:.2f} ms")
    await store.aclose()
    building = multiprocessing.get_context("spawn").Process(target=build_again, args=(uri, folder))
    building.start()
    beside = []
    while building.is_alive():
        beside += await families(len(beside))
        await asyncio.sleep(0.1)
    middle, late = statistics.quantiles(beside, n=20)[9], statistics.quantiles(beside, n=20)[18]
    say(f"a family's marks beside a build: median {middle:.2f} ms, 95 of 100 in {late:.2f} ms")


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    directory, step, *numbers = sys.argv[1:]
    folder = Path(directory)
    folder.mkdir(exist_ok=True)
    async with mongod(folder / "mongo") as uri, Clients(uri, prefix="bench", timeout_s=300) as clients:
        databases = clients.connectors.databases
        if step == "load":
            await load(databases, int(numbers[0]), int(numbers[1]))
            say(await databases["grades"]["marks"].estimated_document_count(), "marks")
        elif step == "meanwhile":
            await meanwhile(databases, folder / "statistics", uri)
        elif step == "build":
            await measure_build(databases, folder / "statistics", int(numbers[0]) if numbers else 768)
        else:
            pid = (await databases["grades"].command("serverStatus"))["pid"]
            await ask(databases, folder / "statistics", int(pid))


if __name__ == "__main__":
    asyncio.run(main())
