"""Fills the connectors' databases with the demo school or an import, showing progress and a summary."""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from auth.viewer import Role
from connectors import demo
from connectors.assembly import Connectors
from connectors.demo import ownership
from connectors.demo.files import ELSEWHERE
from connectors.imports import edfi
from connectors.imports.progress import OnProgress
from connectors.mongo.bulk_write import Sink
from connectors.vocabulary import StudentId
from gateway.cli.demo_viewers import people_to_show
from gateway.cli.terminal import console


@dataclass(frozen=True, slots=True)
class Loaded:
    """The day on which a loaded data set is best looked at, and students with much to see."""

    today: date | None
    students: Sequence[StudentId]


def bar() -> AbstractContextManager[Progress]:
    """A progress bar on the terminal's error stream."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
    )


@contextmanager
def listed_in(path: Path | None) -> Iterator[edfi.OnSkip | None]:
    """A function that appends a skipped record to the CSV file at *path*: file, line, entity, reason."""
    if path is None:
        yield None
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "line", "entity", "reason"])
        yield lambda entity, place, reason: rows.writerow([*place, entity, reason])


@contextmanager
def progress_of_import() -> Iterator[OnProgress]:
    """A function that shows on a bar how far an import is."""
    with bar() as progress:
        task = progress.add_task("Reading", total=None)
        yield lambda step: progress.update(
            task, description=step.file, completed=step.bytes_done, total=step.bytes_total
        )


async def load_edfi(
    connectors: Connectors,
    directory: Path,
    *,
    issuer: str,
) -> tuple[edfi.Summary, Loaded]:
    """Import the Ed-Fi interchange files of *directory*; a second time changes nothing."""
    await connectors.create_indexes()
    with progress_of_import() as tell:
        summary = await edfi.import_directory(
            directory,
            connectors.databases,
            replace(edfi.SAMPLE_OPTIONS, issuer=issuer, on_progress=tell),
        )
    return summary, suggested_by(summary)


def suggested_by(summary: edfi.Summary) -> Loaded:
    """The day and the students that an import suggests to look at."""
    suggested = date.fromisoformat(summary.suggested_today) if summary.suggested_today else None
    return Loaded(suggested, summary.suggested_students)


async def load_demo(
    connectors: Connectors,
    *,
    seed: int,
    schools: int,
    students: int,
    today: date,
    issuer: str,
    files: str = ELSEWHERE,
    replace: Collection[str] = (),
) -> tuple[demo.Summary, Loaded]:
    """Generate a Russian school and a college, or more of them, around *today*, in place of generated data.

    *files* is what the addresses of attachments begin with.

    Raises:
        NotGenerated: a database holds other data, and *replace* does not name its `SERVER/PREFIX`.
    """
    await ownership.empty(connectors, replace=replace)
    sink = Sink(connectors.databases, fresh=True)
    with bar() as progress:
        task = progress.add_task("Generating", total=students)
        summary = await demo.generate(
            sink,
            seed=seed,
            schools=schools,
            students=students,
            today=today,
            issuer=issuer,
            files=files,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    await connectors.create_indexes()
    families = [entry for entry in summary.story if entry.role in {"STUDENT", "PARENT"}]
    named = [student for entry in families for student in entry.student_ids]
    return summary, Loaded(today, list(dict.fromkeys(named)))


def print_counts(title: str, **columns: Mapping[str, int]) -> None:
    """Print counts by name as a table, one column for each mapping."""
    table = Table("", *columns, title=title)
    for name in sorted({name for column in columns.values() for name in column}):
        table.add_row(name, *(f"{column.get(name, 0):,}" for column in columns.values()))
    console.print(table)


def print_import(summary: edfi.Summary) -> None:
    """Print what an import read, skipped, wrote and ended."""
    print_counts(
        "Records",
        read=summary.read,
        written=summary.written,
        unchanged=summary.unchanged_records,
        skipped={entity: summary.skipped_of(entity) for entity in summary.skipped},
    )
    if summary.skipped:
        table = Table("entity", "reason", "records", "such as", title="Skipped")
        for entity, reasons in sorted(summary.skipped.items()):
            for reason, skipped in reasons.items():
                table.add_row(entity, Text(reason), f"{skipped.count:,}", Text(", ".join(skipped.examples[:3])))
        console.print(table)
    print_counts("Documents", inserted=summary.inserted, changed=summary.changed, unchanged=summary.unchanged)
    if summary.ended:
        table = Table("links", "ended", "of", "such as", title="No longer in the files, and therefore ended")
        for kind, ended in sorted(summary.ended.items()):
            table.add_row(kind, f"{ended.count:,}", f"{ended.in_force:,}", Text("\n".join(ended.examples)))
        console.print(table)
    for version, files in sorted(summary.formats.items()):
        console.print(f"Found {version}: {', '.join(files)}", markup=False, highlight=False)
    for name in summary.missing_files:
        console.print(f"Missing: {name}, or any file with its records", markup=False)
    for differs in summary.differing[:NAMED]:
        console.print(
            f"Changed here and in the source, and left as it is here: {differs.document_id}.{differs.field}",
            markup=False,
            highlight=False,
        )
    for note in summary.notes:
        console.print(f"Note: {note}", markup=False, highlight=False)
    console.print(
        f"{_total(summary.inserted):,} inserted, {_total(summary.changed):,} changed, "
        f"{_total(summary.unchanged):,} unchanged."
    )


def print_dry_run(summary: edfi.Summary) -> None:
    """Print what an import would do, and that nothing was written."""
    print_import(summary)
    console.print("Nothing was written: this was a dry run. / Ничего не записано: это была проверка.")


NAMED: Final = 20
"""How many fields that differ from the source are printed; `import runs RUN` lists more of them."""


def _total(counts: Counter[str]) -> int:
    return sum(counts.values())


async def print_sign_in_names(connectors: Connectors, loaded: Loaded, issuer: str) -> None:
    """Print the day around which the data stands, and for each role a subject that a token can be issued for."""
    today = (loaded.today or datetime.now(UTC).date()).isoformat()
    people = await people_to_show(connectors, loaded.students, issuer=issuer, today=today)
    if loaded.today is not None:
        console.print(f"The data stands around {today}: serve it with GATEWAY_TODAY={today}.", highlight=False)
    console.print(f"Tokens of the issuer {issuer} are for subjects such as", highlight=False)
    for role in Role:
        person = next((person for person in people if person.role == role), None)
        if person:
            console.print(f"{role:<14} {person.subject:<20} {person.name}", highlight=False)
