"""`make bench-imports`: the memory that imports take, and the rows that they read a second, with ever more marks."""

import asyncio
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from connectors.embedded import mongod

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = (100_000, 1_000_000)
STUDENTS: Final = 1_000
CLASSES: Final = 40
SUBJECTS: Final = 20
FIRST: Final = date(2026, 9, 1)
_MEGABYTE: Final = 1_024
"""Kilobytes, in which Linux says how much memory a process had."""


class Format(StrEnum):
    """A format whose import is measured."""

    TABLES = "tables"
    ONEROSTER = "oneroster"


class Measured(NamedTuple):
    """One run of an import."""

    seconds: float
    processor_s: float
    """Of the import's own process, without MongoDB's."""
    peak_mb: int


def main(
    rows: Annotated[list[int] | None, typer.Option(help="How many marks, the fewest first.")] = None,
    formats: Annotated[list[Format] | None, typer.Option("--format", help="The formats; all without.")] = None,
    *,
    again: Annotated[bool, typer.Option(help="Import each a second time, which changes nothing.")] = True,
) -> None:
    """Measure imports of generated files, each in a process of its own, into an empty MongoDB."""
    table = Table("format", "run", "rows", "seconds", "rows/s", "processor s", "peak MB")
    for format_ in formats or list(Format):
        for size in rows or SIZES:
            for run, measured in asyncio.run(_measured(format_, size, runs=2 if again else 1)):
                per_second = f"{size / measured.seconds:,.0f}"
                seconds, processor = f"{measured.seconds:.1f}", f"{measured.processor_s:.1f}"
                table.add_row(format_, run, f"{size:,}", seconds, per_second, processor, str(measured.peak_mb))
    Console(width=100).print(table)


async def _measured(format_: Format, size: int, *, runs: int) -> list[tuple[str, Measured]]:
    with tempfile.TemporaryDirectory(prefix="school-gateway-bench-") as folder:
        files = Path(folder, "files")
        files.mkdir()
        {Format.TABLES: _write_tables, Format.ONEROSTER: _write_oneroster}[format_](files, size)
        async with mongod(Path(folder, "mongo")) as uri:
            names = ("first", "again")[:runs]
            return [(name, await asyncio.to_thread(_import, format_, files, uri)) for name in names]


def _import(format_: Format, files: Path, uri: str) -> Measured:
    options = ["--issuer", "https://id.example", *(["--school", "Школа № 7"] if format_ is Format.TABLES else [])]
    environment = {
        **os.environ,
        "GATEWAY_MONGO__URI": uri,
        "GATEWAY_TODAY": "2027-05-20",
        "GATEWAY_MONGO__TIMEOUT_S": "60",
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "import", format_, str(files), *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        Console(stderr=True).print(said.decode())
        raise typer.Exit(1)
    processor_s = usage.ru_utime + usage.ru_stime
    return Measured(time.perf_counter() - began, processor_s, usage.ru_maxrss // _MEGABYTE)


class _Mark(NamedTuple):
    """A mark of the generated files."""

    student: int
    subject: int
    work: int
    """Of a student and a subject, from 0."""
    day: date
    value: int


def _marks(size: int) -> Iterator[_Mark]:
    """Marks of all students in turn: every subject has a work each day, then more works of a day."""
    days = [day for number in range(280) if (day := FIRST + timedelta(days=number)).weekday() < 6]
    for number in range(size):
        round_, student = divmod(number, STUDENTS)
        work, subject = divmod(round_, SUBJECTS)
        yield _Mark(student, subject, work, days[work % len(days)], 2 + (number * 7 + round_) % 4)


def _name(student: int) -> str:
    letters = "абвгдежзиклмнопрст"
    word = "".join(letters[student // len(letters) ** place % len(letters)] for place in range(3))
    return f"Учеников{word} Имя{word} Отчествович"


def _class_of(student: int) -> str:
    return f"{1 + student % CLASSES // 4}{'АБВГ'[student % 4]}"


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)


def _write_tables(folder: Path, size: int) -> None:
    students = ((_name(one), "01.05.2013", _class_of(one)) for one in range(STUDENTS))
    _write(folder / "Ученики.csv", ("ФИО", "Дата рождения", "Класс"), students)
    marks = (
        (
            f"{one.day:%d.%m.%Y}",
            _name(one.student),
            _class_of(one.student),
            f"Предмет {one.subject}",
            one.value,
            one.work,
        )
        for one in _marks(size)
    )
    _write(folder / "Оценки.csv", ("Дата", "Ученик", "Класс", "Предмет", "Оценка", "Работа"), marks)


def _write_oneroster(folder: Path, size: int) -> None:
    last = FIRST + timedelta(days=290)
    _write(folder / "orgs.csv", ("sourcedId", "name", "type"), [("s", "School 7", "school")])
    session = ("y", "2026/27", "schoolYear", FIRST, last, "2027")
    heads: Sequence[str] = ("sourcedId", "title", "type", "startDate", "endDate", "schoolYear")
    _write(folder / "academicSessions.csv", heads, [session])
    courses = ((f"c{one}", f"Subject {one}", "s") for one in range(SUBJECTS))
    _write(folder / "courses.csv", ("sourcedId", "title", "orgSourcedId"), courses)
    rooms = [(f"h{one}", f"{one // 4 + 1}{'ABCD'[one % 4]}", "homeroom", "", "s", "y") for one in range(CLASSES)]
    groups = [
        (f"g{room}-{subject}", f"{room} {subject}", "scheduled", f"c{subject}", "s", "y")
        for room in range(CLASSES)
        for subject in range(SUBJECTS)
    ]
    heads = ("sourcedId", "title", "classType", "courseSourcedId", "schoolSourcedId", "termSourcedIds")
    _write(folder / "classes.csv", heads, rooms + groups)
    heads = ("sourcedId", "enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName")
    users = (
        (f"u{one}", "true", "s", "student", f"user{one}", f"Given{one}", f"Family{one}") for one in range(STUDENTS)
    )
    _write(folder / "users.csv", heads, users)
    heads = ("sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "beginDate", "endDate")
    places = (
        (f"e{one}-{place}", place, "s", f"u{one}", "student", FIRST, last)
        for one in range(STUDENTS)
        for place in (f"h{one % CLASSES}", *(f"g{one % CLASSES}-{subject}" for subject in range(SUBJECTS)))
    )
    _write(folder / "enrollments.csv", heads, places)
    heads = (
        "sourcedId",
        "title",
        "assignDate",
        "dueDate",
        "classSourcedId",
        "categorySourcedId",
        "resultValueMin",
        "resultValueMax",
    )
    days = {(one.subject, one.work): one.day for one in _marks(size) if one.student == 0}
    items = (
        (f"l{room}-{subject}-{work}", f"Work {work}", day, day, f"g{room}-{subject}", "k", 2, 5)
        for room in range(CLASSES)
        for (subject, work), day in days.items()
    )
    _write(folder / "lineItems.csv", heads, items)
    _write(folder / "categories.csv", ("sourcedId", "title"), [("k", "Work in class")])
    heads = ("sourcedId", "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate")
    results = (
        (
            number,
            f"l{one.student % CLASSES}-{one.subject}-{one.work}",
            f"u{one.student}",
            "fully graded",
            one.value,
            one.day,
        )
        for number, one in enumerate(_marks(size))
    )
    _write(folder / "results.csv", heads, results)


if __name__ == "__main__":
    typer.run(main)
